/**
 * The ensemble's configuration in `/zookeeper/config` (Apache: `ZKDatabase.initConfigInZKDatabase`):
 * each server writes what it was started with into its own tree, by no transaction.
 */
import type { Millis } from '../core/ids.js';
import type { Zxid } from '../core/zxid.js';
import { internAcl } from './acl-table.js';
import { addName } from './name-set.js';
import { nameOf, parentOf } from './paths.js';
import { insertAt, replaceAt } from './string-map.js';
import { emptyTree, getNode, withNodes, type Tree } from './tree.js';
import { withChildren, withData } from './znode.js';

export const CONFIG_PATH = '/zookeeper/config';

/** As Apache's server stamps it: it counts no versions of what no client has written. */
const CONFIG_DATA_VERSION = -1;

/** What a server writes there. */
export interface ConfigNode {
  readonly text: Uint8Array;
  /** The configuration's version: the zxid of the transaction that made it, 0 for a file's. */
  readonly version: Zxid;
}

/** The tree with `config` written at `time`. No part of the digest: each server has its own. */
export function withConfigNode(tree: Tree, config: ConfigNode, time: Millis): Tree {
  const there = withNode(tree);
  const node = getNode(there, CONFIG_PATH);
  if (node === undefined) return tree;
  const written = withData(node, config.text, CONFIG_DATA_VERSION, config.version, time, 0);
  return withNodes(there, replaceAt(there.nodes, CONFIG_PATH, written), there.acls, there.digest);
}

/** A snapshot of a server before 3.5 has no such node. */
function withNode(tree: Tree): Tree {
  const parentPath = parentOf(CONFIG_PATH);
  const parent = getNode(tree, parentPath);
  const fresh = getNode(emptyTree(), CONFIG_PATH);
  if (getNode(tree, CONFIG_PATH) !== undefined || parent === undefined || fresh === undefined) {
    return tree;
  }
  const [acls, acl] = internAcl(tree.acls, fresh.acl);
  const children = addName(parent.children, nameOf(CONFIG_PATH));
  const listed = withChildren(parent, children, parent.cversion, parent.pzxid);
  const nodes = insertAt(tree.nodes, CONFIG_PATH, { ...fresh, acl });
  return withNodes(tree, replaceAt(nodes, parentPath, listed), acls, tree.digest);
}
