import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { Acl } from '../../src/core/txn.js';
import type { ClientRequest, CreateRequest, MultiOpRequest } from '../../src/core/request.js';
import { prepare, type PrepContext } from '../../src/server/prep.js';
import { applyTxn } from '../../src/tree/apply.js';
import { replaceAt } from '../../src/tree/string-map.js';
import { emptyTree, getNode, type Tree } from '../../src/tree/tree.js';
import { OPEN, bytes, create, remove, setData, zxid } from './harness.js';
import { SESSION, context, treeAfter } from './prep-context.js';

function errOf(tree: Tree, request: ClientRequest, overrides: Partial<PrepContext> = {}): number {
  const body = prepare(context(tree, overrides), request);
  assert.ok(body.type === 'error', `${request.op} succeeds: ${JSON.stringify(body)}`);
  return body.err;
}

function withAcl(path: string, acl: readonly Acl[] | null, flags = 0): CreateRequest {
  return { op: 'create', path, data: null, acl, flags };
}

const READ_ONLY: readonly Acl[] = [{ perms: 1, scheme: 'world', id: 'anyone' }];

test('a create is checked in the order mode, session, path, ACL, parent, permission, path, node', () => {
  const tree = treeAfter(create('/a'), withAcl('/ro', READ_ONLY), create('/e', 1));
  const expired = { sessionErr: ErrorCode.SESSIONEXPIRED };
  // Each request has every later fault as well.
  assert.equal(errOf(tree, withAcl('no slash', null, 7), expired), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, withAcl('no slash', null, -1), expired), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, withAcl('no slash', null, 5), expired), ErrorCode.UNIMPLEMENTED);
  assert.equal(errOf(tree, withAcl('no slash', null), expired), ErrorCode.SESSIONEXPIRED);
  assert.equal(errOf(tree, withAcl('no slash', null)), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, withAcl('/nul\0', null)), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, withAcl('/none/./x', null)), ErrorCode.INVALIDACL);
  assert.equal(errOf(tree, withAcl('/none/./x', [])), ErrorCode.INVALIDACL);
  assert.equal(errOf(tree, create('/none/x\u0001')), ErrorCode.NONODE);
  assert.equal(errOf(tree, create('/ro/x\u0001')), ErrorCode.NOAUTH);
  assert.equal(errOf(tree, create('/a/x\u0001')), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, create('/a/')), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, create('//')), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, create('/a')), ErrorCode.NODEEXISTS);
  assert.equal(errOf(tree, create('/')), ErrorCode.NODEEXISTS);
  assert.equal(errOf(tree, create('/e/x')), ErrorCode.NOCHILDRENFOREPHEMERALS);
});

test('each way to create has the body that it needs', () => {
  const tree = treeAfter(create('/a'), create('/a/b'), create('/a/c'));
  const of = (op: CreateRequest['op'], flags: number): ClientRequest => ({
    op,
    path: '/a/n',
    data: bytes('d'),
    acl: OPEN,
    flags,
  });
  const made = { path: '/a/n', data: bytes('d'), acl: OPEN, parentCVersion: 3 };
  assert.deepEqual(prepare(context(tree), of('create', 0)), {
    type: 'create',
    ...made,
    ephemeral: false,
  });
  assert.deepEqual(prepare(context(tree), of('create2', 1)), {
    type: 'create2',
    ...made,
    ephemeral: true,
  });
  assert.deepEqual(prepare(context(tree), of('create', 2)), {
    type: 'create',
    ...made,
    path: '/a/n0000000002',
    ephemeral: false,
  });
  assert.deepEqual(prepare(context(tree), of('create2', 3)), {
    type: 'create2',
    ...made,
    path: '/a/n0000000002',
    ephemeral: true,
  });
  // Only opcode 19 makes a container; flag 4 of opcode 1 makes a plain node.
  assert.deepEqual(prepare(context(tree), of('create', 4)), {
    type: 'create',
    ...made,
    ephemeral: false,
  });
  assert.deepEqual(prepare(context(tree), of('createContainer', 4)), {
    type: 'createContainer',
    ...made,
  });
});

