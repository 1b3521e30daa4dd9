/**
 * Quotas: /zookeeper/quota/PATH/zookeeper_limits says how much there may be at PATH and below it,
 * zookeeper_stats beside it how much there is (Apache: `Quotas`, `DataTree.updateQuotaStat`,
 * `updateQuotaForPath`, `ZooKeeperServer.checkQuota`).
 *
 * The counts are kept while transactions are applied, with no trace in the Stat of their node and
 * no event: they follow from the transactions, so they are the same on each replica. A change
 * counts for the nearest quota above it only. The limits' paths stand in an index, so that a tree
 * without quotas pays nothing.
 *
 * Deviations: Apache counts all anew whenever it reads a snapshot, since its snapshots are fuzzy;
 * here only if that snapshot is, as its counts are right otherwise. A quota node whose text is wrong ends Apache's
 * server; here it counts from nothing. A quota of the root itself, by which Apache's server cannot
 * start any more, is none.
 */
import { ErrorCode } from '../core/error-code.js';
import type { Data } from '../core/txn.js';
import { countNames, eachName, hasName } from './name-set.js';
import { childPath, nameOf, parentOf } from './paths.js';
import { NO_STATS, formatStats, parseStats, statOf, type Stats } from './stats-track.js';
import { getAt, replaceAt } from './string-map.js';
import { getNode, withNodes, type Tree } from './tree.js';

const QUOTA = '/zookeeper/quota';
const LIMITS = 'zookeeper_limits';
const STATS = 'zookeeper_stats';

/** The path whose limits stand at `path`; null if none do. */
export function limitedBy(path: string): string | null {
  return ruledBy(path, LIMITS);
}

function ruledBy(path: string, name: string): string | null {
  if (!path.startsWith(`${QUOTA}/`) || nameOf(path) !== name) return null;
  const of = parentOf(path).slice(QUOTA.length);
  return of === '' ? null : of;
}

/** The nearest path at or above `path` that has a quota; null: none. */
function quotaAbove(tree: Tree, path: string): string | null {
  if (countNames(tree.quotas) === 0) return null;
  for (let at = path; at !== '/'; at = parentOf(at)) {
    if (hasName(tree.quotas, at)) return at;
  }
  return null;
}

/** The tree after a change of so many nodes and bytes at `path`. */
export function countChange(tree: Tree, path: string, nodes: number, bytes: number): Tree {
  const of = quotaAbove(tree, path);
  if (of === null) return tree;
  const at = `${QUOTA}${of}/${STATS}`;
  const node = getAt(tree.nodes, at);
  if (node === undefined) return tree;
  const stats = new Map(parseStats(node.data) ?? NO_STATS);
  stats.set('count', BigInt.asIntN(64, statOf(stats, 'count') + BigInt(nodes)));
  stats.set('bytes', BigInt.asIntN(64, statOf(stats, 'bytes') + BigInt(bytes)));
  return withCounts(tree, at, stats);
}

/** The tree after a create at `path`: what a new node of counts is about is counted now. */
export function countAll(tree: Tree, path: string): Tree {
  const of = ruledBy(path, STATS);
  if (of === null) return tree;
  let count = 0n;
  let bytes = 0n;
  const open = [of];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const node = getAt(tree.nodes, at);
    if (node === undefined) continue;
    count += 1n;
    bytes += BigInt(node.data?.length ?? 0);
    for (const name of eachName(node.children)) open.push(childPath(at, name));
  }
  return withCounts(
    tree,
    path,
    new Map([
      ['count', count],
      ['bytes', bytes],
    ]),
  );
}

/**
 * The tree with all counted anew (Apache: `DataTree.setupQuota`, when a snapshot was read: one that
 * was taken while transactions were applied has its counts from another moment than its nodes).
 */
export function countAnew(tree: Tree): Tree {
  let after = tree;
  for (const of of eachName(tree.quotas)) {
    const at = `${QUOTA}${of}/${STATS}`;
    if (getAt(after.nodes, at) !== undefined) after = countAll(after, at);
  }
  return after;
}

function withCounts(tree: Tree, path: string, stats: Stats): Tree {
  const node = { ...getAt(tree.nodes, path)!, data: formatStats(stats) };
  // Below /zookeeper/: no part of the digest.
  return withNodes(tree, replaceAt(tree.nodes, path, node), tree.acls, tree.digest);
}

/**
 * May there be so many more nodes and bytes at `path`? 0, QUOTAEXCEEDED if a hard limit says no,
 * MARSHALLINGERROR if the quota's text is wrong. `tree` is what has been delivered: requests under
 * way are not counted, nor are the parts of the same multi.
 */
export function checkQuota(tree: Tree, path: string, nodes: number, bytes: number): number {
  const of = quotaAbove(tree, path);
  if (of === null) return ErrorCode.OK;
  const limits = parseStats(getNode(tree, `${QUOTA}${of}/${LIMITS}`)?.data ?? null);
  if (limits === null) return ErrorCode.MARSHALLINGERROR;
  const counts = nodes !== 0 && isLimited(limits, 'count', 'countHardLimit');
  const measures = bytes !== 0 && isLimited(limits, 'bytes', 'byteHardLimit');
  const stats = getNode(tree, `${QUOTA}${of}/${STATS}`);
  if ((!counts && !measures) || stats === undefined) return ErrorCode.OK;
  const current = parseStats(stats.data);
  if (current === null) return ErrorCode.MARSHALLINGERROR;
  const exceeds = (key: string, hard: string, more: number): boolean => {
    const limit = statOf(limits, hard);
    return limit > -1n && statOf(current, key) + BigInt(more) > limit;
  };
  const isOver =
    (counts && exceeds('count', 'countHardLimit', nodes)) ||
    (measures && exceeds('bytes', 'byteHardLimit', bytes));
  return isOver ? ErrorCode.QUOTAEXCEEDED : ErrorCode.OK;
}

function isLimited(limits: Stats, soft: string, hard: string): boolean {
  return statOf(limits, soft) > -1n || statOf(limits, hard) > -1n;
}

/** Bytes that `data` counts for. */
export function sizeOf(data: Data): number {
  return data === null ? 0 : data.length;
}
