/**
 * What a learner makes of its leader's packets and of time (Apache: `Learner.registerWithLeader`,
 * `Learner.syncWithLeader`, `Follower.processPacket`, `Observer.processPacket`).
 */
import type { CoreEvent } from './event.js';
import { append, contains, emptyHistory, entryAt, truncate } from './history.js';
import type { Millis } from './ids.js';
import type { Packet, TxnPacket } from './message.js';
import type {
  CoreState,
  Kept,
  Learner,
  LearnerBroadcast,
  LearnerDiscovery,
  LearnerSync,
} from './state.js';
import { initTimeout, syncTimeout } from './state.js';
import type { Plan } from './step.js';
import { IGNORE } from './step.js';
import type { Zxid } from './zxid.js';
import { epochOf, makeZxid } from './zxid.js';

type PacketEvent = Extract<CoreEvent, { readonly type: 'packet' }>;

export function learnerPacket(state: CoreState, peer: Learner, event: PacketEvent): Plan {
  // Of an older connection, which this side has closed: nothing of it counts any more.
  if (peer.conn !== event.conn) return IGNORE;
  const { packet, now } = event;
  switch (peer.zab) {
    case 'BROADCAST':
      return inBroadcast(state, peer, packet, now);
    case 'SYNCHRONIZATION':
      return inSync(state, peer, packet, now);
    case 'DISCOVERY':
      if (packet.type !== 'LEADERINFO') return unexpected(peer, packet, now);
      return {
        step: 'FollowerProcessLEADERINFO',
        peer,
        conn: event.conn,
        epoch: packet.epoch,
        now,
      };
    default:
      return peer satisfies never;
  }
}

function unexpected(peer: Learner, packet: Packet, now: Millis, why = ''): Plan {
  const reason = `${packet.type} in ${peer.zab}${why}`;
  return { step: 'FollowerShutdown', peer, reason, now };
}

/**
 * The wait before another dial, ms, from which a learner looks for a leader again: about half a second
 * after the first dial. Whoever was elected may follow somebody else by now, and then refuses for
 * ever (Apache: five tries of `Learner.connectToLeader`).
 */
const REDIAL_LIMIT = 500;

/** The leader could not be reached, or hung up before LEADERINFO. */
export function planRedial(peer: LearnerDiscovery, now: Millis): Plan {
  if (peer.redialAfter < REDIAL_LIMIT) return { step: 'FollowerRedial', peer, now };
  return { step: 'FollowerShutdown', peer, reason: null, now };
}

/** The zxid that a leader of `epoch` must propose after `last`. */
export function nextZxid(last: Zxid, epoch: number): Zxid {
  return (Math.max(last, makeZxid(epoch, 0)) + 1) as Zxid;
}

function inBroadcast(state: CoreState, peer: LearnerBroadcast, packet: Packet, now: Millis): Plan {
  const { log } = state;
  const follows = peer.state === 'FOLLOWING';
  switch (packet.type) {
    case 'PROPOSAL':
      if (!follows || packet.txn.zxid !== nextZxid(log.history.last, peer.epoch)) break;
      return { step: 'FollowerProcessPROPOSAL', peer, txn: packet.txn };
    case 'COMMIT':
      if (!follows || packet.zxid !== entryAt(log.history, log.committed)?.zxid) break;
      return { step: 'FollowerProcessCOMMIT', zxid: packet.zxid };
    case 'INFORM':
      if (follows || packet.txn.zxid !== nextZxid(log.history.last, peer.epoch)) break;
      return { step: 'ObserverProcessINFORM', peer, txn: packet.txn };
    case 'PING':
      return { step: 'Relay', effect: { type: 'pinged', conn: null, packet } };
    case 'REVALIDATE':
      return { step: 'Relay', effect: { type: 'revalidate', conn: null, packet } };
    case 'SYNC':
      return { step: 'Relay', effect: { type: 'synced', packet } };
    default:
      break;
  }
  return unexpected(peer, packet, now, ` after ${log.history.last}, ${log.lastCommitted}`);
}

function inSync(state: CoreState, peer: LearnerSync, packet: Packet, now: Millis): Plan {
  if (packet.type === 'PING') return IGNORE;
  switch (peer.stage) {
    case 'epoch':
      return unexpected(peer, packet, now, ' before ACKEPOCH');
    case 'receiving':
      return receiving(state, peer, packet, now);
    case 'synced':
    case 'acked':
      return untilUpToDate(state, peer, packet, now);
    default:
      return peer.stage satisfies never;
  }
}

