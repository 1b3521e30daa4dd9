/**
 * `zab check --mutants`: every planted fault and what finds it. A fault is killed if all that the
 * tables name for it find it, each by the property that it is named with; an error is no kill.
 */
import { availableParallelism } from 'node:os';
import type { CommandIo } from '../command-io.js';
import { table } from '../command-io.js';
import type { Manifest, Model } from '../check/manifest.js';
import { runModels } from '../check/run-models.js';
import type { Outcome } from '../check/run-models.js';
import { runOnCores } from '../check/schedule.js';
import type { Tools } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';
import { CODE_MUTANTS } from './code.js';
import { EQUIVALENT } from './equivalent.js';
import { expected, kill } from './kill.js';
import type { Kill } from './kill.js';
import type { CodeMutant, Killer } from './plant.js';

/** The columns of the matrix. */
const FINDERS = ['model', 'explorer', 'simulator', 'trace', 'test'] as const;
type Finder = (typeof FINDERS)[number];

/** One thing that was run against one mutant. */
interface Finding {
  /** With `m` or `c` before it: the specification's or the code's. */
  readonly mutant: string;
  readonly by: Finder;
  /** The model, run or test. */
  readonly where: string;
  readonly expected: string;
  readonly killed: boolean;
  /** What was seen; the property if it was killed. */
  readonly how: string;
  readonly elapsedMs: number;
}

/** `m14_commit_without_quorum` and `c14_…` are the same fault. */
function faultOf(mutant: string): string {
  return mutant.slice(1);
}

/** A name as a user says it: a whole name, or its beginning up to an underscore; `14` is both. */
function isNamed(mutant: string, name: string): boolean {
  return [mutant, faultOf(mutant)].some((full) => full === name || full.startsWith(`${name}_`));
}

/** A model goes by the fault in it, and by its own name. */
interface Named {
  readonly name: string;
  readonly mutant?: string | null;
}

function goesBy({ name: own, mutant }: Named, name: string): boolean {
  return isNamed(own, name) || (typeof mutant === 'string' && isNamed(mutant, name));
}

function chosen<T extends Named>(all: readonly T[], names: readonly string[]): readonly T[] {
  if (names.length === 0) return all;
  return all.filter((one) => names.some((name) => goesBy(one, name)));
}

function ofModel({ model, result, mismatches }: Outcome): Finding {
  const { expect } = model;
  const property = expect === 'holds' ? 'holds' : expect.violates;
  return {
    mutant: model.mutant ?? model.name,
    by: 'model',
    where: model.name,
    expected: property,
    killed: expect !== 'holds' && mismatches.length === 0,
    how: mismatches.length === 0 ? property : mismatches.join('; '),
    elapsedMs: result.elapsedMs,
  };
}

function whereOf(killer: Killer): string {
  switch (killer.by) {
    case 'simulator':
    case 'trace':
      return killer.run;
    case 'explorer':
      return killer.model;
    case 'test':
      return `${killer.file}: ${killer.test}`;
    default:
      return killer satisfies never;
  }
}

function ofCode(mutant: CodeMutant, { killer, killed, property, how, elapsedMs }: Kill): Finding {
  const seen = property === null ? how : `${property}: ${how}`;
  return {
    mutant: mutant.name,
    by: killer.by,
    where: whereOf(killer),
    expected: expected(killer),
    killed,
    how: killed ? how : `expected ${expected(killer)}, got ${seen}`,
    elapsedMs,
  };
}

export interface MatrixOptions {
  /** None: all mutants. */
  readonly names: readonly string[];
  readonly json: boolean;
  readonly manifest: Manifest;
  readonly tools: Tools;
}

/** TLC's own memory apart, a Node process of a simulation takes little. */
const KILL_MB = 600;
const CORES_MAX = 2;

