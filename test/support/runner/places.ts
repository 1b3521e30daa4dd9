/**
 * Where in a run a test file has its place, on a machine of two cores.
 *
 * Files with real sockets, processes and timeouts come first, two at a time, and never beside a model
 * check. Then what computes on one core, two at a time, the long ones first. Last what uses every core
 * by itself, one at a time.
 */

export type Phase = 'real time' | 'one core' | 'all cores';

export const PHASES: readonly Phase[] = ['real time', 'one core', 'all cores'];

/** How many files run at once. */
export const WIDTH: Readonly<Record<Phase, number>> = {
  'real time': 2,
  'one core': 2,
  'all cores': 1,
};

export interface Place {
  readonly phase: Phase;
  /** About how long it takes on a quiet machine: the longest of a phase comes first. */
  readonly seconds: number;
}

/** The first that a file's path begins with counts. Files that are not named take seconds. */
const PLACES: readonly (readonly [string, Phase, number])[] = [
  ['e2e/trace-under-faults', 'real time', 150],
  ['interop/differential-programs', 'real time', 140],
  ['interop/traps', 'one core', 1],
  ['interop/differential', 'real time', 60],
  ['interop/suites/outcomes', 'one core', 1],
  ['fuzz/codecs', 'one core', 5],
  ['fuzz/', 'real time', 30],
  ['interop/suites/', 'real time', 60],
  ['interop/mixed/', 'real time', 30],
  ['interop/', 'real time', 40],
  ['e2e/trace-before-effects', 'real time', 20],
  ['e2e/', 'real time', 10],
  ['client/', 'real time', 60],
  ['package/', 'real time', 15],
  ['cli/', 'real time', 10],
  ['testing/', 'real time', 5],
  ['shell/', 'real time', 1],
  ['readme', 'real time', 5],
  ['conformance/check/models', 'all cores', 360],
  ['conformance/check/distributed', 'all cores', 25],
  ['conformance/explore/full', 'all cores', 250],
  ['conformance/mutants/', 'all cores', 300],
  ['conformance/replay/simulations', 'all cores', 80],
  ['sim/seeds', 'all cores', 150],
  ['conformance/explore/', 'one core', 90],
  ['sim/', 'one core', 90],
  ['conformance/trace/', 'one core', 60],
  ['conformance/', 'one core', 20],
  ['docs/testing', 'real time', 60],
  ['docs/', 'one core', 40],
  ['core/', 'one core', 10],
];

/** `file`: its path below the tests' folder. */
export function placeOf(file: string): Place {
  const found = PLACES.find(([prefix]) => file.startsWith(prefix));
  const [, phase, seconds] = found ?? ['', 'one core', 1];
  return { phase: phase as Phase, seconds };
}

/** The files of each phase, in the order in which they are started. */
export function inPhases(
  files: readonly string[],
): readonly { readonly phase: Phase; readonly files: readonly string[] }[] {
  return PHASES.map((phase) => ({
    phase,
    files: files
      .filter((file) => placeOf(file).phase === phase)
      .sort((a, b) => placeOf(b).seconds - placeOf(a).seconds || (a < b ? -1 : 1)),
  })).filter((entry) => entry.files.length > 0);
}
