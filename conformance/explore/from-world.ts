/** What the specification's variables are in a world of reducers (conformance/mapping.md). */
import { toArray } from '../../src/core/chunked.js';
import type { Packet } from '../../src/core/message.js';
import type { CoreState, Handler, Leader, Looking, PendingWrite } from '../../src/core/state.js';
import { isLearner, zabStateOf } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Notification, Vote } from '../../src/core/vote.js';
import { counterOf, epochOf } from '../../src/core/zxid.js';
import type { Disk } from '../../src/sim/disk.js';
import { isUnread, txnText, zxidText } from './canonical.js';
import type { ModelNote, ModelState, ModelVote, ModelWrite, ServerView } from './model-state.js';
import { NO_DECISION, NO_VOTE } from './model-state.js';
import type { Conn, Node, World } from './world.js';
import { endOf, nodeOf } from './world.js';

function transactions(image: unknown): readonly Txn[] {
  return image as readonly Txn[];
}

/** The whole log in memory: what a snapshot or the applied state holds, and the entries after it. */
function historyOf(node: Node, { log }: CoreState): readonly Txn[] {
  const below = log.uninstalled === null ? node.applied : transactions(log.uninstalled.image);
  const held = below.filter((txn) => txn.zxid <= log.history.base);
  return [...held, ...toArray(log.history.entries)];
}

/**
 * How many entries this incarnation has delivered; −1 if what the server layer was given is not the
 * committed part of the history. (A leader's snapshot that is history but not delivered is none.)
 */
function deliveredOf(node: Node, { log }: CoreState, history: readonly Txn[]): number {
  const { applied } = node;
  const same = applied.every((txn, i) => history[i] !== undefined && equal(history[i], txn));
  const last = applied.at(-1)?.zxid ?? 0;
  return same && last === log.lastCommitted ? applied.length : -1;
}

/** The committed entries in memory, and the zxid after which they come. */
function memoryLogOf({ log }: CoreState): string {
  const committed = toArray(log.history.entries).slice(0, log.committed);
  return [`${zxidText(log.history.base)}:`, ...committed.map(txnText)].join(' ');
}

function equal(a: Txn, b: Txn): boolean {
  return a.zxid === b.zxid && a.sessionId === b.sessionId;
}

function countUpTo(history: readonly Txn[], zxid: number): number {
  return history.filter((txn) => txn.zxid <= zxid).length;
}

function diskView({ acceptedEpoch, currentEpoch, snapshot, log }: Disk): ServerView['disk'] {
  const image = transactions(snapshot.image).map(txnText);
  return {
    acceptedEpoch,
    currentEpoch,
    snapshot: image.length,
    log: [...image, ...log.map(txnText)],
  };
}

/** True if something is announced when this write is durable. */
function isAwaited({ peer }: CoreState, { write, ackOn }: PendingWrite): boolean {
  if (isLearner(peer)) {
    if (ackOn === null || ackOn !== peer.conn) return false;
    return write.op === 'append' || peer.zab === 'SYNCHRONIZATION';
  }
  if (peer.state !== 'LEADING') return false;
  switch (write.op) {
    case 'append':
      return peer.zab === 'BROADCAST' && epochOf(write.txn.zxid) === peer.epoch;
    case 'acceptedEpoch':
    case 'currentEpoch':
      return peer.zab === 'DISCOVERY' && peer.epoch === write.epoch;
    default:
      return false;
  }
}

function writeView(state: CoreState, pending: PendingWrite): ModelWrite {
  const { write } = pending;
  const ack = isAwaited(state, pending);
  const { peer } = state;
  const base = { op: write.op, ack, zxids: '' };
  switch (write.op) {
    case 'append':
      return { ...base, what: txnText(write.txn) };
    case 'truncate':
      return { ...base, what: zxidText(write.zxid) };
    case 'install':
      return { ...base, what: transactions(write.snapshot.image).map(txnText).join(' ') };
    case 'acceptedEpoch':
      return { ...base, what: String(write.epoch) };
    case 'currentEpoch': {
      const unacked = isLearner(peer) && peer.zab === 'SYNCHRONIZATION' ? peer.unacked : [];
      const zxids = ack ? unacked.map((zxid) => ` ${zxidText(zxid)}`).join('') : '';
      return { ...base, what: String(write.epoch), zxids };
    }
    default:
      return write satisfies never;
  }
}

