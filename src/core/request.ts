/**
 * Client requests as values, decoded from the client port and carried unread by the core when a
 * learner forwards one (packet REQUEST). Layouts: zookeeper.jute's `org.apache.zookeeper.proto`.
 */
import type { SessionId } from './ids.js';
import type { Acl, Data, Identity } from './txn.js';
import type { Millis } from './ids.js';
import type { Zxid } from './zxid.js';

export interface CreateRequest {
  /** Opcodes 1, 15 and 19. */
  readonly op: 'create' | 'create2' | 'createContainer';
  readonly path: string;
  readonly data: Data;
  /** null: the vector's length was −1. */
  readonly acl: readonly Acl[] | null;
  /** CreateMode as sent, 0 … 6; unchecked. */
  readonly flags: number;
}
export interface CreateTtlRequest extends Omit<CreateRequest, 'op'> {
  readonly op: 'createTTL';
  readonly ttl: Millis;
}
/** delete 2, check 13: a path and the version expected, −1 for any. */
export interface VersionedRequest {
  readonly op: 'delete' | 'check';
  readonly path: string;
  readonly version: number;
}
export interface SetDataRequest {
  readonly op: 'setData';
  readonly path: string;
  readonly data: Data;
  readonly version: number;
}
export interface SetAclRequest {
  readonly op: 'setACL';
  readonly path: string;
  readonly acl: readonly Acl[] | null;
  readonly version: number;
}
/** Reads that may leave a watch. */
export interface WatchingReadRequest {
  readonly op: 'exists' | 'getData' | 'getChildren' | 'getChildren2';
  readonly path: string;
  readonly watch: boolean;
}
export interface PathRequest {
  readonly op: 'getACL' | 'sync' | 'getEphemerals' | 'getAllChildrenNumber' | 'deleteContainer';
  readonly path: string;
}
export type MultiOpRequest = CreateRequest | CreateTtlRequest | VersionedRequest | SetDataRequest;
export interface MultiRequest {
  readonly op: 'multi';
  readonly ops: readonly MultiOpRequest[];
}
export interface MultiReadRequest {
  readonly op: 'multiRead';
  readonly ops: readonly WatchingReadRequest[];
}
export interface AuthRequest {
  readonly op: 'auth';
  readonly scheme: string;
  readonly auth: Data;
}
export interface SetWatchesRequest {
  /** 105 (`setWatches2`) adds the two persistent lists; 101 leaves them empty. */
  readonly op: 'setWatches' | 'setWatches2';
  readonly relativeZxid: Zxid;
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
  readonly persistent: readonly string[];
  readonly persistentRecursive: readonly string[];
}
export interface WatchTypeRequest {
  readonly op: 'checkWatches' | 'removeWatches' | 'addWatch';
  readonly path: string;
  /** WatcherType for checkWatches and removeWatches, AddWatchMode for addWatch. */
  readonly mode: number;
}
export interface BareRequest {
  readonly op: 'ping' | 'closeSession' | 'whoAmI';
}
/** Issued by servers themselves; never accepted from a client's frame. */
export interface CreateSessionRequest {
  readonly op: 'createSession';
  readonly timeout: Millis;
}
/** An opcode that this server does not know: answered UNIMPLEMENTED. */
export interface UnknownRequest {
  readonly op: 'unknown';
  readonly opcode: number;
}

/** A known operation whose record could not be read: answered MARSHALLINGERROR in its turn. */
export interface UnreadableRequest {
  readonly op: 'unreadable';
  readonly opcode: number;
}

export type ClientRequest =
  | CreateRequest
  | CreateTtlRequest
  | VersionedRequest
  | SetDataRequest
  | SetAclRequest
  | WatchingReadRequest
  | PathRequest
  | MultiRequest
  | MultiReadRequest
  | AuthRequest
  | SetWatchesRequest
  | WatchTypeRequest
  | BareRequest
  | CreateSessionRequest
  | UnknownRequest
  | UnreadableRequest;

/** ConnectRequest: the first frame of a client connection. */
export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: Zxid;
  readonly timeout: Millis;
  readonly sessionId: SessionId;
  /** 16 bytes; null or another length is a wrong password. */
  readonly password: Uint8Array | null;
  readonly readOnly: boolean;
  /** False for clients of 3.3 and before, whose frame (and answer) ends before the readOnly byte. */
  readonly hasReadOnly: boolean;
}

/** A write that a learner passes to its leader (packet REQUEST, Apache: `Learner.request`). */
export interface ForwardedRequest {
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly request: ClientRequest;
  /** The identities of the client's connection, for the leader's ACL checks. */
  readonly identities: readonly Identity[];
}
