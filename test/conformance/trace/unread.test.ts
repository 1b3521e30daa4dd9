/**
 * Messages of the election that nobody reads do not pile up: the trace specification loses them, as
 * they may be. What is sent is looked at all the same. (A few seconds, one JVM.)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sid } from '../../../src/core/ids.js';
import { act } from '../../../src/sim/action.js';
import { newCluster } from '../../../src/sim/cluster.js';
import { traceOf } from '../../../conformance/trace/from-sim.js';
import { resolveTrace } from '../../../conformance/trace/resolve.js';
import type { TraceLine } from '../../../conformance/trace/schema.js';
import { propose, settled, startAll } from '../../../conformance/trace/scripting.js';
import { validateRuns } from '../../../conformance/trace/validate.js';
import { sharedTools } from '../tla2tools-runner/helper.js';
import { asRun } from './helper.js';

const TICKS = 60;

/** One server asks again and again before the others start. */
function aloneForLong(): readonly TraceLine[] {
  const sid = 1 as Sid;
  let cluster = act(newCluster({ voters: [1, 2, 3] }), { type: 'start', sid });
  for (let i = 0; i < TICKS; i++) cluster = act(cluster, { type: 'tick', sid });
  return traceOf(propose(settled(startAll(cluster)), 1));
}

test('messages that nobody reads are lost, and looked at when they are sent', async () => {
  const lines = aloneForLong();
  const run = asRun('alone for long', lines);
  const lost = resolveTrace(run.name, run.lines)!.lines.map((line) => line.lost);
  const asked = lines.flatMap(({ action }, i) => (action === 'ResendNotifications' ? [i] : []));
  assert.ok(asked.length > 40);
  assert.deepEqual(lost[asked[10]!], [], 'a few do not matter');
  const at = asked[30]!;
  assert.deepEqual(lost[at], [2, 3]);
  assert.deepEqual(lost[lines.length - 1], [], 'what is read in the end is not lost');
  const changed = (change: (line: TraceLine) => TraceLine) =>
    asRun('changed', lines.with(at, change(lines[at]!)));
  const silent = changed((line) => ({ ...line, sent: [] }));
  const other = changed((line) => ({
    ...line,
    sent: line.sent.map((item) =>
      'notification' in item
        ? { ...item, notification: { ...item.notification, round: item.notification.round + 1 } }
        : item,
    ),
  }));
  const toOne = changed((line) => ({ ...line, sent: line.sent.slice(1) }));
  const options = { tools: await sharedTools(), explain: false };
  const validations = await validateRuns([run, silent, other, toOne], options);
  const refused = validations.map(({ refusal }) => refusal?.at.number ?? null);
  assert.deepEqual(refused, [null, at + 1, at + 1, at + 1]);
});
