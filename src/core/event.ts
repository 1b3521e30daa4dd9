/** Everything that can happen to the core of one server. */
import type { Millis, PeerConn, Sid } from './ids.js';
import type {
  Packet,
  RequestPacket,
  RevalidatePacket,
  SessionTouch,
  SyncPacket,
} from './message.js';
import type { Txn } from './txn.js';
import type { Notification } from './vote.js';
import type { Zxid } from './zxid.js';

/** What the disk holds when a server starts: snapshot, the log after it, and the epochs. */
export interface DiskContent {
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  readonly snapshotZxid: Zxid;
  /** Strictly increasing zxids, all above `snapshotZxid`. */
  readonly log: readonly Txn[];
}

export type CoreEvent =
  | { readonly type: 'start'; readonly now: Millis; readonly disk: DiskContent }
  | { readonly type: 'tick'; readonly now: Millis }
  | {
      readonly type: 'notification';
      readonly from: Sid;
      readonly notification: Notification;
      readonly now: Millis;
    }
  /** A connection that this side dialled (`learner`) or accepted (`leader`) is open. */
  | {
      readonly type: 'opened';
      readonly conn: PeerConn;
      readonly as: 'learner' | 'leader';
      readonly now: Millis;
    }
  | { readonly type: 'dialFailed'; readonly sid: Sid; readonly now: Millis }
  /** This side noticed that the connection is gone. Never follows an effect `close` of it. */
  | { readonly type: 'closed'; readonly conn: PeerConn; readonly now: Millis }
  | {
      readonly type: 'packet';
      readonly conn: PeerConn;
      readonly packet: Packet;
      readonly now: Millis;
    }
  /** Every durable write up to `ticket` is on disk. The core looks at no clock then; the server
   * layer does where a write establishes a leader (without `now`: at the last event's). */
  | { readonly type: 'persisted'; readonly ticket: number; readonly now?: Millis }
  /** From the server layer: replicate this transaction (leader in BROADCAST only; zxid = nextZxid). */
  | { readonly type: 'propose'; readonly txn: Txn }
  /** From the server layer of a learner: to the leader. */
  | { readonly type: 'forward'; readonly packet: RequestPacket | RevalidatePacket }
  /** From the server layer of a learner: the answer to a PING. */
  | { readonly type: 'pong'; readonly sessions: readonly SessionTouch[] }
  /** From the server layer of the leader: the answer to a learner's REVALIDATE. */
  | { readonly type: 'revalidated'; readonly conn: PeerConn; readonly packet: RevalidatePacket }
  /** From the server layer of the leader: a sync; conn null for a client of its own. */
  | { readonly type: 'sync'; readonly conn: PeerConn | null; readonly packet: SyncPacket };

/** Static facts of one server. Times in ms. */
export interface CoreConfig {
  readonly sid: Sid;
  /** Sids of the voting members (participants). */
  readonly voters: readonly Sid[];
  /** Sids of the observers. */
  readonly observers: readonly Sid[];
  /** No ensemble: zxids count on without epochs, every durable write commits. */
  readonly standalone: boolean;
  readonly tickTime: Millis;
  /** In ticks: connect and sync with a leader; lag of a learner. */
  readonly initLimit: number;
  readonly syncLimit: number;
  /** FLE: how long to wait for better votes once a quorum agrees (Apache 200), ms. */
  readonly finalizeWait: Millis;
  /** Committed transactions kept in memory for DIFF (Apache: 500). */
  readonly commitLogCount: number;
}
