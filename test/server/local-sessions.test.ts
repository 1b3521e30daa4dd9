import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '../../src/core/effect.js';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientConn, SessionId } from '../../src/core/ids.js';
import type { ClientRequest } from '../../src/core/request.js';
import type { Zxid } from '../../src/core/zxid.js';
import { DEFAULT_FEATURES, type ServiceFeatures } from '../../src/server/features.js';
import { getNode } from '../../src/tree/tree.js';
import {
  CONFIG,
  FOLLOWING,
  LOOKING,
  OPEN,
  STANDALONE,
  ask,
  brief,
  client,
  commit,
  connect,
  create,
  errOf,
  exists,
  feed,
  getData,
  open,
  peer,
  proposals,
  responseOf,
  send,
  start,
  take,
  type Client,
  type Harness,
} from './harness.js';

const LEADING: Role = { ...STANDALONE, epoch: 1 };

function startWith(role: Role, features: Partial<ServiceFeatures>): Harness {
  const given = { localSessions: true, ...features };
  return start(role, { ...CONFIG, features: { ...DEFAULT_FEATURES, ...given } });
}

/** A client whose session costs no transaction. */
function local(h: Harness, readOnly = false): Client {
  const conn = open(h);
  connect(h, conn, { readOnly });
  assert.deepEqual(h.asked, [], 'nothing is proposed or forwarded');
  const { sessionId, password } = responseOf(take(h));
  return { conn, sessionId, password };
}

test('a new session is local: known here, in no transaction, resumed and ended here', () => {
  for (const role of [LEADING, FOLLOWING]) {
    const h = startWith(role, {});
    const { conn, sessionId, password } = local(h);
    assert.equal(h.state.tree.sessions.size, 0);
    feed(h, { type: 'clientClosed', conn, now: h.now });
    const again = open(h);
    connect(h, again, { sessionId, password });
    assert.equal(responseOf(take(h)).sessionId, sessionId);
    send(h, again, 1, { op: 'closeSession' });
    assert.deepEqual(brief(take(h)), ['reply 1 0', 'close']);
    assert.deepEqual(h.asked, []);
    assert.equal(h.state.apart.sessions.tracked.size, 0);
  }
});

test('a standalone server has global sessions only', () => {
  const h = startWith(STANDALONE, {});
  client(h);
  assert.equal(h.state.tree.sessions.size, 1);
});

test('a local session writes all but ephemerals', () => {
  const h = startWith(LEADING, {});
  const { conn } = local(h);
  assert.equal(errOf(h, conn, create('/a')), 0);
  assert.equal(errOf(h, conn, create('/e', 1)), ErrorCode.EPHEMERALONLOCALSESSION);
  assert.equal(errOf(h, conn, create('/e-', 3)), ErrorCode.EPHEMERALONLOCALSESSION);
  const multi = { op: 'multi', ops: [create('/b'), create('/e', 1)] } as ClientRequest;
  const { err, body } = ask(h, conn, multi);
  assert.equal(err, 0);
  assert.deepEqual(body, {
    type: 'multi',
    results: [
      { type: 'error', err: 0 },
      { type: 'error', err: ErrorCode.EPHEMERALONLOCALSESSION },
    ],
  });
});

test('a learner answers its local session that an ephemeral needs more', () => {
  const h = startWith(FOLLOWING, {});
  const { conn, sessionId } = local(h);
  send(h, conn, 7, create('/e', 1));
  const [forwarded] = h.asked.splice(0);
  assert.equal(forwarded?.type, 'forward');
  const body = { type: 'error', err: ErrorCode.SESSIONEXPIRED } as const;
  feed(h, { type: 'deliver', txn: { zxid: 1 as Zxid, sessionId, cxid: 7, time: 0, body } });
  assert.deepEqual(brief(take(h)), [`reply 7 ${ErrorCode.EPHEMERALONLOCALSESSION}`]);
});

