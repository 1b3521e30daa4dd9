/**
 * Counterexamples that `zab check` saves as traces, given to `zab validate`: those of the protocol as
 * it is are behaviours of it; those of a planted fault are refused where the fault shows. (About 40 s
 * of CPU: nine models and five JVMs that validate.)
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCheck } from '../../../conformance/check/check.js';
import { asTrace, NoTrace } from '../../../conformance/counterexample/as-trace.js';
import { packageRoot } from '../../../conformance/package-root.js';
import { loadRuns } from '../../../conformance/trace/load.js';
import { validateRuns } from '../../../conformance/trace/validate.js';
import { parseState } from '../../../conformance/tla2tools-runner/index.js';
import { sharedTools, temporaryFolder } from '../tla2tools-runner/helper.js';

/** Reached by the protocol as it is: coarse and fine, with an observer, of five servers, … */
const WITNESSES = [
  'WitnessObserverInformed',
  // (a follower comes back to a leader that has nobody else)
  'WitnessRedialled',
  'WitnessTwoOfFive',
  'WitnessRestartedWithLog',
];

/** A planted fault, and the action of the line that no behaviour of the protocol explains. */
const FAULTS: Readonly<Record<string, string>> = {
  m12_ack_without_append: 'FollowerProcessPROPOSAL',
  m13_log_lost_at_restart: 'Restart',
  m14_commit_without_quorum: 'LeaderPersistLog',
  m35_vote_order_ignores_epoch: 'ReceiveNotification',
  // the schedule of ZOOKEEPER-4643
  Z4643_bug: 'FollowerProcessNEWLEADER',
};

test('a counterexample is saved as a trace, which is judged as the protocol is', async (t) => {
  const folder = await temporaryFolder(t);
  const names = [...WITNESSES, ...Object.keys(FAULTS)];
  const said: string[] = [];
  const io = { out: (line: string) => said.push(line), err: () => undefined, status: null };
  assert.equal(await runCheck([...names, '--save', folder, '--story'], io), 0, said.join('\n'));
  const runs = names.map((name) => loadRuns([join(folder, `${name}.ndjson`)])[0]!);
  const options = { tools: await sharedTools(), explain: false };
  const validations = await validateRuns(runs, options);
  validations.forEach(({ refusal, lines }, n) => {
    const name = names[n]!;
    assert.ok(lines > 3, name);
    assert.ok(said.includes(`  and as a trace: ${join(folder, `${name}.ndjson`)}`), name);
    const expected = FAULTS[name] ?? null;
    assert.equal(refusal?.at.line.action ?? null, expected, `${name}:${refusal?.at.number}`);
  });
});

const CONFIG = readFileSync(join(packageRoot(), 'spec', 'models', 'TwoServersFine.cfg'), 'utf8');

function stateOf(text: string) {
  return { index: 1, action: null, location: '', state: parseState(text) };
}

test('a step that does not show, and an oracle that votes cannot follow: no trace, and why', () => {
  const first = `
    /\\ state = (s1 :> "LOOKING" @@ s2 :> "LEADING")
    /\\ zabState = (s1 :> "ELECTION" @@ s2 :> "DISCOVERY")
    /\\ leaderOf = (s1 :> NoServer @@ s2 :> s2)
    /\\ history = (s1 :> <<>> @@ s2 :> <<>>)
    /\\ lastCommitted = (s1 :> 0 @@ s2 :> 0)
    /\\ disk = (s1 :> [acceptedEpoch |-> 0, currentEpoch |-> 0, snapshot |-> 0, log |-> <<>>] @@
               s2 :> [acceptedEpoch |-> 0, currentEpoch |-> 0, snapshot |-> 0, log |-> <<>>])
    /\\ msgs = (s1 :> (s1 :> <<>> @@ s2 :> <<>>) @@ s2 :> (s1 :> <<>> @@ s2 :> <<>>))
    /\\ round = <<>>
    /\\ notes = <<>>`;
  const joined = first
    .replace('s1 :> "LOOKING"', 's1 :> "FOLLOWING"')
    .replace('s1 :> "ELECTION"', 's1 :> "DISCOVERY"')
    .replace('s1 :> NoServer', 's1 :> s2');
  const refused = (action: string, second: string, why: RegExp) =>
    assert.throws(
      () => asTrace({ states: [stateOf(first), { ...stateOf(second), action }] }, CONFIG),
      (e) => e instanceof NoTrace && why.test(e.message),
    );
  refused('JoinLeader', joined, /^no votes let 1 follow 2, as the oracle does$/);
  refused('Unheard', first, /^state 2: whose step Unheard is does not show$/);
});
