import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientRequest } from '../../src/core/request.js';
import { DEFAULT_FEATURES, type ServiceFeatures } from '../../src/server/features.js';
import type { ClientConn } from '../../src/core/ids.js';
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
  create,
  errOf,
  feed,
  getChildren,
  proposals,
  remove,
  send,
  setData,
  start,
  take,
  type Harness,
} from './harness.js';

function container(h: Harness, conn: ClientConn, path: string): void {
  ask(h, conn, { op: 'createContainer', path, data: null, acl: OPEN, flags: 4 });
}

/** Time passes, and the client shows that it is alive. */
function wait(h: Harness, conn: ClientConn, ms: number): void {
  for (const end = h.now + ms; h.now < end;) {
    h.now += 5000;
    send(h, conn, -2, { op: 'ping' });
    feed(h, { type: 'serviceTick', now: h.now });
  }
}

test('a container goes when its children are gone, within a minute; one never used stays', () => {
  const h = start();
  const { conn } = client(h);
  for (const path of ['/used', '/unused', '/busy']) container(h, conn, path);
  for (const path of ['/used/a', '/busy/a']) ask(h, conn, create(path));
  ask(h, conn, remove('/used/a'));
  ask(h, conn, getChildren('/', true));
  assert.deepEqual(take(h), []);
  wait(h, conn, 60_000);
  const deleted = proposals(h).map(({ sessionId, body }) => [sessionId, body]);
  assert.deepEqual(deleted, [[0n, { type: 'deleteContainer', path: '/used' }]]);
  take(h);
  commit(h);
  assert.deepEqual(brief(take(h)), ['event 4 /']);
  const has = (path: string): boolean => getNode(h.state.tree, path) !== undefined;
  assert.deepEqual(['/used', '/unused', '/busy'].map(has), [false, true, true]);
  ask(h, conn, remove('/busy/a'));
  wait(h, conn, 60_000);
  commit(h);
  assert.deepEqual(['/used', '/unused', '/busy'].map(has), [false, true, false]);
});

test('a child under way keeps its container', () => {
  const h = start();
  const { conn } = client(h);
  container(h, conn, '/c');
  ask(h, conn, create('/c/a'));
  ask(h, conn, remove('/c/a'));
  send(h, conn, 1, create('/c/b'));
  wait(h, conn, 60_000);
  assert.equal(proposals(h).length, 1);
});

test('the leader asks to be woken for its containers, and only if there are any', () => {
  const h = start();
  const { conn } = client(h, { timeout: 40_000 });
  const sessions = h.deadline;
  container(h, conn, '/c');
  assert.equal(h.deadline, sessions);
  ask(h, conn, { op: 'closeSession' });
  const due = h.state.collection!.lookAt;
  feed(h, { type: 'serviceTick', now: due - 1 });
  assert.equal(h.deadline, due);
  feed(h, { type: 'role', role: LOOKING });
  assert.equal(h.deadline, null);
  feed(h, { type: 'role', role: FOLLOWING });
  assert.equal(h.deadline, null);
});

/** A server whose settings differ from Apache's defaults. */
function startWith(features: Partial<ServiceFeatures>): Harness {
  return start(STANDALONE, { ...CONFIG, features: { ...DEFAULT_FEATURES, ...features } });
}

function has(h: Harness, path: string): boolean {
  return getNode(h.state.tree, path) !== undefined;
}

const TTL: ClientRequest = {
  op: 'createTTL',
  path: '/t',
  data: null,
  acl: OPEN,
  flags: 5,
  ttl: 90_000,
};

test('a TTL node goes when it has not changed for its time and has no children', () => {
  const h = startWith({ extendedTypes: true });
  const { conn } = client(h);
  assert.equal(errOf(h, conn, TTL), 0);
  assert.equal(errOf(h, conn, { ...TTL, path: '/parent' }), 0);
  ask(h, conn, create('/parent/a'));
  wait(h, conn, 60_000);
  commit(h);
  ask(h, conn, setData('/t'));
  wait(h, conn, 60_000);
  commit(h);
  assert.ok(has(h, '/t'), 'the change counts');
  wait(h, conn, 60_000);
  assert.deepEqual(
    proposals(h).map(({ body }) => body),
    [{ type: 'deleteContainer', path: '/t' }],
  );
  commit(h);
  assert.ok(has(h, '/parent'));
  ask(h, conn, remove('/parent/a'));
  wait(h, conn, 60_000);
  commit(h);
  assert.ok(!has(h, '/parent'));
});

test('without extended types there are no TTL nodes, and old ones stay', () => {
  const h = startWith({});
  const { conn } = client(h);
  assert.equal(errOf(h, conn, TTL), ErrorCode.UNIMPLEMENTED);
  const made = startWith({ extendedTypes: true });
  ask(made, client(made).conn, TTL);
  const { tree } = made.state;
  const old = startWith({});
  feed(old, { type: 'installed', snapshot: { zxid: tree.lastZxid, image: tree } });
  const again = client(old).conn;
  wait(old, again, 240_000);
  commit(old);
  assert.ok(has(old, '/t'));
});

test('a container that was never used goes after a time, if so configured', () => {
  const containers = { ...DEFAULT_FEATURES.containers, maxNeverUsedInterval: 100_000 };
  const h = startWith({ containers });
  const { conn } = client(h);
  container(h, conn, '/c');
  wait(h, conn, 60_000);
  commit(h);
  assert.ok(has(h, '/c'));
  wait(h, conn, 60_000);
  commit(h);
  assert.ok(!has(h, '/c'));
});

test('no more go in a minute than configured, and one that is used again stays', () => {
  const containers = { ...DEFAULT_FEATURES.containers, checkInterval: 10_000, maxPerMinute: 30 };
  const h = startWith({ containers });
  const { conn } = client(h, { timeout: 40_000 });
  for (const name of ['a', 'b', 'c', 'd']) {
    container(h, conn, `/${name}`);
    ask(h, conn, create(`/${name}/x`));
    ask(h, conn, remove(`/${name}/x`));
  }
  const { lookAt } = h.state.collection!;
  const left = (): string[] => ['a', 'b', 'c', 'd'].filter((name) => has(h, `/${name}`));
  const tick = (now: number): string[] => {
    h.now = now;
    feed(h, { type: 'serviceTick', now });
    commit(h);
    return left();
  };
  assert.deepEqual(tick(lookAt - 1), ['a', 'b', 'c', 'd']);
  assert.deepEqual(tick(lookAt), ['b', 'c', 'd']);
  assert.equal(h.deadline, lookAt + 2000);
  assert.deepEqual(tick(lookAt + 1999), ['b', 'c', 'd']);
  ask(h, conn, create('/c/again'));
  assert.deepEqual(tick(lookAt + 2000), ['c', 'd']);
  assert.deepEqual(tick(lookAt + 4000), ['c'], 'what stays takes no turn');
});

test('a closing transaction names no paths if so configured, and takes them all the same', () => {
  const h = startWith({ closeSessionTxn: false });
  const { conn } = client(h);
  ask(h, conn, create('/e', 1));
  send(h, conn, 1, { op: 'closeSession' });
  assert.deepEqual(proposals(h)[0]!.body, { type: 'closeSession', paths: null });
  commit(h);
  assert.ok(!has(h, '/e'));
});
