/**
 * Broadcast: an established leader replicates transactions, in order (spec module Broadcast; paper
 * phase 3; Apache: `Leader.propose`, `Leader.processAck`, `Leader.tryToCommit`,
 * `FollowerZooKeeperServer`, `ObserverZooKeeperServer`).
 *
 * Deviation from Apache: an acknowledgement covers everything before it, as a follower's log is a
 * prefix of its leader's proposals. This is the hot path: no spread of large records, no work that
 * grows with history.
 */
import type { CoreEffect } from './effect.js';
import type { PeerConn } from './ids.js';
import { appendTxn, deliverUpTo, trimCommitted } from './log.js';
import type { Packet, SyncPacket } from './message.js';
import { nextZxid } from './plan-learner.js';
import { quorumZxid } from './quorum.js';
import type {
  CoreState,
  Handler,
  LeaderBroadcast,
  LearnerBroadcast,
  LearnerSync,
  Standalone,
  WaitingSync,
} from './state.js';
import { withLog, withPeer } from './state.js';
import type { Txn } from './txn.js';
import type { Zxid } from './zxid.js';

/** From NEWLEADER on a learner gets what is proposed (Apache: forwardingFollowers). */
function isForwarding({ stage }: Handler): boolean {
  return stage === 'serving' || stage === 'acked' || stage === 'syncing';
}

/**
 * A transaction to replicate.
 *
 * Before: LEADING in BROADCAST; its zxid is the next of the epoch, or the reducer throws. After: it is
 * history. Effects: `persist` append, then `send` PROPOSAL to every forwarding follower.
 * @spec Broadcast!LeaderPropose
 */
export function leaderPropose(
  state: CoreState,
  peer: LeaderBroadcast,
  txn: Txn,
  out: CoreEffect[],
): CoreState {
  const expected = nextZxid(state.log.history.last, peer.epoch);
  if (txn.zxid !== expected) throw new Error(`proposed ${txn.zxid}, expected ${expected}`);
  const log = appendTxn(state.log, txn, null, out);
  const packet: Packet = { type: 'PROPOSAL', txn };
  for (const handler of peer.handlers) {
    if (handler.voting && isForwarding(handler)) {
      out.push({ type: 'send', conn: handler.conn, packet });
    }
  }
  return withLog(state, log);
}

/**
 * A follower has made a proposal durable.
 *
 * Before: LEADING in BROADCAST, the entry is of this epoch. After: the newest zxid that a quorum of
 * voters has is committed, with everything before it.
 * Effects: for each entry, in order: `deliver`, `send` COMMIT to every forwarding follower and INFORM
 * to every forwarding observer, then the syncs that waited for it.
 * @spec Broadcast!LeaderProcessACK
 */
export function leaderProcessACK(
  state: CoreState,
  peer: LeaderBroadcast,
  handler: Handler,
  zxid: Zxid,
  out: CoreEffect[],
): CoreState {
  return acknowledge(state, peer, state.quorum.places.get(handler.sid!)!, zxid, out);
}

/**
 * The leader's own appends are durable.
 *
 * Before: LEADING in BROADCAST, `zxid` the last of this epoch that is. After and effects: as for the
 * acknowledgement of a follower.
 * @spec Broadcast!LeaderPersistLog
 */
export function leaderPersistLog(
  state: CoreState,
  peer: LeaderBroadcast,
  zxid: Zxid,
  out: CoreEffect[],
): CoreState {
  return acknowledge(state, peer, state.quorum.places.get(state.config.sid)!, zxid, out);
}

function acknowledge(
  state: CoreState,
  peer: LeaderBroadcast,
  place: number,
  zxid: Zxid,
  out: CoreEffect[],
): CoreState {
  if (peer.acked[place]! >= zxid) return state;
  const acked = peer.acked.slice();
  acked[place] = zxid;
  const next = withAcked(peer, acked);
  const committed = quorumZxid(state.quorum, acked);
  if (committed <= state.log.lastCommitted) return withPeer(state, next);
  return commit(withPeer(state, next), next, committed, out);
}

function withAcked(peer: LeaderBroadcast, acked: readonly Zxid[]): LeaderBroadcast {
  const { vote, handlers, connecting, electing, newLeaderAcks } = peer;
  const { startedAt, pingAt, epoch, syncs } = peer;
  return {
    state: 'LEADING',
    zab: 'BROADCAST',
    vote,
    handlers,
    connecting,
    electing,
    newLeaderAcks,
    startedAt,
    pingAt,
    epoch,
    acked,
    syncs,
  };
}

