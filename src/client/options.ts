/** What the client's methods take and give, beside the values of types.ts. */
import type { ConnectionOptions } from 'node:tls';
import type { SaslOptions } from './sasl.js';
import type { Acl, CallOptions, Stat, Watcher, WatcherType } from './types.js';

export interface ClientOptions {
  /** Milliseconds; the server may grant another (`sessionTimeout` then says). Default 30,000. */
  readonly sessionTimeout?: number;
  /** Milliseconds for each request unless it says otherwise; default 0: none. */
  readonly requestTimeout?: number;
  /** Also use a server that has lost its quorum, for reads. Default false. */
  readonly readOnly?: boolean;
  /** TLS: `{ ca, cert, key, … }` as for `tls.connect`; `{}` for the system's certificates. */
  readonly tls?: ConnectionOptions;
  /** SASL DIGEST-MD5. */
  readonly sasl?: SaslOptions;
  /** Sent on every connection, before anything else. */
  readonly auth?: readonly { readonly scheme: string; readonly auth: string | Uint8Array }[];
  /** Longest reply that is read, in bytes (as `jute.maxbuffer`). Default 64 MiB. */
  readonly maxBuffer?: number;
  /**
   * Reject requests when an attempt to connect fails, as Apache's clients do. Default false: they
   * wait for a connection, at most a session timeout.
   */
  readonly failFast?: boolean;
  /** The session of another client (its `sessionId` and `sessionPassword`), to be taken over. */
  readonly session?: { readonly id: bigint; readonly password: Uint8Array };
}

export interface ConnectOptions extends ClientOptions {
  /** Milliseconds until the first connection; default: the session timeout. */
  readonly connectTimeout?: number;
  readonly signal?: AbortSignal;
}

/** Bytes, text as UTF-8, or null for no data at all, which is not the same as empty. */
export type DataInput = Uint8Array | string | null;

export interface Created {
  readonly path: string;
  readonly stat: Stat;
}
export interface NodeChildren {
  readonly children: readonly string[];
  readonly stat: Stat;
}
export interface NodeAcl {
  readonly acl: readonly Acl[];
  readonly stat: Stat;
}
export interface RemoveWatchesOptions extends CallOptions {
  /** Default `any`. */
  readonly type?: WatcherType;
  /** Only this one; default: all of the type on the path. */
  readonly watcher?: Watcher;
  /** Forget them here even if the server cannot be asked. Default false. */
  readonly local?: boolean;
}
export interface ReconfigOptions extends CallOptions {
  /** `server.N=host:quorum:election:role;client` lines, comma separated. */
  readonly joining?: string;
  /** Server ids, comma separated. */
  readonly leaving?: string;
  /** The whole new membership, instead of joining and leaving. */
  readonly members?: string;
  /** Only from this version of the configuration; default −1n: whatever it is. */
  readonly fromConfig?: bigint;
}