test('createTTL is not implemented, and a TTL without its mode is a bad argument', () => {
  const tree = emptyTree();
  const ttl = (flags: number): ClientRequest => ({
    op: 'createTTL',
    path: '/t',
    data: null,
    acl: OPEN,
    flags,
    ttl: 5000,
  });
  assert.equal(errOf(tree, ttl(5)), ErrorCode.UNIMPLEMENTED);
  assert.equal(errOf(tree, ttl(6)), ErrorCode.UNIMPLEMENTED);
  assert.equal(errOf(tree, ttl(0)), ErrorCode.BADARGUMENTS);
});

test('a sequence number comes from the stored cversion, which deletes do not lower', () => {
  const tree = treeAfter(create('/s'), create('/s/a'), remove('/s/a'), create('/s/b'));
  const body = prepare(context(tree), create('/s/n-', 2));
  assert.ok(body.type === 'create');
  assert.equal(body.path, '/s/n-0000000002');
});

test('a sequential name may end in a slash, as its suffix makes it whole', () => {
  const tree = treeAfter(create('/s'));
  const body = prepare(context(tree), create('/s/', 2));
  assert.ok(body.type === 'create');
  assert.equal(body.path, '/s/0000000000');
});

test('sequence numbers overflow into negative ones as in Java', () => {
  const base = treeAfter(create('/s'));
  const at = (cversion: number): Tree => ({
    ...base,
    nodes: replaceAt(base.nodes, '/s', { ...getNode(base, '/s')!, cversion }),
  });
  const named = (cversion: number): readonly [string, number] => {
    const body = prepare(context(at(cversion)), create('/s/n', 2));
    assert.ok(body.type === 'create');
    return [body.path, body.parentCVersion];
  };
  assert.deepEqual(named(0x7fff_ffff), ['/s/n2147483647', -0x8000_0000]);
  assert.deepEqual(named(-0x8000_0000), ['/s/n-2147483648', -0x7fff_ffff]);
  assert.deepEqual(named(-5), ['/s/n-000000005', -4]);
});

test('a delete is checked in the order session, path, parent, permission, node, version, children', () => {
  const tree = treeAfter(
    create('/a'),
    create('/a/b'),
    withAcl('/ro', READ_ONLY),
    setData('/a', '1'),
  );
  const expired = { sessionErr: ErrorCode.SESSIONEXPIRED };
  assert.equal(errOf(tree, remove('/'), expired), ErrorCode.SESSIONEXPIRED);
  for (const path of ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config', 'x', '/\0']) {
    assert.equal(errOf(tree, remove(path)), ErrorCode.BADARGUMENTS, path);
  }
  assert.equal(errOf(tree, remove('/none/x')), ErrorCode.NONODE);
  assert.equal(errOf(tree, remove('/ro/none')), ErrorCode.NOAUTH);
  assert.equal(errOf(tree, remove('/none')), ErrorCode.NONODE);
  assert.equal(errOf(tree, remove('/a', 0)), ErrorCode.BADVERSION);
  assert.equal(errOf(tree, remove('/a', 1)), ErrorCode.NOTEMPTY);
  assert.deepEqual(prepare(context(tree), remove('/a/b', 0)), { type: 'delete', path: '/a/b' });
});

test('a setData is checked in the order session, path, node, permission, version', () => {
  const tree = treeAfter(create('/a'), withAcl('/ro', READ_ONLY));
  const expired = { sessionErr: ErrorCode.SESSIONMOVED };
  assert.equal(errOf(tree, setData('a//', '', 5), expired), ErrorCode.SESSIONMOVED);
  assert.equal(errOf(tree, setData('a//', '', 5)), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, setData('/none', '', 5)), ErrorCode.NONODE);
  assert.equal(errOf(tree, setData('/ro', '', 5)), ErrorCode.NOAUTH);
  assert.equal(errOf(tree, setData('/a', '', 5)), ErrorCode.BADVERSION);
  const body = prepare(context(tree), setData('/a', 'z', 0));
  assert.deepEqual(body, { type: 'setData', path: '/a', data: bytes('z'), version: 1 });
});

