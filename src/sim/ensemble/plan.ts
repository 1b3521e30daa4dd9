/**
 * What a seed makes of a run: how many servers and clients, how fast everything is, which faults and
 * how often. All else is chosen as the run goes on, by streams of the same seed.
 */
import type { Millis } from '../../core/ids.js';
import { Rng } from './rng.js';

/** Virtual microseconds. */
const MS = 1000;

export type FaultKind =
  | 'crash'
  | 'powerFailure'
  | 'crashOnWrite'
  | 'crashAll'
  | 'disconnect'
  | 'partition'
  | 'oneWay'
  | 'pause'
  | 'slowDisk'
  | 'slowNetwork'
  /** All that comes to one server from the others comes late. */
  | 'lag'
  /** The followers give their leader up, which does not hear of it. */
  | 'overthrow'
  | 'electionReset'
  | 'clientDisconnect'
  | 'clientCutOff'
  | 'clientPause';

export interface Plan {
  readonly seed: number;
  readonly voters: number;
  readonly observers: number;
  readonly standalone: boolean;
  readonly tickTime: Millis;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly finalizeWait: Millis;
  readonly commitLogCount: number;
  readonly clients: number;
  /** Asked for by clients: this and up to four times as much. */
  readonly sessionTimeout: Millis;
  /** Mean of a client's pauses between two requests, and of those that it makes now and then. */
  readonly think: Millis;
  readonly rest: Millis;
  /** Most requests that a client has under way. */
  readonly pipeline: number;
  /** Mean delay of a message, µs. */
  readonly latency: number;
  /** Mean time of a flush, µs. */
  readonly flush: number;
  /** Transactions between two snapshots. */
  readonly snapCount: number;
  /** How far a server's clock may run ahead or behind, parts per million. */
  readonly skew: number;
  /** How long clients work and faults happen. */
  readonly duration: Millis;
  /** Mean time between two faults; 0: none. */
  readonly faultsEvery: Millis;
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** Most servers that may be dead at once. */
  readonly downMax: number;
}

const NO_FAULTS: Plan['faults'] = {
  crash: 0,
  powerFailure: 0,
  crashOnWrite: 0,
  crashAll: 0,
  disconnect: 0,
  partition: 0,
  oneWay: 0,
  pause: 0,
  slowDisk: 0,
  slowNetwork: 0,
  lag: 0,
  overthrow: 0,
  electionReset: 0,
  clientDisconnect: 0,
  clientCutOff: 0,
  clientPause: 0,
};

/** Every kind; each seed leaves some out, so that the others are seen by themselves. */
function faultsOf(rng: Rng): Plan['faults'] {
  const weights: Record<FaultKind, number> = { ...NO_FAULTS };
  for (const kind of Object.keys(weights) as FaultKind[]) {
    if (rng.chance(3, 4)) weights[kind] = rng.between(1, 8);
  }
  if (rng.chance(3, 4)) weights.crashAll = 0;
  weights.crashOnWrite += 1;
  return weights;
}

/** Sizes of ensembles, voters and observers; the ones in which most can happen come most often. */
const SIZES: readonly (readonly [number, number])[] = [
  [3, 0],
  [3, 0],
  [3, 0],
  [3, 0],
  [3, 1],
  [3, 1],
  [5, 0],
  [5, 0],
  [5, 1],
  [4, 0],
  [2, 0],
  [1, 0],
  [1, 1],
];

export function planOf(seed: number): Plan {
  const rng = new Rng(seed);
  const [voters, observers] = rng.pick(SIZES);
  const tickTime = rng.pick([100, 200, 500, 2000]);
  const latency = rng.pick([100, 500, 2 * MS, 10 * MS]);
  const flush = rng.pick([200, 2 * MS, 10 * MS, 30 * MS]);
  const calm = rng.chance(1, 10);
  const ticks = rng.between(30, 120);
  return {
    seed,
    voters,
    observers,
    standalone: voters + observers === 1,
    tickTime,
    initLimit: rng.between(5, 10),
    syncLimit: rng.between(2, 5),
    finalizeWait: tickTime / 10,
    commitLogCount: rng.pick([2, 5, 50, 500]),
    clients: rng.between(1, 4),
    sessionTimeout: 2 * tickTime,
    think: rng.pick([1, 5, 20]),
    rest: rng.pick([12, 30, 60]) * tickTime,
    pipeline: rng.pick([1, 2, 4, 16]),
    latency,
    flush,
    snapCount: rng.pick([5, 20, 100, 1000]),
    skew: rng.pick([0, 0, 100, 20_000]),
    duration: ticks * tickTime,
    faultsEvery: calm ? 0 : rng.between(1, 12) * tickTime,
    faults: calm ? NO_FAULTS : faultsOf(rng),
    downMax: rng.pick([1, Math.ceil(voters / 2) - 1, voters]),
  };
}