/** DIFF, TRUNC or SNAP, then proposals and commits, then NEWLEADER. */
function receiving(state: CoreState, peer: LearnerSync, packet: Packet, now: Millis): Plan {
  const { kept } = peer;
  if (kept === null) {
    const opened = openSync(state, packet);
    return opened === null
      ? unexpected(peer, packet, now)
      : { step: 'KeepAside', peer, kept: opened };
  }
  if (packet.type === 'NEWLEADER' && packet.zxid === makeZxid(peer.epoch, 0)) {
    return { step: 'FollowerProcessNEWLEADER', peer, kept };
  }
  const longer = keep(peer, kept, packet);
  return longer === null
    ? unexpected(peer, packet, now)
    : { step: 'KeepAside', peer, kept: longer };
}

/**
 * What the first packet of a synchronization says; null if it cannot be: a cut at a zxid that is not
 * here, or one that would undo what was delivered.
 */
function openSync(state: CoreState, packet: Packet): Kept | null {
  const { history, lastCommitted } = state.log;
  switch (packet.type) {
    case 'DIFF': {
      const syncCommitted = Math.min(packet.zxid, history.last) as Zxid;
      return { mode: 'DIFF', snapshot: null, history, from: history.last, syncCommitted };
    }
    case 'TRUNC': {
      const { zxid } = packet;
      if (zxid < lastCommitted || !contains(history, zxid)) return null;
      const cut = truncate(history, zxid);
      return { mode: 'TRUNC', snapshot: null, history: cut, from: zxid, syncCommitted: zxid };
    }
    case 'SNAP': {
      const { snapshot } = packet;
      const { zxid } = snapshot;
      if (zxid < lastCommitted) return null;
      const fresh = emptyHistory(zxid);
      return { mode: 'SNAP', snapshot, history: fresh, from: zxid, syncCommitted: zxid };
    }
    default:
      return null;
  }
}

/** `kept` and one more packet; null if that cannot be. INFORM: an Apache leader to an observer. */
function keep(peer: LearnerSync, kept: Kept, packet: Packet): Kept | null {
  switch (packet.type) {
    case 'COMMIT':
      if (packet.zxid > kept.history.last) return null;
      return { ...kept, syncCommitted: Math.max(kept.syncCommitted, packet.zxid) as Zxid };
    case 'PROPOSAL':
      return grow(kept, packet, kept.syncCommitted);
    case 'INFORM':
      return peer.state === 'OBSERVING' ? grow(kept, packet, packet.txn.zxid) : null;
    default:
      return null;
  }
}

/**
 * No holes: the next of the same epoch, or one of a later epoch (Apache: enforceContinuousProposal).
 * What the snapshot has already is skipped: an Apache leader queues proposals for a learner from the
 * moment it decides for SNAP, and may apply some of them before it writes the snapshot.
 */
function grow(kept: Kept, { txn }: TxnPacket, syncCommitted: Zxid): Kept | null {
  if (kept.mode === 'SNAP' && txn.zxid <= kept.from) return kept;
  const { last } = kept.history;
  if (txn.zxid !== last + 1 && epochOf(txn.zxid) <= epochOf(last)) return null;
  return { ...kept, history: append(kept.history, txn), syncCommitted };
}

/** Between NEWLEADER and UPTODATE the leader goes on to broadcast. */
function untilUpToDate(state: CoreState, peer: LearnerSync, packet: Packet, now: Millis): Plan {
  const { history } = state.log;
  const follows = peer.state === 'FOLLOWING';
  switch (packet.type) {
    case 'PROPOSAL':
      if (!follows || packet.txn.zxid !== nextZxid(history.last, peer.epoch)) break;
      return { step: 'FollowerProcessPROPOSALInSync', peer, txn: packet.txn };
    case 'COMMIT':
      if (!follows || packet.zxid <= peer.syncCommitted || !contains(history, packet.zxid)) break;
      return { step: 'FollowerProcessCOMMITInSync', peer, zxid: packet.zxid };
    case 'INFORM':
      if (follows || packet.txn.zxid !== nextZxid(history.last, peer.epoch)) break;
      return { step: 'ObserverProcessINFORM', peer, txn: packet.txn };
    case 'UPTODATE':
      if (peer.stage !== 'acked') break;
      return { step: 'FollowerProcessUPTODATE', peer };
    default:
      break;
  }
  return unexpected(peer, packet, now, ` after ${history.last}, ${peer.syncCommitted}`);
}

export function learnerTick(state: CoreState, peer: Learner, now: Millis): Plan {
  const { config } = state;
  const limit = peer.zab === 'BROADCAST' ? syncTimeout(config) : initTimeout(config);
  if (now - peer.heardAt >= limit) {
    const reason = `nothing from the leader for ${limit} ms in ${peer.zab}`;
    return { step: 'FollowerShutdown', peer, reason, now };
  }
  if (peer.zab === 'DISCOVERY' && peer.redialAt !== null && now >= peer.redialAt) {
    return { step: 'Dial', peer, now };
  }
  return { step: 'Wait' };
}