test('versions wrap as 32-bit integers', () => {
  const base = treeAfter(create('/a'));
  const node = getNode(base, '/a')!;
  const tree: Tree = {
    ...base,
    nodes: replaceAt(base.nodes, '/a', { ...node, version: 0x7fff_ffff, aversion: 0x7fff_ffff }),
  };
  const data = prepare(context(tree), setData('/a', 'z', 0x7fff_ffff));
  assert.ok(data.type === 'setData');
  assert.equal(data.version, -0x8000_0000);
  const acl = prepare(context(tree), { op: 'setACL', path: '/a', acl: OPEN, version: -1 });
  assert.ok(acl.type === 'setACL');
  assert.equal(acl.version, -0x8000_0000);
});

test('a setACL is checked in the order session, path, ACL, node, permission, version', () => {
  const tree = treeAfter(create('/a'), withAcl('/ro', READ_ONLY));
  const setAcl = (path: string, acl: readonly Acl[] | null, version: number): ClientRequest => ({
    op: 'setACL',
    path,
    acl,
    version,
  });
  const expired = { sessionErr: ErrorCode.SESSIONEXPIRED };
  assert.equal(errOf(tree, setAcl('bad', null, 5), expired), ErrorCode.SESSIONEXPIRED);
  assert.equal(errOf(tree, setAcl('bad', null, 5)), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, setAcl('/none', null, 5)), ErrorCode.INVALIDACL);
  assert.equal(errOf(tree, setAcl('/none', OPEN, 5)), ErrorCode.NONODE);
  assert.equal(errOf(tree, setAcl('/ro', OPEN, 5)), ErrorCode.NOAUTH);
  assert.equal(errOf(tree, setAcl('/a', OPEN, 5)), ErrorCode.BADVERSION);
  assert.deepEqual(prepare(context(tree), setAcl('/a', READ_ONLY, 0)), {
    type: 'setACL',
    path: '/a',
    acl: READ_ONLY,
    version: 1,
  });
});

test('a check is checked in the order session, path, node, permission, version', () => {
  const tree = treeAfter(
    create('/a'),
    withAcl('/blind', [{ perms: 2, scheme: 'world', id: 'anyone' }]),
  );
  const check = (path: string, version: number): ClientRequest => ({ op: 'check', path, version });
  const expired = { sessionErr: ErrorCode.SESSIONEXPIRED };
  assert.equal(errOf(tree, check('bad', 5), expired), ErrorCode.SESSIONEXPIRED);
  assert.equal(errOf(tree, check('bad', 5)), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, check('/none', 5)), ErrorCode.NONODE);
  assert.equal(errOf(tree, check('/blind', 5)), ErrorCode.NOAUTH);
  assert.equal(errOf(tree, check('/a', 5)), ErrorCode.BADVERSION);
  assert.deepEqual(prepare(context(tree), check('/a', 0)), {
    type: 'check',
    path: '/a',
    version: 1,
  });
});

test('the parts of a multi see each other', () => {
  const body = prepare(context(emptyTree()), {
    op: 'multi',
    ops: [
      { op: 'create', path: '/m', data: null, acl: OPEN, flags: 0 },
      { op: 'create', path: '/m/s', data: null, acl: OPEN, flags: 2 },
      { op: 'create2', path: '/m/s', data: null, acl: OPEN, flags: 3 },
      { op: 'check', path: '/m', version: 0 },
      { op: 'setData', path: '/m', data: null, version: 0 },
      { op: 'delete', path: '/m/s0000000000', version: 0 },
    ],
  });
  assert.ok(body.type === 'multi');
  assert.deepEqual(
    body.ops.map((op) => (op.type === 'error' ? op.err : `${op.type} ${op.path}`)),
    [
      'create /m',
      'create /m/s0000000000',
      'create2 /m/s0000000001',
      'check /m',
      'setData /m',
      'delete /m/s0000000000',
    ],
  );
});

