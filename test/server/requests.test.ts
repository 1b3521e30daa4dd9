import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientRequest } from '../../src/core/request.js';
import type { Acl } from '../../src/core/txn.js';
import {
  OPEN,
  ask,
  brief,
  bytes,
  client,
  commit,
  create,
  errOf,
  exists,
  getChildren,
  getData,
  open,
  proposals,
  remove,
  send,
  setData,
  start,
  take,
  zxid,
} from './harness.js';
import { getNode } from '../../src/tree/tree.js';

test('create, read, change and delete a node, each with its answer', () => {
  const h = start();
  const { conn } = client(h);
  const created = ask(h, conn, { ...create('/a'), op: 'create2' } as ClientRequest);
  assert.equal(created.body?.type, 'pathStat');
  const data = ask(h, conn, getData('/a'));
  assert.ok(data.body?.type === 'data');
  assert.deepEqual(data.body.data, bytes('x'));
  assert.equal(data.body.stat.czxid, 2);
  const set = ask(h, conn, setData('/a', 'new', 0));
  assert.ok(set.body?.type === 'stat');
  assert.equal(set.body.stat.version, 1);
  const found = ask(h, conn, exists('/a'));
  assert.deepEqual(found.body, set.body);
  ask(h, conn, create('/a/b'));
  assert.deepEqual(ask(h, conn, getChildren('/a')).body, { type: 'children', children: ['b'] });
  const both = ask(h, conn, { op: 'getChildren2', path: '/a', watch: false });
  assert.ok(both.body?.type === 'childrenStat');
  assert.equal(both.body.stat.numChildren, 1);
  assert.equal(both.body.stat.cversion, 1);
  assert.equal(ask(h, conn, remove('/a/b')).body, null);
  assert.deepEqual(ask(h, conn, getChildren('/a')).body, { type: 'children', children: [] });
});

test('a reply says the last zxid processed here, reads and pings included', () => {
  const h = start();
  const { conn } = client(h);
  assert.equal(ask(h, conn, create('/a')).zxid, 2);
  assert.equal(ask(h, conn, getData('/a')).zxid, 2);
  assert.equal(ask(h, conn, remove('/none')).zxid, 3);
  const ping = ask(h, conn, { op: 'ping' });
  assert.deepEqual([ping.xid, ping.zxid, ping.err, ping.body], [-2, 3, 0, null]);
});

test('a transaction has the wall clock of its preparation', () => {
  const h = start();
  const { conn } = client(h);
  h.now += 12_345;
  send(h, conn, 1, create('/a'));
  const [txn] = proposals(h);
  assert.equal(txn?.time, 1_700_000_012_345);
});

test('reads of nodes that are not there, or not to be read', () => {
  const h = start();
  const { conn } = client(h);
  const acl: readonly Acl[] = [{ perms: 2, scheme: 'world', id: 'anyone' }];
  ask(h, conn, { op: 'create', path: '/blind', data: null, acl, flags: 0 });
  const ops = ['getData', 'exists', 'getChildren', 'getChildren2'] as const;
  for (const op of ops) {
    assert.equal(errOf(h, conn, { op, path: '/none', watch: false }), ErrorCode.NONODE, op);
    assert.equal(errOf(h, conn, { op, path: '/blind', watch: false }), ErrorCode.NOAUTH, op);
  }
  assert.equal(errOf(h, conn, { op: 'getACL', path: '/none' }), ErrorCode.NONODE);
  assert.equal(errOf(h, conn, { op: 'getACL', path: '/blind' }), ErrorCode.NOAUTH);
  assert.equal(errOf(h, conn, exists('/a\0')), ErrorCode.BADARGUMENTS);
  const count: ClientRequest = { op: 'getAllChildrenNumber', path: '/none' };
  assert.equal(errOf(h, conn, count), ErrorCode.NONODE);
  assert.equal(errOf(h, conn, { ...count, path: '/blind' }), ErrorCode.NOAUTH);
});

test('null and empty data stay different', () => {
  const h = start();
  const { conn } = client(h);
  ask(h, conn, create('/null', 0, null));
  ask(h, conn, create('/empty', 0, new Uint8Array(0)));
  const read = (path: string): unknown => {
    const { body } = ask(h, conn, getData(path));
    assert.ok(body?.type === 'data');
    assert.equal(body.stat.dataLength, 0);
    return body.data;
  };
  assert.equal(read('/null'), null);
  assert.deepEqual(read('/empty'), new Uint8Array(0));
});

