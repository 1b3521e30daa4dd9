/**
 * What of the specification a set of accepted traces exercises: its actions, and the branches of its
 * actions (branches.ts).
 */
import { STEP_NAMES } from '../../src/core/classify.js';
import { branchName, everyBranch, isUnreachable } from './branches.js';
import { takenBranches } from './tlc.js';
import type { TlcOptions } from './tlc.js';
import { groupsOf } from './validate.js';
import type { Run, Validation } from './validate.js';

export interface Covered {
  readonly taken: number;
  readonly total: number;
  /** The names of what was not taken. */
  readonly missing: readonly string[];
  /** Taken, though it is said to be unreachable. */
  readonly surprising: readonly string[];
}

export function actionCoverage(validations: readonly Validation[]): Covered {
  const covered = new Set(validations.flatMap(({ coverage }) => [...coverage.keys()]));
  const missing = STEP_NAMES.filter((name) => !covered.has(name));
  const taken = STEP_NAMES.length - missing.length;
  return { taken, total: STEP_NAMES.length, missing, surprising: [] };
}

/**
 * Runs TLC over the traces once more, with arms that say that they are taken. A line that is tried
 * and refused counts, too, so the traces should be accepted ones. Throws as `validateRuns` does.
 */
export async function branchCoverage(runs: readonly Run[], options: TlcOptions): Promise<Covered> {
  const branches = everyBranch();
  const taken = new Set<number>();
  for (const group of groupsOf(runs)) {
    const models = group.map(({ model }) => model);
    for (const n of await takenBranches(models, branches, options)) taken.add(n);
  }
  const isTaken = (_: unknown, i: number) => taken.has(i + 1);
  const due = branches.filter((branch) => !isUnreachable(branch));
  const missing = branches.filter((b, i) => !isUnreachable(b) && !isTaken(b, i));
  return {
    taken: due.length - missing.length,
    total: due.length,
    missing: missing.map(branchName),
    surprising: branches.filter((b, i) => isUnreachable(b) && isTaken(b, i)).map(branchName),
  };
}

/** "actions of the specification in these traces: 27 of 27", and each that is missing. */
export function coverageLines(
  what: string,
  { taken, total, missing, surprising }: Covered,
): readonly string[] {
  const percent = ((100 * taken) / total).toFixed(1);
  return [
    `${what} of the specification in these traces: ${taken} of ${total} (${percent} %)`,
    ...missing.map((name) => `  not: ${name}`),
    ...surprising.map((name) => `  though it is named as unreachable: ${name}`),
  ];
}
