/**
 * Discovery: a leader and a quorum of followers agree on a new epoch (spec module Discovery; paper
 * phase 1; Apache: `Leader.getEpochToPropose`, `Leader.waitForEpochAck`, `Learner.registerWithLeader`).
 *
 * Deviation from the paper: no history is pulled, as the election chose the longest. Deviation from
 * Apache: a leader accepts connections from the moment it leads, with one initLimit for everything.
 */
import { establishIfQuorum, syncHandler } from './synchronization.js';
import type { CoreEffect } from './effect.js';
import { forget, withHandler } from './handlers.js';
import type { Millis, PeerConn } from './ids.js';
import { ask } from './log.js';
import type { AckEpoch, LearnerInfo } from './message.js';
import { containsQuorum, isVoter } from './quorum.js';
import type {
  CoreState,
  Handler,
  Leader,
  LeaderDiscovery,
  LeaderSync,
  LearnerDiscovery,
  LearnerSync,
} from './state.js';
import { withPeer } from './state.js';
import type { Vote } from './vote.js';
import { EPOCH_MAX, ZXID_ZERO } from './zxid.js';

const PROTOCOL_VERSION = 0x1_0000;
/** Wait before the second dial, ms; it doubles. */
const REDIAL_MIN = 20;

/** The election ended with this server as leader. Effects: persist, if it is a quorum alone. */
export function startLeading(
  state: CoreState,
  vote: Vote,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  const peer: LeaderDiscovery = {
    state: 'LEADING',
    zab: 'DISCOVERY',
    vote,
    handlers: [],
    connecting: new Set([state.config.sid]),
    electing: new Set(),
    newLeaderAcks: new Set(),
    startedAt: now,
    pingAt: now + state.config.tickTime / 2,
    maxAccepted: state.epochs.accepted,
    epoch: null,
    announced: false,
    elected: false,
  };
  return chooseEpoch(state, peer, out);
}

/** The election ended with another server as leader. Effects: `dial`. */
export function startFollowing(
  state: CoreState,
  vote: Vote,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  out.push({ type: 'dial', sid: vote.leader });
  const peer: LearnerDiscovery = {
    state: isVoter(state.quorum, state.config.sid) ? 'FOLLOWING' : 'OBSERVING',
    zab: 'DISCOVERY',
    vote,
    heardAt: now,
    conn: null,
    dialling: true,
    redialAt: null,
    redialAfter: REDIAL_MIN,
  };
  return withPeer(state, peer);
}

/**
 * The connection to the leader is open.
 *
 * Before: learner in DISCOVERY that dialled. After: the same, connected.
 * Effects: `send` FOLLOWERINFO (an observer: OBSERVERINFO) with acceptedEpoch.
 * @spec Discovery!FollowerConnect
 */
export function followerConnect(
  state: CoreState,
  peer: LearnerDiscovery,
  conn: PeerConn,
  out: CoreEffect[],
): CoreState {
  const packet: LearnerInfo = {
    type: peer.state === 'FOLLOWING' ? 'FOLLOWERINFO' : 'OBSERVERINFO',
    sid: state.config.sid,
    acceptedEpoch: state.epochs.accepted,
    protocolVersion: PROTOCOL_VERSION,
    configVersion: 0,
  };
  out.push({ type: 'send', conn, packet });
  return withPeer(state, { ...peer, conn, dialling: false });
}

/** The leader could not be reached or hung up before LEADERINFO: dial again soon. Invisible. */
export function followerRedial(state: CoreState, peer: LearnerDiscovery, now: Millis): CoreState {
  const redialAfter = 2 * peer.redialAfter;
  const redialAt = now + peer.redialAfter;
  return withPeer(state, { ...peer, conn: null, dialling: false, redialAt, redialAfter });
}

/** The wait before dialling again is over. Effects: `dial`. Invisible. */
export function dialAgain(state: CoreState, peer: LearnerDiscovery, out: CoreEffect[]): CoreState {
  out.push({ type: 'dial', sid: peer.vote.leader });
  return withPeer(state, { ...peer, dialling: true, redialAt: null });
}

