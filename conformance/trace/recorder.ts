/**
 * Makes the trace's line of a step from its state before, its event, its state after and its
 * effects. The reducers know nothing of it. The shell writes a line before it carries out the
 * effects: what others have seen the effect of is then in the trace, whatever happens.
 */
import { classify } from '../../src/core/classify.js';
import type { CoreEffect, DiskOp } from '../../src/core/effect.js';
import type { CoreEvent, DiskContent } from '../../src/core/event.js';
import { entriesAfter } from '../../src/core/history.js';
import type { PeerConn } from '../../src/core/ids.js';
import type { Packet } from '../../src/core/message.js';
import type { CoreState } from '../../src/core/state.js';
import { serverStateOf, zabStateOf } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Notification, Vote } from '../../src/core/vote.js';
import type { Zxid } from '../../src/core/zxid.js';
import { counterOf, epochOf } from '../../src/core/zxid.js';
import { digestOf } from './digest.js';
import { TRACE_VERSION } from './schema.js';
import type {
  TraceDisk,
  TraceEvent,
  TraceLine,
  TraceNotification,
  TracePacket,
  TracePost,
  TraceSent,
  TraceTxn,
  TraceVote,
  TraceWrite,
  TraceZxid,
} from './schema.js';

/** One step of a core. */
export interface CoreStep {
  readonly before: CoreState;
  readonly event: CoreEvent;
  readonly after: CoreState;
  readonly effects: readonly CoreEffect[];
}

export interface RecorderContext {
  readonly seq: number;
  /**
   * The name of a connection, the same at both ends: in one process any id, between processes the
   * learner's and the leader's address and port.
   */
  readonly connName: (conn: PeerConn) => string;
}

function zxidOf(zxid: Zxid): TraceZxid {
  return zxid < 0 ? [0, 0] : [epochOf(zxid), counterOf(zxid)];
}

function txnOf(txn: Txn): TraceTxn {
  return [epochOf(txn.zxid), counterOf(txn.zxid), digestOf(txn)];
}

function voteOf({ leader, zxid, peerEpoch }: Vote): TraceVote | null {
  return leader < 0 ? null : { leader, zxid: zxidOf(zxid), peerEpoch };
}

function notificationOf(n: Notification): TraceNotification {
  return { state: n.state, round: n.electionEpoch, vote: voteOf(n) };
}

function packetOf(packet: Packet): TracePacket {
  switch (packet.type) {
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO':
      return { type: packet.type, sid: packet.sid, acceptedEpoch: packet.acceptedEpoch };
    case 'LEADERINFO':
      return { type: packet.type, epoch: packet.epoch };
    case 'ACKEPOCH': {
      const { currentEpoch, lastZxid } = packet;
      return { type: packet.type, currentEpoch, lastZxid: zxidOf(lastZxid) };
    }
    case 'SNAP':
      return { type: packet.type, zxid: zxidOf(packet.snapshot.zxid) };
    case 'PROPOSAL':
    case 'INFORM':
      return { type: packet.type, txn: txnOf(packet.txn) };
    case 'PING':
    case 'REQUEST':
    case 'REVALIDATE':
    case 'SYNC':
      return { type: packet.type };
    default:
      return { type: packet.type, zxid: zxidOf(packet.zxid) };
  }
}

function diskOf(disk: DiskContent): TraceDisk {
  const { acceptedEpoch, currentEpoch, snapshotZxid, log } = disk;
  return { acceptedEpoch, currentEpoch, snapshotZxid: zxidOf(snapshotZxid), log: log.map(txnOf) };
}

function eventOf({ event, after }: CoreStep, { connName }: RecorderContext): TraceEvent {
  switch (event.type) {
    case 'start': {
      const { voters, observers } = after.config;
      return {
        type: 'start',
        voters: [...voters],
        observers: [...observers],
        disk: diskOf(event.disk),
      };
    }
    case 'notification': {
      const notification = notificationOf(event.notification);
      return { type: 'notification', from: event.from, notification };
    }
    case 'opened':
      return { type: 'opened', conn: connName(event.conn), as: event.as };
    case 'dialFailed':
      return { type: 'dialFailed', sid: event.sid };
    case 'closed':
      return { type: 'closed', conn: connName(event.conn) };
    case 'packet':
      return { type: 'packet', conn: connName(event.conn), packet: packetOf(event.packet) };
    case 'persisted':
      return { type: 'persisted', ticket: event.ticket };
    case 'propose':
      return { type: 'propose', txn: txnOf(event.txn) };
    default:
      return { type: event.type };
  }
}

