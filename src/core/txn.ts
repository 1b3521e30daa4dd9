/**
 * Transactions as values: what the leader proposes, the log holds and the tree applies.
 *
 * The core looks at nothing but `zxid`. Layouts on wire and disk: `src/jute/`, after
 * zookeeper.jute's `org.apache.zookeeper.txn`.
 */
import type { Millis, SessionId } from './ids.js';
import type { Zxid } from './zxid.js';

/** One entry of an access control list. */
export interface Acl {
  /** A sum of read 1, write 2, create 4, delete 8, admin 16. */
  readonly perms: number;
  /** `world`, `auth`, `digest`, `ip`, `x509`, `sasl`, … */
  readonly scheme: string;
  readonly id: string;
}

/** One identity of a connection: `ip`, `digest`, `world`, …. */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

/** A znode's bytes. `null` and empty are different values on the wire and stay so. */
export type Data = Uint8Array | null;

export interface CreateBody {
  /** `create2` differs from `create` only in the reply that it leads to. */
  readonly type: 'create' | 'create2';
  readonly path: string;
  readonly data: Data;
  readonly acl: readonly Acl[];
  readonly ephemeral: boolean;
  /** The parent's stored cversion after this create; −1: count up by one at apply time. */
  readonly parentCVersion: number;
}

export interface CreateContainerBody {
  readonly type: 'createContainer';
  readonly path: string;
  readonly data: Data;
  readonly acl: readonly Acl[];
  readonly parentCVersion: number;
}

export interface CreateTtlBody {
  readonly type: 'createTTL';
  readonly path: string;
  readonly data: Data;
  readonly acl: readonly Acl[];
  readonly parentCVersion: number;
  readonly ttl: Millis;
}

export interface DeleteBody {
  readonly type: 'delete' | 'deleteContainer';
  readonly path: string;
}

export interface SetDataBody {
  readonly type: 'setData';
  readonly path: string;
  readonly data: Data;
  /** The version that the node has afterwards. */
  readonly version: number;
}

export interface SetAclBody {
  readonly type: 'setACL';
  readonly path: string;
  readonly acl: readonly Acl[];
  /** The aversion that the node has afterwards. */
  readonly version: number;
}

export interface CheckBody {
  readonly type: 'check';
  readonly path: string;
  readonly version: number;
}

/** A request that failed in preparation: logged, so that it consumes its zxid everywhere. */
export interface ErrorBody {
  readonly type: 'error';
  /** A KeeperException code. */
  readonly err: number;
}

export interface CreateSessionBody {
  readonly type: 'createSession';
  /** Negotiated timeout, ms. */
  readonly timeout: Millis;
}

export interface CloseSessionBody {
  readonly type: 'closeSession';
  /** The ephemerals that go with the session; null in logs of old servers: then all it owns. */
  readonly paths: readonly string[] | null;
}

export type SingleBody =
  | CreateBody
  | CreateContainerBody
  | CreateTtlBody
  | DeleteBody
  | SetDataBody
  | SetAclBody
  | CheckBody
  | ErrorBody;

/** All or nothing: if any part is an `error`, every part is, and nothing is applied. */
export interface MultiBody {
  readonly type: 'multi';
  readonly ops: readonly SingleBody[];
}

export type TxnBody = SingleBody | MultiBody | CreateSessionBody | CloseSessionBody;

/** A digest of the tree (`src/tree/digest.ts`): a 64-bit number in two signed 32-bit halves. */
export interface TreeDigest {
  readonly high: number;
  readonly low: number;
}

/** The digest that the tree has after a transaction, and how it was calculated. */
export interface TxnDigest extends TreeDigest {
  /** Apache's `DIGEST_VERSION`: 2. Digests of other versions are not compared. */
  readonly version: number;
}

/** The version of digests that is calculated here. */
export const DIGEST_VERSION = 2;

/** One entry of the replicated log: header (TxnHeader) and body. */
export interface Txn {
  readonly zxid: Zxid;
  readonly sessionId: SessionId;
  readonly cxid: number;
  /** Leader's wall clock at preparation: ctime and mtime of what it creates and changes. */
  readonly time: Millis;
  readonly body: TxnBody;
  /** Added by the leader that has proposed it, if it keeps a digest. */
  readonly digest?: TxnDigest;
}