/**
 * A learner says who it is and which epoch it accepted last.
 *
 * Before: LEADING; the connection's first packet. After: it is remembered (a voter counts for good);
 * with a quorum, the leader among it, the new epoch is chosen.
 * Effects: `close` of an older connection of the same learner; `persist` acceptedEpoch when the epoch
 * is chosen, or `send` LEADERINFO if that is durable already.
 * @spec Discovery!LeaderProcessFOLLOWERINFO
 */
export function leaderProcessFOLLOWERINFO(
  state: CoreState,
  leader: Leader,
  handler: Handler,
  info: LearnerInfo,
  out: CoreEffect[],
): CoreState {
  const { sid } = info;
  const older = leader.handlers.find((other) => other.sid === sid);
  const peer = older === undefined ? leader : forget(leader, older, 'connected anew', out);
  const voting = info.type === 'FOLLOWERINFO';
  const connected: Handler = { ...handler, sid, voting, stage: 'connected' };
  const connecting = voting ? new Set(peer.connecting).add(sid) : peer.connecting;
  const known = withHandler({ ...peer, connecting }, connected);
  if (known.zab !== 'DISCOVERY' || known.announced) {
    sendLeaderInfo(connected, known.epoch!, out);
    return withPeer(state, known);
  }
  const maxAccepted = Math.max(known.maxAccepted, info.acceptedEpoch);
  return chooseEpoch(state, { ...known, maxAccepted }, out);
}

function sendLeaderInfo(handler: Handler, epoch: number, out: CoreEffect[]): void {
  out.push({ type: 'send', conn: handler.conn, packet: { type: 'LEADERINFO', epoch } });
}

/** Chooses the new epoch, once, when a quorum has said which it accepted last. */
function chooseEpoch(state: CoreState, peer: LeaderDiscovery, out: CoreEffect[]): CoreState {
  if (peer.epoch !== null || !containsQuorum(state.quorum, peer.connecting)) {
    return withPeer(state, peer);
  }
  const epoch = peer.maxAccepted + 1;
  if (epoch > EPOCH_MAX) throw new Error('no epoch is left');
  const log = ask(state.log, { op: 'acceptedEpoch', epoch }, null, out);
  const epochs = { ...state.epochs, accepted: epoch };
  return { ...state, log, epochs, peer: { ...peer, epoch } };
}

/**
 * The leader's own acceptedEpoch is durable.
 *
 * Before: LEADING in DISCOVERY, this write asked for. After: the epoch is announced; the leader counts
 * as one that acknowledged it. Effects: `send` LEADERINFO to every learner remembered.
 * @spec Discovery!LeaderPersistAcceptedEpoch
 */
export function leaderPersistAcceptedEpoch(
  state: CoreState,
  peer: LeaderDiscovery,
  epoch: number,
  out: CoreEffect[],
): CoreState {
  for (const handler of peer.handlers) {
    if (handler.stage === 'connected') sendLeaderInfo(handler, epoch, out);
  }
  const electing = new Set(peer.electing).add(state.config.sid);
  return electIfQuorum(state, { ...peer, announced: true, electing }, out);
}

/**
 * The leader announces the new epoch.
 *
 * Before: learner in DISCOVERY, connected. After: in SYNCHRONIZATION; or, if the epoch is lower than
 * one that it accepted, looking for another leader.
 * Effects: `persist` acceptedEpoch if it is higher; `send` ACKEPOCH with −1, which does not count, if
 * it had accepted this epoch before.
 * @spec Discovery!FollowerProcessLEADERINFO
 */
export function followerProcessLEADERINFO(
  state: CoreState,
  peer: LearnerDiscovery,
  conn: PeerConn,
  epoch: number,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  const { state: serverState, vote } = peer;
  const fresh = epoch > state.epochs.accepted;
  const next: LearnerSync = {
    state: serverState,
    zab: 'SYNCHRONIZATION',
    vote,
    heardAt: now,
    conn,
    epoch,
    stage: fresh ? 'epoch' : 'receiving',
    kept: null,
    syncCommitted: ZXID_ZERO,
    unacked: [],
  };
  if (fresh) {
    const log = ask(state.log, { op: 'acceptedEpoch', epoch }, conn, out);
    return { ...state, log, epochs: { ...state.epochs, accepted: epoch }, peer: next };
  }
  sendAckEpoch(state, conn, -1, out);
  return withPeer(state, next);
}

