/**
 * 1,000 behaviours that TLC simulates, with crashes, disconnects, observers, snapshots, the oracle and
 * fast leader election, drive the reducers: they agree with every step. About 80 s on two quiet cores.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runReplay } from '../../../conformance/replay/command.js';
import { STEP_NAMES } from '../../../src/core/classify.js';

interface Result {
  readonly agrees: boolean;
  readonly traces: readonly { readonly name: string; readonly disagreement: unknown }[];
  readonly actions: Readonly<Record<string, number>>;
}

test('1,000 simulated behaviours: the reducers take every step of them', async (t) => {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runReplay(['--simulate', '--json'], {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    status: null,
    signal: t.signal,
  });
  assert.deepEqual(err, []);
  const { agrees, traces, actions } = JSON.parse(out.join('')) as Result;
  const wrong = traces.filter(({ disagreement }) => disagreement !== null);
  assert.deepEqual(wrong.slice(0, 1), []);
  assert.deepEqual([code, agrees, traces.length], [0, true, 1000]);
  // Sending a notification again changes nothing where the newest is the only one.
  const never = ['ResendNotifications'];
  const taken = [...STEP_NAMES, 'ElectLeader', 'JoinLeader', 'Crash', 'TakeSnapshot'];
  assert.deepEqual(
    taken.filter((name) => (actions[name] ?? 0) === 0),
    never,
    'every action is taken',
  );
});
