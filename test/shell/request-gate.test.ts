import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULTS } from '../../src/config/server-config.js';
import { ConnectionThrottle } from '../../src/shell/connection-throttle.js';
import {
  gateLimits,
  newGated,
  NO_LIMITS,
  RequestGate,
  type Gated,
  type GateLimits,
} from '../../src/shell/request-gate.js';

interface Connection {
  readonly name: string;
  readonly gated: Gated;
}

const connection = (name: string): Connection => ({ name, gated: newGated() });

function gate(limits: Partial<GateLimits>) {
  const resumed: string[] = [];
  const made = new RequestGate<Connection>({ ...NO_LIMITS, ...limits }, ({ name }) => {
    resumed.push(name);
  });
  return { gate: made, resumed };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('above the outstanding limit a connection has one request under way, and no more', async () => {
  const { gate: it, resumed } = gate({ outstanding: 1 });
  const [a, b] = [connection('a'), connection('b')];
  for (const one of [a, a]) {
    assert.ok(it.admits(one));
    it.begin(one, 10);
  }
  assert.ok(!it.admits(a));
  assert.ok(it.admits(b));
  it.begin(b, 10);
  it.end(a);
  await turn();
  assert.deepEqual(resumed, []);
  it.end(b);
  await turn();
  assert.deepEqual(resumed, ['a']);
});

test('with as many under way as the throttle says none begins; the first to wait goes first', async () => {
  const { gate: it, resumed } = gate({ throttle: 1 });
  const [a, b, c] = [connection('a'), connection('b'), connection('c')];
  it.begin(a, 10);
  assert.ok(!it.admits(b));
  assert.ok(!it.admits(c));
  it.end(a);
  assert.ok(!it.admits(a));
  await turn();
  assert.deepEqual(resumed, ['b', 'c', 'a']);
});

test('a connection that goes takes what it had under way with it', async () => {
  const { gate: it, resumed } = gate({ throttle: 1, largeThreshold: 5, largeMax: 15 });
  const [a, b] = [connection('a'), connection('b')];
  assert.ok(it.begin(a, 10));
  assert.ok(!it.begin(b, 10));
  assert.ok(!it.admits(b));
  it.drop(a);
  await turn();
  assert.deepEqual(resumed, ['b']);
  assert.ok(it.begin(b, 10));
});

test('requests up to the threshold are never too large', () => {
  const { gate: it } = gate({ largeThreshold: 10, largeMax: 20 });
  const a = connection('a');
  for (let i = 0; i < 10; i++) assert.ok(it.begin(a, 10));
  assert.ok(it.begin(a, 20));
  assert.ok(!it.begin(a, 11));
  for (let i = 0; i < 11; i++) it.end(a);
  assert.ok(it.begin(a, 11));
});

test('a request that has waited too long is throttled, a ping is not, and a late one is dropped', () => {
  const { gate: it } = gate({ throttle: 1, throttledOpWait: 100 });
  assert.ok(it.keepsTimes);
  assert.equal(it.verdict(4, 100, 5000), 'goes');
  assert.equal(it.verdict(4, 101, 5000), 'throttled');
  assert.equal(it.verdict(11, 101, 5000), 'goes');
  assert.equal(it.verdict(-11, 101, 5000), 'goes');
  assert.equal(gate({ throttle: 1, dropsLate: true }).gate.verdict(4, 5001, 5000), 'dropped');
  assert.ok(!gate({ throttledOpWait: 100 }).gate.keepsTimes);
});

test('voters share the outstanding limit', () => {
  const of = (voters: number): number => gateLimits(DEFAULTS.limits, voters).outstanding;
  assert.deepEqual([0, 1, 2, 3, 5].map(of), [1000, 1000, 1000, 500, 250]);
});

test('tokens: as many sessions at once as there are, then as fast as they come back', () => {
  const settings = { ...DEFAULTS.limits, connectionMaxTokens: 2, connectionTokenFillTime: 10 };
  const throttle = new ConnectionThrottle(settings, 0);
  const asked = [0, 0, 0, 10, 11, 11, 40, 40, 40];
  const admitted = asked.map((now) => throttle.admits('global', now));
  assert.deepEqual(admitted, [true, true, false, false, true, false, true, true, false]);
});

test('tokens by weight: a new session takes three, a renewed one two, a local one one', () => {
  const settings = { ...DEFAULTS.limits, connectionMaxTokens: 2, connectionWeightEnabled: true };
  const throttle = new ConnectionThrottle(settings, 0);
  const kinds = ['global', 'renewed', 'local', 'local'] as const;
  assert.deepEqual(
    kinds.map((kind) => throttle.admits(kind, 0)),
    [true, true, true, false],
  );
});

test('an empty bucket makes a share of sessions be dropped that grows and shrinks', () => {
  const settings = {
    ...DEFAULTS.limits,
    ...{ connectionMaxTokens: 1, connectionTokenFillTime: 1000, connectionFreezeTime: 1 },
    ...{ connectionDropIncrease: 0.6, connectionDropDecrease: 0.6 },
  };
  const throttle = new ConnectionThrottle(settings, 0, () => 0.5);
  const asked = [0, 2, 4, 2000, 2002];
  const admitted = asked.map((now) => throttle.admits('global', now));
  // Drop: 0, 0.6, 1; full again at 2000: 0.4, and the token goes; empty at 2002.
  assert.deepEqual(admitted, [true, false, false, true, false]);
});

test('no tokens, no limit', () => {
  const throttle = new ConnectionThrottle(DEFAULTS.limits, 0);
  for (let i = 0; i < 1000; i++) assert.ok(throttle.admits('global', 0));
});
