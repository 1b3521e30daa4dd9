import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientConn, SessionId, Sid } from '../../src/core/ids.js';
import type { ClientRequest } from '../../src/core/request.js';
import type { ClientEffect } from '../../src/server/events.js';
import { getNode } from '../../src/tree/tree.js';
import {
  ask,
  choices,
  connectTo,
  ensemble,
  feed,
  kill,
  leaderOf,
  memberOf,
  passTime,
  quiet,
  request,
  sentTo,
  serving,
  session,
  settle,
  startMember,
  stateOf,
  type Ensemble,
} from './ensemble.js';
import { create, exists, getChildren, getData, remove, setData } from './harness.js';

function started(size: number, observers = 0): Ensemble {
  const e = ensemble(size, observers);
  settle(e, () => serving(e));
  return e;
}

function others(e: Ensemble): Sid[] {
  const leader = leaderOf(e);
  return [...e.members.keys()].filter((sid) => sid !== leader && memberOf(e, sid).state !== null);
}

function assertSame(e: Ensemble): void {
  const [first, ...rest] = [...e.members.keys()].filter((sid) => memberOf(e, sid).state !== null);
  for (const sid of rest) assert.deepEqual(stateOf(e, sid), stateOf(e, first!));
}

function errOf(effect: ClientEffect): number {
  assert.ok(effect.type === 'reply', `not a reply: ${effect.type}`);
  return effect.err;
}

test('a client of each member writes, and every member has all of it', () => {
  const e = started(3, 1);
  for (const sid of e.members.keys()) {
    const { conn } = session(e, sid);
    assert.equal(errOf(ask(e, conn, 1, create(`/of-${sid}`))), 0);
    assert.equal(errOf(ask(e, conn, 2, setData(`/of-${sid}`, 'y', 0))), 0);
    assert.equal(errOf(ask(e, conn, 3, getData(`/of-${sid}`))), 0);
    assert.equal(errOf(ask(e, conn, 4, remove('/none'))), ErrorCode.NONODE);
    assert.equal(errOf(ask(e, conn, 5, { op: 'sync', path: '/' })), 0);
  }
  quiet(e);
  assertSame(e);
});

test('a watch at one member hears of a write at another, before a read that sees it', () => {
  const e = started(3);
  const [a, b] = others(e);
  const watcher = session(e, a!);
  const writer = session(e, b!);
  ask(e, writer.conn, 1, create('/w'));
  ask(e, watcher.conn, 1, { op: 'sync', path: '/' });
  ask(e, watcher.conn, 2, getData('/w', true));
  ask(e, writer.conn, 2, setData('/w', 'new'));
  ask(e, watcher.conn, 3, { op: 'sync', path: '/' });
  ask(e, watcher.conn, 4, getData('/w'));
  assert.deepEqual(
    sentTo(e, watcher.conn).map((f) => (f.type === 'reply' ? f.xid : f.type)),
    [1, 2, 'watchEvent', 3, 4],
  );
});

test('a session moves between members, and the one that it left may not write for it', () => {
  const e = started(3);
  const [a, b] = others(e);
  const first = session(e, a!);
  ask(e, first.conn, 1, create('/e', 1));
  const second = session(e, b!, first);
  assert.equal(second.sessionId, first.sessionId);
  request(e, first.conn, 20, create('/stale'));
  assert.equal(errOf(ask(e, second.conn, 2, create('/fresh'))), 0);
  settle(e, () => sentTo(e, first.conn).at(-1)?.type === 'clientClose');
  const leader = session(e, leaderOf(e)!, first);
  assert.equal(errOf(ask(e, leader.conn, 3, exists('/e'))), 0);
  assert.equal(errOf(ask(e, leader.conn, 4, exists('/stale'))), ErrorCode.NONODE);
  assertSame(e);
});

test('a session of a learner lives on its pings and dies of silence, on every member', () => {
  const e = started(3);
  const [a] = others(e);
  const { conn, timeout } = session(e, a!, { timeout: 6000 });
  ask(e, conn, 1, create('/e', 1));
  for (const end = e.now + 5 * timeout; e.now < end;) {
    request(e, conn, -2, { op: 'ping' });
    quiet(e);
    passTime(e);
  }
  assert.ok(e.servers.has(conn));
  assert.ok(getNode(memberOf(e, a!).state!.service.tree, '/e'));
  settle(e, () => !e.servers.has(conn));
  assert.equal(sentTo(e, conn).at(-1)?.type, 'clientClose');
  quiet(e);
  assertSame(e);
  assert.equal(getNode(memberOf(e, a!).state!.service.tree, '/e'), undefined);
  const again = connectTo(e, a!, { sessionId: 1n as SessionId });
  settle(e, () => sentTo(e, again).length > 0);
});

test('expireSession at any member ends the session everywhere', () => {
  const e = started(3);
  for (const sid of [...others(e), leaderOf(e)!]) {
    const { conn, sessionId } = session(e, sid);
    feed(e, others(e)[0]!, { type: 'expireSession', sessionId, now: e.now });
    settle(e, () => !e.servers.has(conn));
    const back = connectTo(e, sid, { sessionId });
    settle(e, () => sentTo(e, back).length > 0);
  }
  assertSame(e);
});

