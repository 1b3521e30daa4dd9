/**
 * The state of one server's core: readonly values with structural sharing, one type for each phase.
 *
 * `log` holds what changes with every transaction, so that the hot path copies two small records.
 * Memory and disk are different things: `log.queue` and the durable epochs follow the disk, all
 * else runs ahead of it.
 */
import type { Chunked } from './chunked.js';
import type { DiskOp, Role } from './effect.js';
import type { CoreConfig } from './event.js';
import type { History } from './history.js';
import type { Millis, PeerConn, Sid } from './ids.js';
import type { Snapshot, SyncPacket } from './message.js';
import type { Quorum } from './quorum.js';
import type { Notification, ServerState, Vote } from './vote.js';
import type { Zxid } from './zxid.js';

/** A durable write asked for and not answered. */
export interface PendingWrite {
  readonly ticket: number;
  readonly write: DiskOp;
  /** The learner's connection on which an acknowledgement follows; null: none does. */
  readonly ackOn: PeerConn | null;
}

/** History, what of it is committed, and the writes under way. */
export interface Log {
  /** All entries in memory, also those that are not durable yet. */
  readonly history: History;
  /** Zxid up to which everything was delivered (paper: delivered; Apache: lastProcessedZxid). */
  readonly lastCommitted: Zxid;
  /** How many entries of `history` are committed: index of the next one to deliver. */
  readonly committed: number;
  /** A leader's snapshot that is history but was not handed to the server layer yet. */
  readonly uninstalled: Snapshot | null;
  /** Writes under way, tickets counting up by one. */
  readonly queue: Chunked<PendingWrite>;
  readonly nextTicket: number;
}

/** The two epochs: as last asked for, which is what guards and votes use, and as the disk has them. */
export interface Epochs {
  /** acceptedEpoch (paper: f.p), as last asked for: so that none below it is ever written. */
  readonly accepted: number;
  /** currentEpoch (paper: f.a), as last asked for. */
  readonly current: number;
  /** acceptedEpoch on disk. */
  readonly durableAccepted: number;
  /** currentEpoch on disk. */
  readonly durableCurrent: number;
}

/** LOOKING: fast leader election (Apache: `FastLeaderElection.lookForLeader`). */
export interface Looking {
  readonly state: 'LOOKING';
  /** Own initial vote; an observer's is {@link NO_VOTE}. */
  readonly initial: Vote;
  /** The vote held now. */
  readonly vote: Vote;
  /** Votes of this round, own vote included for a voter. */
  readonly recvset: ReadonlyMap<Sid, Vote>;
  /** What servers that are not looking said last. */
  readonly outOfElection: ReadonlyMap<Sid, Notification>;
  /** When to decide for `vote`; null while no quorum holds it. */
  readonly decideAt: Millis | null;
  readonly resendAt: Millis;
  readonly resendAfter: Millis;
}

interface LearnerBase {
  readonly state: 'FOLLOWING' | 'OBSERVING';
  /** The vote on which the election ended; its leader is this learner's. */
  readonly vote: Vote;
  /** When this side last heard the leader; the start of the phase before that. */
  readonly heardAt: Millis;
}
export interface LearnerDiscovery extends LearnerBase {
  readonly zab: 'DISCOVERY';
  readonly conn: PeerConn | null;
  /** True while a `dial` is not answered. */
  readonly dialling: boolean;
  /** When to dial again; null while dialling or connected. */
  readonly redialAt: Millis | null;
  readonly redialAfter: Millis;
}
/** What a learner keeps aside of a synchronization until NEWLEADER. */
export interface Kept {
  readonly mode: 'DIFF' | 'TRUNC' | 'SNAP';
  readonly snapshot: Snapshot | null;
  /** The history that the packets so far lead to: cut or replaced, and the proposals. */
  readonly history: History;
  /** Zxid after which `history` differs from the learner's own. */
  readonly from: Zxid;
  /** Up to here the leader said that it is committed. */
  readonly syncCommitted: Zxid;
}
export interface LearnerSync extends LearnerBase {
  readonly zab: 'SYNCHRONIZATION';
  readonly conn: PeerConn;
  readonly epoch: number;
  /**
   * epoch: acceptedEpoch is not durable yet. receiving: ACKEPOCH was sent. synced: NEWLEADER was
   * read. acked: it was acknowledged, and UPTODATE may come.
   */
  readonly stage: 'epoch' | 'receiving' | 'synced' | 'acked';
  /** Null in other stages than `receiving`, and there before DIFF, TRUNC or SNAP. */
  readonly kept: Kept | null;
  /** From `synced` on: what UPTODATE will deliver up to. */
  readonly syncCommitted: Zxid;
  /** Stage `synced`: entries not committed at NEWLEADER, to be acknowledged right after it. */
  readonly unacked: readonly Zxid[];
}
export interface LearnerBroadcast extends LearnerBase {
  readonly zab: 'BROADCAST';
  readonly conn: PeerConn;
  readonly epoch: number;
}
export type Learner = LearnerDiscovery | LearnerSync | LearnerBroadcast;

