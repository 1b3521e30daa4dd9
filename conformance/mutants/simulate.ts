/**
 * Random schedules of ensembles in memory, run until a property is violated: what kills a mutant of
 * the reducers. The same seeds each time; without a mutant all of them pass.
 */
import type { Sid } from '../../src/core/ids.js';
import { actWatched, Violation, watch } from '../../src/sim/check.js';
import type { Watched } from '../../src/sim/check.js';
import type { ClusterOptions } from '../../src/sim/cluster.js';
import { newCluster } from '../../src/sim/cluster.js';
import {
  earliestTicks,
  isSettled,
  pickAction,
  progress,
  proposals,
  ROUGH,
  STORMY,
} from '../../src/sim/schedule.js';
import type { Weights } from '../../src/sim/schedule.js';
import type { EnsembleName } from './plant.js';

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

const ENSEMBLES: Readonly<Record<EnsembleName, Ensemble>> = {
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
const PATIENCE = 120_000;

/** One schedule; null if nothing was violated. */
export function runSeed(name: EnsembleName, seed: number): Found | null {
  const { options, weights, steps } = ENSEMBLES[name];
  let watched = watch(newCluster(options));
  let next = seed;
  try {
    watched = heal(watched);
    for (let i = 0; i < steps; i++) {
      const [action, later] = pickAction(watched.cluster, weights, next);
      next = later;
      if (action !== null) watched = actWatched(watched, action);
    }
    return delivers(watched);
  } catch (e) {
    if (!(e instanceof Violation)) return { kind: 'exception', how: String(e) };
    return { kind: 'violated', property: propertyOf(e.found[0] ?? ''), how: e.message };
  }
}

/** The name before the colon, as `core/invariants.ts` writes it. */
function propertyOf(found: string): string {
  return found.slice(0, found.indexOf(':'));
}

/** When all is well again, one leader is established and delivers what is proposed. */
function delivers(watched: Watched): Found | null {
  const settled = settle(heal(watched));
  const proposal = settled === null ? undefined : proposals(settled.cluster)[0];
  if (settled === null || proposal === undefined) return liveness('EventuallyEstablished');
  const last = settle(actWatched(settled, proposal));
  const delivered = last?.ghost.committed.at(-1)?.cxid;
  return delivered === last?.cluster.proposals && last !== null
    ? null
    : liveness('EventuallyDelivered');
}

function liveness(property: string): Found {
  return { kind: 'violated', property, how: `not within ${PATIENCE / 1000} s without failures` };
}

function heal(watched: Watched): Watched {
  let next = watched;
  for (const pair of next.cluster.blocked) {
    const [a, b] = pair.split('-').map(Number) as [Sid, Sid];
    next = actWatched(next, { type: 'unblock', a, b });
  }
  for (const [sid, { state }] of next.cluster.nodes) {
    if (state === null) next = actWatched(next, { type: 'start', sid });
  }
  return next;
}

/** No more failures until all have delivered the same; null if that does not come. */
function settle(watched: Watched): Watched | null {
  let next = watched;
  const end = next.cluster.now + PATIENCE;
  for (let i = 0; !isSettled(next.cluster); i++) {
    if (next.cluster.now >= end || i >= 20_000) return null;
    const action = progress(next.cluster)[0] ?? earliestTicks(next.cluster)[0];
    if (action === undefined) return null;
    next = actWatched(next, action);
  }
  return next;
}

/** Seeds one after the other until something is found, at most `seeds` of them. */
export function simulate(
  name: EnsembleName,
  seeds: number,
): { readonly found: Found | null; readonly seed: number } {
  for (let seed = 1; seed <= seeds; seed++) {
    const found = runSeed(name, seed * 1_000_003);
    if (found !== null) return { found, seed };
  }
  return { found: null, seed: seeds };
}