function commit(state: CoreState, peer: LeaderBroadcast, zxid: Zxid, out: CoreEffect[]): CoreState {
  const delivered = deliverUpTo(state.log, zxid, out, (txn) => {
    const toFollowers: Packet = { type: 'COMMIT', zxid: txn.zxid };
    const toObservers: Packet = { type: 'INFORM', txn };
    for (const handler of peer.handlers) {
      if (!isForwarding(handler)) continue;
      const packet = handler.voting ? toFollowers : toObservers;
      out.push({ type: 'send', conn: handler.conn, packet });
    }
    answerSyncs(peer, txn.zxid, out);
  });
  const log = trimCommitted(delivered, state.config.commitLogCount);
  const next = withLog(state, log);
  return peer.syncs.length === 0 ? next : withPeer(next, withoutSyncs(peer, zxid));
}

/** Right after the delivery of `zxid`: answers the syncs that waited for it, and for nothing after it. */
export function answerSyncs(
  { syncs }: LeaderBroadcast | Standalone,
  zxid: Zxid,
  out: CoreEffect[],
): void {
  for (const { after, conn, packet } of syncs) {
    if (after === zxid) answerSync(conn, packet, out);
  }
}

/** Without the syncs that {@link answerSyncs} has answered up to `committed`. */
export function withoutSyncs<P extends LeaderBroadcast | Standalone>(peer: P, committed: Zxid): P {
  return { ...peer, syncs: peer.syncs.filter((sync) => sync.after > committed) };
}

function answerSync(conn: PeerConn | null, packet: SyncPacket, out: CoreEffect[]): void {
  if (conn === null) out.push({ type: 'synced', packet });
  else out.push({ type: 'send', conn, packet });
}

/**
 * A client's sync: answered in the stream after everything proposed before it (Apache:
 * `Leader.processSync`). Invisible.
 */
export function awaitSync(
  state: CoreState,
  peer: LeaderBroadcast | Standalone,
  conn: PeerConn | null,
  packet: SyncPacket,
  out: CoreEffect[],
): CoreState {
  const after = state.log.history.last;
  if (after <= state.log.lastCommitted) {
    answerSync(conn, packet, out);
    return state;
  }
  const syncs: readonly WaitingSync[] = [...peer.syncs, { after, conn, packet }];
  return withPeer(state, { ...peer, syncs });
}

/**
 * A proposal of the leader.
 *
 * Before: follower in BROADCAST; it is the next of the epoch. After: it is history.
 * Effects: `persist` append, acknowledged when it is durable.
 * @spec Broadcast!FollowerProcessPROPOSAL
 */
export function followerProcessPROPOSAL(
  state: CoreState,
  peer: LearnerBroadcast,
  txn: Txn,
  out: CoreEffect[],
): CoreState {
  return withLog(state, appendTxn(state.log, txn, peer.conn, out));
}

/**
 * The leader has committed an entry.
 *
 * Before: follower in BROADCAST; it is the entry after the last that is committed. After: committed.
 * Effects: `deliver`.
 * @spec Broadcast!FollowerProcessCOMMIT
 */
export function followerProcessCOMMIT(state: CoreState, zxid: Zxid, out: CoreEffect[]): CoreState {
  const delivered = deliverUpTo(state.log, zxid, out);
  return withLog(state, trimCommitted(delivered, state.config.commitLogCount));
}

/**
 * The leader has committed a transaction that this observer did not have.
 *
 * Before: observer that read NEWLEADER; it is the next of the epoch. After: it is history and, in
 * BROADCAST, committed; before UPTODATE it is delivered with that.
 * Effects: `persist` append (nobody waits for it), then `deliver` in BROADCAST.
 * @spec Broadcast!ObserverProcessINFORM
 */
export function observerProcessINFORM(
  state: CoreState,
  peer: LearnerSync | LearnerBroadcast,
  txn: Txn,
  out: CoreEffect[],
): CoreState {
  const next = withLog(state, appendTxn(state.log, txn, null, out));
  if (peer.zab === 'BROADCAST') return followerProcessCOMMIT(next, txn.zxid, out);
  return withPeer(next, { ...peer, syncCommitted: txn.zxid });
}