test('the leader dies with requests under way: nothing acknowledged is lost', () => {
  const e = started(3);
  const [a, b] = others(e);
  const atLeader = session(e, leaderOf(e)!);
  const atLearner = session(e, a!);
  assert.equal(errOf(ask(e, atLearner.conn, 1, create('/acked', 1))), 0);
  assert.equal(errOf(ask(e, atLeader.conn, 1, create('/leader', 1))), 0);
  for (let i = 2; i < 6; i++) {
    request(e, atLearner.conn, i, create(`/maybe-${i}`));
    request(e, atLeader.conn, i, create(`/own-${i}`));
  }
  const dead = leaderOf(e)!;
  kill(e, dead, 2);
  settle(e, () => serving(e));
  assert.equal(sentTo(e, atLearner.conn).at(-1)?.type, 'clientClose');
  const resumed = session(e, b!, atLearner);
  assert.equal(resumed.sessionId, atLearner.sessionId);
  ask(e, resumed.conn, 10, { op: 'sync', path: '/' });
  assert.equal(errOf(ask(e, resumed.conn, 11, exists('/acked'))), 0);
  assert.equal(errOf(ask(e, resumed.conn, 12, exists('/leader'))), 0);
  startMember(e, dead);
  settle(e, () => serving(e));
  const moved = session(e, dead, atLeader);
  assert.equal(moved.sessionId, atLeader.sessionId);
  assert.equal(errOf(ask(e, moved.conn, 13, create('/after'))), 0);
  quiet(e);
  assertSame(e);
});

test('a leader without a quorum stops to serve and drops what it had proposed', () => {
  const e = started(3);
  const leader = leaderOf(e)!;
  const { conn } = session(e, leader);
  for (const sid of others(e)) kill(e, sid);
  request(e, conn, 1, create('/lost'));
  settle(e, () => !e.servers.has(conn));
  const { service } = memberOf(e, leader).state!;
  assert.equal(service.role.serving, false);
  assert.equal(service.ahead.outstanding.size, 0);
  assert.equal(service.ahead.tree, service.tree);
  assert.equal(getNode(service.tree, '/lost'), undefined);
});

test('a member that missed more than the leader remembers is sent its tree', () => {
  const e = started(3);
  const [a, b] = others(e);
  const { conn } = session(e, b!);
  kill(e, a!);
  for (let i = 1; i < 100; i++) ask(e, conn, i, create(`/n${i}`, i % 2));
  startMember(e, a!);
  settle(e, () => serving(e));
  quiet(e);
  assertSame(e);
  kill(e, a!, 9);
  startMember(e, a!);
  settle(e, () => serving(e));
  quiet(e);
  assertSame(e);
});

/** A client's operation in the property below. */
const operation = fc.oneof(
  fc.record({ op: fc.constant('create' as const), n: fc.nat(3), flags: fc.nat(3) }),
  fc.record({ op: fc.constant('delete' as const), n: fc.nat(3), flags: fc.constant(0) }),
  fc.record({ op: fc.constant('setData' as const), n: fc.nat(3), flags: fc.constant(0) }),
  fc.record({ op: fc.constant('read' as const), n: fc.nat(3), flags: fc.nat(1) }),
  fc.record({ op: fc.constant('children' as const), n: fc.nat(3), flags: fc.nat(1) }),
  fc.record({ op: fc.constant('sync' as const), n: fc.nat(3), flags: fc.constant(0) }),
  fc.record({ op: fc.constant('multi' as const), n: fc.nat(3), flags: fc.nat(3) }),
);

function requestOf({ op, n, flags }: { op: string; n: number; flags: number }): ClientRequest {
  const path = `/n${n}`;
  switch (op) {
    case 'create':
      return create(path, flags);
    case 'delete':
      return remove(path);
    case 'setData':
      return setData(path);
    case 'read':
      return getData(path, flags === 1);
    case 'children':
      return getChildren('/', flags === 1);
    case 'sync':
      return { op: 'sync', path };
    default: {
      const made = create(path, flags);
      assert.ok(made.op === 'create');
      return { op: 'multi', ops: [made, { op: 'delete', path: '/n0', version: -1 }] };
    }
  }
}

test('whatever the interleaving: replies in request order, zxids that never go back, equal trees', () => {
  const step = fc.oneof(
    { weight: 1, arbitrary: fc.record({ client: fc.nat(3), ask: operation }) },
    { weight: 3, arbitrary: fc.record({ pick: fc.nat() }) },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const e = started(3);
      const sids = [...e.members.keys()];
      const conns = [0, 1, 2, 3].map((i) => session(e, sids[i % 3]!).conn);
      const asked = new Map<ClientConn, number[]>(conns.map((conn) => [conn, []]));
      let xid = 1;
      for (const s of steps) {
        if ('ask' in s) {
          const conn = conns[s.client]!;
          asked.get(conn)!.push(xid);
          request(e, conn, xid++, requestOf(s.ask));
        } else {
          const next = choices(e);
          if (next.length > 0) next[s.pick % next.length]!();
        }
      }
      quiet(e);
      for (const conn of conns) {
        const replies = sentTo(e, conn).filter((f) => f.type === 'reply');
        assert.deepEqual(
          replies.map((f) => f.xid),
          asked.get(conn),
        );
        const zxids = sentTo(e, conn).flatMap((f) => ('zxid' in f ? [f.zxid] : []));
        assert.deepEqual(
          zxids,
          [...zxids].sort((p, q) => p - q),
        );
      }
      assertSame(e);
      for (const sid of sids) {
        const { service } = memberOf(e, sid).state!;
        assert.equal(service.ahead.tree, service.tree);
        assert.deepEqual([service.clients.awaited.size, service.clients.awaitedSyncs.size], [0, 0]);
      }
    }),
    { numRuns: 60 },
  );
});
