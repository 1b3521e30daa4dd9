/**
 * What the core asks of the world, as data, in the order in which it must be carried out.
 * The upcalls (deliver, installed, role, …) go to the server layer, the rest to the shell or the
 * simulator; `src/server/member.ts` sorts them.
 */
import type { Millis, PeerConn, Sid } from './ids.js';
import type {
  Packet,
  PingPacket,
  RequestPacket,
  RevalidatePacket,
  Snapshot,
  SyncPacket,
} from './message.js';
import type { Txn } from './txn.js';
import type { Notification } from './vote.js';
import type { Zxid } from './zxid.js';

/** One durable write. They reach the disk in the order in which they were asked for. */
export type DiskOp =
  | { readonly op: 'append'; readonly txn: Txn }
  /** Drop every log entry after `zxid`. */
  | { readonly op: 'truncate'; readonly zxid: Zxid }
  /** Make `snapshot` the state and the log empty. */
  | { readonly op: 'install'; readonly snapshot: Snapshot }
  | { readonly op: 'acceptedEpoch'; readonly epoch: number }
  | { readonly op: 'currentEpoch'; readonly epoch: number };

/** Where a server stands for its clients. `serving` is false until it may answer them. */
export interface Role {
  readonly kind: 'looking' | 'leading' | 'following' | 'observing';
  readonly serving: boolean;
  /** The established epoch; 0 while looking and in standalone mode. */
  readonly epoch: number;
  /** Last zxid of the log: a leader's next is max(lastZxid, epoch:0) + 1. */
  readonly lastZxid: Zxid;
  readonly leader: Sid | null;
}

export type CoreEffect =
  /** Tickets count up by one; event `persisted` names the last that is durable. */
  | { readonly type: 'persist'; readonly ticket: number; readonly write: DiskOp }
  | { readonly type: 'send'; readonly conn: PeerConn; readonly packet: Packet }
  /** SNAP: as `send`, but the snapshot is the applied state at `zxid`, which the server layer adds. */
  | { readonly type: 'sendSnapshot'; readonly conn: PeerConn; readonly zxid: Zxid }
  | { readonly type: 'close'; readonly conn: PeerConn; readonly reason: string }
  /**
   * Open a quorum connection to `sid`; answered by event `opened` or `dialFailed`. It takes the place
   * of a dial that is not answered yet: nothing more is heard of that one.
   */
  | { readonly type: 'dial'; readonly sid: Sid }
  | { readonly type: 'notify'; readonly to: Sid; readonly notification: Notification }
  /** Feed an event `tick` no later than `at`; replaces the deadline before. null: none. */
  | { readonly type: 'deadline'; readonly at: Millis | null }
  /** Upcalls to the server layer. */
  | { readonly type: 'deliver'; readonly txn: Txn }
  /** The applied state is now `snapshot`; deliveries go on from there. */
  | { readonly type: 'installed'; readonly snapshot: Snapshot }
  | { readonly type: 'role'; readonly role: Role }
  | { readonly type: 'request'; readonly conn: PeerConn; readonly packet: RequestPacket }
  | {
      readonly type: 'revalidate';
      readonly conn: PeerConn | null;
      readonly packet: RevalidatePacket;
    }
  /** A PING came from the leader (conn null: answer with `pong`) or from a learner. */
  | { readonly type: 'pinged'; readonly conn: PeerConn | null; readonly packet: PingPacket }
  /** conn null: the leader's answer to this learner's sync, in order with deliveries. Else a learner is gone. */
  | { readonly type: 'synced'; readonly packet: SyncPacket }
  /** A learner's connection is gone: what it asked for needs no answer. */
  | { readonly type: 'learnerGone'; readonly conn: PeerConn };