test('the parts of a multi are numbered over the end of their parent’s counter', () => {
  const made = treeAfter(create('/p'));
  const node = { ...getNode(made, '/p')!, cversion: 0x7fff_fffe };
  const near = { ...made, nodes: replaceAt(made.nodes, '/p', node) };
  const ops = Array.from({ length: 4 }, () => withAcl('/p/s', OPEN, 2));
  const body = prepare(context(near), { op: 'multi', ops });
  assert.ok(body.type === 'multi');
  const paths = body.ops.map((op) => ('path' in op ? op.path : op.type));
  const numbers = ['2147483646', '2147483647', '-2147483648', '-2147483647'];
  assert.deepEqual(
    paths,
    numbers.map((number) => `/p/s${number}`),
  );
  const txn = { zxid: zxid(9), sessionId: SESSION, cxid: 1, time: 1, body };
  assert.equal(getNode(applyTxn(near, txn).tree, '/p')!.cversion, 0x7fff_ffff);
});

test('after the part of a multi that fails nothing is looked at', () => {
  const body = prepare(context(emptyTree()), {
    op: 'multi',
    ops: [
      { op: 'create', path: '/m', data: null, acl: OPEN, flags: 0 },
      { op: 'delete', path: '/none', version: -1 },
      { op: 'create', path: '/m', data: null, acl: OPEN, flags: 0 },
    ],
  });
  assert.ok(body.type === 'multi');
  assert.deepEqual(
    body.ops.map((op) => (op.type === 'error' ? op.err : op.type)),
    ['create', ErrorCode.NONODE, ErrorCode.RUNTIMEINCONSISTENCY],
  );
});

test('flag 4 makes a container under every opcode of a multi', () => {
  for (const op of ['create', 'create2', 'createContainer'] as const) {
    const body = prepare(context(emptyTree()), {
      op: 'multi',
      ops: [{ op, path: '/m', data: null, acl: OPEN, flags: 4 }],
    });
    assert.ok(body.type === 'multi');
    assert.equal(body.ops[0]?.type, 'createContainer');
  }
});

test('a multi with a part that cannot be read fails as a whole', () => {
  const part = { op: 'create', path: '/m', data: null, acl: OPEN, flags: 0 } as const;
  const unreadable: readonly MultiOpRequest[] = [
    { ...part, acl: null },
    { ...part, flags: 5 },
    { ...part, flags: -1 },
  ];
  for (const bad of unreadable) {
    const request = { op: 'multi', ops: [part, bad] } as const;
    assert.equal(errOf(emptyTree(), request), ErrorCode.MARSHALLINGERROR, JSON.stringify(bad));
  }
});

test('an empty multi is one', () => {
  assert.deepEqual(prepare(context(emptyTree()), { op: 'multi', ops: [] }), {
    type: 'multi',
    ops: [],
  });
});

test('closeSession names the ephemerals of the session, sorted, and asks for no owner', () => {
  const tree = treeAfter(create('/e', 1), create('/d', 1), create('/p'));
  const moved = context(tree, { sessionErr: ErrorCode.SESSIONMOVED });
  assert.deepEqual(prepare(moved, { op: 'closeSession' }), {
    type: 'closeSession',
    paths: ['/d', '/e'],
  });
});

test('what only a foreign learner can forward fails as not implemented', () => {
  const request: ClientRequest = { op: 'addWatch', path: '/a', mode: 0 };
  assert.equal(errOf(emptyTree(), request), ErrorCode.UNIMPLEMENTED);
  const unknown: ClientRequest = { op: 'unknown', opcode: 99 };
  assert.equal(errOf(emptyTree(), unknown), ErrorCode.UNIMPLEMENTED);
});

test('deleteContainer takes any node without children that is no ephemeral', () => {
  const container = (path: string): ClientRequest => ({
    op: 'createContainer',
    path,
    data: null,
    acl: OPEN,
    flags: 4,
  });
  const tree = treeAfter(
    create('/p'),
    container('/c'),
    container('/d'),
    create('/d/x'),
    create('/e', 1),
  );
  const request = (path: string): ClientRequest => ({ op: 'deleteContainer', path });
  assert.equal(errOf(tree, request('/')), ErrorCode.BADARGUMENTS);
  assert.equal(errOf(tree, request('/none')), ErrorCode.NONODE);
  assert.equal(errOf(tree, request('/d')), ErrorCode.NOTEMPTY);
  assert.equal(errOf(tree, request('/e')), ErrorCode.BADVERSION);
  for (const path of ['/c', '/p']) {
    assert.deepEqual(prepare(context(tree), request(path)), { type: 'deleteContainer', path });
  }
});
