import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionId } from '../../src/core/ids.js';
import type { ClientEffect } from '../../src/server/events.js';
import { endOf, firstSessionId } from '../../src/server/sessions.js';
import { sessionPassword } from '../../src/server/session-password.js';
import {
  CONFIG,
  FOLLOWING,
  LOOKING,
  NO_PASSWORD,
  STANDALONE,
  WALL_CLOCK,
  ask,
  client,
  commit,
  connect,
  create,
  errOf,
  exists,
  feed,
  getData,
  open,
  proposals,
  responseOf,
  send,
  setData,
  start,
  take,
  zxid,
  type Harness,
} from './harness.js';
import { getNode } from '../../src/tree/tree.js';

const S = 1n as SessionId;

function kinds(effects: readonly ClientEffect[]): string[] {
  return effects.map(({ type, conn }) => `${type} ${conn}`);
}

function reasonOf(effects: readonly ClientEffect[]): string {
  const effect = effects.at(-1);
  assert.ok(effect?.type === 'clientClose');
  return effect.reason;
}

test('a session is created by a transaction, and its client hears of it after that', () => {
  const h = start();
  const conn = open(h);
  connect(h, conn);
  assert.deepEqual(take(h), []);
  const [txn] = proposals(h);
  assert.deepEqual(txn?.body, { type: 'createSession', timeout: 10_000 });
  commit(h);
  const response = responseOf(take(h));
  assert.equal(response.timeout, 10_000);
  assert.equal(response.sessionId, firstSessionId(1, WALL_CLOCK));
  assert.deepEqual(response.password, sessionPassword(response.sessionId));
  assert.equal(response.readOnly, false);
  assert.equal(client(h).sessionId, response.sessionId + 1n);
});

test('the timeout is held within its limits', () => {
  const h = start();
  const negotiated = (timeout: number): number => {
    const conn = open(h);
    connect(h, conn, { timeout });
    commit(h);
    return responseOf(take(h)).timeout;
  };
  assert.equal(negotiated(0), 4000);
  assert.equal(negotiated(-5), 4000);
  assert.equal(negotiated(5000), 5000);
  assert.equal(negotiated(1_000_000), 40_000);
});

test('requests that come before the session is there are answered after it, in order', () => {
  const h = start();
  const conn = open(h);
  connect(h, conn, { hasReadOnly: false });
  send(h, conn, 1, create('/a', 1));
  send(h, conn, 2, getData('/a'));
  send(h, conn, 3, { op: 'closeSession' });
  send(h, conn, 4, getData('/'));
  commit(h);
  const effects = take(h);
  assert.deepEqual(
    effects.map((e) => (e.type === 'reply' ? e.xid : e.type)),
    ['connectReply', 1, 2, 3, 'clientClose'],
  );
  assert.ok(effects[0]?.type === 'connectReply' && !effects[0].hasReadOnly);
});

test('a refused operation among the held requests ends them', () => {
  const h = start();
  const conn = open(h);
  connect(h, conn);
  send(h, conn, 1, { op: 'unknown', opcode: 99 });
  send(h, conn, 2, getData('/'));
  commit(h);
  assert.deepEqual(
    take(h).map((e) => (e.type === 'reply' ? e.xid : e.type)),
    ['connectReply', 1, 'clientClose'],
  );
});

test('closing a session removes its ephemerals, answers and closes; nothing comes after', () => {
  const h = start();
  const { conn } = client(h);
  const watcher = client(h).conn;
  ask(h, conn, create('/e', 1));
  ask(h, watcher, exists('/e', true));
  send(h, conn, 1, create('/late', 1));
  send(h, conn, 2, { op: 'closeSession' });
  send(h, conn, 3, create('/too-late'));
  const closing = proposals(h).at(-1);
  assert.deepEqual(closing?.body, { type: 'closeSession', paths: ['/e', '/late'] });
  commit(h);
  const effects = take(h);
  assert.deepEqual(
    effects.map((e) => (e.type === 'reply' ? `reply ${e.xid} ${e.err}` : `${e.type} ${e.conn}`)),
    ['reply 1 0', `watchEvent ${watcher}`, 'reply 2 0', `clientClose ${conn}`],
  );
  assert.equal(h.state.tree.sessions.size, 1);
  assert.equal(h.state.clients.conns.size, 1);
  assert.ok(getNode(h.state.tree, '/too-late') === undefined);
});

