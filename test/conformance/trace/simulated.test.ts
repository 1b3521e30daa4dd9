/**
 * Simulated ensembles with clients and faults do what the specification says: TLC accepts the
 * beginnings of their runs, one JVM for all. About 30 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerConn } from '../../../src/core/ids.js';
import { planOf } from '../../../src/sim/ensemble/plan.js';
import { runSeed } from '../../../src/sim/ensemble/run.js';
import { traceLine } from '../../../conformance/trace/recorder.js';
import type { TraceLine } from '../../../conformance/trace/schema.js';
import { validateRuns } from '../../../conformance/trace/validate.js';
import { findTools } from '../../../conformance/tla2tools-runner/index.js';
import { asRun } from './helper.js';

const RUNS = 4;
/** Enough for elections, restarts and writes; what a trace says grows with its length. */
const LINES = 500;

const connName = (conn: PeerConn): string => `c${conn >> 1}`;

/** Three voters and an observer, with faults: the same members, so that one JVM takes them all. */
function seeds(): number[] {
  const found: number[] = [];
  for (let seed = 1; found.length < RUNS; seed++) {
    const { voters, observers, faultsEvery, tickTime } = planOf(seed);
    const often = faultsEvery > 0 && faultsEvery <= 6 * tickTime;
    if (voters === 3 && observers === 1 && often) found.push(seed);
  }
  return found;
}

function beginningOf(seed: number): readonly TraceLine[] {
  const lines: TraceLine[] = [];
  const { failure } = runSeed(seed, {
    onStep: (step) => {
      if (lines.length < LINES) lines.push(traceLine(step, { seq: lines.length + 1, connName }));
    },
  });
  assert.equal(failure, null);
  return lines;
}

test('TLC accepts simulated runs with faults', async () => {
  const runs = seeds().map((seed) => asRun(`seed ${seed}`, beginningOf(seed)));
  const actions = new Set(runs.flatMap(({ lines }) => lines.map(({ line }) => line.action)));
  for (const action of ['Restart', 'LeaderPropose', 'ObserverProcessINFORM', 'FollowerShutdown']) {
    assert.ok(actions.has(action), `no ${action} in these runs`);
  }
  const validations = await validateRuns(runs, { tools: await findTools() });
  for (const { name, refusal } of validations) {
    assert.equal(
      refusal,
      null,
      `${name}: ${JSON.stringify(refusal?.at.number)} ${refusal?.why[0]}`,
    );
  }
});