async function runCode(
  mutants: readonly CodeMutant[],
  { tools, json }: MatrixOptions,
  io: CommandIo,
): Promise<readonly Finding[]> {
  const cores = Math.min(CORES_MAX, availableParallelism());
  const jobs = mutants.flatMap((mutant) => mutant.killers.map((killer) => ({ mutant, killer })));
  return runOnCores(
    jobs,
    { cores, memoryMb: KILL_MB * cores },
    ({ killer }) => ({ cores: killer.by === 'explorer' ? cores : 1, memoryMb: KILL_MB }),
    async ({ mutant, killer }) => {
      if (io.signal?.aborted === true) throw new UnusableInput('zab check: interrupted');
      const finding = ofCode(mutant, await kill(mutant, killer, tools, io.signal));
      if (!json) io.out(lineOf(finding));
      return finding;
    },
  );
}

function lineOf({ mutant, by, killed, how, expected: property, elapsedMs }: Finding): string {
  const verdict = killed ? `violates ${property}` : how;
  const time = `${(elapsedMs / 1000).toFixed(1)} s`;
  return `${killed ? 'ok  ' : 'FAIL'} ${mutant}: ${by}: ${verdict} (${time})`;
}

function matrix(findings: readonly Finding[]): readonly string[] {
  const faults = [...new Set(findings.map(({ mutant }) => faultOf(mutant)))].sort();
  const rows = faults.map((fault) => {
    const cells = FINDERS.map((by) => {
      const mine = findings.filter((f) => faultOf(f.mutant) === fault && f.by === by);
      if (mine.length === 0) return '–';
      return mine.map((f) => (f.killed ? f.expected : 'SURVIVES')).join(', ');
    });
    return [fault.replace('_', ' '), ...cells];
  });
  return table([['mutant', ...FINDERS], ...rows], []);
}

function summary(findings: readonly Finding[], wallMs: number): string {
  const all = new Set(findings.map(({ mutant }) => mutant));
  const alive = new Set(findings.filter(({ killed }) => !killed).map(({ mutant }) => mutant));
  const spec = [...all].filter((mutant) => mutant.startsWith('m')).length;
  const what = `${spec} mutants of the specification and ${all.size - spec} of the code`;
  const verdict = alive.size === 0 ? 'all killed' : `NOT killed: ${[...alive].join(', ')}`;
  return `${what}: ${verdict} (${(wallMs / 1000).toFixed(0)} s)`;
}

/** 0: all killed. 1: one survives. Throws UnusableInput for a name that no mutant has. */
export async function runMutants(options: MatrixOptions, io: CommandIo): Promise<number> {
  const { manifest, names, json, tools } = options;
  const planted = manifest.models.filter((m: Model) => m.class === 'mutant');
  const models = chosen(planted, names);
  const mutants = chosen(CODE_MUTANTS, names);
  const everything: readonly Named[] = [...planted, ...CODE_MUTANTS];
  const unknown = names.find((name) => !everything.some((one) => goesBy(one, name)));
  if (unknown !== undefined) {
    throw new UnusableInput(`no mutant '${unknown}' (spec/mutants/README.md has them all)`);
  }
  const started = performance.now();
  const outcomes = await runModels(manifest, models, { tools, io, quiet: json });
  const findings = [...outcomes.map(ofModel), ...(await runCode(mutants, options, io))];
  const wallMs = performance.now() - started;
  const ok = findings.every(({ killed }) => killed);
  if (json) {
    const parts = findings.map((f) => ({ ...f, elapsedMs: Math.round(f.elapsedMs) }));
    const elapsedMs = Math.round(wallMs);
    io.out(JSON.stringify({ ok, elapsedMs, findings: parts, equivalent: EQUIVALENT }));
    return ok ? 0 : 1;
  }
  for (const line of ['', ...matrix(findings)]) io.out(line);
  io.out('');
  for (const { name, proof } of EQUIVALENT) io.out(`equivalent: ${name}: ${proof}`);
  io.out(summary(findings, wallMs));
  return ok ? 0 : 1;
}