test('a silent session expires through a transaction at the tick that is due', () => {
  const h = start();
  const { conn, sessionId } = client(h, { timeout: 4000 });
  const watcher = client(h, { timeout: 40_000 }).conn;
  ask(h, conn, create('/e', 1));
  ask(h, watcher, exists('/e', true));
  const due = endOf(h.now, 4000, CONFIG.tickTime);
  assert.equal(h.deadline, due);
  h.now = due - 1;
  feed(h, { type: 'serviceTick', now: h.now });
  assert.deepEqual(h.asked, []);
  h.now = due;
  feed(h, { type: 'serviceTick', now: h.now });
  const [txn] = proposals(h);
  assert.deepEqual(
    [txn?.sessionId, txn?.cxid, txn?.body],
    [sessionId, 0, { type: 'closeSession', paths: ['/e'] }],
  );
  // While it is closing its requests are dropped.
  send(h, conn, 9, getData('/'));
  assert.deepEqual(take(h), []);
  commit(h);
  assert.deepEqual(kinds(take(h)), [`watchEvent ${watcher}`, `clientClose ${conn}`]);
  assert.ok(getNode(h.state.tree, '/e') === undefined);
});

test('any request keeps a session alive', () => {
  const h = start();
  const { conn } = client(h, { timeout: 4000 });
  for (let i = 0; i < 20; i++) {
    h.now += 3000;
    send(h, conn, -2, { op: 'ping' });
    feed(h, { type: 'serviceTick', now: h.now });
    assert.deepEqual(h.asked, []);
  }
  h.now += 6000;
  feed(h, { type: 'serviceTick', now: h.now });
  assert.equal(proposals(h).length, 1);
});

test('a session outlives its connection and is resumed with its password', () => {
  const h = start();
  const { conn, sessionId, password } = client(h);
  ask(h, conn, create('/e', 1));
  ask(h, conn, getData('/e', true));
  feed(h, { type: 'clientClosed', conn, now: h.now });
  assert.equal(h.state.clients.conns.size, 0);
  const again = open(h);
  connect(h, again, { sessionId, password, timeout: 6000, lastZxidSeen: zxid(2) });
  const response = responseOf(take(h));
  assert.deepEqual([response.sessionId, response.timeout], [sessionId, 6000]);
  assert.deepEqual(response.password, password);
  assert.equal(ask(h, again, exists('/e')).err, 0);
  assert.deepEqual(h.asked, [], 'resuming needs no transaction');
  ask(h, again, setData('/e'));
  assert.deepEqual(take(h), [], 'watches went with the older connection');
});

test('a client that reconnects ends its older connection, on which nothing is answered then', () => {
  const h = start();
  const { conn, sessionId, password } = client(h);
  send(h, conn, 1, create('/a'));
  const again = open(h);
  connect(h, again, { sessionId, password });
  const effects = take(h);
  assert.deepEqual(kinds(effects), [`clientClose ${conn}`, `connectReply ${again}`]);
  send(h, again, 1, create('/b'));
  commit(h);
  const [reply, ...rest] = take(h);
  assert.deepEqual(rest, []);
  assert.ok(reply?.type === 'reply' && reply.conn === again);
  assert.deepEqual(reply.body, { type: 'path', path: '/b' });
});

test('a wrong password is refused with timeout 0, and costs nobody a connection', () => {
  const h = start();
  const { conn, sessionId, password } = client(h);
  const wrong = password.map((byte, i) => (i === 15 ? byte ^ 1 : byte));
  for (const guess of [wrong, NO_PASSWORD, null, new Uint8Array(3)]) {
    const thief = open(h);
    connect(h, thief, { sessionId, password: guess });
    const effects = take(h);
    assert.deepEqual(responseOf(effects), {
      timeout: 0,
      sessionId: 0n,
      password: NO_PASSWORD,
      readOnly: false,
    });
    assert.deepEqual(kinds(effects), [`connectReply ${thief}`, `clientClose ${thief}`]);
  }
  assert.equal(ask(h, conn, getData('/')).err, 0);
});

test('a session that is unknown, closing or −1 is refused', () => {
  const h = start();
  const refused = (sessionId: bigint): void => {
    const conn = open(h);
    const id = sessionId as SessionId;
    connect(h, conn, { sessionId: id, password: sessionPassword(id) });
    assert.equal(responseOf(take(h)).timeout, 0, String(sessionId));
  };
  refused(12_345n);
  refused(-1n);
  const { sessionId } = client(h);
  feed(h, { type: 'expireSession', sessionId, now: h.now });
  refused(sessionId);
  assert.equal(h.state.connOfSession.size, 0);
});

test('expireSession ends a session at once; one that is not there is left alone', () => {
  const h = start();
  const { conn, sessionId } = client(h);
  feed(h, { type: 'expireSession', sessionId: 99n as SessionId, now: h.now });
  assert.deepEqual(h.asked, []);
  feed(h, { type: 'expireSession', sessionId, now: h.now });
  feed(h, { type: 'expireSession', sessionId, now: h.now });
  assert.equal(proposals(h).length, 1);
  commit(h);
  assert.deepEqual(kinds(take(h)), [`clientClose ${conn}`]);
});

