import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CoreConfig } from '../../src/core/event.js';
import type { SessionId, Sid } from '../../src/core/ids.js';
import { ZXID_ZERO } from '../../src/core/zxid.js';
import {
  initialMember,
  type CoreStep,
  type MemberEffect,
  type MemberEvent,
} from '../../src/server/member.js';
import { InvariantError, MemberDriver } from '../../src/shell/driver.js';
import { OperatorError } from '../../src/shell/operator-error.js';
import type { TraceSink } from '../../src/shell/trace-sink.js';
import { DEFAULT_RULES } from '../../src/server/acl.js';
import { DEFAULT_FEATURES } from '../../src/server/features.js';

const CORE: CoreConfig = {
  sid: 0 as Sid,
  voters: [0 as Sid],
  observers: [],
  standalone: true,
  tickTime: 1000,
  initLimit: 5,
  syncLimit: 5,
  finalizeWait: 200,
  commitLogCount: 500,
};
const SERVICE = {
  sid: 0,
  tickTime: 1000,
  minSessionTimeout: 2000,
  maxSessionTimeout: 20_000,
  superDigest: null,
  digestBase64: () => '',
  rules: DEFAULT_RULES,
  enforcedSchemes: null,
  features: DEFAULT_FEATURES,
  configNode: null,
};
const START: readonly MemberEvent[] = [
  { type: 'serviceStart', now: 0, wallClock: 1_000_000, snapshot: null },
  {
    type: 'start',
    now: 0,
    disk: { acceptedEpoch: 0, currentEpoch: 0, snapshotZxid: ZXID_ZERO, log: [] },
  },
];
/** No server starts twice. */
const TWICE: MemberEvent = {
  type: 'start',
  now: 9,
  disk: { acceptedEpoch: 0, currentEpoch: 0, snapshotZxid: ZXID_ZERO, log: [] },
};
const EXPIRE: MemberEvent = { type: 'expireSession', sessionId: 5n as SessionId, now: 1 };

interface Options {
  readonly trace?: TraceSink;
  readonly perform?: (effect: MemberEffect, driver: MemberDriver) => void;
}

function start(options: Options = {}) {
  const broken: Error[] = [];
  const effects: MemberEffect[] = [];
  const driver: MemberDriver = new MemberDriver({
    initial: initialMember(CORE, SERVICE),
    trace: options.trace ?? null,
    perform: (effect) => {
      effects.push(effect);
      options.perform?.(effect, driver);
    },
    after: () => undefined,
    onBroken: (error) => broken.push(error),
  });
  for (const event of START) driver.post(event);
  return { driver, effects, broken };
}

/** A client that connects: its session's transaction is persisted. */
function connect(driver: MemberDriver): void {
  const conn = 1 as never;
  driver.post({ type: 'clientOpened', conn, ip: '127.0.0.1', now: 1 });
  const request = {
    ...{ protocolVersion: 0, lastZxidSeen: ZXID_ZERO, timeout: 5000, sessionId: 0n as SessionId },
    ...{ password: Buffer.alloc(16), readOnly: false, hasReadOnly: true },
  };
  driver.post({ type: 'clientConnect', conn, request, now: 1 });
}

test('an event that an effect leads to waits until the effects of the step are carried out', () => {
  const order: string[] = [];
  const { driver, broken } = start({
    perform: (effect, self) => {
      if (effect.type === 'persist') {
        self.post({ type: 'persisted', ticket: effect.ticket });
        order.push('after post');
      } else order.push(effect.type);
    },
  });
  connect(driver);
  assert.deepEqual(broken, []);
  assert.ok(order.indexOf('after post') < order.indexOf('connectReply'), order.join());
  assert.equal(order.filter((what) => what === 'connectReply').length, 1);
});

test('a step is traced before its first effect is carried out', () => {
  const order: string[] = [];
  const lines: CoreStep[] = [];
  const { driver } = start({
    trace: {
      line: (step) => {
        lines.push(step);
        order.push('line');
      },
    },
    perform: (effect) => order.push(effect.type),
  });
  assert.deepEqual(
    lines.map(({ event }) => event.type),
    ['start'],
  );
  connect(driver);
  assert.ok(order.indexOf('persist') > order.lastIndexOf('line'), order.join());
});

test('a broken invariant: told once with the last events, and nothing is done after it', () => {
  const { driver, effects, broken } = start();
  driver.post(EXPIRE);
  driver.post(TWICE);
  const [error] = broken;
  assert.ok(error instanceof InvariantError);
  assert.match(error.message, /^broken invariant: .+\nlast events:\n/);
  const events = error.message.split('\n').slice(2);
  assert.equal(events.length, 4);
  assert.equal(events[2], '{"type":"expireSession","sessionId":"0x5","now":1}');
  assert.match(events[3] ?? '', /^\{"type":"start","now":9,"disk":/);
  const { length } = effects;
  connect(driver);
  assert.equal(effects.length, length);
  assert.equal(broken.length, 1);
});

test('of many events the last twenty are told', () => {
  const { driver, broken } = start();
  for (let i = 0; i < 50; i++) driver.post({ ...EXPIRE, now: 100 + i });
  driver.post(TWICE);
  const events = broken[0]?.message.split('\n').slice(2) ?? [];
  assert.equal(events.length, 20);
  assert.match(events[0] ?? '', /"now":131\}$/);
});

test('a trace that cannot be written is the operator’s fault', () => {
  const { broken } = start({
    trace: {
      line: () => {
        throw new OperatorError('trace t cannot be written (ENOSPC)');
      },
    },
  });
  assert.deepEqual(
    broken.map(({ name, message }) => [name, message]),
    [['OperatorError', 'trace t cannot be written (ENOSPC)']],
  );
});

test('a driver that was stopped does nothing', () => {
  const { driver, effects } = start();
  driver.stop();
  const { length } = effects;
  connect(driver);
  assert.equal(effects.length, length);
});

test('what reaches a server before it has started is no step of its trace', () => {
  const lines: CoreStep[] = [];
  const driver = new MemberDriver({
    initial: initialMember(CORE, SERVICE),
    trace: { line: (step) => void lines.push(step) },
    perform: () => undefined,
    after: () => undefined,
    onBroken: (error) => assert.fail(error),
  });
  driver.post({ type: 'dialFailed', sid: 2 as Sid, now: 0 });
  assert.equal(lines.length, 0);
  for (const event of START) driver.post(event);
  const types = lines.map(({ event }) => event.type);
  assert.deepEqual(types, ['start']);
});
