/**
 * A committed state laid open: what a snapshot file and a SNAP stream hold, in their order. The
 * tree converts to and from it, `src/jute/snapshot.ts` to and from bytes (Apache: `DataTree`,
 * `FileSnap`, record `StatPersisted`).
 */
import type { Millis, SessionId } from './ids.js';
import type { Acl, Data, TxnDigest } from './txn.js';
import type { Zxid } from './zxid.js';

/** What is stored of a Stat: dataLength and numChildren follow from the tree. */
export interface PersistedStat {
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly ctime: Millis;
  readonly mtime: Millis;
  readonly version: number;
  /** As stored: counts creates of children only. Clients see 2 × stored − numChildren. */
  readonly cversion: number;
  readonly aversion: number;
  /** Raw: a session, 0, `Long.MIN_VALUE` for a container, 0xff00 << 48 | ttl for a TTL node. */
  readonly ephemeralOwner: SessionId;
}

export interface ImageNode {
  /** The root is `/`. */
  readonly path: string;
  readonly data: Data;
  readonly acl: readonly Acl[];
  readonly stat: PersistedStat;
}

export interface SnapshotImage {
  /** The last transaction that the state includes. */
  readonly zxid: Zxid;
  /** Global sessions with their timeouts, each once. May be iterated more than once. */
  readonly sessions: Iterable<readonly [SessionId, Millis]>;
  /** The root first, every parent before its children. May be iterated more than once. */
  readonly nodes: Iterable<ImageNode>;
  /**
   * The digest that the tree has, or that the file says it has after a later transaction (Apache's
   * snapshots are taken while transactions are applied). Absent: it is not known. null: the server
   * keeps none, and its files have no place for one.
   */
  readonly digest?: ImageDigest | null;
  /**
   * A file of Apache's that was written while transactions were applied: it has some of what came
   * after its zxid, and its quotas' counts are of another moment than its nodes.
   */
  readonly fuzzy?: boolean;
}

/** A digest and the moment that it is of. */
export interface ImageDigest extends TxnDigest {
  /** The last transaction that it includes. */
  readonly zxid: Zxid;
}
