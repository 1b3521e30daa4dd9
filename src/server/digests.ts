/**
 * Digests of the tree that go with transactions (Apache: `PrepRequestProcessor.setTxnDigest`,
 * `DataTree.compareDigest`, `compareSnapshotDigests`, `logImageDigest`). Whoever delivers a
 * transaction compares: a difference says that this server's tree is not its leader's, or that its
 * disk is not what it was. As Apache's, the server goes on; it counts, and says so.
 *
 * A snapshot of Apache's may have been taken while transactions were applied. Until the one that its
 * own digest is of, nothing is compared.
 */
import type { ImageDigest, SnapshotImage } from '../core/image.js';
import { DIGEST_VERSION, type TreeDigest, type Txn } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import { sameDigest } from '../tree/digest.js';
import type { Tree } from '../tree/tree.js';

/** What is kept of digests is that of every so manyth zxid, and so many of them. */
const LOG_INTERVAL = 128;
const LOG_LIMIT = 1024;

export interface Mismatch {
  readonly zxid: Zxid;
  /** What the leader, or the snapshot, says. */
  readonly expected: TreeDigest;
  readonly actual: TreeDigest;
}

export interface Digests {
  /** Newest last: what the command `hash` shows. */
  readonly log: readonly ImageDigest[];
  readonly mismatches: number;
  /** The newest of them. */
  readonly mismatch: Mismatch | null;
  /** The snapshot's, if transactions up to its zxid are still to be delivered. */
  readonly awaited: ImageDigest | null;
}

export const NO_DIGESTS: Digests = { log: [], mismatches: 0, mismatch: null, awaited: null };

/** The transaction with the digest that `tree`, the tree after it, has. None for an error. */
export function withDigest(txn: Txn, { digest }: Tree): Txn {
  if (digest === null || txn.body.type === 'error') return txn;
  const { zxid, sessionId, cxid, time, body } = txn;
  const { high, low } = digest;
  return { zxid, sessionId, cxid, time, body, digest: { version: DIGEST_VERSION, high, low } };
}

/** Deliveries go on from `tree`, which a snapshot with the digest `stated` has brought. */
export function digestsFrom(
  digests: Digests,
  tree: Tree,
  stated: SnapshotImage['digest'],
): Digests {
  const fresh = { ...digests, log: [], awaited: null };
  const { digest, lastZxid } = tree;
  if (digest === null || !stated || stated.version !== DIGEST_VERSION) return fresh;
  if (stated.zxid > lastZxid) return { ...fresh, awaited: stated };
  return stated.zxid < lastZxid ? fresh : compared(fresh, lastZxid, stated, digest);
}

/** After `txn`, which has led to `tree`. The same digests if there is nothing to note. */
export function noted(digests: Digests, txn: Txn, { digest }: Tree): Digests {
  if (digest === null) return digests;
  if (digests.awaited !== null) return passed(digests, digests.awaited, txn.zxid, digest);
  const logged = txn.zxid % LOG_INTERVAL === 0 ? withLogged(digests, txn.zxid, digest) : digests;
  const stated = txn.digest;
  if (stated === undefined || stated.version !== DIGEST_VERSION) return logged;
  return compared(logged, txn.zxid, stated, digest);
}

/** A transaction is delivered while the digest of a snapshot is waited for. */
function passed(digests: Digests, awaited: ImageDigest, zxid: Zxid, digest: TreeDigest): Digests {
  if (zxid < awaited.zxid) return digests;
  const after = { ...digests, awaited: null };
  // Its transaction does not exist: nothing to compare with.
  return zxid > awaited.zxid ? after : compared(after, zxid, awaited, digest);
}

function compared(digests: Digests, zxid: Zxid, expected: TreeDigest, actual: TreeDigest): Digests {
  if (sameDigest(expected, actual)) return digests;
  const { log, mismatches, awaited } = digests;
  return { log, mismatches: mismatches + 1, mismatch: { zxid, expected, actual }, awaited };
}

function withLogged(digests: Digests, zxid: Zxid, { high, low }: TreeDigest): Digests {
  const { mismatches, mismatch, awaited } = digests;
  const entry: ImageDigest = { zxid, version: DIGEST_VERSION, high, low };
  return { log: [...digests.log.slice(1 - LOG_LIMIT), entry], mismatches, mismatch, awaited };
}
