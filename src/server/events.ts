/**
 * Events and effects of the service reducer: what one server does for its clients around the core.
 * Frames are decoded and encoded by the shell (`src/jute/`); here everything is a value.
 */
import type { CoreEffect } from '../core/effect.js';
import type { CoreEvent } from '../core/event.js';
import type { ClientConn, Millis, SessionId } from '../core/ids.js';
import type { SnapshotImage } from '../core/image.js';
import type { Snapshot } from '../core/message.js';
import type { ClientRequest, ConnectRequest } from '../core/request.js';
import type { Identity } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import type { ReplyBody } from '../jute/reply.js';
import type { ConfigNode } from '../tree/config-node.js';
import type { AccessRules } from './acl.js';
import type { ServiceFeatures } from './features.js';

/** Upcalls: the effects of the core that are meant for the service. */
export type Upcall = Extract<
  CoreEffect,
  {
    type:
      | 'deliver'
      | 'installed'
      | 'role'
      | 'request'
      | 'revalidate'
      | 'pinged'
      | 'synced'
      | 'learnerGone';
  }
>;

/** What comes from client connections. Every one carries the time. */
export type ClientEvent =
  | {
      readonly type: 'clientOpened';
      readonly conn: ClientConn;
      readonly ip: string;
      /** Who the connection itself says that the client is (a TLS certificate); none if absent. */
      readonly identities?: readonly Identity[];
      readonly now: Millis;
    }
  /** An open connection has proved to be more than it was, as by SASL. */
  | {
      readonly type: 'clientAuthenticated';
      readonly conn: ClientConn;
      readonly identities: readonly Identity[];
      readonly now: Millis;
    }
  | {
      readonly type: 'clientConnect';
      readonly conn: ClientConn;
      readonly request: ConnectRequest;
      readonly now: Millis;
    }
  | {
      readonly type: 'clientRequest';
      readonly conn: ClientConn;
      readonly xid: number;
      readonly request: ClientRequest;
      readonly now: Millis;
    }
  /** The socket is gone (never after an effect `clientClose`). */
  | { readonly type: 'clientClosed'; readonly conn: ClientConn; readonly now: Millis };

export type ServiceEvent =
  | {
      readonly type: 'serviceStart';
      readonly now: Millis;
      /** Wall clock at `now`, ms since 1970: seeds session ids; `time` of transactions follows it. */
      readonly wallClock: Millis;
      /** The recovered state; null: an empty tree. */
      readonly snapshot: Snapshot | null;
      /** The digest that the snapshot's file states. */
      readonly stated?: SnapshotImage['digest'];
    }
  | { readonly type: 'serviceTick'; readonly now: Millis }
  | ClientEvent
  /** A test or an operator ends a session at once, by its closing transaction. */
  | { readonly type: 'expireSession'; readonly sessionId: SessionId; readonly now: Millis }
  | Upcall;

export interface ConnectResponse {
  /** Negotiated timeout, ms; 0: session unknown, expired or wrong password (then it closes). */
  readonly timeout: Millis;
  readonly sessionId: SessionId;
  /** 16 bytes. */
  readonly password: Uint8Array;
  readonly readOnly: boolean;
}

export type ClientEffect =
  | {
      readonly type: 'connectReply';
      readonly conn: ClientConn;
      readonly response: ConnectResponse;
      /** As the request's: without it the answer has no readOnly byte. */
      readonly hasReadOnly: boolean;
    }
  | {
      readonly type: 'reply';
      readonly conn: ClientConn;
      readonly xid: number;
      readonly zxid: Zxid;
      /** KeeperException code, 0 for success. */
      readonly err: number;
      readonly body: ReplyBody | null;
    }
  | {
      readonly type: 'watchEvent';
      readonly conn: ClientConn;
      readonly zxid: Zxid;
      /** 1 created, 2 deleted, 3 dataChanged, 4 childrenChanged. */
      readonly event: number;
      readonly path: string;
    }
  /** Close after everything sent before has been handed to the socket. */
  | { readonly type: 'clientClose'; readonly conn: ClientConn; readonly reason: string };

export type ServiceEffect =
  | ClientEffect
  /** Feed this to the core. */
  | { readonly type: 'core'; readonly event: CoreEvent }
  /** As the core's `deadline`, for `serviceTick`. */
  | { readonly type: 'serviceDeadline'; readonly at: Millis | null };

/** Static facts of the service of one server. Times in ms. */
export interface ServiceConfig {
  readonly sid: number;
  readonly tickTime: Millis;
  readonly minSessionTimeout: Millis;
  readonly maxSessionTimeout: Millis;
  /** Identity of scheme digest that may do everything, `user:base64(sha1(user:pw))`; or null. */
  readonly superDigest: string | null;
  /** base64(hash(bytes)), SHA-1 unless configured: given by the shell, pure code has no crypto. */
  readonly digestBase64: (bytes: Uint8Array) => string;
  readonly rules: AccessRules;
  /**
   * Schemes of which a client must have proved one before it asks for anything but auth and sasl
   * (Apache: `AuthenticationHelper`); null: it need not.
   */
  readonly enforcedSchemes: ReadonlySet<string> | null;
  readonly features: ServiceFeatures;
  /**
   * What `/zookeeper/config` says here, whatever a snapshot says; null: what the tree has, as on a
   * standalone server.
   */
  readonly configNode: ConfigNode | null;
}
