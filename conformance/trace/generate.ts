/**
 * Writes traces/: `npm run traces`. A test holds the files to what this
 * makes of the code as it is.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../package-root.js';
import { CORRUPTIONS } from './corruptions.js';
import { traceText } from './recorder.js';
import { SCENARIOS } from './scenarios.js';
import type { TraceLine } from './schema.js';

export interface TraceFiles {
  /** Path below traces/ → text. */
  readonly files: ReadonlyMap<string, string>;
  /** Path below traces/ of each corrupted trace → the line that must be refused. */
  readonly refusedAt: ReadonlyMap<string, number>;
}

function textOf(lines: readonly TraceLine[]): string {
  return lines.map(traceText).join('');
}

export function traceFiles(): TraceFiles {
  const files = new Map<string, string>();
  const refusedAt = new Map<string, number>();
  const golden = new Map(SCENARIOS.map((s) => [s.name, s.run()]));
  for (const [name, lines] of golden) files.set(join('golden', `${name}.ndjson`), textOf(lines));
  for (const { name, base, corrupt } of CORRUPTIONS) {
    const corrupted = corrupt(golden.get(base) ?? []);
    const path = join('rejected', `${name}.ndjson`);
    files.set(path, textOf(corrupted.lines));
    refusedAt.set(path, corrupted.refusedAt);
  }
  files.set('README.md', readme(refusedAt));
  return { files, refusedAt };
}

function readme(refusedAt: ReadonlyMap<string, number>): string {
  const goldenRows = SCENARIOS.map(
    ({ name, what }) => `| [${name}](golden/${name}.ndjson) | ${what} |`,
  );
  const rejectedRows = CORRUPTIONS.map(({ name, base, what }) => {
    const at = refusedAt.get(join('rejected', `${name}.ndjson`)) ?? 0;
    return `| [${name}](rejected/${name}.ndjson) | ${base} | ${what} | ${at} |`;
  });
  return [
    '# Traces',
    '',
    'Recorded runs of the reducers, for `zab validate`. The format: `conformance/trace/schema.ts`;',
    'what each field stands for in the specification: `conformance/mapping.md`.',
    '',
    'All of them come from the real reducers in `src/core`, run in memory by `src/sim` after the',
    'scripts in `conformance/trace/scenarios.ts`, the same every time. They are written by',
    '`npm run traces`, as is this page; a test compares.',
    '',
    '## golden: accepted',
    '',
    '| trace | what happens |',
    '|---|---|',
    ...goldenRows,
    '',
    '## rejected: each refused at one line',
    '',
    'A golden trace with one thing wrong (`conformance/trace/corruptions.ts`).',
    '',
    '| trace | made from | what is wrong | refused at line |',
    '|---|---|---|---|',
    ...rejectedRows,
    '',
  ].join('\n');
}

function main(): void {
  const root = join(packageRoot(), 'traces');
  for (const folder of ['golden', 'rejected']) mkdirSync(join(root, folder), { recursive: true });
  for (const [path, text] of traceFiles().files) writeFileSync(join(root, path), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
