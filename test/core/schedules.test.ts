/**
 * Random schedules of whole ensembles: crashes, broken connections, partitions, clocks
 * that run ahead. Every property of `core/invariants.ts` holds after every action, and when all is well
 * again one leader is established and everybody has delivered everything.
 *
 * A failure prints its seed; `ZAB_SEED` runs that one alone, `ZAB_RUNS` sets how many there are
 * of each kind (thousands were run while this was written).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toArray } from '../../src/core/chunked.js';
import { classify } from '../../src/core/classify.js';
import { STEP_NAMES } from '../../src/core/step.js';
import { actWatched, watch } from '../../src/sim/check.js';
import type { Watched } from '../../src/sim/check.js';
import type { ClusterOptions } from '../../src/sim/cluster.js';
import { newCluster } from '../../src/sim/cluster.js';
import { CALM, pickAction, proposals, ROUGH, STORMY } from '../../src/sim/schedule.js';
import type { Weights } from '../../src/sim/schedule.js';
import { healWatched, settleWatched } from '../../src/sim/settle.js';

const RUNS = Number(process.env['ZAB_RUNS'] ?? 12);
const ONLY = process.env['ZAB_SEED'];
const seen = new Set<string>();

/** One schedule of `steps` actions, then everything heals. */
function runSchedule(options: ClusterOptions, weights: Weights, steps: number, seed: number): void {
  let watched = watch(newCluster(options));
  let next = seed;
  try {
    watched = healWatched(watched);
    for (let i = 0; i < steps; i++) {
      const [action, later] = pickAction(watched.cluster, weights, next);
      next = later;
      if (action !== null) watched = actWatched(watched, action);
    }
    watched = settled(healWatched(watched));
    const proposal = proposals(watched.cluster)[0];
    assert.ok(proposal, 'nobody leads');
    watched = settled(actWatched(watched, proposal));
    assert.equal(watched.ghost.committed.at(-1)?.cxid, watched.cluster.proposals);
  } catch (error) {
    throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
  }
  for (const { before, event } of toArray(watched.cluster.steps)) {
    const name = classify(before, event);
    if (name !== null) seen.add(name);
  }
}

/** No more faults, for at most two minutes of the ensemble's time. */
function settled(watched: Watched): Watched {
  const end = settleWatched(watched, { ms: 120_000, actions: 20_000 });
  assert.ok(end, 'does not settle');
  return end;
}

const THREE = { voters: [1, 2, 3] };
const SMALL = { tickTime: 100, commitLogCount: 2, finalizeWait: 10, syncLimit: 3 };

for (const [name, options, weights, steps] of [
  ['three servers, calm', THREE, CALM, 200],
  ['three servers, rough', THREE, ROUGH, 500],
  ['three servers, stormy', THREE, STORMY, 500],
  ['three servers that keep little history', { ...THREE, config: SMALL }, ROUGH, 500],
  ['three servers and an observer', { ...THREE, observers: [4] }, ROUGH, 500],
  ['two servers', { voters: [1, 2], config: SMALL }, ROUGH, 300],
  ['one voter and an observer', { voters: [1], observers: [2], config: SMALL }, STORMY, 300],
  ['five servers, stormy', { voters: [1, 2, 3, 4, 5], config: SMALL }, STORMY, 700],
] as const) {
  test(`random schedules: ${name}`, () => {
    for (let i = 0; i < RUNS; i++) {
      const seed = ONLY === undefined ? 1_000_003 * (i + 1) : Number(ONLY);
      runSchedule(options, weights, steps, seed);
    }
  });
}

test('the schedules take every step that has a name', () => {
  const missing = STEP_NAMES.filter((name) => !seen.has(name));
  assert.deepEqual(missing, []);
});
