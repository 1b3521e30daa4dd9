/**
 * The README's table of what was checked, from the manifest: `npm run spec:table` writes it, a test
 * holds the two together. Properties stand under the numbers that the comments in spec/ give them.
 */
import { count } from '../command-io.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../package-root.js';
import { propertySources } from '../story/properties.js';
import type { PropertySource } from '../story/properties.js';
import { invariants, temporalProperties } from '../tla2tools-runner/index.js';
import { expectationText, loadManifest } from './manifest.js';
import type { Manifest, Model } from './manifest.js';

const BEGIN = '<!-- models: written by npm run spec:table from spec/models/manifest.json -->';
const END = '<!-- end of models -->';

interface Numbered {
  readonly letter: string;
  readonly number: number;
}

/** The numbers that a comment starts with: "P8. Agreement …", "(* P1 TypeOK", "R3, L5: …". */
function numbersOf({ sentence }: PropertySource): readonly Numbered[] {
  const head = /^(?:[PALR]\d+(?:\s*(?:,|and)\s*)?)+(?=[.:\s]|$)/.exec(sentence)?.[0] ?? '';
  return [...head.matchAll(/([PALR])(\d+)/g)].map(([, letter = '', n]) => ({
    letter,
    number: Number(n),
  }));
}

/** "P2–P5, P7, A1": runs of three and more are shortened. */
export function ranges(numbered: readonly Numbered[]): readonly string[] {
  return ['P', 'A', 'L', 'R'].flatMap((letter) => {
    const own = numbered.filter((each) => each.letter === letter).map(({ number }) => number);
    const sorted = [...new Set(own)].sort((a, b) => a - b);
    const runs: number[][] = [];
    for (const n of sorted) {
      const run = runs[runs.length - 1];
      if (run !== undefined && run[run.length - 1] === n - 1) run.push(n);
      else runs.push([n]);
    }
    return runs.flatMap((run) =>
      run.length > 2
        ? [`${letter}${run[0] ?? ''}–${letter}${run[run.length - 1] ?? ''}`]
        : run.map((n) => `${letter}${n}`),
    );
  });
}

function propertiesText(
  manifest: Manifest,
  model: Model,
  sources: ReadonlyMap<string, PropertySource>,
): string {
  const config = readFileSync(join(manifest.folder, model.config), 'utf8');
  const names = [...invariants(config), ...temporalProperties(config)];
  const numbersByName = names.map((name) => {
    const source = sources.get(name);
    return { name, numbers: source === undefined ? [] : numbersOf(source) };
  });
  const numbered = numbersByName.flatMap(({ numbers }) => numbers);
  const others = numbersByName.filter(({ numbers }) => numbers.length === 0);
  return [...ranges(numbered), ...others.map(({ name }) => name)].join(', ');
}

function isShown(model: Model): boolean {
  return model.class === 'quick' || model.class === 'deep';
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The lines between the two marks. */
export function modelsTable(manifest: Manifest): readonly string[] {
  const sources = propertySources([dirname(manifest.folder), manifest.folder]);
  const shown = manifest.models.filter(isShown);
  const rows = shown.map((model) =>
    row([
      model.name,
      model.bounds,
      count(model.distinct),
      count(model.depth),
      model.expect === 'holds' ? propertiesText(manifest, model, sources) : expectationText(model),
      model.seconds === undefined ? model.class : `${model.class}, ${count(model.seconds)} s`,
    ]),
  );
  const number = (of: Model['class']) => manifest.models.filter((m) => m.class === of).length;
  const total = (of: Model['class']) =>
    manifest.models
      .filter((m) => m.class === of && m.expect === 'holds')
      .reduce((sum, { distinct }) => sum + (distinct ?? 0), 0);
  return [
    '| model | bounds | distinct states | diameter | properties | class, time of one worker |',
    '|---|---|--:|--:|---|---|',
    ...rows,
    '',
    `Exhausted: ${count(total('quick'))} distinct states in the quick class, ` +
      `${count(total('deep'))} in the deep one. With them ${number('mutant')} mutants that must be ` +
      `killed by the property that the manifest names, and ${number('witness')} states that must ` +
      'be reachable.',
  ];
}

/** The README with the table in its place. Throws if it has no place for it. */
export function withTable(readme: string, table: readonly string[]): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the README has no ${BEGIN} … ${END}`);
  const head = readme.slice(0, begin + BEGIN.length);
  return `${head}\n\n${table.join('\n')}\n\n${readme.slice(end)}`;
}

/** The README as it is, and as it should be. */
export function readmeWithTable(): { readonly path: string; is: string; due: string } {
  const root = packageRoot();
  const path = join(root, 'README.md');
  const is = readFileSync(path, 'utf8');
  const manifest = loadManifest(join(root, 'spec', 'models', 'manifest.json'));
  return { path, is, due: withTable(is, modelsTable(manifest)) };
}

/** `npm run spec:table`. */
export function writeReadmeTable(): void {
  const { path, due } = readmeWithTable();
  writeFileSync(path, due);
}
