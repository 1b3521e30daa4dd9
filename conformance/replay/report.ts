/** One behaviour replayed under each setting that fits it, and what is said of a disagreement. */
import { UnusableInput } from '../unusable-input.js';
import { Replayer } from './replay.js';
import type { Disagreement, Replay } from './replay.js';
import { settingsOf } from './setting.js';
import type { Trace } from './trace.js';

export interface Replayed {
  readonly name: string;
  readonly replay: Replay;
  readonly elapsedMs: number;
}

/**
 * Throws UnusableInput if the states are none of this specification, or the first is none in which
 * every server has just started. `replayerOf` may have other reducers in it.
 */
export function replayTrace(
  trace: Trace,
  started: number,
  replayerOf: (setting: ReturnType<typeof settingsOf>[number]) => Replayer = (setting) =>
    new Replayer(setting),
): Replayed {
  const { name, known } = trace;
  if (known === null) throw new UnusableInput(`${name}: nothing says which servers there are`);
  let best: Replay | null = null;
  for (const setting of settingsOf(known)) {
    const replay = replayOf(name, () => replayerOf(setting).replay(trace));
    if (best === null || replay.disagreement === null || replay.steps > best.steps) best = replay;
    if (replay.disagreement === null) break;
  }
  if (best === null) throw new UnusableInput(`${name}: no servers`);
  refuseOtherStart(name, best);
  return { name, replay: best, elapsedMs: performance.now() - started };
}

function replayOf(name: string, run: () => Replay): Replay {
  try {
    return run();
  } catch (e) {
    if (!(e instanceof UnusableInput)) throw e;
    throw new UnusableInput(`${name}: ${e.message}`);
  }
}

function refuseOtherStart(name: string, { disagreement }: Replay): void {
  if (disagreement === null || disagreement.steps > 0 || disagreement.step !== null) return;
  if (disagreement.possible.length > 0) return;
  const [first] = disagreement.differences;
  const which = first === undefined ? '' : ` (${first.variable} is ${shown(first.expected)})`;
  throw new UnusableInput(
    `${name}: its first state is none in which every server has just started${which}`,
  );
}

function shown(value: string): string {
  return value === '' ? 'empty' : value;
}

/** The first disagreement, in words. */
export function disagreementLines(name: string, disagreement: Disagreement): readonly string[] {
  const { steps, step, possible, differences, nearest } = disagreement;
  const what = step ?? 'a step without a name';
  const head = `disagrees ${name} at step ${steps + 1}, ${what}`;
  const can = `  the reducers can: ${possible.length === 0 ? 'nothing' : possible.join(', ')}`;
  if (nearest === null) {
    return [`${head}: the specification takes it, the reducers cannot`, can];
  }
  return [
    `${head}: other states after it (the reducers' nearest: ${nearest})`,
    ...differences.map(
      ({ variable, expected, found }) =>
        `  ${variable}: expected ${shown(expected)}, the reducers have ${shown(found)}`,
    ),
    can,
  ];
}
