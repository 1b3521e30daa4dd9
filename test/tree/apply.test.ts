import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { SessionId } from '../../src/core/ids.js';
import type { Acl, CreateBody, SingleBody, TxnBody } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { NO_ACLS, releaseAcl } from '../../src/tree/acl-table.js';
import { OPEN_ACL_UNSAFE } from '../../src/tree/acl.js';
import { type Applied, applyTxn } from '../../src/tree/apply.js';
import { statOf } from '../../src/tree/stat.js';
import { childNames, emptyTree, getNode, type Tree } from '../../src/tree/tree.js';

const SESSION = 0x10_0000_0000_0001n as SessionId;

function apply(tree: Tree, zxid: number, body: TxnBody): Applied {
  const time = 1000 * zxid;
  return applyTxn(tree, { zxid: zxid as Zxid, sessionId: SESSION, cxid: 1, time, body });
}

function run(bodies: readonly TxnBody[], from: Tree = emptyTree()): Tree {
  return bodies.reduce((tree, body) => apply(tree, tree.lastZxid + 1, body).tree, from);
}

function create(path: string, more: Partial<CreateBody> = {}) {
  const acl: readonly Acl[] = OPEN_ACL_UNSAFE;
  return {
    type: 'create',
    path,
    data: null,
    acl,
    ephemeral: false,
    parentCVersion: -1,
    ...more,
  } as const;
}

function stat(tree: Tree, path: string) {
  return statOf(getNode(tree, path)!);
}

test('a new server shows what Apache ZooKeeper 3.9.5 shows', () => {
  const tree = emptyTree();
  const zero = {
    czxid: 0,
    mzxid: 0,
    pzxid: 0,
    ctime: 0,
    mtime: 0,
    version: 0,
    aversion: 0,
    ephemeralOwner: 0n,
    dataLength: 0,
  };
  assert.deepEqual(stat(tree, '/'), { ...zero, cversion: -1, numChildren: 1 });
  assert.deepEqual(stat(tree, '/zookeeper'), { ...zero, cversion: -2, numChildren: 2 });
  assert.deepEqual(stat(tree, '/zookeeper/quota'), { ...zero, cversion: 0, numChildren: 0 });
  const config = { ...zero, cversion: 0, numChildren: 0, aversion: -1 };
  assert.deepEqual(stat(tree, '/zookeeper/config'), config);
  assert.deepEqual(childNames(getNode(tree, '/zookeeper')!), ['config', 'quota']);
  const aclOf = (path: string) => getNode(tree, path)!.acl;
  for (const path of ['/', '/zookeeper', '/zookeeper/quota']) {
    assert.deepEqual(aclOf(path), [{ perms: 31, scheme: 'world', id: 'anyone' }]);
  }
  assert.deepEqual(aclOf('/zookeeper/config'), [{ perms: 1, scheme: 'world', id: 'anyone' }]);
  assert.deepEqual(getNode(tree, '/zookeeper/config')!.data, new Uint8Array(0));
});

test('the root has the empty path as another name, and nothing else is lax', () => {
  const tree = run([create('/a')]);
  assert.equal(getNode(tree, ''), getNode(tree, '/'));
  for (const path of ['a', '/a/', '//', '/b']) assert.equal(getNode(tree, path), undefined);
});

test('cversion counts deletes for clients only, and pzxid follows both', () => {
  const three = run([create('/p'), create('/p/a'), create('/p/b'), create('/p/c')]);
  const before = stat(three, '/p');
  assert.deepEqual([before.cversion, before.pzxid, before.numChildren], [3, 4, 3]);
  const tree = run([{ type: 'delete', path: '/p/b' }], three);
  const after = stat(tree, '/p');
  assert.deepEqual([after.cversion, after.pzxid, after.numChildren], [4, 5, 2]);
  assert.equal(getNode(tree, '/p')!.cversion, 3);
  assert.deepEqual([after.mzxid, after.mtime, after.version], [1, 1000, 0]);
});

test('setData and setACL leave pzxid alone; setACL changes aversion and nothing else', () => {
  const made = run([create('/a', { data: new Uint8Array([1]) })]);
  const written = run([{ type: 'setData', path: '/a', data: null, version: 1 }], made);
  assert.deepEqual(stat(written, '/a'), {
    ...stat(made, '/a'),
    mzxid: 2,
    mtime: 2000,
    version: 1,
    dataLength: 0,
  });
  assert.equal(getNode(written, '/a')!.data, null);
  const acl = [{ perms: 1, scheme: 'digest', id: 'u:h' }];
  const guarded = run([{ type: 'setACL', path: '/a', acl, version: 1 }], written);
  assert.deepEqual(stat(guarded, '/a'), { ...stat(written, '/a'), aversion: 1 });
  assert.deepEqual(getNode(guarded, '/a')!.acl, acl);
});

test('client-visible cversion wraps as an int32', () => {
  const big = run([create('/p'), create('/p/a', { parentCVersion: 0x4000_0000 })]);
  assert.equal(stat(big, '/p').cversion, 0x7fff_ffff);
  const two = run([create('/p'), create('/p/a', { parentCVersion: 0x7fff_ffff })]);
  assert.equal(stat(two, '/p').cversion, -3);
});

