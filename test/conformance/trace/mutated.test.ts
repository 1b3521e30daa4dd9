/**
 * The validator is itself put to the test: one corruption of each kind (which action, which field,
 * how), and lines dropped, repeated and swapped. (About 25 s on a quiet machine, one JVM.)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnusableTrace } from '../../../conformance/trace/file.js';
import { runOf } from '../../../conformance/trace/load.js';
import { mutationsOf } from '../../../conformance/trace/mutate.js';
import type { Mutation } from '../../../conformance/trace/mutate.js';
import { traceText } from '../../../conformance/trace/recorder.js';
import { SCENARIOS } from '../../../conformance/trace/scenarios.js';
import { decodeLine } from '../../../conformance/trace/schema.js';
import { validateRuns } from '../../../conformance/trace/validate.js';
import type { Run } from '../../../conformance/trace/validate.js';
import { sharedTools } from '../tla2tools-runner/helper.js';

/** Corruptions that are behaviours of the specification after all, and why. */
const LEGAL: Readonly<Record<string, string>> = {
  '(closed) dropped': 'the step changes nothing, so nothing depends on it',
  "(closed) swapped with the server's next": 'neither step changes anything',
  '(dialFailed) dropped': 'the step changes nothing, so nothing depends on it',
  '(dialFailed) event.sid +1':
    'whom a failed dial went to is none of the model’s: it may be an old one',
  '(dialFailed) event.sid -1':
    'whom a failed dial went to is none of the model’s: it may be an old one',
  '(dialFailed) repeated': 'a step that changes nothing may happen twice',
  '(dialFailed) server +1': 'the other server is in the very state that the line shows',
  "(dialFailed) swapped with the server's next": 'neither step changes anything',
  '(tick) dropped': 'the step changes nothing, so nothing depends on it',
  '(tick) repeated': 'a step that changes nothing may happen twice',
  "(tick) swapped with the server's next": 'neither step changes anything',
  'LeaderCloseConnection dropped':
    'the leader reads the same learner’s next FOLLOWERINFO, which drops the older connection',
  "LeaderCloseConnection swapped with the server's next":
    'the next step is on another connection, or in the election: neither depends on the other',
  'LeaderProcessACK dropped': 'the server’s last line: it has not read that packet yet',
  'ReceiveNotification dropped': 'messages of the election may be lost',
  'ResendNotifications dropped': 'it sends what may be lost, and what the next one sends again',
  'ResendNotifications repeated': 'a server may ask for votes once more',
  "ResendNotifications swapped with the server's next": 'the next line is the same',
  'Restart repeated': 'the server was killed as soon as it had started',
};

/** Names that another line has to agree with: what is wrong shows where either is. */
const NAMES = /\b(conn|ticket|sid|server|as|from) /;

/** The run of a corrupted trace; the line at which it is no trace at all. */
function runOrLine({ kind, lines }: Mutation): Run | number {
  try {
    const decoded = lines.map((line, i) => {
      const found = decodeLine(traceText(line).trimEnd());
      if (!found.ok) throw new UnusableTrace(`trace:${i + 1}: ${found.why}`);
      return { file: 'trace', number: i + 1, line: found.value };
    });
    return runOf({ path: kind, lines: decoded, cut: false });
  } catch (e) {
    assert.ok(e instanceof UnusableTrace);
    return Number(/^trace:(\d+)/.exec(e.message)![1]);
  }
}

test('of all kinds of corruption 99 % are refused, where they are; the others are legal', async () => {
  const traces = new Map(SCENARIOS.map((s) => [s.name, s.run()]));
  const mutations = mutationsOf(traces, 500);
  const found = mutations.map(runOrLine);
  const runs = found.filter((run) => typeof run !== 'number');
  const options = { tools: await sharedTools(), explain: false };
  const validations = await validateRuns(runs, options);
  const refusedAt = new Map(
    runs.map((run, i) => [run, validations[i]!.refusal?.at.number ?? null]),
  );
  const accepted: string[] = [];
  const misplaced: string[] = [];
  mutations.forEach(({ kind, base, at }, i) => {
    const run = found[i]!;
    const line = typeof run === 'number' ? run : refusedAt.get(run)!;
    const moved = / (dropped|repeated|swapped)\b/.test(kind);
    if (line === null) {
      accepted.push(kind);
      console.log(`accepted: ${kind} at ${base}:${at}`);
    } else if (moved ? line < at : line !== at && !NAMES.test(kind)) {
      misplaced.push(`${kind} at ${base}:${at}: refused at ${line}`);
    }
  });
  console.log(`${mutations.length} corruptions, ${mutations.length - accepted.length} refused`);
  assert.ok(mutations.length >= 500);
  assert.deepEqual(misplaced, []);
  assert.deepEqual(accepted.sort(), Object.keys(LEGAL).sort());
  assert.ok(accepted.length <= mutations.length / 100);
});
