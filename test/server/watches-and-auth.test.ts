import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientRequest } from '../../src/core/request.js';
import type { Acl } from '../../src/core/txn.js';
import { emptyWatches } from '../../src/server/watches.js';
import {
  CONFIG,
  type Reply,
  ask,
  brief,
  bytes,
  client,
  commit,
  create,
  errOf,
  exists,
  feed,
  getChildren,
  getData,
  remove,
  send,
  setData,
  start,
  take,
} from './harness.js';

test('a watch is told once, before the reply to the write that fires it', () => {
  const h = start();
  const { conn } = client(h);
  const other = client(h).conn;
  ask(h, conn, create('/a'));
  ask(h, conn, getData('/a', true));
  ask(h, other, exists('/a', true));
  send(h, conn, 1, setData('/a'));
  commit(h);
  const effects = take(h);
  assert.deepEqual(brief(effects, conn), ['event 3 /a', 'reply 1 0']);
  assert.deepEqual(brief(effects, other), ['event 3 /a']);
  const [event] = effects;
  assert.ok(event?.type === 'watchEvent');
  assert.equal(event.zxid, h.state.tree.lastZxid);
  send(h, conn, 2, setData('/a'));
  commit(h);
  assert.deepEqual(brief(take(h)), ['reply 2 0']);
});

test('exists watches for a node that is missing; getData and getChildren do not', () => {
  const h = start();
  const { conn } = client(h);
  errOf(h, conn, getData('/a', true));
  errOf(h, conn, getChildren('/a', true));
  ask(h, conn, create('/a'));
  assert.deepEqual(take(h), []);
  errOf(h, conn, exists('/b', true));
  send(h, conn, 1, create('/b'));
  commit(h);
  assert.deepEqual(brief(take(h)), ['event 1 /b', 'reply 1 0']);
});

test('a delete tells watchers of the node once, then those of the children of its parent', () => {
  const h = start();
  const { conn } = client(h);
  for (const path of ['/p', '/p/a']) ask(h, conn, create(path));
  ask(h, conn, getData('/p/a', true));
  ask(h, conn, getChildren('/p/a', true));
  ask(h, conn, getChildren('/p', true));
  send(h, conn, 1, remove('/p/a'));
  commit(h);
  assert.deepEqual(brief(take(h)), ['event 2 /p/a', 'event 4 /p', 'reply 1 0']);
});

test('an event goes only to those who may read the node', () => {
  const h = start();
  const { conn } = client(h);
  const reader = client(h).conn;
  ask(h, conn, create('/a'));
  ask(h, reader, getData('/a', true));
  const acl: readonly Acl[] = [{ perms: 2, scheme: 'world', id: 'anyone' }];
  ask(h, conn, { op: 'setACL', path: '/a', acl, version: -1 });
  send(h, conn, 1, setData('/a'));
  commit(h);
  assert.deepEqual(brief(take(h)), ['reply 1 0']);
});

test('setWatches tells what was missed, without a zxid and before its reply, and arms the rest', () => {
  const h = start();
  const { conn } = client(h);
  for (const path of ['/same', '/changed', '/now', '/kids', '/kids2']) ask(h, conn, create(path));
  const seen = h.state.tree.lastZxid;
  ask(h, conn, setData('/changed'));
  ask(h, conn, create('/kids/a'));
  send(h, conn, -8, {
    op: 'setWatches',
    relativeZxid: seen,
    data: ['/same', '/changed', '/gone'],
    exist: ['/now', '/later'],
    child: ['/kids', '/kids2', '/gone2'],
    persistent: [],
    persistentRecursive: [],
  });
  const effects = take(h);
  assert.deepEqual(brief(effects), [
    'event 3 /changed',
    'event 2 /gone',
    'event 1 /now',
    'event 4 /kids',
    'event 2 /gone2',
    'reply -8 0',
  ]);
  assert.ok(effects.every((effect) => effect.type !== 'watchEvent' || effect.zxid === -1));
  send(h, conn, 1, setData('/same'));
  send(h, conn, 2, create('/later'));
  send(h, conn, 3, create('/kids2/a'));
  commit(h);
  assert.deepEqual(brief(take(h)), [
    'event 3 /same',
    'reply 1 0',
    'event 1 /later',
    'reply 2 0',
    'event 4 /kids2',
    'reply 3 0',
  ]);
});

test('a client may ask for its watches and give them up', () => {
  const h = start();
  const { conn } = client(h);
  const other = client(h).conn;
  const check = (mode: number): number => errOf(h, conn, { op: 'checkWatches', path: '/', mode });
  const drop = (mode: number): number => errOf(h, conn, { op: 'removeWatches', path: '/', mode });
  ask(h, other, getData('/', true));
  assert.deepEqual([1, 2, 3].map(check), Array(3).fill(ErrorCode.NOWATCHER));
  ask(h, conn, getData('/', true));
  ask(h, conn, getChildren('/', true));
  assert.deepEqual([1, 2, 3].map(check), [0, 0, 0]);
  assert.deepEqual([4, 5].map(check), [ErrorCode.NOWATCHER, ErrorCode.NOWATCHER]);
  assert.equal(check(9), ErrorCode.MARSHALLINGERROR);
  assert.equal(drop(1), 0);
  assert.equal(drop(1), ErrorCode.NOWATCHER);
  assert.equal(check(3), 0);
  assert.equal(drop(3), 0);
  assert.equal(check(2), ErrorCode.NOWATCHER);
  send(h, conn, 1, setData('/'));
  send(h, conn, 2, create('/a'));
  commit(h);
  assert.deepEqual(brief(take(h), conn), ['reply 1 0', 'reply 2 0']);
});

