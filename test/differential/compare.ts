/** Programs by the thousand on all servers at once, until a number of operations is done or a difference is found and shrunk. */
import fc from 'fast-check';
import { programs, type Features } from './generate.js';
import { operationsOf, type Program } from './program.js';
import { differences, run, type Difference } from './run.js';
import { EXTREME_ROOTS, extremeRoot, READ_ONLY_ROOT, type Servers } from './servers.js';

export interface Found {
  readonly target: string;
  readonly program: Program;
  readonly differences: readonly Difference[];
}

/** Runs programs on the same servers, each below a root of its own. */
export class Comparison {
  programs = 0;
  operations = 0;
  #extreme = 0;

  constructor(private readonly servers: Servers) {}

  #rootOf({ root }: Program): string {
    if (!this.servers.apache.writable) return READ_ONLY_ROOT;
    return root === 'extreme' ? extremeRoot(this.#extreme++) : `/d/${this.programs}`;
  }

  /** Where the servers differ; empty: nowhere. */
  async compare(program: Program): Promise<Found[]> {
    if (program.root === 'extreme' && this.#extreme === EXTREME_ROOTS) {
      throw new Error(`no more than ${EXTREME_ROOTS} programs have an extreme root`);
    }
    const root = this.#rootOf(program);
    this.programs += 1;
    this.operations += operationsOf(program);
    const { apache, zab } = this.servers;
    const [theirs, ...ours] = await Promise.all(
      [apache, ...zab].map((target) => run(target, program, root)),
    );
    return ours.flatMap((transcript, i) => {
      const found = differences(theirs!, transcript);
      return found.length === 0 ? [] : [{ target: zab[i]!.name, program, differences: found }];
    });
  }
}

export interface Failure {
  readonly seed: number;
  readonly path: string;
  /** As small as it could be made. */
  readonly found: Found;
}

/** Programs in one draw of fast-check. */
const DRAW = 50;

/**
 * Programs of the seeds from `seed` on, until so many operations are done: the next seed, if all was the same everywhere.
 * `path` is what an earlier failure under that seed printed: it begins there.
 */
export const search = async (
  comparison: Comparison,
  features: Features,
  seed: number,
  operations: number,
  path?: string,
): Promise<Failure | number> => {
  const end = comparison.operations + operations;
  for (let s = seed; ; s++) {
    if (comparison.operations >= end) return s;
    let last: Found | undefined;
    const property = fc.asyncProperty(programs(features), async (program) => {
      const [found] = await comparison.compare(program);
      if (found === undefined) return;
      last = found;
      throw new Error('they differ');
    });
    const options = path === undefined ? {} : { path };
    const details = await fc.check(property, { seed: s, numRuns: DRAW, ...options });
    if (details.failed) {
      if (last === undefined) throw details.errorInstance;
      return { seed: s, path: details.counterexamplePath ?? '', found: last };
    }
    if (path !== undefined) return s + 1;
  }
};

const indented = (program: Program): string =>
  [
    `{ "clients": ${program.clients}, "root": "${program.root}",${program.quotas === true ? ' "quotas": true,' : ''} "steps": [`,
    ...program.steps.map(
      (s, i) => `  ${JSON.stringify(s)}${i < program.steps.length - 1 ? ',' : ''}`,
    ),
    '] }',
  ].join('\n');

/** What to say of a difference. */
export const report = ({ target, program, differences: found }: Found): string =>
  [
    indented(program),
    ...found.map(
      ({ client, apache, zab }) => `client ${client}\n  apache: ${apache}\n  ${target}: ${zab}`,
    ),
  ].join('\n');
