/**
 * Tree ↔ image of a snapshot (Apache: `DataTree.serialize`, `deserialize`). An image of a tree is
 * a view: nodes are laid out while they are iterated over, and the tree cannot change meanwhile.
 */
import type { ImageDigest, ImageNode, PersistedStat, SnapshotImage } from '../core/image.js';
import { DIGEST_VERSION, type Acl, type TreeDigest } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import { type AclTable, NO_ACLS, internAcl } from './acl-table.js';
import { NO_DIGEST, crcOf, withPart } from './digest.js';
import { withIndexed } from './indexes.js';
import { eachName, namesOf } from './name-set.js';
import { childPath, nameOf, parentOf } from './paths.js';
import { countAnew } from './quota.js';
import { getAt, mapOf } from './string-map.js';
import { emptyTree, type Tree } from './tree.js';
import type { Znode } from './znode.js';

/** The image of a tree; costs nothing until it is iterated over. */
export function imageOf(tree: Tree): SnapshotImage {
  return {
    zxid: tree.lastZxid,
    sessions: tree.sessions,
    nodes: { [Symbol.iterator]: () => preorder(tree) },
    digest: tree.digest === null ? null : imageDigest(tree.digest, tree.lastZxid),
  };
}

/** Empty for a state that no transaction has led to, as Apache's. */
function imageDigest(digest: TreeDigest, zxid: Zxid): ImageDigest {
  const { high, low } = zxid === 0 ? NO_DIGEST : digest;
  return { zxid, version: DIGEST_VERSION, high, low };
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
 * The tree of an image. Throws if a node comes twice or before its parent, or if there is no root:
 * then the image is no state of a ZooKeeper server.
 */
export function treeOf(image: SnapshotImage, withDigest = true): Tree {
  const { sessions, ...empty } = emptyTree();
  const [acls, drafts] = gather(image.nodes);
  const nodes = new Map<string, Znode>();
  let digest = withDigest ? NO_DIGEST : null;
  for (const [path, draft] of drafts) {
    const node = znodeOf(draft, crcOf(digest, path, draft.node.data));
    digest = withPart(digest, path, null, node);
    nodes.set(path, node);
  }
  const tree: Tree = {
    ...empty,
    nodes: mapOf(nodes),
    sessions: sessions.withMutations((map) => {
      for (const [id, timeout] of image.sessions) map.set(id, timeout);
    }),
    acls,
    digest,
    lastZxid: image.zxid,
  };
  let owned = tree;
  for (const [path, { ephemeralOwner }] of nodes) owned = withIndexed(owned, path, ephemeralOwner);
  return image.fuzzy === true ? countAnew(owned) : owned;
}

/** A node of the image, its ACL interned, and the names of children gathered so far. */
interface Draft {
  readonly node: ImageNode;
  readonly acl: readonly Acl[];
  readonly names: string[];
}

function gather(nodes: Iterable<ImageNode>): readonly [AclTable, ReadonlyMap<string, Draft>] {
  const drafts = new Map<string, Draft>();
  let table = NO_ACLS;
  for (const node of nodes) {
    const { path } = node;
    if (drafts.has(path)) throw new Error(`snapshot has ${path} twice`);
    if (path !== '/') {
      const parent = drafts.get(parentOf(path));
      if (parent === undefined) throw new Error(`snapshot has no parent for ${path}`);
      parent.names.push(nameOf(path));
    }
    const [acls, acl] = internAcl(table, node.acl);
    table = acls;
    drafts.set(path, { node, acl, names: [] });
  }
  if (!drafts.has('/')) throw new Error('snapshot has no root');
  return [table, drafts];
}

function znodeOf({ node, acl, names }: Draft, crc: number): Znode {
  const { data, stat } = node;
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
    children: namesOf(names),
    crc,
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