test('with upgrading, the first ephemeral makes a global session of it', () => {
  const h = startWith(LEADING, { localSessionsUpgrading: true });
  const { conn, sessionId } = local(h);
  ask(h, conn, create('/a'));
  send(h, conn, 1, create('/e', 1));
  assert.deepEqual(
    proposals(h).map((txn) => [txn.sessionId, txn.cxid, txn.body.type]),
    [
      [sessionId, 0, 'createSession'],
      [sessionId, 1, 'create'],
    ],
  );
  commit(h);
  assert.deepEqual(brief(take(h)), ['reply 1 0']);
  assert.equal(h.state.tree.sessions.get(sessionId), 10_000);
  assert.equal(getNode(h.state.tree, '/e')!.ephemeralOwner, sessionId);
  assert.equal(h.state.apart.sessions.tracked.size, 0);
  ask(h, conn, create('/e2', 1));
  send(h, conn, 2, { op: 'closeSession' });
  commit(h);
  assert.equal(getNode(h.state.tree, '/e'), undefined);
});

test('a learner forwards the upgrade, and reports the session from then on', () => {
  const h = startWith(FOLLOWING, { localSessionsUpgrading: true });
  const { conn, sessionId } = local(h);
  send(h, conn, 1, {
    op: 'multi',
    ops: [{ op: 'create2', path: '/e', data: null, acl: OPEN, flags: 1 }],
  });
  const sent = h.asked
    .splice(0)
    .map((event) =>
      event.type === 'forward' && event.packet.type === 'REQUEST' ? event.packet.request : null,
    );
  assert.deepEqual(
    sent.map((request) => [request?.sessionId, request?.cxid, request?.request.op]),
    [
      [sessionId, 0, 'createSession'],
      [sessionId, 1, 'multi'],
    ],
  );
  assert.ok(h.state.sessions.touched.has(sessionId));
});

test('a multi that cannot be read upgrades nothing', () => {
  const h = startWith(FOLLOWING, { localSessionsUpgrading: true });
  const { conn } = local(h);
  const part = { op: 'create', path: '/e', data: null, acl: OPEN } as const;
  const ops = [
    { ...part, flags: 1 },
    { ...part, flags: 7 },
  ];
  send(h, conn, 1, { op: 'multi', ops });
  assert.equal(h.asked.splice(0).length, 1);
  assert.equal(h.state.apart.sessions.tracked.size, 1);
});

test('a local session expires where it is, with its connection', () => {
  const h = startWith(FOLLOWING, {});
  const { conn } = local(h);
  assert.equal(h.deadline, 12_000);
  h.now = 5000;
  send(h, conn, -2, { op: 'ping' });
  take(h);
  feed(h, { type: 'serviceTick', now: 12_000 });
  assert.deepEqual(take(h), []);
  assert.equal(h.deadline, 16_000);
  feed(h, { type: 'serviceTick', now: 16_000 });
  assert.deepEqual(brief(take(h)), ['close']);
  assert.deepEqual(h.asked, []);
  assert.equal(h.deadline, null);
});

test('a leader takes writes of sessions that may be local to another server', () => {
  const h = startWith(LEADING, {});
  const writeOf = (sid: number): number => {
    const request = { sessionId: (BigInt(sid) << 56n) as SessionId, cxid: 1, identities: [] };
    const packet = {
      type: 'REQUEST',
      request: { ...request, request: create(`/s${sid}`) },
    } as const;
    feed(h, { type: 'request', conn: peer(2), packet });
    const { body } = proposals(h)[0]!;
    h.asked = [];
    return body.type === 'error' ? body.err : 0;
  };
  assert.equal(writeOf(2), 0);
  assert.equal(writeOf(CONFIG.sid), ErrorCode.SESSIONEXPIRED);
  const without = start(LEADING);
  const packet = {
    type: 'REQUEST',
    request: {
      sessionId: (2n << 56n) as SessionId,
      cxid: 1,
      identities: [],
      request: create('/a'),
    },
  } as const;
  feed(without, { type: 'request', conn: peer(2), packet });
  assert.deepEqual(proposals(without)[0]!.body, { type: 'error', err: ErrorCode.SESSIONEXPIRED });
});

test('local sessions end with the term of office', () => {
  const h = startWith(LEADING, {});
  const { sessionId, password } = local(h);
  feed(h, { type: 'role', role: LOOKING });
  assert.deepEqual(brief(take(h)), ['close']);
  feed(h, { type: 'role', role: LEADING });
  const conn = open(h);
  connect(h, conn, { sessionId, password });
  assert.deepEqual(brief(take(h)), ['session 0', 'close']);
});

