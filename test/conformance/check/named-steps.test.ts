/** A counterexample whose steps TLC cannot name is told with the names of the same steps elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withNamedSteps } from '../../../conformance/check/named-steps.js';
import { runTlc } from '../../../conformance/tla2tools-runner/index.js';
import type { TlcRun } from '../../../conformance/tla2tools-runner/index.js';
import { sharedTools, tinySpec } from '../tla2tools-runner/helper.js';

const SPEC = `VARIABLE x
Init == x = 0
Up == x' = x + 1
Down == x > 0 /\\ x' = x - 1
Next == Up \\/ Down
Spec == Init /\\ [][Next]_x
Blind == IF x = 0 THEN Up ELSE Up \\/ Down
BlindSpec == Init /\\ [][Blind]_x
Small == x < 3`;

test('a counterexample without names is found again with them; a verdict that holds is not', async (t) => {
  const tools = await sharedTools();
  const { module, config } = await tinySpec(t, SPEC, 'SPECIFICATION BlindSpec\nINVARIANT Small\n');
  const run: TlcRun = { mode: 'check', module, config, short: true };
  const runs: TlcRun[] = [];
  const again = async (each: TlcRun) => {
    runs.push(each);
    return await runTlc(each, tools);
  };
  const blind = await runTlc(run, tools);
  const named = await withNamedSteps(blind, run, 'Spec', again);
  const actions = (found: typeof blind) => found.counterexample?.states.map(({ action }) => action);
  assert.deepEqual(actions(blind), [null, 'Blind', 'Blind', 'Blind']);
  assert.deepEqual(actions(named), [null, 'Up', 'Up', 'Up']);
  assert.deepEqual(named.verdict, blind.verdict);
  assert.equal(runs.length, 1);
  assert.equal(await withNamedSteps(blind, run, undefined, again), blind);
  const held = { ...blind, counterexample: null };
  assert.equal(await withNamedSteps(held, run, 'Spec', again), held);
  assert.equal(runs.length, 1);
});
