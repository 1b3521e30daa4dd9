/**
 * Durable writes are answered: what may only follow them follows now, in the order in which they were
 * asked for (spec actions LeaderPersist… and FollowerPersist… of Discovery, Synchronization and
 * Broadcast; Apache: `SyncRequestProcessor`, `SendAckRequestProcessor`, `AckRequestProcessor`).
 *
 * A write that was asked for before the last shutdown to LOOKING is announced to nobody.
 */
import { leaderPersistLog } from './broadcast.js';
import { at, dropFirst } from './chunked.js';
import {
  followerPersistAcceptedEpoch,
  leaderPersistAcceptedEpoch,
  leaderPersistCurrentEpoch,
} from './discovery.js';
import type { CoreEffect } from './effect.js';
import type { PeerConn } from './ids.js';
import { standalonePersistLog } from './standalone.js';
import type { CoreState, PendingWrite } from './state.js';
import { isLearner, withLog } from './state.js';
import { followerPersistCurrentEpoch } from './synchronization.js';
import type { Zxid } from './zxid.js';
import { epochOf, ZXID_ZERO } from './zxid.js';

/**
 * Every write up to `ticket` is durable.
 *
 * Before: the oldest write under way has a ticket of at most `ticket`. After: those up to it are
 * answered. Effects: for each in order: ACK, ACKEPOCH or ACK of NEWLEADER of a learner; LEADERINFO or
 * the synchronizations of a leader; last, what a leader's own acknowledgement commits.
 * @spec Synchronization!FollowerPersistLog
 */
export function persisted(state: CoreState, ticket: number, out: CoreEffect[]): CoreState {
  const { log } = state;
  const count = ticket - at(log.queue, 0)!.ticket + 1;
  let next = withLog(state, { ...log, queue: dropFirst(log.queue, count) });
  let appended = ZXID_ZERO;
  for (let i = 0; i < count; i++) {
    const pending = at(log.queue, i)!;
    if (pending.write.op === 'append') {
      appended = pending.write.txn.zxid;
      if (pending.ackOn !== null) acknowledge(next, pending.ackOn, appended, out);
    } else {
      next = otherThanAppend(next, pending, out);
    }
  }
  return appended === ZXID_ZERO ? next : ownAppends(next, appended, out);
}

/** A follower's acknowledgement, if the connection that brought the proposal is still its own. */
function acknowledge({ peer }: CoreState, conn: PeerConn, zxid: Zxid, out: CoreEffect[]): void {
  if (!isLearner(peer) || peer.conn !== conn) return;
  out.push({ type: 'send', conn, packet: { type: 'ACK', zxid } });
}

/** A leader's own appends count as its acknowledgement, if they are of its epoch. */
function ownAppends(state: CoreState, zxid: Zxid, out: CoreEffect[]): CoreState {
  const { peer } = state;
  if (peer.state === 'STANDALONE') return standalonePersistLog(state, peer, zxid, out);
  if (peer.state !== 'LEADING' || peer.zab !== 'BROADCAST') return state;
  return epochOf(zxid) === peer.epoch ? leaderPersistLog(state, peer, zxid, out) : state;
}

function otherThanAppend(state: CoreState, pending: PendingWrite, out: CoreEffect[]): CoreState {
  const { write, ackOn } = pending;
  switch (write.op) {
    case 'append':
    case 'truncate':
    case 'install':
      return state;
    case 'acceptedEpoch':
      return persistedAccepted(state, write.epoch, ackOn, out);
    case 'currentEpoch':
      return persistedCurrent(state, write.epoch, ackOn, out);
    default:
      return write satisfies never;
  }
}

/** No epoch is ever accepted twice by a server, so the number tells whose write it was. */
function persistedAccepted(
  state: CoreState,
  epoch: number,
  ackOn: PeerConn | null,
  out: CoreEffect[],
): CoreState {
  const next = { ...state, epochs: { ...state.epochs, durableAccepted: epoch } };
  const { peer } = next;
  if (peer.state === 'LEADING') {
    const own = peer.zab === 'DISCOVERY' && peer.epoch === epoch;
    return own ? leaderPersistAcceptedEpoch(next, peer, epoch, out) : next;
  }
  const own = isLearner(peer) && peer.zab === 'SYNCHRONIZATION' && peer.conn === ackOn;
  return own ? followerPersistAcceptedEpoch(next, peer, out) : next;
}

function persistedCurrent(
  state: CoreState,
  epoch: number,
  ackOn: PeerConn | null,
  out: CoreEffect[],
): CoreState {
  const next = { ...state, epochs: { ...state.epochs, durableCurrent: epoch } };
  const { peer } = next;
  if (peer.state === 'LEADING') {
    const own = peer.zab === 'DISCOVERY' && peer.epoch === epoch;
    return own ? leaderPersistCurrentEpoch(next, peer, epoch, out) : next;
  }
  const own = isLearner(peer) && peer.zab === 'SYNCHRONIZATION' && peer.conn === ackOn;
  return own ? followerPersistCurrentEpoch(next, peer, out) : next;
}