test('a cversion of 2147483647 stays, as on a 3.9.5 server: it only goes forward', () => {
  const top = run([create('/p'), create('/p/a', { parentCVersion: 0x7fff_ffff })]);
  for (const parentCVersion of [-0x8000_0000, -1]) {
    const tree = run([create('/p/b', { parentCVersion })], top);
    assert.equal(getNode(tree, '/p')!.cversion, 0x7fff_ffff);
    assert.equal(stat(tree, '/p').pzxid, 2);
    assert.deepEqual(childNames(getNode(tree, '/p')!), ['a', 'b']);
  }
});

test('who owns a node is stored raw and shown only for a session', () => {
  const acl = OPEN_ACL_UNSAFE;
  const container = {
    type: 'createContainer',
    path: '/c',
    data: null,
    acl,
    parentCVersion: -1,
  } as const;
  const ttl = { ...container, type: 'createTTL', path: '/t', ttl: 5000 } as const;
  const tree = run([ttl, container, create('/e', { ephemeral: true })]);
  const owner = (path: string) => getNode(tree, path)!.ephemeralOwner;
  assert.equal(owner('/t'), -0x0100_0000_0000_0000n + 5000n);
  assert.equal(owner('/c'), -0x8000_0000_0000_0000n);
  assert.equal(owner('/e'), SESSION);
  const shown = ['/t', '/c', '/e'].map((path) => stat(tree, path).ephemeralOwner);
  assert.deepEqual(shown, [0n, 0n, SESSION]);
});

test('events: create tells the node, then its parent; delete too; setACL nobody', () => {
  const told = (body: TxnBody, from: Tree) =>
    apply(from, 9, body).changes.map(({ type, path }) => `${type} ${path}`);
  const tree = run([create('/a'), create('/a/b')]);
  assert.deepEqual(told(create('/a/c'), tree), ['created /a/c', 'children /a']);
  assert.deepEqual(told(create('/z'), tree), ['created /z', 'children /']);
  assert.deepEqual(told({ type: 'delete', path: '/a/b' }, tree), ['deleted /a/b', 'children /a']);
  assert.deepEqual(told({ type: 'setData', path: '/a', data: null, version: 1 }, tree), [
    'data /a',
  ]);
  const acl = OPEN_ACL_UNSAFE;
  assert.deepEqual(told({ type: 'setACL', path: '/a', acl, version: 1 }, tree), []);
  assert.deepEqual(told(create('/a'), tree), []);
  assert.deepEqual(told({ type: 'delete', path: '/none' }, tree), []);
});

test('events carry the ACL that decides who may hear them', () => {
  const secret = [{ perms: 31, scheme: 'digest', id: 'u:h' }];
  const tree = run([create('/a', { acl: secret })]);
  const { changes } = apply(tree, 2, create('/a/b'));
  assert.deepEqual(
    changes.map(({ acl }) => acl),
    [OPEN_ACL_UNSAFE, secret],
  );
});

test('a multi is one zxid, all or nothing, and its failure names the part', () => {
  const tree = run([create('/a')]);
  const ops: readonly SingleBody[] = [
    create('/a/b'),
    { ...create('/a/b/c'), type: 'create2' },
    { type: 'check', path: '/a', version: 0 },
    { type: 'setData', path: '/a', data: null, version: 1 },
    { type: 'delete', path: '/a/b/c' },
  ];
  const done = apply(tree, 2, { type: 'multi', ops });
  assert.equal(done.result.err, 0);
  const parts = done.result.results!;
  assert.deepEqual(
    parts.map(({ type }) => type),
    ops.map(({ type }) => type),
  );
  assert.equal(parts[0]!.stat, null);
  assert.equal(parts[1]!.stat!.czxid, 2);
  assert.equal(parts[3]!.stat!.version, 1);
  assert.equal(done.tree.lastZxid, 2);
  assert.equal(stat(done.tree, '/a/b').pzxid, 2);

  const failing: readonly SingleBody[] = [
    create('/x'),
    { type: 'error', err: ErrorCode.BADVERSION },
    { type: 'error', err: ErrorCode.RUNTIMEINCONSISTENCY },
    create('/y'),
  ];
  const failed = apply(tree, 2, { type: 'multi', ops: failing });
  assert.equal(failed.result.err, ErrorCode.BADVERSION);
  const codes = failed.result.results!.map(({ type, err }) => [type, err]);
  assert.deepEqual(codes, [
    ['error', 0],
    ['error', ErrorCode.BADVERSION],
    ['error', ErrorCode.RUNTIMEINCONSISTENCY],
    ['error', ErrorCode.RUNTIMEINCONSISTENCY],
  ]);
  assert.equal(failed.tree.nodes, tree.nodes);
  assert.equal(failed.tree.lastZxid, 2);
  assert.deepEqual(failed.changes, []);
});

