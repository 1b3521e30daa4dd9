import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { SessionId } from '../../src/core/ids.js';
import type { ForwardedRequest } from '../../src/core/request.js';
import type { Txn, TxnBody } from '../../src/core/txn.js';
import { sessionPassword } from '../../src/server/session-password.js';
import {
  FOLLOWING,
  OPEN,
  connect,
  create,
  exists,
  feed,
  getData,
  open,
  responseOf,
  send,
  setData,
  start,
  take,
  zxid,
  type CoreAsk,
  type Harness,
} from './harness.js';

const EPOCH = 2 ** 32;
const S = 0x0300_0000_0000_0001n as SessionId;

function txn(counter: number, sessionId: SessionId, cxid: number, body: TxnBody): Txn {
  return { zxid: zxid(EPOCH + counter), sessionId, cxid, time: 9, body };
}

function deliver(h: Harness, delivered: Txn): void {
  feed(h, { type: 'deliver', txn: delivered });
}

/** What a learner has forwarded last. */
function forwarded(h: Harness): ForwardedRequest {
  const event = h.asked.at(-1);
  assert.ok(event?.type === 'forward' && event.packet.type === 'REQUEST');
  return event.packet.request;
}

/** A client of a learner, with its session, after `counter` transactions. */
function learnerClient(
  h: Harness,
  counter: number,
): { conn: ReturnType<typeof open>; id: SessionId } {
  const conn = open(h);
  connect(h, conn);
  const { sessionId, cxid, request } = forwarded(h);
  assert.deepEqual([cxid, request], [0, { op: 'createSession', timeout: 10_000 }]);
  deliver(h, txn(counter, sessionId, 0, { type: 'createSession', timeout: 10_000 }));
  assert.equal(responseOf(take(h)).sessionId, sessionId);
  h.asked = [];
  return { conn, id: sessionId };
}

function createBody(path: string): TxnBody {
  return { type: 'create', path, data: null, acl: OPEN, ephemeral: false, parentCVersion: -1 };
}

test('a learner forwards writes with the identities of the connection, and answers its own', () => {
  const h = start(FOLLOWING);
  const { conn, id } = learnerClient(h, 1);
  send(h, conn, 5, create('/a'));
  send(h, conn, 6, getData('/a'));
  assert.deepEqual(forwarded(h), {
    sessionId: id,
    cxid: 5,
    request: create('/a'),
    identities: [{ scheme: 'ip', id: '127.0.0.1' }],
  });
  // Another session's transaction with the same cxid is not the answer.
  deliver(h, txn(2, S, 5, createBody('/other')));
  assert.deepEqual(take(h), []);
  deliver(h, txn(3, id, 5, createBody('/a')));
  const effects = take(h);
  assert.deepEqual(
    effects.map((effect) => (effect.type === 'reply' ? [effect.xid, effect.err, effect.zxid] : 0)),
    [
      [5, 0, EPOCH + 3],
      [6, 0, EPOCH + 3],
    ],
  );
});

test('what a learner has forwarded is the answer even if its client has left and come back', () => {
  const h = start(FOLLOWING);
  const { conn, id } = learnerClient(h, 1);
  send(h, conn, 1, create('/old'));
  feed(h, { type: 'clientClosed', conn, now: h.now });
  const again = open(h);
  connect(h, again, { sessionId: id, password: sessionPassword(id), lastZxidSeen: zxid(EPOCH) });
  feed(h, {
    type: 'revalidate',
    conn: null,
    packet: { type: 'REVALIDATE', sessionId: id, timeout: 10_000, valid: true },
  });
  take(h);
  // The same xid, as some clients count anew on each connection.
  send(h, again, 1, create('/new'));
  deliver(h, txn(2, id, 1, createBody('/old')));
  assert.deepEqual(take(h), []);
  deliver(h, txn(3, id, 1, createBody('/new')));
  const [reply] = take(h);
  assert.ok(reply?.type === 'reply');
  assert.deepEqual(reply.body, { type: 'path', path: '/new' });
});

test('a request left at another server with the same cxid is not the answer', () => {
  const h = start(FOLLOWING);
  const { conn, id } = learnerClient(h, 1);
  send(h, conn, 1, setData('/mine'));
  const left: readonly TxnBody[] = [
    createBody('/left'),
    { type: 'setData', path: '/left', data: null, version: 1 },
    { type: 'delete', path: '/left' },
    { type: 'multi', ops: [] },
  ];
  left.forEach((body, i) => {
    deliver(h, txn(2 + i, id, 1, body));
  });
  assert.deepEqual(take(h), []);
  deliver(h, txn(9, id, 1, { type: 'setData', path: '/mine', data: null, version: 1 }));
  assert.equal(take(h)[0]?.type, 'reply');
});

test('an error transaction answers with its code, SESSIONMOVED with the end of the connection', () => {
  const h = start(FOLLOWING);
  const { conn, id } = learnerClient(h, 1);
  send(h, conn, 1, create('/a'));
  deliver(h, txn(2, id, 1, { type: 'error', err: ErrorCode.NODEEXISTS }));
  const [reply] = take(h);
  assert.ok(reply?.type === 'reply' && reply.err === ErrorCode.NODEEXISTS && reply.body === null);
  send(h, conn, 2, create('/a'));
  deliver(h, txn(3, id, 2, { type: 'error', err: ErrorCode.SESSIONMOVED }));
  assert.deepEqual(
    take(h).map(({ type }) => type),
    ['clientClose'],
  );
});

