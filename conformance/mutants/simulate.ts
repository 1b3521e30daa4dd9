/**
 * Random schedules of ensembles in memory, run until a property is violated: what kills a mutant of
 * the reducers. The same seeds each time; without a mutant all of them pass.
 */
import { runSeed as runClients } from '../../src/sim/ensemble/run.js';
import { actWatched, Violation } from '../../src/sim/check.js';
import type { Watched } from '../../src/sim/check.js';
import type { ClusterOptions } from '../../src/sim/cluster.js';
import { pickAction, proposals, ROUGH, STORMY } from '../../src/sim/schedule.js';
import type { Weights } from '../../src/sim/schedule.js';
import { healWatched, settleWatched } from '../../src/sim/settle.js';
import { SCHEDULES, Script } from './schedules.js';

/** What a run found; `exception`: the reducers threw, which says nothing about any property. */
export type Found =
  | { readonly kind: 'violated'; readonly property: string; readonly how: string }
  | { readonly kind: 'exception'; readonly how: string };

interface Ensemble {
  readonly options: ClusterOptions;
  readonly weights: Weights;
  /** Actions before everything heals. */
  readonly steps: number;
}

const SMALL = { tickTime: 100, commitLogCount: 2, finalizeWait: 10, syncLimit: 3 };

/** Ensembles of cores; `clients` are whole servers with clients, from `zab simulate`. */
const ENSEMBLES: Readonly<Record<string, Ensemble>> = {
  three: { options: { voters: [1, 2, 3] }, weights: ROUGH, steps: 400 },
  'little history': {
    options: { voters: [1, 2, 3], config: SMALL },
    weights: ROUGH,
    steps: 400,
  },
  observer: { options: { voters: [1, 2, 3], observers: [4] }, weights: ROUGH, steps: 400 },
  five: { options: { voters: [1, 2, 3, 4, 5], config: SMALL }, weights: STORMY, steps: 500 },
};

/** All that comes after healing takes at most so much of the ensemble's time, ms. */
const PATIENCE = { ms: 120_000, actions: 20_000 };

/** One schedule; null if nothing was violated. */
export function runSeed(name: string, seed: number): Found | null {
  if (name === 'clients') return withClients(seed);
  const ensemble = ENSEMBLES[name];
  if (ensemble === undefined) throw new Error(`no run ${name}`);
  return caught(() => withCores(ensemble, seed));
}

/** What a run throws that is a property's violation, and what is none. */
function caught(run: () => Found | null): Found | null {
  try {
    return run();
  } catch (e) {
    if (!(e instanceof Violation)) return { kind: 'exception', how: String(e) };
    return { kind: 'violated', property: propertyOf(e.found[0] ?? ''), how: e.message };
  }
}

function withClients(seed: number): Found | null {
  const { failure } = runClients(seed);
  if (failure === null) return null;
  const { property, detail } = failure;
  // An exception of the servers, under the name that the simulator has for it.
  if (property === 'NoBrokenInvariant') return { kind: 'exception', how: detail };
  return { kind: 'violated', property, how: detail };
}

function withCores({ options, weights, steps }: Ensemble, seed: number): Found | null {
  const script = new Script(options);
  script.watched = healWatched(script.watched);
  let next = seed;
  for (let i = 0; i < steps; i++) {
    const [action, later] = pickAction(script.cluster, weights, next);
    next = later;
    if (action !== null) script.do(action);
  }
  return delivers(script.watched);
}

/** The name before the colon, as `core/invariants.ts` writes it. */
function propertyOf(found: string): string {
  return found.slice(0, found.indexOf(':'));
}

/** When all is well again, one leader is established and delivers what is proposed. */
function delivers(watched: Watched): Found | null {
  const settled = settleWatched(healWatched(watched), PATIENCE);
  const proposal = settled === null ? undefined : proposals(settled.cluster)[0];
  if (settled === null || proposal === undefined) return liveness('EventuallyEstablished');
  const last = settleWatched(actWatched(settled, proposal), PATIENCE);
  const delivered = last?.ghost.committed.at(-1)?.cxid;
  return delivered === last?.cluster.proposals && last !== null
    ? null
    : liveness('EventuallyDelivered');
}

function liveness(property: string): Found {
  return { kind: 'violated', property, how: `not within ${PATIENCE.ms / 1000} s without failures` };
}

export interface Simulated {
  readonly found: Found | null;
  readonly seed: number;
}

/** The seed of place `n` of a run. */
function seedOf(name: string, n: number): number {
  return name === 'clients' ? n : n * 1_000_003;
}

/** A schedule, or one seed of an ensemble as `three#4`; `Script.last` has what was done. */
export function runOnce(run: string): Found | null {
  const schedule = SCHEDULES[run];
  if (schedule !== undefined) return caught(() => (schedule(), null));
  const [name = '', n = '1'] = run.split('#');
  return runSeed(name, seedOf(name, Number(n)));
}

/**
 * A schedule by its name; or the seeds of an ensemble one after the other, at most `seeds`, until
 * a property is violated: the first exception if none is.
 */
export function simulate(name: string, seeds: number): Simulated {
  if (name in SCHEDULES) return { found: runOnce(name), seed: 0 };
  let exception: Simulated | null = null;
  for (let seed = 1; seed <= seeds; seed++) {
    const found = runSeed(name, seedOf(name, seed));
    if (found?.kind === 'violated') return { found, seed };
    exception ??= found === null ? null : { found, seed };
  }
  return exception ?? { found: null, seed: seeds };
}