test('an error transaction takes its zxid and nothing else', () => {
  const tree = run([create('/a')]);
  const { tree: after, result } = apply(tree, 7, { type: 'error', err: ErrorCode.NONODE });
  assert.deepEqual(after, { ...tree, lastZxid: 7 });
  assert.deepEqual(result, { type: 'error', err: -101, path: null, stat: null, results: null });
});

test('closing a session: its named paths in their order, then what else it owns', () => {
  const tree = run([
    { type: 'createSession', timeout: 5000 },
    create('/p'),
    create('/p/x', { ephemeral: true }),
    create('/p/a', { ephemeral: true }),
    create('/p/m', { ephemeral: true }),
  ]);
  assert.equal(tree.sessions.get(SESSION), 5000);
  const closing = { type: 'closeSession', paths: ['/p/x', '/p/gone', '/p/m'] } as const;
  const { tree: after, changes, result } = apply(tree, 9, closing);
  assert.deepEqual(
    changes.filter(({ type }) => type === 'deleted').map(({ path }) => path),
    ['/p/x', '/p/m', '/p/a'],
  );
  assert.equal(result.err, 0);
  assert.equal(after.sessions.size, 0);
  assert.equal(after.ephemerals.size, 0);
  assert.equal(stat(after, '/p').pzxid, 9);
  const old = apply(tree, 9, { type: 'closeSession', paths: null });
  assert.deepEqual(old.tree, after);
});

test('a replayed create over an existing node takes its ACL and raises the parent’s counters', () => {
  const tree = run([create('/p'), create('/p/a', { data: new Uint8Array([1]) })]);
  const acl = [{ perms: 1, scheme: 'digest', id: 'u:h' }];
  for (const type of ['create', 'create2'] as const) {
    const again = { ...create('/p/a', { acl, parentCVersion: 4 }), type };
    const { tree: after, result } = apply(tree, 8, again);
    assert.deepEqual([result.err, result.path], [ErrorCode.NODEEXISTS, '/p/a']);
    assert.deepEqual([stat(after, '/p').pzxid, getNode(after, '/p')!.cversion], [8, 4]);
    assert.deepEqual(stat(after, '/p/a'), stat(tree, '/p/a'));
    assert.deepEqual(getNode(after, '/p/a')!.acl, acl);
    const lower = apply(tree, 8, { ...again, parentCVersion: 1 }).tree;
    assert.deepEqual([stat(lower, '/p').pzxid, getNode(lower, '/p')!.cversion], [2, 1]);
  }
});

test('a replayed create of the root changes its ACL alone', () => {
  const acl = [{ perms: 1, scheme: 'digest', id: 'u:h' }];
  const { tree, result } = apply(emptyTree(), 3, create('/', { acl }));
  assert.equal(result.err, ErrorCode.NODEEXISTS);
  assert.deepEqual(getNode(tree, '/'), { ...getNode(emptyTree(), '/'), acl });
});

test('a replayed delete of what is gone still raises the parent’s pzxid, never lowers it', () => {
  const tree = run([create('/p'), create('/p/a')]);
  const gone = apply(tree, 8, { type: 'delete', path: '/p/none' });
  assert.equal(gone.result.err, ErrorCode.NONODE);
  assert.equal(stat(gone.tree, '/p').pzxid, 8);
  assert.equal(apply(tree, 8, { type: 'delete', path: '/q/a' }).result.err, ErrorCode.NONODE);
  const late = apply(tree, 1, { type: 'delete', path: '/p/a' }).tree;
  assert.equal(stat(late, '/p').pzxid, 2);
  assert.equal(late.lastZxid, 2);
});

test('a replayed delete takes what is below along, and the index of owners', () => {
  const tree = run([
    create('/p'),
    create('/p/q'),
    create('/p/q/e', { ephemeral: true, acl: [{ perms: 1, scheme: 'ip', id: '::1' }] }),
  ]);
  const { tree: after } = apply(tree, 9, { type: 'delete', path: '/p' });
  assert.equal(after.nodes.size, emptyTree().nodes.size);
  assert.equal(after.ephemerals.size, 0);
  assert.equal(after.acls.size, 0);
});

test('what is not there can neither be written nor guarded nor have children', () => {
  const tree = emptyTree();
  const missing: readonly TxnBody[] = [
    { type: 'setData', path: '/a', data: null, version: 1 },
    { type: 'setACL', path: '/a', acl: OPEN_ACL_UNSAFE, version: 1 },
    create('/a/b'),
  ];
  for (const body of missing) {
    const { tree: after, result } = apply(tree, 1, body);
    assert.equal(result.err, ErrorCode.NONODE, body.type);
    assert.equal(after.nodes, tree.nodes);
  }
});

test('broken invariants throw', () => {
  assert.throws(() => releaseAcl(NO_ACLS, [{ perms: 1, scheme: 'ip', id: '::1' }]), /no node uses/);
  const unknown = { type: 'rename', path: '/a' } as unknown as TxnBody;
  assert.throws(() => apply(emptyTree(), 1, unknown), /unknown type: .*rename/);
});
