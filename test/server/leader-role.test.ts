import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { SessionId } from '../../src/core/ids.js';
import type { ForwardedRequest } from '../../src/core/request.js';
import type { Txn, TxnBody } from '../../src/core/txn.js';
import { sessionPassword } from '../../src/server/session-password.js';
import { endOf } from '../../src/server/sessions.js';
import {
  CONFIG,
  FOLLOWING,
  STANDALONE,
  ask,
  client,
  commit,
  connect,
  create,
  feed,
  open,
  peer,
  proposals,
  responseOf,
  send,
  start,
  take,
  zxid,
  type CoreAsk,
  type Harness,
} from './harness.js';
import { getNode } from '../../src/tree/tree.js';

const LEADING = { ...STANDALONE, epoch: 1 };
const EPOCH = 2 ** 32;
const S = 0x0300_0000_0000_0001n as SessionId;

function txn(counter: number, sessionId: SessionId, cxid: number, body: TxnBody): Txn {
  return { zxid: zxid(EPOCH + counter), sessionId, cxid, time: 9, body };
}

function deliver(h: Harness, delivered: Txn): void {
  feed(h, { type: 'deliver', txn: delivered });
}

function request(overrides: Partial<ForwardedRequest>): ForwardedRequest {
  return { sessionId: S, cxid: 1, request: create('/a'), identities: [], ...overrides };
}

function forward(h: Harness, from: number, packet: Partial<ForwardedRequest>): void {
  feed(h, {
    type: 'request',
    conn: peer(from),
    packet: { type: 'REQUEST', request: request(packet) },
  });
}

test('a leader prepares what learners forward, and who owns the session may write for it', () => {
  const h = start(LEADING);
  forward(h, 7, { cxid: 0, request: { op: 'createSession', timeout: 8000 } });
  forward(h, 7, {});
  forward(h, 8, { cxid: 2, request: create('/b') });
  forward(h, 7, { sessionId: 99n as SessionId, request: create('/c') });
  assert.deepEqual(
    proposals(h).map(({ zxid: z, sessionId, cxid, body }) => [
      z - EPOCH,
      sessionId,
      cxid,
      body.type === 'error' ? body.err : body.type,
    ]),
    [
      [1, S, 0, 'createSession'],
      [2, S, 1, 'create'],
      [3, S, 2, ErrorCode.SESSIONMOVED],
      [4, 99n, 1, ErrorCode.SESSIONEXPIRED],
    ],
  );
  commit(h);
  assert.deepEqual(take(h), [], 'they are no clients of this server');
  assert.ok(getNode(h.state.tree, '/a') !== undefined);
});

test('a session moves with its client: from one learner to another, and to the leader', () => {
  const h = start(LEADING);
  forward(h, 7, { cxid: 0, request: { op: 'createSession', timeout: 8000 } });
  commit(h);
  const packet = { type: 'REVALIDATE', sessionId: S, timeout: 6000 } as const;
  feed(h, { type: 'revalidate', conn: peer(8), packet });
  assert.deepEqual(h.asked.shift(), {
    type: 'revalidated',
    conn: 8,
    packet: { ...packet, valid: true },
  });
  forward(h, 7, {});
  forward(h, 8, {});
  const outcomes = proposals(h).map(({ body }) => (body.type === 'error' ? body.err : body.type));
  assert.deepEqual(outcomes, [ErrorCode.SESSIONMOVED, 'create']);
  commit(h);
  const conn = open(h);
  connect(h, conn, { sessionId: S, password: sessionPassword(S) });
  assert.equal(responseOf(take(h)).sessionId, S);
  forward(h, 8, { cxid: 2 });
  const [moved] = proposals(h);
  assert.deepEqual(moved?.body, { type: 'error', err: ErrorCode.SESSIONMOVED });
  commit(h);
  assert.equal(ask(h, conn, create('/b')).err, 0);
});

test('a client whose session has moved away from the leader is closed at its next write', () => {
  const h = start(LEADING);
  const { conn, sessionId } = client(h);
  const packet = { type: 'REVALIDATE', sessionId, timeout: 6000 } as const;
  feed(h, { type: 'revalidate', conn: peer(8), packet });
  h.asked = [];
  send(h, conn, 1, create('/a'));
  commit(h);
  assert.deepEqual(
    take(h).map(({ type }) => type),
    ['clientClose'],
  );
});

test('a session that is gone is not valid', () => {
  const h = start(LEADING);
  const packet = { type: 'REVALIDATE', sessionId: S, timeout: 6000 } as const;
  feed(h, { type: 'revalidate', conn: peer(8), packet });
  assert.deepEqual(h.asked, [
    { type: 'revalidated', conn: 8, packet: { ...packet, valid: false } },
  ]);
});

test('a leader hears of sessions from learners, and passes their syncs on', () => {
  const h = start(LEADING);
  forward(h, 7, { cxid: 0, request: { op: 'createSession', timeout: 8000 } });
  commit(h);
  h.now = 5000;
  feed(h, { type: 'serviceTick', now: h.now });
  const sessions = [
    { sessionId: S, timeout: 8000 },
    { sessionId: 5n as SessionId, timeout: 8000 },
  ];
  feed(h, { type: 'pinged', conn: peer(7), packet: { type: 'PING', zxid: zxid(0), sessions } });
  const end = endOf(5000, 8000, CONFIG.tickTime);
  assert.equal(h.state.sessions.tracked.get(S)?.end, end);
  forward(h, 7, { request: { op: 'sync', path: '/p' }, cxid: 4 });
  assert.deepEqual(h.asked, [
    {
      type: 'sync',
      conn: peer(7),
      packet: { type: 'SYNC', sessionId: S, cxid: 4, path: '/p' },
    } satisfies CoreAsk,
  ]);
  const before = h.state;
  feed(h, { type: 'learnerGone', conn: peer(7) });
  assert.equal(h.state, before);
});

test('who does not lead does not act for learners', () => {
  const h = start(FOLLOWING);
  const before = h.state;
  forward(h, 7, {});
  feed(h, {
    type: 'revalidate',
    conn: peer(7),
    packet: { type: 'REVALIDATE', sessionId: S, timeout: 1 },
  });
  feed(h, {
    type: 'pinged',
    conn: peer(7),
    packet: { type: 'PING', zxid: zxid(0), sessions: [] },
  });
  assert.equal(h.state, before);
  assert.deepEqual(h.asked, []);
});

test('a leader winds up clocks of sessions that it delivers of its predecessors', () => {
  const h = start(LEADING);
  deliver(h, txn(1, S, 0, { type: 'createSession', timeout: 4000 }));
  assert.equal(h.state.sessions.tracked.get(S)?.owner, null);
  assert.equal(h.state.ahead.tree, h.state.tree);
  h.now = endOf(1000, 4000, CONFIG.tickTime);
  feed(h, { type: 'serviceTick', now: h.now });
  assert.equal(proposals(h).length, 1);
});
