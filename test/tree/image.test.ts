import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageNode } from '../../src/core/image.js';
import type { SessionId } from '../../src/core/ids.js';
import type { Zxid } from '../../src/core/zxid.js';
import { OPEN_ACL_UNSAFE } from '../../src/tree/acl.js';
import { applyTxn } from '../../src/tree/apply.js';
import { imageOf, treeOf } from '../../src/tree/image.js';
import { statOf } from '../../src/tree/stat.js';
import { emptyTree, getNode, type Tree } from '../../src/tree/tree.js';

function create(tree: Tree, path: string): Tree {
  return applyTxn(tree, {
    zxid: (tree.lastZxid + 1) as Zxid,
    sessionId: 1n as SessionId,
    cxid: 0,
    time: 5,
    body: {
      type: 'create',
      path,
      data: null,
      acl: OPEN_ACL_UNSAFE,
      ephemeral: false,
      parentCVersion: -1,
    },
  }).tree;
}

test('an image is depth first, siblings in order', () => {
  const tree = ['/b', '/b/y', '/a', '/b/x', '/a/z'].reduce(create, emptyTree());
  assert.deepEqual(
    [...imageOf(tree).nodes].map(({ path }) => path),
    [
      '/',
      '/a',
      '/a/z',
      '/b',
      '/b/x',
      '/b/y',
      '/zookeeper',
      '/zookeeper/config',
      '/zookeeper/quota',
    ],
  );
});

test('an image is laid out while it is read, whatever happens to later trees', () => {
  let tree = emptyTree();
  for (let i = 0; i < 20_000; i++) tree = create(tree, `/n${i}`);
  const iterator = imageOf(tree).nodes[Symbol.iterator]();
  assert.equal((iterator.next().value as ImageNode).path, '/');
  const later = create(tree, '/later');
  let count = 1;
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) count++;
  assert.equal(count, 20_004);
  assert.ok(getNode(later, '/later'));
});

test('stored stats come back as they were', () => {
  const tree = create(emptyTree(), '/a');
  const again = treeOf(imageOf(tree));
  assert.deepEqual(again, tree);
  assert.deepEqual(statOf(getNode(again, '/')!), statOf(getNode(tree, '/')!));
});

test('what is no state of a server is refused', () => {
  const { zxid, sessions, nodes } = imageOf(create(emptyTree(), '/a'));
  const all = [...nodes];
  const without = (path: string) => all.filter((node) => node.path !== path);
  assert.throws(() => treeOf({ zxid, sessions, nodes: [] }), /no root/);
  assert.throws(() => treeOf({ zxid, sessions, nodes: without('/') }), /no parent for \/a/);
  assert.throws(
    () => treeOf({ zxid, sessions, nodes: without('/zookeeper') }),
    /no parent for \/zookeeper\/config/,
  );
  assert.throws(() => treeOf({ zxid, sessions, nodes: [...all, all[1]!] }), /has \/a twice/);
});

test('the sessions of an image are the tree’s', () => {
  const sessions = [
    [1n as SessionId, 4000],
    [-2n as SessionId, 9000],
  ] as const;
  const tree = treeOf({ ...imageOf(emptyTree()), zxid: 9 as Zxid, sessions });
  assert.deepEqual(new Map(tree.sessions), new Map(sessions));
  assert.equal(tree.lastZxid, 9);
});