/** A learner as its leader knows it, for one connection (Apache: `LearnerHandler`). */
export interface Handler {
  readonly conn: PeerConn;
  /** null until FOLLOWERINFO or OBSERVERINFO. */
  readonly sid: Sid | null;
  readonly voting: boolean;
  /**
   * opened: nothing was read. connected: FOLLOWERINFO was. epochAcked: ACKEPOCH was, and the leader
   * was not ready. syncing: everything through NEWLEADER was sent. acked: NEWLEADER was
   * acknowledged. serving: UPTODATE was sent. From syncing on it gets what is proposed.
   */
  readonly stage: 'opened' | 'connected' | 'epochAcked' | 'syncing' | 'acked' | 'serving';
  /** lastZxid of its ACKEPOCH. */
  readonly lastZxid: Zxid;
  readonly heardAt: Millis;
}

/** A sync that waits for the commit of what was proposed before it. */
export interface WaitingSync {
  readonly after: Zxid;
  readonly conn: PeerConn | null;
  readonly packet: SyncPacket;
}

interface LeaderBase {
  readonly state: 'LEADING';
  readonly vote: Vote;
  readonly handlers: readonly Handler[];
  /** Voters of which FOLLOWERINFO was read, and itself (Apache: connectingFollowers). */
  readonly connecting: ReadonlySet<Sid>;
  /** Voters of which ACKEPOCH counted, and itself (Apache: electingFollowers). */
  readonly electing: ReadonlySet<Sid>;
  /** Voters of which ACK of NEWLEADER was read, and itself. */
  readonly newLeaderAcks: ReadonlySet<Sid>;
  readonly startedAt: Millis;
  readonly pingAt: Millis;
}
export interface LeaderDiscovery extends LeaderBase {
  readonly zab: 'DISCOVERY';
  /** Largest acceptedEpoch heard of, own included. */
  readonly maxAccepted: number;
  /** The new epoch once chosen. */
  readonly epoch: number | null;
  /** The new epoch is durable here and LEADERINFO was sent. */
  readonly announced: boolean;
  /** A quorum has acknowledged the epoch: currentEpoch is being written. */
  readonly elected: boolean;
}
export interface LeaderSync extends LeaderBase {
  readonly zab: 'SYNCHRONIZATION';
  readonly epoch: number;
}
export interface LeaderBroadcast extends LeaderBase {
  readonly zab: 'BROADCAST';
  readonly epoch: number;
  /** Newest zxid that each voter has acknowledged, by its place in the quorum. */
  readonly acked: readonly Zxid[];
  /** In order of `after`. */
  readonly syncs: readonly WaitingSync[];
}
export type Leader = LeaderDiscovery | LeaderSync | LeaderBroadcast;

/** Before event `start`. */
export interface Down {
  readonly state: 'DOWN';
}
/** The leader of a quorum of one without epochs. */
export interface Standalone {
  readonly state: 'STANDALONE';
  /** In order of `after`. */
  readonly syncs: readonly WaitingSync[];
}

export function isLearner(peer: Peer): peer is Learner {
  return peer.state === 'FOLLOWING' || peer.state === 'OBSERVING';
}

export type Peer = Down | Looking | Learner | Leader | Standalone;

export interface CoreState {
  readonly config: CoreConfig;
  readonly quorum: Quorum;
  readonly epochs: Epochs;
  /** Logical clock of the election: this server's round. */
  readonly round: number;
  readonly log: Log;
  readonly peer: Peer;
  /** What the server layer was told last. */
  readonly reported: Role | null;
  /** What the shell was told last. */
  readonly deadline: Millis | null;
}

/** A state with `log` in place of its own. Spelled out: this runs for every packet. */
export function withLog(state: CoreState, log: Log): CoreState {
  const { config, quorum, epochs, round, peer, reported, deadline } = state;
  return { config, quorum, epochs, round, log, peer, reported, deadline };
}

/** A state with `peer` in place of its own. */
export function withPeer(state: CoreState, peer: Peer): CoreState {
  const { config, quorum, epochs, round, log, reported, deadline } = state;
  return { config, quorum, epochs, round, log, peer, reported, deadline };
}

/** Apache's ServerState; LOOKING for one that has not started, LEADING in standalone mode. */
export function serverStateOf(state: CoreState): ServerState {
  switch (state.peer.state) {
    case 'DOWN':
      return 'LOOKING';
    case 'STANDALONE':
      return 'LEADING';
    default:
      return state.peer.state;
  }
}

export type ZabState = 'ELECTION' | 'DISCOVERY' | 'SYNCHRONIZATION' | 'BROADCAST';

/** Apache's ZabState; BROADCAST in standalone mode. */
export function zabStateOf(state: CoreState): ZabState {
  switch (state.peer.state) {
    case 'DOWN':
    case 'LOOKING':
      return 'ELECTION';
    case 'STANDALONE':
      return 'BROADCAST';
    default:
      return state.peer.zab;
  }
}

/**
 * A leader's: up to where a learner that synchronizes is told that history is committed: all of it
 * before the leader is established, as a quorum that acknowledges NEWLEADER commits it.
 */
export function committedPoint(state: CoreState): Zxid {
  const established = zabStateOf(state) === 'BROADCAST';
  return established ? state.log.lastCommitted : state.log.history.last;
}

/** Milliseconds in which a learner must have reached its leader and be synchronized. */
export function initTimeout(config: CoreConfig): Millis {
  return config.initLimit * config.tickTime;
}

/** Milliseconds of silence after which either side gives the other up. */
export function syncTimeout(config: CoreConfig): Millis {
  return config.syncLimit * config.tickTime;
}
