/**
 * ZAB 1.0's packets (Apache: `QuorumPacket`, type numbers in `Leader`), as values. The paper's
 * names: CEPOCH = FOLLOWERINFO, NEWEPOCH = LEADERINFO, ACK-E = ACKEPOCH, ACK-LD = ACK of the
 * NEWLEADER zxid, COMMIT-LD = UPTODATE.
 */
import type { Millis, SessionId, Sid } from './ids.js';
import type { ForwardedRequest } from './request.js';
import type { Txn } from './txn.js';
import type { Zxid } from './zxid.js';

/**
 * A committed state as one value: the znode tree and the sessions at `zxid`. The core never looks
 * inside; the server layer narrows `image` to its own type, the shell writes and reads it.
 */
export interface Snapshot {
  readonly zxid: Zxid;
  readonly image: unknown;
}

export interface LearnerInfo {
  readonly type: 'FOLLOWERINFO' | 'OBSERVERINFO';
  readonly sid: Sid;
  readonly acceptedEpoch: number;
  /** 0x10000 for every server of this protocol version. */
  readonly protocolVersion: number;
  readonly configVersion: number;
}
export interface LeaderInfo {
  readonly type: 'LEADERINFO';
  readonly epoch: number;
}
export interface AckEpoch {
  readonly type: 'ACKEPOCH';
  /** −1: the learner had accepted this epoch before, and is not counted. */
  readonly currentEpoch: number;
  readonly lastZxid: Zxid;
}
/** DIFF: what the leader has committed. TRUNC: where to cut. NEWLEADER, UPTODATE: epoch, counter 0. */
export interface ZxidPacket {
  readonly type: 'DIFF' | 'TRUNC' | 'COMMIT' | 'NEWLEADER' | 'UPTODATE' | 'ACK';
  readonly zxid: Zxid;
}
export interface SnapPacket {
  readonly type: 'SNAP';
  readonly snapshot: Snapshot;
}
export interface TxnPacket {
  readonly type: 'PROPOSAL' | 'INFORM';
  readonly txn: Txn;
}
/** Leader to learner: `sessions` empty. Learner to leader: sessions touched since the last one. */
export interface PingPacket {
  readonly type: 'PING';
  readonly zxid: Zxid;
  readonly sessions: readonly SessionTouch[];
}
export interface SessionTouch {
  readonly sessionId: SessionId;
  readonly timeout: Millis;
}
export interface RequestPacket {
  readonly type: 'REQUEST';
  readonly request: ForwardedRequest;
}
/** Learner to leader: `valid` undefined. The answer repeats the session with `valid` set. */
export interface RevalidatePacket {
  readonly type: 'REVALIDATE';
  readonly sessionId: SessionId;
  readonly timeout: Millis;
  readonly valid?: boolean;
}
/** Leader to learner: everything before the sync request has been sent on this connection. */
export interface SyncPacket {
  readonly type: 'SYNC';
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly path: string;
}

export type Packet =
  | LearnerInfo
  | LeaderInfo
  | AckEpoch
  | ZxidPacket
  | SnapPacket
  | TxnPacket
  | PingPacket
  | RequestPacket
  | RevalidatePacket
  | SyncPacket;