/** A server that has had a tree and has lost its leader. */
function cutOff(features: Partial<ServiceFeatures> = {}): Harness {
  const h = startWith(LEADING, { readOnlyMode: true, ...features });
  const { conn } = local(h);
  ask(h, conn, create('/a'));
  feed(h, { type: 'role', role: LOOKING });
  take(h);
  return h;
}

test('read-only mode begins after a while without a leader, for those who accept it', () => {
  const h = cutOff();
  const tooEarly = open(h);
  connect(h, tooEarly, { readOnly: true });
  assert.deepEqual(brief(take(h)), ['close']);
  const at = h.now + 2000;
  assert.equal(h.deadline, at);
  h.now = at;
  feed(h, { type: 'serviceTick', now: at });
  const conn = open(h);
  connect(h, conn);
  assert.deepEqual(brief(take(h)), ['close']);
  const reader = open(h);
  connect(h, reader, { readOnly: true });
  assert.equal(responseOf(take(h)).readOnly, true);
  feed(h, { type: 'role', role: FOLLOWING });
  assert.deepEqual(brief(take(h)), ['close']);
  assert.equal(local(h).sessionId !== 0n, true);
});

function readOnly(features: Partial<ServiceFeatures> = {}): Harness {
  const h = cutOff(features);
  h.now += 2000;
  feed(h, { type: 'serviceTick', now: h.now });
  return h;
}

test('a read-only server reads and does nothing else', () => {
  const h = readOnly();
  const { conn } = local(h, true);
  assert.equal(errOf(h, conn, getData('/a', true)), 0);
  assert.equal(errOf(h, conn, exists('/none')), ErrorCode.NONODE);
  assert.equal(errOf(h, conn, { op: 'ping' }), 0);
  assert.equal(errOf(h, conn, { op: 'unreadable', opcode: 3 }), ErrorCode.MARSHALLINGERROR);
  const refused: readonly ClientRequest[] = [
    create('/b'),
    create('/e', 1),
    { op: 'delete', path: '/a', version: -1 },
    { op: 'multi', ops: [] },
    { op: 'sync', path: '/' },
    { op: 'setACL', path: '/a', acl: OPEN, version: -1 },
    { op: 'deleteContainer', path: '/a' },
    { op: 'unknown', opcode: 16 },
    { op: 'unreadable', opcode: 16 },
    { op: 'unreadable', opcode: 1 },
  ];
  for (const request of refused) {
    assert.equal(errOf(h, conn, request), ErrorCode.NOTREADONLY, request.op);
  }
  send(h, conn, 1, { op: 'closeSession' });
  assert.deepEqual(brief(take(h)), ['reply 1 0', 'close']);
});

test('also a session that is refused hears that the server is read-only', () => {
  const h = readOnly();
  const conn = open(h);
  connect(h, conn, { sessionId: 77n as SessionId, readOnly: true });
  const { sessionId, readOnly: said } = responseOf(take(h));
  assert.deepEqual([sessionId, said], [0n, true]);
});

test('a session of the ensemble is not resumed read-only', () => {
  const h = startWith(LEADING, { readOnlyMode: true, localSessions: false });
  const { sessionId, password } = client(h);
  feed(h, { type: 'role', role: LOOKING });
  h.now += 2000;
  feed(h, { type: 'serviceTick', now: h.now });
  take(h);
  const conn = open(h);
  connect(h, conn, { sessionId, password, readOnly: true });
  assert.deepEqual(brief(take(h)), ['close']);
});

test('without local sessions, a read-only server can begin no session, and says so', () => {
  const h = startWith(LEADING, { readOnlyMode: true, localSessions: false });
  feed(h, { type: 'role', role: LOOKING });
  h.now += 2000;
  feed(h, { type: 'serviceTick', now: h.now });
  const conn: ClientConn = open(h);
  connect(h, conn, { readOnly: true });
  assert.deepEqual(brief(take(h)), [`reply 0 ${ErrorCode.NOTREADONLY}`]);
});