/** The writes under way as the disk has them before it, with what the core waits for. */
function queueView(node: Node, state: CoreState): readonly ModelWrite[] {
  const asked = toArray(state.log.queue);
  return node.writes.map(({ ticket, write }) => {
    const pending = asked.find((other) => other.ticket === ticket);
    return writeView(state, pending ?? { ticket, write, ackOn: null });
  });
}

const PHASES = {
  opened: 'none',
  connected: 'info',
  epochAcked: 'ackepoch',
  syncing: 'forwarding',
  acked: 'synced',
  serving: 'synced',
} as const;

function learnerView(handler: Handler | undefined): string {
  if (handler === undefined) return 'none';
  const zxid = handler.stage === 'epochAcked' ? ` ${zxidText(handler.lastZxid)}` : '';
  return `${PHASES[handler.stage]}${zxid}`;
}

function heardOf(peer: Leader): string {
  if (peer.zab !== 'DISCOVERY' || peer.epoch !== null) return '';
  return `${sorted(peer.connecting).join(' ')} max ${peer.maxAccepted}`;
}

function sorted(sids: ReadonlySet<number>): readonly number[] {
  return [...sids].sort((a, b) => a - b);
}

function ackedView(state: CoreState, peer: Leader, sids: readonly number[]): readonly string[] {
  return sids.map((sid) => {
    const place = state.quorum.places.get(sid as never);
    const zxid = peer.zab === 'BROADCAST' && place !== undefined ? peer.acked[place]! : 0;
    return zxidText(zxid as never);
  });
}

export function voteView({ leader, zxid, peerEpoch }: Vote): ModelVote {
  return leader < 0 ? NO_VOTE : { leader, zxid: zxidText(zxid), peerEpoch };
}

function noteView(notification: Notification): ModelNote {
  const { state, electionEpoch } = notification;
  return { state, round: electionEpoch, vote: voteView(notification) };
}

function electionView(state: CoreState, sids: readonly number[]): ServerView['election'] {
  const { peer, round, config } = state;
  const vote = 'vote' in peer ? voteView(peer.vote) : NO_VOTE;
  const looking: Looking | null = peer.state === 'LOOKING' ? peer : null;
  const recvset = sids.map((sid) => {
    const theirs = sid === config.sid ? undefined : looking?.recvset.get(sid as never);
    return theirs === undefined ? NO_VOTE : voteView(theirs);
  });
  const outOfElection = sids.map((sid) => {
    const theirs = looking?.outOfElection.get(sid as never);
    return theirs === undefined ? NO_DECISION : noteView(theirs);
  });
  return { round, vote, recvset, outOfElection };
}

const NO_ROLE = {
  leaderOf: 0,
  link: 0,
  syncCommitted: -1,
  newEpoch: 0,
  heardOf: '',
  ackEpochs: [],
  ackNewLeader: [],
} as const;

