/**
 * Synchronization: the leader brings its learners' histories in line with its own (spec module
 * Synchronization; paper phase 2; Apache: `LearnerHandler.syncFollower`, `Leader.startForwarding`,
 * `Learner.syncWithLeader`).
 *
 * Deviations from Apache: the whole of a synchronization is persisted before NEWLEADER is
 * acknowledged (there: the part that is committed); TRUNC may cut across epochs (there: SNAP).
 */
import type { CoreEffect } from './effect.js';
import { contains, entriesAfter, floorOf } from './history.js';
import { appendTxn, ask, deliverUpTo, trimCommitted } from './log.js';
import type { PeerConn } from './ids.js';
import { containsQuorum } from './quorum.js';
import type {
  CoreState,
  Handler,
  Kept,
  Leader,
  LeaderBroadcast,
  LeaderSync,
  LearnerBroadcast,
  LearnerSync,
  Log,
} from './state.js';
import { committedPoint, withPeer } from './state.js';
import type { Txn } from './txn.js';
import type { Zxid } from './zxid.js';
import { counterOf, makeZxid, ZXID_ZERO } from './zxid.js';

/**
 * Sends a learner everything from its last zxid through NEWLEADER, in one step; from then on it gets
 * what is proposed and committed. Effects: `send` DIFF, TRUNC or SNAP, then PROPOSAL (and COMMIT up to
 * the committed point) for each entry after that, then NEWLEADER. An observer gets no entry that is
 * not committed.
 */
export function syncHandler(
  state: CoreState,
  handler: Handler,
  epoch: number,
  out: CoreEffect[],
): Handler {
  const { conn } = handler;
  const { history } = state.log;
  const point = committedPoint(state);
  const from = openSync(state, handler, point, out);
  for (const txn of entriesAfter(history, from)) {
    const committed = txn.zxid <= point;
    if (!committed && !handler.voting) break;
    out.push({ type: 'send', conn, packet: { type: 'PROPOSAL', txn } });
    if (committed) sendZxid('COMMIT', conn, txn.zxid, out);
  }
  sendZxid('NEWLEADER', conn, makeZxid(epoch, 0), out);
  return { ...handler, stage: 'syncing' };
}

/** The first packet of a synchronization; returns the zxid after which entries must be sent. */
function openSync(state: CoreState, handler: Handler, point: Zxid, out: CoreEffect[]): Zxid {
  const { conn, lastZxid } = handler;
  const { history } = state.log;
  const cut = floorOf(history, lastZxid);
  if (cut === null) return sendSnap(state.log, conn, out);
  // A zxid with counter 0 stands for an epoch that proposed nothing: no log holds it.
  if (contains(history, lastZxid) || counterOf(lastZxid) === 0) {
    sendZxid('DIFF', conn, point, out);
    return lastZxid;
  }
  sendZxid('TRUNC', conn, cut, out);
  return cut;
}

/** SNAP: of the applied state, or of the snapshot that is to become it and hides what was before. */
function sendSnap(log: Log, conn: PeerConn, out: CoreEffect[]): Zxid {
  if (log.uninstalled !== null) {
    out.push({ type: 'send', conn, packet: { type: 'SNAP', snapshot: log.uninstalled } });
    return log.uninstalled.zxid;
  }
  out.push({ type: 'sendSnapshot', conn, zxid: log.lastCommitted });
  return log.lastCommitted;
}

function sendZxid(
  type: 'DIFF' | 'TRUNC' | 'COMMIT' | 'NEWLEADER' | 'UPTODATE' | 'ACK',
  conn: PeerConn,
  zxid: Zxid,
  out: CoreEffect[],
): void {
  out.push({ type: 'send', conn, packet: { type, zxid } });
}

/** A packet of the synchronization, checked and kept aside until NEWLEADER. Invisible. */
export function keepAside(state: CoreState, peer: LearnerSync, kept: Kept): CoreState {
  return withPeer(state, { ...peer, kept });
}

/**
 * The learner has everything of the leader's history.
 *
 * Before: learner in SYNCHRONIZATION that kept the packets aside. After: its history is the leader's,
 * in memory; what the leader said is committed waits for UPTODATE. A snapshot stays uninstalled.
 * Effects: `persist` truncate or install, each append, then currentEpoch: in this order, so that
 * currentEpoch is never on a disk without its history (ZOOKEEPER-4643).
 * @spec Synchronization!FollowerProcessNEWLEADER
 */
export function followerProcessNEWLEADER(
  state: CoreState,
  peer: LearnerSync,
  kept: Kept,
  out: CoreEffect[],
): CoreState {
  const { epoch, conn, state: serverState } = peer;
  const { history, from, snapshot, syncCommitted } = kept;
  let log: Log = { ...state.log, history };
  if (snapshot !== null) {
    log = { ...log, uninstalled: snapshot, committed: 0 };
    log = ask(log, { op: 'install', snapshot }, null, out);
  } else if (kept.mode === 'TRUNC') {
    log = ask(log, { op: 'truncate', zxid: from }, null, out);
  }
  for (const txn of entriesAfter(history, from)) {
    log = ask(log, { op: 'append', txn }, null, out);
  }
  log = ask(log, { op: 'currentEpoch', epoch }, conn, out);
  const later = serverState === 'FOLLOWING' ? entriesAfter(history, syncCommitted) : [];
  const unacked = later.map((txn) => txn.zxid);
  return {
    ...state,
    log,
    epochs: { ...state.epochs, current: epoch },
    peer: { ...peer, stage: 'synced', kept: null, syncCommitted, unacked },
  };
}