test('a client that has seen a newer state is closed without an answer', () => {
  const h = start();
  const conn = open(h);
  connect(h, conn, { lastZxidSeen: zxid(1) });
  const effects = take(h);
  assert.deepEqual(kinds(effects), [`clientClose ${conn}`]);
  assert.equal(reasonOf(effects), 'client has seen a newer state');
});

test('a new epoch begins with a zxid that clients may have seen though nothing has it', () => {
  const h = start({ ...STANDALONE, epoch: 2 });
  const conn = open(h);
  connect(h, conn, { lastZxidSeen: zxid(2 * 2 ** 32) });
  commit(h);
  assert.equal(responseOf(take(h)).timeout, 10_000);
  assert.equal(h.state.tree.lastZxid, 2 * 2 ** 32 + 1);
});

test('nobody is served without a role that serves', () => {
  const h = start(LOOKING);
  const conn = open(h);
  feed(h, { type: 'role', role: { ...LOOKING, kind: 'following' } });
  assert.deepEqual(take(h), []);
  connect(h, conn);
  const effects = take(h);
  assert.deepEqual(kinds(effects), [`clientClose ${conn}`]);
  assert.equal(reasonOf(effects), 'not serving');
  feed(h, { type: 'expireSession', sessionId: S, now: h.now });
  assert.deepEqual(h.asked, []);
});

test('a second ConnectRequest closes', () => {
  const h = start();
  const { conn } = client(h);
  connect(h, conn);
  assert.equal(reasonOf(take(h)), 'second ConnectRequest');
  connect(h, conn);
  assert.deepEqual(take(h), []);
});

test('a server that stops to serve closes all clients and forgets what it proposed', () => {
  const h = start({ ...STANDALONE, epoch: 1 });
  const { conn } = client(h);
  const other = client(h).conn;
  ask(h, conn, getData('/', true));
  send(h, conn, 1, create('/a'));
  send(h, other, 1, { op: 'sync', path: '/' });
  feed(h, { type: 'role', role: LOOKING });
  assert.deepEqual(kinds(take(h)).sort(), [`clientClose ${conn}`, `clientClose ${other}`]);
  const { state } = h;
  assert.equal(state.ahead.tree, state.tree);
  assert.deepEqual(
    [state.ahead.outstanding.size, state.clients.awaited.size, state.clients.awaitedSyncs.size],
    [0, 0, 0],
  );
  assert.equal(state.clients.conns.size, 0);
  assert.equal(h.deadline, null);
  // What was proposed may still be delivered by the next leader, under its own zxid or not at all.
  const [txn] = proposals(h);
  h.asked = [];
  feed(h, { type: 'deliver', txn: txn! });
  assert.ok(getNode(h.state.tree, '/a') !== undefined);
  assert.deepEqual(take(h), []);
});

test('a new leader gives every session its full timeout, and an owner at its first write', () => {
  const h = start({ ...STANDALONE, epoch: 1 });
  const { sessionId, password } = client(h, { timeout: 4000 });
  feed(h, { type: 'role', role: LOOKING });
  take(h);
  h.now = 50_000;
  feed(h, { type: 'serviceTick', now: h.now });
  const lastZxid = h.state.tree.lastZxid;
  feed(h, { type: 'role', role: { ...STANDALONE, epoch: 2, lastZxid } });
  assert.equal(h.deadline, endOf(50_000, 4000, CONFIG.tickTime));
  assert.equal(h.state.ahead.zxid, 2 * 2 ** 32);
  const conn = open(h);
  connect(h, conn, { sessionId, password, lastZxidSeen: lastZxid });
  assert.equal(responseOf(take(h)).timeout, 10_000);
  assert.equal(errOf(h, conn, create('/a')), 0);
});

test('the same role again changes nothing for clients', () => {
  const h = start();
  const { conn } = client(h);
  feed(h, { type: 'role', role: { ...STANDALONE, lastZxid: zxid(1) } });
  assert.deepEqual(take(h), []);
  assert.equal(ask(h, conn, getData('/')).err, 0);
});

test('an installed snapshot replaces the tree', () => {
  const other: Harness = start();
  ask(other, client(other).conn, create('/from-leader'));
  const h = start(LOOKING);
  feed(h, { type: 'installed', snapshot: { zxid: zxid(2), image: other.state.tree } });
  assert.equal(h.state.tree, other.state.tree);
  assert.equal(h.state.ahead.tree, other.state.tree);
  feed(h, { type: 'role', role: { ...FOLLOWING, lastZxid: zxid(2) } });
  assert.ok(h.state.role.serving);
});

test('a recovered snapshot is the tree of the start', () => {
  const other = start();
  ask(other, client(other).conn, create('/kept'));
  const h = start(LOOKING);
  const snapshot = { zxid: zxid(2), image: other.state.tree };
  feed(h, { type: 'serviceStart', now: 5, wallClock: WALL_CLOCK, snapshot });
  assert.equal(h.state.tree, other.state.tree);
});
