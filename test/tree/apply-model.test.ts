import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Acl } from '../../src/core/txn.js';
import { applyTxn } from '../../src/tree/apply.js';
import { imageOf, treeOf } from '../../src/tree/image.js';
import { sortedNames } from '../../src/tree/name-set.js';
import { ttlOf } from '../../src/tree/owner.js';
import { statOf } from '../../src/tree/stat.js';
import { entriesOf } from '../../src/tree/string-map.js';
import {
  childNames,
  countNodes,
  emptyTree,
  ephemeralsOf,
  getNode,
  type Tree,
} from '../../src/tree/tree.js';
import { SESSIONS, txns } from './generators.js';
import { NaiveTree } from './model.js';

function compare(tree: Tree, model: NaiveTree): void {
  const paths = [...model.nodes.keys()].sort();
  assert.deepEqual([...entriesOf(tree.nodes)].map(([path]) => path).sort(), paths);
  assert.equal(countNodes(tree), paths.length);
  for (const path of paths) {
    const node = getNode(tree, path)!;
    const expected = model.nodes.get(path)!;
    assert.deepEqual(statOf(node), model.statAt(path), path);
    assert.deepEqual(childNames(node), model.childrenOf(path), path);
    assert.deepEqual(node.data, expected.data, path);
    assert.deepEqual(node.acl, expected.acl, path);
    if (expected.kind === 'ttl') assert.equal(ttlOf(node.ephemeralOwner), expected.ttl);
  }
  assert.deepEqual(new Map(tree.sessions), model.sessions);
  assert.equal(tree.lastZxid, model.lastZxid);
  compareIndexes(tree, model);
  compareAcls(tree);
}

function compareIndexes(tree: Tree, model: NaiveTree): void {
  for (const id of SESSIONS) {
    const owned = model.pathsWhere((n) => n.kind === 'ephemeral' && n.session === id);
    assert.deepEqual(ephemeralsOf(tree, id), owned);
    assert.equal(tree.ephemerals.has(id), owned.length > 0, 'no entry without a path');
  }
  const kind = (wanted: string): string[] => model.pathsWhere((n) => n.kind === wanted);
  assert.deepEqual(sortedNames(tree.containers), kind('container'));
  assert.deepEqual(sortedNames(tree.ttls), kind('ttl'));
}

/** Equal lists are one array, and the table holds those that are in use, counted. */
function compareAcls(tree: Tree): void {
  const uses = new Map<readonly Acl[], number>();
  for (const [, { acl }] of entriesOf(tree.nodes)) uses.set(acl, (uses.get(acl) ?? 0) + 1);
  const texts = [...uses.keys()].map((acl) => JSON.stringify(acl));
  assert.equal(new Set(texts).size, texts.length, 'interned');
  const special = [...uses].filter(([acl]) => acl.some(({ scheme }) => scheme !== 'world'));
  const held = [...entriesOf(tree.acls)].map(([, entry]) => [entry.acl, entry.uses] as const);
  assert.deepEqual(new Map(held), new Map(special));
  for (const [acl] of held) assert.ok(uses.has(acl), 'the very array that the nodes have');
}

test('transactions do what the naive model does, and older trees stay as they were', () => {
  fc.assert(
    fc.property(txns, (list) => {
      const model = new NaiveTree();
      let tree = emptyTree();
      compare(tree, model);
      const versions: { readonly tree: Tree; readonly then: readonly unknown[] }[] = [];
      for (const txn of list) {
        versions.push({ tree, then: [...imageOf(tree).nodes] });
        const applied = applyTxn(tree, txn);
        const parts = model.apply(txn);
        tree = applied.tree;
        compare(tree, model);
        const told = applied.changes.map(({ type, path }) => `${type} ${path}`);
        assert.deepEqual(told, model.events);
        const { results, err, path, stat } = applied.result;
        if (txn.body.type === 'multi') {
          assert.deepEqual(
            results!.map((part) => ({ err: part.err, path: part.path, stat: part.stat })),
            parts,
          );
          assert.equal(err, parts.find((part) => part.err !== 0)?.err ?? 0);
        } else {
          assert.equal(results, null);
          assert.deepEqual([{ err, path, stat }], parts);
        }
        assert.equal(applied.result.type, txn.body.type);
      }
      for (const version of versions) {
        assert.deepEqual([...imageOf(version.tree).nodes], version.then);
      }
    }),
    { numRuns: 300 },
  );
});

test('an image holds the tree, parents first, and makes an equal tree again', () => {
  fc.assert(
    fc.property(txns, (list) => {
      const model = new NaiveTree();
      let tree = emptyTree();
      for (const txn of list) {
        tree = applyTxn(tree, txn).tree;
        model.apply(txn);
      }
      const image = imageOf(tree);
      const nodes = [...image.nodes];
      assert.deepEqual([...image.nodes], nodes, 'may be iterated over again');
      const seen = new Set<string>();
      for (const { path } of nodes) {
        const parent = path.slice(0, path.lastIndexOf('/')) || '/';
        assert.ok(path === '/' || seen.has(parent), `${path} after its parent`);
        seen.add(path);
      }
      assert.equal(image.zxid, tree.lastZxid);
      compare(treeOf(image), model);
      const reversedSiblings = [...nodes].sort((a, b) => depth(a.path) - depth(b.path));
      compare(treeOf({ ...image, nodes: reversedSiblings }), model);
    }),
    { numRuns: 150 },
  );
});

function depth(path: string): number {
  return path === '/' ? 0 : path.split('/').length;
}

test('a change shares every node that it does not touch', () => {
  fc.assert(
    fc.property(txns, (list) => {
      let tree = emptyTree();
      for (const txn of list) {
        const { tree: after, changes } = applyTxn(tree, txn);
        if (txn.body.type === 'setData') {
          for (const [path, node] of entriesOf(tree.nodes)) {
            if (path !== txn.body.path) assert.equal(getNode(after, path), node);
          }
          assert.equal(after.acls, tree.acls);
          assert.equal(after.ephemerals, tree.ephemerals);
        }
        if (txn.body.type === 'check' || txn.body.type === 'error') {
          assert.equal(after.nodes, tree.nodes);
          assert.deepEqual(changes, []);
        }
        tree = after;
      }
    }),
    { numRuns: 100 },
  );
});
