/**
 * The digest of a tree: the sum, modulo 2⁶⁴, of a CRC-32 of each node (Apache: `AdHash`,
 * `DigestCalculator` of version 2, `NodeHashMapImpl`). Two servers with the same tree have the same
 * digest; a change costs the checksums of the nodes that it touches and nothing else.
 *
 * A node's checksum is of its path, its data and its stat, in this order. The checksum's register
 * after path and data is kept in the node (`Znode.crc`), so that a change of the stat alone (a
 * parent's, whenever a child comes or goes) costs the same whatever data the node has.
 *
 * Not counted, as on Apache's server: what is below /zookeeper/, whose quotas each server counts for
 * itself. ACLs are no part of it, their versions are.
 */
import type { Data, TreeDigest } from '../core/txn.js';
import { CRC_START, crcBigLong, crcBytes, crcInt, crcLong, crcText, crcValue } from './crc32.js';
import type { Znode } from './znode.js';

const NOT_COUNTED = '/zookeeper/';

/** The digest of no nodes. */
export const NO_DIGEST: TreeDigest = { high: 0, low: 0 };

/** {@link Znode.crc} of a node; 0 if no digest is kept or the node does not count. */
export function crcOf(digest: TreeDigest | null, path: string, data: Data): number {
  if (digest === null || path.startsWith(NOT_COUNTED)) return 0;
  // The root's path is "" here.
  const crc = path === '/' ? CRC_START : crcText(CRC_START, path);
  return data === null ? crc : crcBytes(crc, data);
}

/** A node's part of the digest, unsigned. */
function partOf(node: Znode): number {
  let crc = crcLong(node.crc, node.czxid);
  crc = crcLong(crc, node.mzxid);
  crc = crcLong(crc, node.pzxid);
  crc = crcLong(crc, node.ctime);
  crc = crcLong(crc, node.mtime);
  crc = crcInt(crc, node.version);
  crc = crcInt(crc, node.cversion);
  crc = crcInt(crc, node.aversion);
  return crcValue(crcBigLong(crc, node.ephemeralOwner));
}

/** The digest after `before` at `path` has become `after`; null stands for no node there. */
export function withPart(
  digest: TreeDigest | null,
  path: string,
  before: Znode | null,
  after: Znode | null,
): TreeDigest | null {
  if (digest === null || path.startsWith(NOT_COUNTED)) return digest;
  const change = (after === null ? 0 : partOf(after)) - (before === null ? 0 : partOf(before));
  const low = (digest.low >>> 0) + change;
  const carry = Math.floor(low / 0x1_0000_0000);
  return { high: (digest.high + carry) | 0, low: low | 0 };
}

export function sameDigest(a: TreeDigest, b: TreeDigest): boolean {
  return a.high === b.high && a.low === b.low;
}

/** As a signed 64-bit number, which is how Apache shows it. */
export function digestNumber({ high, low }: TreeDigest): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
