/**
 * A follower that missed 1,200 transactions gets them in one synchronization: the longest queues of
 * packets and of durable writes that a trace has, which TLC goes through by recursion. About 15 s on a
 * quiet machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sid } from '../../../src/core/ids.js';
import { act } from '../../../src/sim/action.js';
import { traceOf } from '../../../conformance/trace/from-sim.js';
import { validateRuns } from '../../../conformance/trace/validate.js';
import {
  crash,
  leaderOf,
  propose,
  settled,
  start,
  threeServers,
} from '../../../conformance/trace/scripting.js';
import { sharedTools } from '../tla2tools-runner/helper.js';
import { asRun } from './helper.js';

const MISSED = 1_200;

test('TLC accepts a trace of 8,000 lines with a synchronization of 1,200 transactions', async () => {
  const late = 1 as Sid;
  let cluster = crash(threeServers(2 * MISSED), late);
  const leader = leaderOf(cluster);
  for (let i = 0; i < MISSED; i++) cluster = act(cluster, { type: 'propose', sid: leader });
  cluster = propose(settled(start(settled(cluster), late)), 1);
  const run = asRun('late follower', traceOf(cluster));
  assert.ok(run.lines.length > 8_000);
  assert.ok(run.lines.some(({ line }) => line.persisted.length > MISSED));
  const [validation] = await validateRuns([run], { tools: await sharedTools() });
  assert.equal(validation!.refusal, null, validation!.refusal?.why.join('\n'));
});
