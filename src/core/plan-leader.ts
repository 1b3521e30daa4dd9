/**
 * What a leader makes of packets, connections and time (Apache: `LearnerHandler.run`, `Leader.lead`).
 */
import type { CoreEvent } from './event.js';
import { handlerOf } from './handlers.js';
import type { Millis, PeerConn } from './ids.js';
import type { Packet, ZxidPacket } from './message.js';
import { isVoter } from './quorum.js';
import type { CoreState, Handler, Leader, Peer } from './state.js';
import { initTimeout, syncTimeout } from './state.js';
import type { Plan } from './step.js';
import { IGNORE } from './step.js';
import { counterOf, EPOCH_MAX, epochOf, makeZxid } from './zxid.js';

type PacketEvent = Extract<CoreEvent, { readonly type: 'packet' }>;

/** Learners speak protocol 0x10000 (ZAB 1.0); older ones did not acknowledge epochs. */
const PROTOCOL_VERSION = 0x1_0000;

/** A connection that this side accepted. Only a leader has a use for it. */
export function acceptConnection(peer: Peer, conn: PeerConn, now: Millis): Plan {
  if (peer.state !== 'LEADING')
    return { step: 'Refuse', conn, reason: 'this server does not lead' };
  return { step: 'Accept', peer, conn, now };
}

/** The end of a learner's connection; `reason` null if it is closed already. */
export function leaderConnection(peer: Leader, conn: PeerConn, reason: string | null): Plan {
  const handler = handlerOf(peer, conn);
  return handler === undefined ? IGNORE : drop(peer, handler, reason);
}

function drop(peer: Leader, handler: Handler, reason: string | null): Plan {
  const step = handler.sid === null ? 'DropConnection' : 'LeaderCloseConnection';
  return { step, peer, handler, reason };
}

export function leaderPacket(state: CoreState, peer: Leader, event: PacketEvent): Plan {
  const { packet } = event;
  const handler = handlerOf(peer, event.conn);
  // Already closed by this side: what was under way is lost.
  if (handler === undefined) return IGNORE;
  switch (packet.type) {
    case 'ACK':
      return planAck(state, peer, handler, packet);
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO': {
      const fault = faultOfInfo(state, handler, packet);
      if (fault !== null) return drop(peer, handler, fault);
      return { step: 'LeaderProcessFOLLOWERINFO', peer, handler, info: packet };
    }
    case 'ACKEPOCH':
      if (handler.stage !== 'connected' || (peer.zab === 'DISCOVERY' && !peer.announced)) {
        return unexpected(peer, handler, packet);
      }
      return { step: 'LeaderProcessACKEPOCH', peer, handler, ack: packet };
    case 'PING':
      if (handler.stage !== 'serving') return IGNORE;
      return { step: 'Relay', effect: { type: 'pinged', conn: handler.conn, packet } };
    case 'REQUEST':
      if (handler.stage !== 'serving') return unexpected(peer, handler, packet);
      return { step: 'Relay', effect: { type: 'request', conn: handler.conn, packet } };
    case 'REVALIDATE':
      if (handler.stage !== 'serving') return unexpected(peer, handler, packet);
      return { step: 'Relay', effect: { type: 'revalidate', conn: handler.conn, packet } };
    default:
      return unexpected(peer, handler, packet);
  }
}

function planAck(state: CoreState, peer: Leader, handler: Handler, { zxid }: ZxidPacket): Plan {
  if (handler.stage === 'syncing') {
    if (peer.zab !== 'DISCOVERY' && zxid === makeZxid(peer.epoch, 0)) {
      return { step: 'LeaderProcessACKNEWLEADER', peer, handler };
    }
    return drop(peer, handler, `ACK ${zxid} where that of NEWLEADER is due`);
  }
  if (handler.stage !== 'acked' && handler.stage !== 'serving') {
    return drop(peer, handler, 'ACK before NEWLEADER');
  }
  if (zxid > state.log.history.last && counterOf(zxid) !== 0) {
    return drop(peer, handler, `ACK ${zxid} of what was not proposed`);
  }
  // The ACK of UPTODATE, of an older epoch's entry, of an observer, or before the leader is
  // established: it says nothing that is not known.
  if (peer.zab !== 'BROADCAST' || counterOf(zxid) === 0) return IGNORE;
  if (!handler.voting || epochOf(zxid) !== peer.epoch) return IGNORE;
  return { step: 'LeaderProcessACK', peer, handler, zxid };
}

/** Why a FOLLOWERINFO or OBSERVERINFO is refused; null if it is not. */
function faultOfInfo(
  state: CoreState,
  handler: Handler,
  info: Packet & { readonly type: 'FOLLOWERINFO' | 'OBSERVERINFO' },
): string | null {
  const { config, quorum } = state;
  if (handler.stage !== 'opened') return `${info.type} twice`;
  if (info.sid === config.sid) return `server ${info.sid} is this one`;
  if (!isVoter(quorum, info.sid) && !config.observers.includes(info.sid)) {
    return `server ${info.sid} is not in the ensemble`;
  }
  if (info.type === 'FOLLOWERINFO' && !isVoter(quorum, info.sid)) {
    return `server ${info.sid} is no voter`;
  }
  if (info.protocolVersion < PROTOCOL_VERSION) return `protocol ${info.protocolVersion}`;
  if (!(info.acceptedEpoch >= 0 && info.acceptedEpoch < EPOCH_MAX)) {
    return `acceptedEpoch ${info.acceptedEpoch} leaves no epoch to choose`;
  }
  return null;
}

function unexpected(peer: Leader, handler: Handler, packet: Packet): Plan {
  return drop(peer, handler, `${packet.type} from a learner that is ${handler.stage}`);
}

/** Silence is measured for each connection; before NEWLEADER is acknowledged it may last longer. */
export function silenceLimit(state: CoreState, handler: Handler): Millis {
  return handler.stage === 'serving' ? syncTimeout(state.config) : initTimeout(state.config);
}

export function leaderTick(state: CoreState, peer: Leader, now: Millis): Plan {
  if (peer.zab !== 'BROADCAST' && now - peer.startedAt >= initTimeout(state.config)) {
    const reason = 'no quorum of followers synchronized within initLimit';
    return { step: 'LeaderShutdown', peer, reason, now };
  }
  if (peer.zab === 'BROADCAST' && now >= peer.pingAt && !hearsQuorum(state, peer, now)) {
    const reason = 'no quorum of followers heard of within syncLimit';
    return { step: 'LeaderShutdown', peer, reason, now };
  }
  // One at a time: the close of a connection is a step of its own.
  for (const handler of peer.handlers) {
    if (now - handler.heardAt >= silenceLimit(state, handler)) {
      return drop(peer, handler, 'silent for too long');
    }
  }
  return now >= peer.pingAt ? { step: 'Ping', peer, now } : { step: 'Wait' };
}

/** Apache: `SyncedLearnerTracker` in `Leader.lead`; only learners that are connected count. */
function hearsQuorum(state: CoreState, peer: Leader, now: Millis): boolean {
  let count = 1;
  for (const handler of peer.handlers) {
    const recent = now - handler.heardAt < syncTimeout(state.config);
    if (handler.voting && handler.stage === 'serving' && recent) count++;
  }
  return count >= state.quorum.majority;
}