/**
 * A learner's currentEpoch is durable, and with it the history that it got.
 *
 * Before: learner in SYNCHRONIZATION on the connection that brought NEWLEADER. After: the leader may
 * say UPTODATE. Effects: `send` ACK of NEWLEADER; a follower also acknowledges each entry that was
 * not committed in the synchronization, or a proposal under way could wait for ever.
 * @spec Synchronization!FollowerPersistCurrentEpoch
 */
export function followerPersistCurrentEpoch(
  state: CoreState,
  peer: LearnerSync,
  out: CoreEffect[],
): CoreState {
  sendZxid('ACK', peer.conn, makeZxid(peer.epoch, 0), out);
  for (const zxid of peer.unacked) sendZxid('ACK', peer.conn, zxid, out);
  return withPeer(state, { ...peer, stage: 'acked', unacked: [] });
}

/**
 * A learner has persisted the leader's history.
 *
 * Before: LEADING in SYNCHRONIZATION or BROADCAST; NEWLEADER was sent to it. After: a voter counts for
 * good; with a quorum, the leader among it, the leader is established: BROADCAST, everything of its
 * history is committed.
 * Effects: in that case the deliveries, then `send` UPTODATE to every learner that acknowledged; if it
 * was established before, UPTODATE to this one.
 * @spec Synchronization!LeaderProcessACKNEWLEADER
 */
export function leaderProcessACKNEWLEADER(
  state: CoreState,
  leader: Leader,
  handler: Handler,
  out: CoreEffect[],
): CoreState {
  const { voting, sid, conn } = handler;
  const newLeaderAcks = voting ? new Set(leader.newLeaderAcks).add(sid!) : leader.newLeaderAcks;
  const serves = leader.zab === 'BROADCAST';
  const acked: Handler = { ...handler, stage: serves ? 'serving' : 'acked' };
  const handlers = leader.handlers.map((other) => (other.conn === conn ? acked : other));
  const peer: Leader = { ...leader, newLeaderAcks, handlers };
  if (peer.zab === 'SYNCHRONIZATION') return establishIfQuorum(state, peer, out);
  if (peer.zab === 'BROADCAST') sendZxid('UPTODATE', conn, makeZxid(peer.epoch, 0), out);
  return withPeer(state, peer);
}

/** Establishes the leader once a quorum has acknowledged NEWLEADER. */
export function establishIfQuorum(
  state: CoreState,
  peer: LeaderSync,
  out: CoreEffect[],
): CoreState {
  if (!containsQuorum(state.quorum, peer.newLeaderAcks)) return withPeer(state, peer);
  const delivered = deliverUpTo(state.log, state.log.history.last, out);
  const log = trimCommitted(delivered, state.config.commitLogCount);
  const upToDate = makeZxid(peer.epoch, 0);
  const handlers = peer.handlers.map((handler): Handler => {
    if (handler.stage !== 'acked') return handler;
    sendZxid('UPTODATE', handler.conn, upToDate, out);
    return { ...handler, stage: 'serving' };
  });
  const established: LeaderBroadcast = {
    ...peer,
    zab: 'BROADCAST',
    handlers,
    acked: state.quorum.voters.map(() => ZXID_ZERO),
    syncs: [],
  };
  return { ...state, log, peer: established };
}

/**
 * A proposal that the leader made while this follower synchronized.
 *
 * Before: follower in SYNCHRONIZATION, NEWLEADER was read; the proposal is the next. After: it is
 * history. Effects: `persist` append, acknowledged when it is durable, which is after NEWLEADER is.
 * @spec Synchronization!FollowerProcessPROPOSALInSync
 */
export function followerProcessPROPOSALInSync(
  state: CoreState,
  peer: LearnerSync,
  txn: Txn,
  out: CoreEffect[],
): CoreState {
  return { ...state, log: appendTxn(state.log, txn, peer.conn, out) };
}

/**
 * A commit before UPTODATE, which this server may not deliver yet (ZOOKEEPER-4394: nor lose).
 *
 * Before: follower in SYNCHRONIZATION, NEWLEADER was read; the entry is in its history. After: UPTODATE
 * will deliver up to it. Effects: none.
 * @spec Synchronization!FollowerProcessCOMMITInSync
 */
export function followerProcessCOMMITInSync(
  state: CoreState,
  peer: LearnerSync,
  zxid: Zxid,
): CoreState {
  return withPeer(state, { ...peer, syncCommitted: zxid });
}

/**
 * The leader is established and this learner is part of it.
 *
 * Before: learner in SYNCHRONIZATION that acknowledged NEWLEADER. After: BROADCAST, serving.
 * Effects: `installed` if a snapshot came, the deliveries up to what is committed, `send` ACK of
 * UPTODATE (which the leader ignores).
 * @spec Synchronization!FollowerProcessUPTODATE
 */
export function followerProcessUPTODATE(
  state: CoreState,
  peer: LearnerSync,
  out: CoreEffect[],
): CoreState {
  const delivered = deliverUpTo(state.log, peer.syncCommitted, out);
  const log = trimCommitted(delivered, state.config.commitLogCount);
  const { state: serverState, vote, heardAt, conn, epoch } = peer;
  sendZxid('ACK', conn, makeZxid(epoch, 0), out);
  const next: LearnerBroadcast = {
    state: serverState,
    zab: 'BROADCAST',
    vote,
    heardAt,
    conn,
    epoch,
  };
  return { ...state, log, peer: next };
}