function writeOf(write: DiskOp): TraceWrite {
  switch (write.op) {
    case 'append':
      return { op: 'append', txn: txnOf(write.txn) };
    case 'truncate':
      return { op: 'truncate', zxid: zxidOf(write.zxid) };
    case 'install':
      return { op: 'install', zxid: zxidOf(write.snapshot.zxid) };
    default:
      return { op: write.op, epoch: write.epoch };
  }
}

/** Up to where the history stayed as it was (or is the leader's, of which a snapshot came). */
function keptUpTo({ before, effects }: CoreStep): Zxid {
  for (const effect of effects) {
    if (effect.type !== 'persist') continue;
    if (effect.write.op === 'truncate') return effect.write.zxid;
    if (effect.write.op === 'install') return effect.write.snapshot.zxid;
  }
  return before.log.history.last;
}

function changeOf(step: CoreStep): TracePost['history'] {
  const { before, event, after, effects } = step;
  if (event.type === 'start' || after.log.history === before.log.history) return null;
  const written = effects.some((e) => e.type === 'persist' && !e.write.op.endsWith('Epoch'));
  if (!written && after.log.history.last === before.log.history.last) return null;
  const keep = keptUpTo(step);
  return { keep: zxidOf(keep), append: entriesAfter(after.log.history, keep).map(txnOf) };
}

/** Fields that only some roles have. */
function roleOf({
  peer,
}: CoreState): Pick<TracePost, 'leader' | 'vote' | 'newEpoch' | 'ackEpochs' | 'ackNewLeader'> {
  const none = { leader: null, vote: null, newEpoch: 0, ackEpochs: [], ackNewLeader: [] };
  switch (peer.state) {
    case 'DOWN':
    case 'STANDALONE':
      return none;
    case 'LOOKING':
      return { ...none, vote: voteOf(peer.vote) };
    case 'FOLLOWING':
    case 'OBSERVING':
      return { ...none, leader: peer.vote.leader, vote: voteOf(peer.vote) };
    case 'LEADING':
      return {
        leader: peer.vote.leader,
        vote: voteOf(peer.vote),
        newEpoch: peer.epoch ?? 0,
        ackEpochs: [...peer.electing].sort((a, b) => a - b),
        ackNewLeader: [...peer.newLeaderAcks].sort((a, b) => a - b),
      };
  }
}

function postOf(step: CoreStep): TracePost {
  const { after, effects } = step;
  return {
    state: serverStateOf(after),
    zabState: zabStateOf(after),
    ...roleOf(after),
    round: after.round,
    acceptedEpoch: after.epochs.durableAccepted,
    currentEpoch: after.epochs.durableCurrent,
    lastZxid: zxidOf(after.log.history.last),
    lastCommitted: zxidOf(after.log.lastCommitted),
    pending: after.log.queue.length,
    history: changeOf(step),
    delivered: effects.flatMap((e) => (e.type === 'deliver' ? [zxidOf(e.txn.zxid)] : [])),
  };
}

function sentOf(effect: CoreEffect, { connName }: RecorderContext): TraceSent | null {
  switch (effect.type) {
    case 'send':
      return { conn: connName(effect.conn), packet: packetOf(effect.packet) };
    case 'sendSnapshot':
      return { conn: connName(effect.conn), packet: { type: 'SNAP', zxid: zxidOf(effect.zxid) } };
    case 'close':
      return { conn: connName(effect.conn), close: effect.reason };
    case 'notify':
      return { to: effect.to, notification: notificationOf(effect.notification) };
    default:
      return null;
  }
}

/** The line of a step, as `schema.ts` has it. */
export function traceLine(step: CoreStep, context: RecorderContext): TraceLine {
  const { before, event, effects } = step;
  return {
    v: TRACE_VERSION,
    seq: context.seq,
    server: before.config.sid,
    action: classify(before, event),
    event: eventOf(step, context),
    post: postOf(step),
    sent: effects.map((e) => sentOf(e, context)).filter((s) => s !== null),
    persisted: effects.flatMap((e) =>
      e.type === 'persist' ? [{ ticket: e.ticket, write: writeOf(e.write) }] : [],
    ),
  };
}

/** The line as text, with its line break. */
export function traceText(line: TraceLine): string {
  return `${JSON.stringify(line)}\n`;
}