test('the rarer reads: children counted at all depths, ephemerals, several reads at once', () => {
  const h = start();
  const { conn } = client(h);
  for (const path of ['/a', '/a/b', '/a/b/c', '/ab']) ask(h, conn, create(path));
  ask(h, conn, create('/a/e', 1));
  ask(h, conn, create('/e', 1));
  const count = (path: string): unknown => ask(h, conn, { op: 'getAllChildrenNumber', path }).body;
  assert.deepEqual(count('/a'), { type: 'number', value: 3 });
  assert.deepEqual(count('/'), { type: 'number', value: 9 });
  assert.deepEqual(count(''), { type: 'number', value: 10 });
  const ephemerals = (path: string): unknown => ask(h, conn, { op: 'getEphemerals', path }).body;
  assert.deepEqual(ephemerals('/'), { type: 'ephemerals', paths: ['/a/e', '/e'] });
  assert.deepEqual(ephemerals('/a'), { type: 'ephemerals', paths: ['/a/e'] });
  const { body } = ask(h, conn, {
    op: 'multiRead',
    ops: [
      { op: 'getData', path: '/a', watch: false },
      { op: 'getData', path: '/none', watch: false },
      { op: 'getChildren', path: '/a', watch: true },
    ],
  });
  assert.ok(body?.type === 'multi');
  assert.deepEqual(
    body.results.map((result) => result.type),
    ['getData', 'error', 'getChildren'],
  );
  send(h, conn, 1, create('/a/x'));
  commit(h);
  assert.deepEqual(brief(take(h)), ['reply 1 0'], 'no watch, as on Apache’s server');
});

test('writes are proposed at once, and what follows a write waits for it', () => {
  const h = start();
  const { conn } = client(h);
  const other = client(h).conn;
  send(h, conn, 1, create('/a'));
  send(h, conn, 2, getData('/a'));
  send(h, conn, 3, { op: 'ping' });
  send(h, conn, 4, setData('/a'));
  send(h, conn, 5, getData('/a'));
  send(h, other, 1, exists('/a'));
  assert.equal(proposals(h).length, 2);
  assert.deepEqual(brief(take(h)), [`reply 1 ${ErrorCode.NONODE}`]);
  commit(h, 1);
  const first = take(h);
  assert.deepEqual(brief(first), ['reply 1 0', 'reply 2 0', 'reply -2 0']);
  assert.ok(first[1]?.type === 'reply' && first[1].body?.type === 'data');
  assert.equal(first[1].body.stat.version, 0);
  commit(h, 1);
  assert.deepEqual(brief(take(h)), ['reply 4 0', 'reply 5 0']);
});

test('a pipeline is checked against what is under way, not against what is delivered', () => {
  const h = start();
  const { conn } = client(h);
  const other = client(h).conn;
  send(h, conn, 1, create('/a'));
  send(h, other, 1, create('/a'));
  send(h, other, 2, create('/a/b'));
  send(h, conn, 2, remove('/a'));
  send(h, conn, 3, setData('/a', 'z', 0));
  commit(h);
  const effects = take(h);
  assert.deepEqual(brief(effects, conn), [
    'reply 1 0',
    `reply 2 ${ErrorCode.NOTEMPTY}`,
    'reply 3 0',
  ]);
  assert.deepEqual(brief(effects, other), [`reply 1 ${ErrorCode.NODEEXISTS}`, 'reply 2 0']);
  assert.equal(h.state.tree, h.state.ahead.tree);
});

test('a request that fails consumes a zxid', () => {
  const h = start();
  const { conn } = client(h);
  assert.equal(errOf(h, conn, remove('/none')), ErrorCode.NONODE);
  assert.equal(h.state.tree.lastZxid, 2);
  ask(h, conn, create('/a'));
  const { body } = ask(h, conn, exists('/a'));
  assert.ok(body?.type === 'stat');
  assert.equal(body.stat.czxid, 3);
});

test('a multi is all or nothing, and says in its body which part has failed', () => {
  const h = start();
  const { conn } = client(h);
  const good = ask(h, conn, {
    op: 'multi',
    ops: [
      { op: 'create', path: '/m', data: null, acl: OPEN, flags: 0 },
      { op: 'create2', path: '/m/s', data: null, acl: OPEN, flags: 2 },
      { op: 'setData', path: '/m', data: bytes('v'), version: 0 },
      { op: 'check', path: '/m', version: 1 },
      { op: 'createContainer', path: '/m/c', data: null, acl: OPEN, flags: 4 },
      { op: 'delete', path: '/m/c', version: -1 },
    ],
  });
  assert.ok(good.body?.type === 'multi');
  assert.deepEqual(
    good.body.results.map((result) => result.type),
    ['create', 'create2', 'setData', 'check', 'create2', 'delete'],
  );
  const before = h.state.tree;
  const bad = ask(h, conn, {
    op: 'multi',
    ops: [
      { op: 'create', path: '/m/s', data: null, acl: OPEN, flags: 2 },
      { op: 'delete', path: '/none', version: -1 },
      { op: 'check', path: '/m', version: 1 },
    ],
  });
  assert.equal(bad.err, 0);
  assert.deepEqual(bad.body, {
    type: 'multi',
    results: [
      { type: 'error', err: 0 },
      { type: 'error', err: ErrorCode.NONODE },
      { type: 'error', err: ErrorCode.RUNTIMEINCONSISTENCY },
    ],
  });
  assert.equal(h.state.tree.nodes, before.nodes);
  // The parent's counter is rolled back too (ZOOKEEPER-1624).
  const next = ask(h, conn, create('/m/s', 2));
  assert.deepEqual(next.body, { type: 'path', path: '/m/s0000000002' });
  assert.deepEqual(ask(h, conn, { op: 'multi', ops: [] }).body, { type: 'multi', results: [] });
});

