/**
 * What the tree knows of its nodes beside their paths: who owns which, which are containers and TTL
 * nodes, which paths have a quota (Apache: the sets of `DataTree`).
 */
import type { SessionId } from '../core/ids.js';
import { NO_NAMES, addName, countNames, removeName } from './name-set.js';
import { ownerKind } from './owner.js';
import { limitedBy } from './quota.js';
import type { Tree } from './tree.js';

/** The indexes with a new node at `path`. */
export function withIndexed(tree: Tree, path: string, owner: SessionId): Tree {
  const limited = limitedBy(path);
  const owned = withOwner(tree, path, owner);
  return limited === null ? owned : { ...owned, quotas: addName(owned.quotas, limited) };
}

/** The indexes without the node at `path`. */
export function withoutIndexed(tree: Tree, path: string, owner: SessionId): Tree {
  const limited = limitedBy(path);
  const owned = withoutOwner(tree, path, owner);
  return limited === null ? owned : { ...owned, quotas: removeName(owned.quotas, limited) };
}

function withOwner(tree: Tree, path: string, owner: SessionId): Tree {
  switch (ownerKind(owner)) {
    case 'persistent':
      return tree;
    case 'container':
      return { ...tree, containers: addName(tree.containers, path) };
    case 'ttl':
      return { ...tree, ttls: addName(tree.ttls, path) };
    case 'ephemeral': {
      const paths = addName(tree.ephemerals.get(owner) ?? NO_NAMES, path);
      return { ...tree, ephemerals: tree.ephemerals.set(owner, paths) };
    }
  }
}

function withoutOwner(tree: Tree, path: string, owner: SessionId): Tree {
  switch (ownerKind(owner)) {
    case 'persistent':
      return tree;
    case 'container':
      return { ...tree, containers: removeName(tree.containers, path) };
    case 'ttl':
      return { ...tree, ttls: removeName(tree.ttls, path) };
    case 'ephemeral': {
      const paths = removeName(tree.ephemerals.get(owner) ?? NO_NAMES, path);
      const ephemerals =
        countNames(paths) === 0 ? tree.ephemerals.remove(owner) : tree.ephemerals.set(owner, paths);
      return { ...tree, ephemerals };
    }
  }
}