function sendAckEpoch(
  state: CoreState,
  conn: PeerConn,
  currentEpoch: number,
  out: CoreEffect[],
): void {
  const lastZxid = state.log.history.last;
  out.push({ type: 'send', conn, packet: { type: 'ACKEPOCH', currentEpoch, lastZxid } });
}

/**
 * A learner's acceptedEpoch is durable.
 *
 * Before: learner in SYNCHRONIZATION on the connection that brought the epoch. After: it waits for
 * the leader's history. Effects: `send` ACKEPOCH with its currentEpoch and lastZxid.
 * @spec Discovery!FollowerPersistAcceptedEpoch
 */
export function followerPersistAcceptedEpoch(
  state: CoreState,
  peer: LearnerSync,
  out: CoreEffect[],
): CoreState {
  sendAckEpoch(state, peer.conn, state.epochs.current, out);
  return withPeer(state, { ...peer, stage: 'receiving' });
}

/**
 * A learner acknowledges the new epoch and says how far its history goes.
 *
 * Before: LEADING, LEADERINFO was sent to it. After: a voter counts for good; it is synchronized now
 * or, if the leader's epoch is not durable yet, when it is. A learner whose history is ahead of the
 * leader's is dropped.
 * Effects: `close` in that case; `persist` currentEpoch when a quorum is complete; or all of the
 * synchronization.
 * @spec Discovery!LeaderProcessACKEPOCH
 */
export function leaderProcessACKEPOCH(
  state: CoreState,
  leader: Leader,
  handler: Handler,
  ack: AckEpoch,
  out: CoreEffect[],
): CoreState {
  let peer = leader;
  if (ack.currentEpoch !== -1) {
    if (isAhead(state, ack)) {
      return withPeer(state, forget(peer, handler, 'follower is ahead of the leader', out));
    }
    if (handler.voting) peer = { ...peer, electing: new Set(peer.electing).add(handler.sid!) };
  }
  const acked: Handler = { ...handler, stage: 'epochAcked', lastZxid: ack.lastZxid };
  if (peer.zab !== 'DISCOVERY') {
    const synced = syncHandler(state, acked, peer.epoch, out);
    return withPeer(state, withHandler(peer, synced));
  }
  return electIfQuorum(state, withHandler(peer, acked), out);
}

/** True if a learner's last words beat the leader's: (currentEpoch, lastZxid) in that order. */
function isAhead({ epochs, log }: CoreState, ack: AckEpoch): boolean {
  if (ack.currentEpoch !== epochs.current) return ack.currentEpoch > epochs.current;
  return ack.lastZxid > log.history.last;
}

/** Writes currentEpoch, once, when a quorum has acknowledged the epoch. */
function electIfQuorum(state: CoreState, peer: LeaderDiscovery, out: CoreEffect[]): CoreState {
  if (peer.elected || !peer.announced || !containsQuorum(state.quorum, peer.electing)) {
    return withPeer(state, peer);
  }
  const epoch = peer.epoch!;
  const log = ask(state.log, { op: 'currentEpoch', epoch }, null, out);
  const epochs = { ...state.epochs, current: epoch };
  return { ...state, log, epochs, peer: { ...peer, elected: true } };
}

/**
 * The leader's own currentEpoch is durable, and so is its history, as writes are FIFO.
 *
 * Before: LEADING in DISCOVERY, this write asked for. After: in SYNCHRONIZATION; the leader counts as
 * one that acknowledged NEWLEADER. Effects: the synchronization of every learner that sent ACKEPOCH.
 * @spec Discovery!LeaderPersistCurrentEpoch
 */
export function leaderPersistCurrentEpoch(
  state: CoreState,
  peer: LeaderDiscovery,
  epoch: number,
  out: CoreEffect[],
): CoreState {
  const { vote, connecting, electing, startedAt, pingAt } = peer;
  const next: LeaderSync = {
    state: 'LEADING',
    zab: 'SYNCHRONIZATION',
    vote,
    handlers: peer.handlers,
    connecting,
    electing,
    newLeaderAcks: new Set([state.config.sid]),
    startedAt,
    pingAt,
    epoch,
  };
  const entered = withPeer(state, next);
  const handlers = next.handlers.map((handler) =>
    handler.stage === 'epochAcked' ? syncHandler(entered, handler, epoch, out) : handler,
  );
  return establishIfQuorum(entered, { ...next, handlers }, out);
}