test('a sync is answered in its turn, when what was proposed before it is delivered', () => {
  const h = start();
  const { conn } = client(h);
  send(h, conn, 1, { op: 'sync', path: '/x' });
  send(h, conn, 2, getData('/'));
  send(h, conn, 3, create('/a'));
  assert.deepEqual(take(h), []);
  commit(h, 1);
  const effects = take(h);
  assert.deepEqual(brief(effects), ['reply 1 0', 'reply 2 0']);
  assert.ok(effects[0]?.type === 'reply');
  assert.deepEqual(effects[0].body, { type: 'path', path: '/x' });
  commit(h);
  assert.deepEqual(brief(take(h)), ['reply 3 0']);
});

test('a write that is delivered before an older sync is answered keeps its place', () => {
  const h = start();
  const { conn } = client(h);
  send(h, conn, 1, { op: 'sync', path: '/' });
  send(h, conn, 2, create('/a'));
  send(h, conn, 3, getData('/a'));
  const [sync] = h.asked.splice(0, 1);
  commit(h);
  assert.deepEqual(take(h), []);
  h.asked.push(sync!);
  commit(h);
  assert.deepEqual(brief(take(h)), ['reply 1 0', 'reply 2 0', 'reply 3 0']);
});

test('unknown operations are answered at once with UNIMPLEMENTED, and close', () => {
  const requests: readonly ClientRequest[] = [
    { op: 'unknown', opcode: 4711 },
    { op: 'check', path: '/', version: -1 },
    { op: 'createSession', timeout: 1 },
  ];
  for (const request of requests) {
    const h = start();
    const { conn } = client(h);
    send(h, conn, 1, create('/a'));
    send(h, conn, 2, request);
    assert.deepEqual(brief(take(h)), [`reply 2 ${ErrorCode.UNIMPLEMENTED}`, 'close'], request.op);
    commit(h);
    assert.deepEqual(take(h), [], 'nobody is left to hear of the create');
    assert.ok(getNode(h.state.tree, '/a') !== undefined);
    send(h, conn, 3, getData('/a'));
    assert.deepEqual(take(h), []);
  }
});

test('what cannot be read is answered in its turn, and the connection goes on', () => {
  const h = start();
  const { conn } = client(h);
  send(h, conn, 1, create('/a'));
  send(h, conn, 2, { op: 'unreadable', opcode: 3 });
  send(h, conn, 3, exists('/a'));
  assert.deepEqual(take(h), []);
  commit(h);
  const unreadable = `reply 2 ${ErrorCode.MARSHALLINGERROR}`;
  assert.deepEqual(brief(take(h)), ['reply 1 0', unreadable, 'reply 3 0']);
});

test('reconfig is switched off, which is answered in turn', () => {
  const h = start();
  const { conn } = client(h);
  send(h, conn, 1, create('/a'));
  send(h, conn, 2, { op: 'unknown', opcode: 16 });
  commit(h);
  assert.deepEqual(brief(take(h)), ['reply 1 0', `reply 2 ${ErrorCode.RECONFIGDISABLED}`]);
});

test('a request before the ConnectRequest closes', () => {
  const h = start();
  const conn = open(h);
  send(h, conn, 1, getData('/'));
  assert.deepEqual(brief(take(h)), ['close']);
});

test('a read on an idle connection leaves the state as it is', () => {
  const h = start();
  const { conn } = client(h);
  ask(h, conn, getData('/'));
  const before = h.state;
  ask(h, conn, getData('/'));
  ask(h, conn, { op: 'ping' });
  assert.equal(h.state, before);
});

test('delivering what was not proposed next is a broken invariant', () => {
  const h = start();
  const { conn } = client(h);
  send(h, conn, 1, create('/a'));
  const [txn] = proposals(h);
  h.asked = [{ type: 'propose', txn: { ...txn!, zxid: zxid(77) } }];
  assert.throws(() => {
    commit(h);
  }, /delivered 77, but 2 was proposed/);
});
