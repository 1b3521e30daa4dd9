/** What the client library's users see: stats, ACLs, create modes, watch events, states. */
import type { Buffer } from 'node:buffer';
import type { Acl, Identity } from '../core/txn.js';

export type { Acl, Identity };

/** A znode's Stat (zookeeper.jute `Stat`); 64-bit fields are bigints. */
export interface Stat {
  /** Zxids of the create, of the last data change, and of the last child create or delete. */
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly pzxid: bigint;
  /** Milliseconds since 1970 on the leader's clock: the create, the last data change. */
  readonly ctime: bigint;
  readonly mtime: bigint;
  /** 32-bit counters of changes to data, children and ACL; they wrap. */
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** The session that owns an ephemeral; 0n for every other node. */
  readonly ephemeralOwner: bigint;
  /** Bytes of data. */
  readonly dataLength: number;
  readonly numChildren: number;
}

/** Permission bits of an {@link Acl}. */
export const Perms = { READ: 1, WRITE: 2, CREATE: 4, DELETE: 8, ADMIN: 16, ALL: 31 } as const;

/** Anyone may do anything: the default of every create. */
export const OPEN_ACL: readonly Acl[] = [{ perms: Perms.ALL, scheme: 'world', id: 'anyone' }];
/** Anyone may read. */
export const READ_ACL: readonly Acl[] = [{ perms: Perms.READ, scheme: 'world', id: 'anyone' }];
/** Whoever this connection has authenticated as may do anything; needs an `addAuth` before. */
export const CREATOR_ALL_ACL: readonly Acl[] = [{ perms: Perms.ALL, scheme: 'auth', id: '' }];

/** Kinds of znodes, and their numbers on the wire (Apache: `CreateMode`). */
export const CREATE_MODES = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
  container: 4,
  ttl: 5,
  'ttl-sequential': 6,
} as const;
export type CreateMode = keyof typeof CREATE_MODES;

/** Bytes of a znode: null and empty are different values. */
export type Data = Buffer | null;

/** By number on the wire, from −1 on (Apache: `Watcher.Event.EventType`). */
export const EVENT_TYPES = [
  'None',
  'NodeCreated',
  'NodeDeleted',
  'NodeDataChanged',
  'NodeChildrenChanged',
  'DataWatchRemoved',
  'ChildWatchRemoved',
  'PersistentWatchRemoved',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What a watcher is told. */
export interface WatchedEvent {
  /** `None`: nothing happened to the node, but the session is over, and the watch with it. */
  readonly type: EventType;
  readonly state: 'SyncConnected' | 'ConnectedReadOnly' | 'Expired' | 'AuthFailed' | 'Closed';
  /** Below the client's chroot; empty for type `None`. */
  readonly path: string;
  /** The transaction that was seen; −1n where the server does not say. */
  readonly zxid: bigint;
}

/** Called once for each event, in the order of the server's stream, between the replies. */
export type Watcher = (event: WatchedEvent) => void;

/**
 * `connecting` at first and after every lost connection; `connected` and `connected-read-only` (the
 * server has no quorum and answers reads only) while a server answers. The last three are final:
 * a session ends once.
 */
export type ClientState =
  'connecting' | 'connected' | 'connected-read-only' | 'expired' | 'auth-failed' | 'closed';

/** Watches that may be removed (Apache: `Watcher.WatcherType`). */
export const WATCHER_TYPES = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  'persistent-recursive': 5,
} as const;
export type WatcherType = keyof typeof WATCHER_TYPES;

/** Options of every operation. */
export interface CallOptions {
  /** Ends the wait with the signal's reason; what was sent may still be done by the server. */
  readonly signal?: AbortSignal;
  /** Milliseconds until {@link RequestTimeoutError}; default: the client's `requestTimeout`. */
  readonly timeout?: number;
}

export interface ReadOptions extends CallOptions {
  /** Leaves a one-shot watch, and calls this when it fires. */
  readonly watcher?: Watcher;
}

export interface VersionOptions extends CallOptions {
  /** Only if the node has this version; default −1: whatever it has. */
  readonly version?: number;
}

export interface CreateOptions extends CallOptions {
  /** Default `persistent`. */
  readonly mode?: CreateMode;
  /** Default {@link OPEN_ACL}. */
  readonly acl?: readonly Acl[];
  /** Milliseconds for the modes `ttl` and `ttl-sequential`, 1 … 2⁴⁰ − 1. */
  readonly ttl?: number;
}

export interface NodeData {
  readonly data: Data;
  readonly stat: Stat;
}
