/**
 * The whole replicated state of a server as one immutable value (Apache: `DataTree` and the
 * sessions of `ZKDatabase`). Every change shares what it leaves alone, so an older tree (the
 * applied one beside the leader's pending one, or one being written to a snapshot) stays as it was.
 */
import { Map as PersistentMap } from 'immutable';
import type { Millis, SessionId } from '../core/ids.js';
import type { Acl, TreeDigest } from '../core/txn.js';
import { ZXID_ZERO, type Zxid } from '../core/zxid.js';
import type { AclTable } from './acl-table.js';
import { NO_ACLS } from './acl-table.js';
import { OPEN_ACL_UNSAFE, READ_ACL_UNSAFE } from './acl.js';
import { NO_DIGEST, crcOf, withPart } from './digest.js';
import { type NameSet, NO_NAMES, addName, sortedNames } from './name-set.js';
import { OWNER_NONE } from './owner.js';
import { type StringMap, emptyMap, getAt, insertAt } from './string-map.js';
import type { Znode } from './znode.js';

export interface Tree {
  /** By path; the root is `/`. Read it with {@link getNode}. */
  readonly nodes: StringMap<Znode>;
  /** Global sessions with their negotiated timeouts, ms. */
  readonly sessions: PersistentMap<SessionId, Millis>;
  /** Paths of a session's ephemerals; no entry for a session without any. */
  readonly ephemerals: PersistentMap<SessionId, NameSet>;
  /** Paths of container and of TTL nodes. */
  readonly containers: NameSet;
  readonly ttls: NameSet;
  /** Paths that have a quota (`quota.ts`). */
  readonly quotas: NameSet;
  readonly acls: AclTable;
  /** Of all nodes (`digest.ts`); null: it is not kept. */
  readonly digest: TreeDigest | null;
  /** The last transaction applied. */
  readonly lastZxid: Zxid;
}

/** The node at `path`, which needs no check: a path that cannot exist has no node. */
export function getNode(tree: Tree, path: string): Znode | undefined {
  // Apache keeps the root under "" too, and a raw client may ask for it.
  return getAt(tree.nodes, path === '' ? '/' : path);
}

/** `digest` is that of `nodes`. */
export function withNodes(
  tree: Tree,
  nodes: StringMap<Znode>,
  acls: AclTable,
  digest: TreeDigest | null,
): Tree {
  const { sessions, ephemerals, containers, ttls, quotas, lastZxid } = tree;
  return { nodes, sessions, ephemerals, containers, ttls, quotas, acls, digest, lastZxid };
}

export function withLastZxid(tree: Tree, lastZxid: Zxid): Tree {
  const { nodes, sessions, ephemerals, containers, ttls, quotas, acls, digest } = tree;
  return { nodes, sessions, ephemerals, containers, ttls, quotas, acls, digest, lastZxid };
}

/** How many znodes there are, the root and the server's own included. */
export function countNodes(tree: Tree): number {
  return tree.nodes.size;
}

/** Names of a node's children, sorted by UTF-16 code unit, in a fresh array. */
export function childNames(node: Znode): string[] {
  return sortedNames(node.children);
}

/** Paths of the ephemerals that `sessionId` owns, sorted, in a fresh array. */
export function ephemeralsOf(tree: Tree, sessionId: SessionId): string[] {
  const paths = tree.ephemerals.get(sessionId);
  return paths === undefined ? [] : sortedNames(paths);
}

const EMPTY_DATA = new Uint8Array(0);

function systemNode(
  path: string,
  acl: readonly Acl[],
  aversion: number,
  children: readonly string[],
): readonly [string, Znode] {
  const node: Znode = {
    data: EMPTY_DATA,
    acl,
    czxid: ZXID_ZERO,
    mzxid: ZXID_ZERO,
    pzxid: ZXID_ZERO,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion,
    ephemeralOwner: OWNER_NONE,
    children: children.reduce(addName, NO_NAMES),
    crc: crcOf(NO_DIGEST, path, EMPTY_DATA),
  };
  return [path, node];
}

const SYSTEM_NODES: readonly (readonly [string, Znode])[] = [
  systemNode('/', OPEN_ACL_UNSAFE, 0, ['zookeeper']),
  systemNode('/zookeeper', OPEN_ACL_UNSAFE, 0, ['quota', 'config']),
  systemNode('/zookeeper/quota', OPEN_ACL_UNSAFE, 0, []),
  systemNode('/zookeeper/config', READ_ACL_UNSAFE, -1, []),
];

const SYSTEM_DIGEST = SYSTEM_NODES.reduce<TreeDigest | null>(
  (digest, [path, node]) => withPart(digest, path, null, node),
  NO_DIGEST,
);

/**
 * The tree of a new server: the root, /zookeeper, its quota and its config, none of which a
 * transaction has created. Config has its ACL by a setACL, hence its aversion of −1.
 */
export function emptyTree(withDigest = true): Tree {
  return {
    nodes: SYSTEM_NODES.reduce(
      (nodes, [path, node]) => insertAt(nodes, path, node),
      emptyMap<Znode>(),
    ),
    sessions: PersistentMap(),
    ephemerals: PersistentMap(),
    containers: NO_NAMES,
    ttls: NO_NAMES,
    quotas: NO_NAMES,
    acls: NO_ACLS,
    digest: withDigest ? SYSTEM_DIGEST : null,
    lastZxid: ZXID_ZERO,
  };
}
