import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientConn } from '../../src/core/ids.js';
import { getNode } from '../../src/tree/tree.js';
import {
  FOLLOWING,
  LOOKING,
  OPEN,
  ask,
  brief,
  client,
  commit,
  create,
  feed,
  getChildren,
  proposals,
  remove,
  send,
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
  const due = h.state.containersDue!;
  feed(h, { type: 'serviceTick', now: due - 1 });
  assert.equal(h.deadline, due);
  feed(h, { type: 'role', role: LOOKING });
  assert.equal(h.deadline, null);
  feed(h, { type: 'role', role: FOLLOWING });
  assert.equal(h.deadline, null);
});