test('a persistent watch tells each time, until it is given up', () => {
  const h = start();
  const { conn } = client(h);
  const add = (path: string, mode: number): Reply => ask(h, conn, { op: 'addWatch', path, mode });
  assert.deepEqual(add('/a', 0).body, { type: 'error', err: 0 });
  assert.deepEqual(add('/', 1).body, { type: 'error', err: 0 });
  assert.equal(add('/', 2).err, ErrorCode.MARSHALLINGERROR);
  const check = (path: string): number[] =>
    [1, 2, 3, 4, 5].map((mode) => errOf(h, conn, { op: 'checkWatches', path, mode }));
  const no = ErrorCode.NOWATCHER;
  assert.deepEqual(check('/a'), [no, no, 0, 0, no]);
  assert.deepEqual(check('/'), [no, no, 0, no, 0]);
  const stir = (xid: number): string[] => {
    send(h, conn, xid, create('/a'));
    send(h, conn, xid + 1, create('/a/b'));
    send(h, conn, xid + 2, remove('/a/b'));
    send(h, conn, xid + 3, remove('/a'));
    commit(h);
    return brief(take(h));
  };
  const told = (xid: number): string[] => [
    ...['event 1 /a', `reply ${xid} 0`, 'event 1 /a/b', 'event 4 /a', `reply ${xid + 1} 0`],
    ...['event 2 /a/b', 'event 4 /a', `reply ${xid + 2} 0`, 'event 2 /a', `reply ${xid + 3} 0`],
  ];
  assert.deepEqual(stir(1), told(1));
  assert.deepEqual(stir(11), told(11));
  for (const [path, mode] of [
    ['/a', 4],
    ['/', 3],
  ] as const) {
    assert.equal(errOf(h, conn, { op: 'removeWatches', path, mode }), 0);
    assert.equal(errOf(h, conn, { op: 'removeWatches', path, mode }), no);
  }
  assert.deepEqual(stir(21), ['reply 21 0', 'reply 22 0', 'reply 23 0', 'reply 24 0']);
});

test('persistent watches end with their connection', () => {
  const h = start();
  const { conn } = client(h);
  ask(h, conn, { op: 'addWatch', path: '/', mode: 1 });
  feed(h, { type: 'clientClosed', conn, now: h.now });
  assert.deepEqual(h.state.watches, emptyWatches());
});

test('auth is answered at once and counts for the requests after it', () => {
  const h = start();
  const { conn } = client(h);
  const acl: readonly Acl[] = [{ perms: 31, scheme: 'auth', id: '' }];
  const guarded: ClientRequest = { op: 'create', path: '/g', data: null, acl, flags: 0 };
  assert.equal(errOf(h, conn, guarded), ErrorCode.INVALIDACL);
  send(h, conn, 1, create('/slow'));
  send(h, conn, -4, { op: 'auth', scheme: 'digest', auth: bytes('user:secret') });
  const [reply] = take(h);
  assert.ok(reply?.type === 'reply');
  assert.deepEqual([reply.xid, reply.zxid, reply.err, reply.body], [-4, 0, 0, null]);
  commit(h);
  take(h);
  ask(h, conn, guarded);
  const own = ask(h, conn, { op: 'getACL', path: '/g' });
  const id = `user:${CONFIG.digestBase64(bytes('user:secret'))}`;
  assert.ok(own.body?.type === 'acl');
  assert.deepEqual(own.body.acl, [{ perms: 31, scheme: 'digest', id }]);
  assert.deepEqual(ask(h, conn, { op: 'whoAmI' }).body, {
    type: 'whoAmI',
    identities: [
      { scheme: 'ip', id: '127.0.0.1' },
      { scheme: 'digest', id: 'user' },
    ],
  });
  const stranger = client(h).conn;
  assert.equal(errOf(h, stranger, getData('/g')), ErrorCode.NOAUTH);
});

test('getACL masks the digests of others, who may only read it', () => {
  const h = start();
  const { conn } = client(h);
  const acl: readonly Acl[] = [
    { perms: 31, scheme: 'digest', id: 'user:hash' },
    { perms: 1, scheme: 'world', id: 'anyone' },
  ];
  ask(h, conn, { op: 'create', path: '/g', data: null, acl, flags: 0 });
  const { body } = ask(h, conn, { op: 'getACL', path: '/g' });
  assert.ok(body?.type === 'acl');
  assert.deepEqual(
    body.acl.map(({ id }) => id),
    ['user:x', 'anyone'],
  );
});

test('an auth that fails is answered and closes', () => {
  const h = start();
  const { conn } = client(h);
  send(h, conn, -4, { op: 'auth', scheme: 'kerberos', auth: bytes('x') });
  assert.deepEqual(brief(take(h)), [`reply -4 ${ErrorCode.AUTHFAILED}`, 'close']);
});
