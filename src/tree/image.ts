/**
 * Tree ↔ image of a snapshot (Apache: `DataTree.serialize`, `deserialize`). An image of a tree is
 * a view: nodes are laid out while they are iterated over, and the tree cannot change meanwhile.
 */
import type { ImageNode, PersistedStat, SnapshotImage } from '../core/image.js';
import type { Acl, Data } from '../core/txn.js';
import { withOwned } from './apply.js';
import { internAcl } from './acl-table.js';
import { NO_NAMES, addName, eachName } from './name-set.js';
import { childPath, nameOf, parentOf } from './paths.js';
import { type StringMap, emptyMap, getAt, insertAt, replaceAt } from './string-map.js';
import { emptyTree, type Tree } from './tree.js';
import type { Znode } from './znode.js';

/** The image of a tree; costs nothing until it is iterated over. */
export function imageOf(tree: Tree): SnapshotImage {
  return {
    zxid: tree.lastZxid,
    sessions: tree.sessions,
    nodes: { [Symbol.iterator]: () => preorder(tree) },
  };
}

function* preorder(tree: Tree): Generator<ImageNode, void, undefined> {
  const stack: { readonly path: string; readonly names: Iterator<string> }[] = [];
  for (let path: string | undefined = '/'; path !== undefined;) {
    const node: Znode | undefined = getAt(tree.nodes, path);
    if (node === undefined) throw new Error(`child without a node: ${path}`);
    yield imageNode(path, node);
    stack.push({ path, names: eachName(node.children)[Symbol.iterator]() });
    path = undefined;
    for (let top = stack.at(-1); top !== undefined && path === undefined; top = stack.at(-1)) {
      const next = top.names.next();
      if (next.done === true) stack.pop();
      else path = childPath(top.path, next.value);
    }
  }
}

function imageNode(path: string, node: Znode): ImageNode {
  const { data, acl } = node;
  return { path, data, acl, stat: persistedStat(node) };
}

/**
 * The tree of an image. Throws if a node comes before its parent, or if there is no root: then the
 * image is no state of a ZooKeeper server.
 */
export function treeOf(image: SnapshotImage): Tree {
  const empty = emptyTree();
  let tree: Tree = {
    ...empty,
    nodes: emptyMap<Znode>(),
    sessions: empty.sessions.withMutations((sessions) => {
      for (const [id, timeout] of image.sessions) sessions.set(id, timeout);
    }),
    lastZxid: image.zxid,
  };
  for (const node of image.nodes) tree = withImageNode(tree, node);
  if (getAt(tree.nodes, '/') === undefined) throw new Error('snapshot has no root');
  return tree;
}

function withImageNode(tree: Tree, { path, data, acl: list, stat }: ImageNode): Tree {
  if (getAt(tree.nodes, path) !== undefined) throw new Error(`snapshot has ${path} twice`);
  const [acls, acl] = internAcl(tree.acls, list);
  const nodes = insertAt(tree.nodes, path, znodeOf(data, acl, stat));
  return withOwned(
    { ...tree, nodes: path === '/' ? nodes : withChild(nodes, path), acls },
    path,
    stat.ephemeralOwner,
  );
}

/** The nodes with the one at `path` among the children of its parent. */
function withChild(nodes: StringMap<Znode>, path: string): StringMap<Znode> {
  const parentPath = parentOf(path);
  const parent = getAt(nodes, parentPath);
  if (parent === undefined) throw new Error(`snapshot has no parent for ${path}`);
  const children = addName(parent.children, nameOf(path));
  return replaceAt(nodes, parentPath, { ...parent, children });
}

function znodeOf(data: Data, acl: readonly Acl[], stat: PersistedStat): Znode {
  return {
    data,
    acl,
    czxid: stat.czxid,
    mzxid: stat.mzxid,
    pzxid: stat.pzxid,
    ctime: stat.ctime,
    mtime: stat.mtime,
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: stat.ephemeralOwner,
    children: NO_NAMES,
  };
}

function persistedStat(node: Znode): PersistedStat {
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    pzxid: node.pzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    ephemeralOwner: node.ephemeralOwner,
  };
}