/** The variables of one server. `fle`: those of the election, too. */
export function serverView(node: Node, sids: readonly number[], fle: boolean): ServerView {
  const { state, config } = node;
  const nobody = { learners: sids.map(() => 'none'), acked: sids.map(() => '0.0') };
  const disk = diskView(node.disk);
  const none = { round: 0, vote: NO_VOTE, recvset: sids.map(() => NO_VOTE) };
  if (state === null) {
    const election = fle ? { ...none, outOfElection: sids.map(() => NO_DECISION) } : null;
    const volatile = { history: [], lastCommitted: 0, memoryLog: '0.0:', diskQueue: [], election };
    return { state: 'DOWN', zabState: 'ELECTION', ...NO_ROLE, ...nobody, disk, ...volatile };
  }
  const { peer } = state;
  const history = historyOf(node, state);
  const base = {
    ...NO_ROLE,
    ...nobody,
    state: peer.state,
    zabState: zabStateOf(state),
    history: history.map(txnText),
    lastCommitted: deliveredOf(node, state, history),
    memoryLog: memoryLogOf(state),
    disk,
    diskQueue: queueView(node, state),
    election: fle ? electionView(state, sids) : null,
  };
  if (isLearner(peer)) {
    const link = peer.conn === null ? 0 : peer.vote.leader;
    const read = peer.zab === 'SYNCHRONIZATION' && ['synced', 'acked'].includes(peer.stage);
    const told = read ? countUpTo(history, peer.syncCommitted) : -1;
    const syncCommitted = peer.zab === 'BROADCAST' ? 0 : told;
    return { ...base, leaderOf: peer.vote.leader, link, syncCommitted };
  }
  if (peer.state !== 'LEADING') return base;
  const bySid = new Map(peer.handlers.map((handler) => [handler.sid as number | null, handler]));
  return {
    ...base,
    leaderOf: config.sid,
    learners: sids.map((sid) => learnerView(bySid.get(sid))),
    newEpoch: peer.epoch ?? 0,
    heardOf: heardOf(peer),
    ackEpochs: sorted(peer.electing),
    ackNewLeader: peer.zab === 'DISCOVERY' ? [] : sorted(peer.newLeaderAcks),
    acked: ackedView(state, peer, sids),
  };
}

export function packetText(packet: Packet): string {
  switch (packet.type) {
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO':
      return `${packet.type} ${packet.acceptedEpoch}`;
    case 'LEADERINFO':
      return `LEADERINFO ${packet.epoch}`;
    case 'ACKEPOCH':
      return `ACKEPOCH ${packet.currentEpoch} ${zxidText(packet.lastZxid)}`;
    case 'PROPOSAL':
    case 'INFORM':
      return `${packet.type} ${txnText(packet.txn)}`;
    case 'SNAP':
      return `SNAP ${transactions(packet.snapshot.image).map(txnText).join(' ')}`;
    case 'PING':
    case 'REQUEST':
    case 'REVALIDATE':
    case 'SYNC':
      return packet.type;
    default:
      return `${packet.type} ${zxidText(packet.zxid)}`;
  }
}

/**
 * The ACK of UPTODATE, which no leader looks at, is no packet of the specification: a counter of 0 after
 * the ACK of NEWLEADER was read.
 */
export function isAckOfUpToDate(world: World, conn: Conn, packet: Packet): boolean {
  if (packet.type !== 'ACK' || counterOf(packet.zxid) !== 0) return false;
  const { state } = nodeOf(world, conn.leader);
  if (state?.peer.state !== 'LEADING') return false;
  const end = endOf(conn.id, 'leader');
  const stage = state.peer.handlers.find((handler) => handler.conn === end)?.stage;
  return stage === 'acked' || stage === 'serving';
}

export interface NetView {
  readonly msgs: ModelState['msgs'];
  readonly live: ModelState['live'];
  readonly notes: ModelState['notes'];
}

export function netView(world: World): NetView {
  const size = world.nodes.length;
  const msgs = Array.from({ length: size }, () =>
    Array.from({ length: size }, () => [] as string[]),
  );
  const live: string[] = [];
  for (const conn of world.conns) {
    const { learner, leader, learnerOpen, leaderOpen } = conn;
    const visible = conn.toLeader.filter((packet) => !isAckOfUpToDate(world, conn, packet));
    msgs[learner - 1]![leader - 1]!.push(...visible.map(packetText));
    msgs[leader - 1]![learner - 1]!.push(...conn.toLearner.map(packetText));
    if (learnerOpen && leaderOpen && !isUnread(world, conn)) live.push(`${learner}-${leader}`);
  }
  const notes = Array.from({ length: size }, () =>
    Array.from({ length: size }, () => [] as ModelNote[]),
  );
  for (const [key, notification] of world.mail) {
    const [from = 0, to = 0] = key.split('>').map(Number);
    notes[from - 1]![to - 1]!.push(noteView(notification));
  }
  return { msgs, live: live.sort(), notes };
}

/** The state of the specification that a world is. */
export function modelOf(world: World, fle: boolean): ModelState {
  const sids = world.nodes.map((_, i) => i + 1);
  const servers = world.nodes.map((node) => serverView(node, sids, fle));
  return { servers, ...netView(world), counters: world.counters };
}