test('a multi with a part that says SESSIONMOVED ends the connection too', () => {
  const h = start(FOLLOWING);
  const { conn, id } = learnerClient(h, 1);
  const part = { op: 'delete', path: '/a', version: -1 } as const;
  send(h, conn, 1, { op: 'multi', ops: [part, part] });
  const ops = [ErrorCode.SESSIONMOVED, ErrorCode.RUNTIMEINCONSISTENCY].map(
    (err) => ({ type: 'error', err }) as const,
  );
  deliver(h, txn(2, id, 1, { type: 'multi', ops }));
  assert.deepEqual(
    take(h).map(({ type }) => type),
    ['clientClose'],
  );
});

test('a session that its leader does not create is refused', () => {
  const h = start(FOLLOWING);
  const conn = open(h);
  connect(h, conn);
  const { sessionId } = forwarded(h);
  deliver(h, txn(1, sessionId, 0, { type: 'error', err: ErrorCode.MARSHALLINGERROR }));
  const effects = take(h);
  assert.equal(responseOf(effects).timeout, 0);
  assert.equal(effects.at(-1)?.type, 'clientClose');
});

test('a learner forwards a sync and answers it when the leader says so', () => {
  const h = start(FOLLOWING);
  const { conn, id } = learnerClient(h, 1);
  const other = learnerClient(h, 2);
  send(h, conn, 1, { op: 'sync', path: '/x' });
  assert.deepEqual(forwarded(h).request, { op: 'sync', path: '/x' });
  send(h, other.conn, 1, { op: 'sync', path: '/y' });
  feed(h, { type: 'clientClosed', conn, now: h.now });
  const packet = (sessionId: SessionId, path: string) =>
    ({ type: 'SYNC', sessionId, cxid: 1, path }) as const;
  feed(h, { type: 'synced', packet: packet(id, '/x') });
  assert.deepEqual(take(h), []);
  feed(h, { type: 'synced', packet: packet(other.id, '/y') });
  const [reply] = take(h);
  assert.ok(reply?.type === 'reply');
  assert.deepEqual(reply.body, { type: 'path', path: '/y' });
  feed(h, { type: 'synced', packet: packet(other.id, '/y') });
  assert.deepEqual(take(h), []);
});

test('a learner answers a PING with the sessions that it has heard of since the last', () => {
  const h = start(FOLLOWING);
  const { conn, id } = learnerClient(h, 1);
  const ping = { type: 'PING', zxid: zxid(EPOCH), sessions: [] } as const;
  const touches = (): unknown => {
    feed(h, { type: 'pinged', conn: null, packet: ping });
    const event = h.asked.pop();
    assert.ok(event?.type === 'pong');
    return event.sessions;
  };
  assert.deepEqual(touches(), [{ sessionId: id, timeout: 10_000 }]);
  assert.deepEqual(touches(), []);
  send(h, conn, 1, exists('/'));
  send(h, conn, 2, exists('/'));
  assert.deepEqual(touches(), [{ sessionId: id, timeout: 10_000 }]);
  assert.deepEqual(touches(), []);
  deliver(h, txn(2, id, 0, { type: 'closeSession', paths: [] }));
  assert.deepEqual(
    take(h).map(({ type }) => type),
    ['reply', 'reply', 'clientClose'],
  );
});

test('a learner asks the leader about a session that comes to it', () => {
  for (const valid of [true, false]) {
    const h = start(FOLLOWING);
    const conn = open(h);
    connect(h, conn, { sessionId: S, password: sessionPassword(S) });
    assert.deepEqual(h.asked, [
      {
        type: 'forward',
        packet: { type: 'REVALIDATE', sessionId: S, timeout: 10_000 },
      } satisfies CoreAsk,
    ]);
    send(h, conn, 1, getData('/'));
    assert.deepEqual(take(h), []);
    const packet = { type: 'REVALIDATE', sessionId: S, timeout: 10_000, valid } as const;
    feed(h, { type: 'revalidate', conn: null, packet });
    assert.deepEqual(
      take(h).map(({ type }) => type),
      valid ? ['connectReply', 'reply'] : ['connectReply', 'clientClose'],
    );
    feed(h, { type: 'revalidate', conn: null, packet });
    assert.deepEqual(take(h), []);
  }
});

test('a learner looks at the password itself', () => {
  const h = start(FOLLOWING);
  const conn = open(h);
  connect(h, conn, { sessionId: S });
  assert.deepEqual(h.asked, []);
  assert.equal(responseOf(take(h)).timeout, 0);
});

test('a learner asks its leader to expire a session', () => {
  const h = start(FOLLOWING);
  feed(h, { type: 'expireSession', sessionId: S, now: h.now });
  assert.deepEqual(forwarded(h), {
    sessionId: S,
    cxid: 0,
    request: { op: 'closeSession' },
    identities: [],
  });
});
