/** TLC's states as {@link ModelState}: the same variables, in the same words as from-world.ts. */
import type { TlaValue } from '../tla2tools-runner/index.js';
import { printValue } from '../tla2tools-runner/index.js';
import type { ModelNote, ModelState, ModelVote, ModelWrite, ServerView } from './model-state.js';
import { NO_VOTE } from './model-state.js';

function fail(value: TlaValue, expected: string): never {
  throw new Error(`${printValue(value)} where ${expected} is due`);
}

export function field(value: TlaValue, name: string): TlaValue {
  if (value.kind !== 'record') fail(value, `a record with ${name}`);
  const found = value.fields.find(([key]) => key === name);
  return found === undefined ? fail(value, `a record with ${name}`) : found[1];
}

/** The elements of a sequence, or of a function over 1..N. */
export function items(value: TlaValue): readonly TlaValue[] {
  if (value.kind === 'seq') return value.elements;
  if (value.kind !== 'function') return fail(value, 'a sequence');
  const sorted = value.pairs.toSorted(([a], [b]) => int(a) - int(b));
  return sorted.map(([, item]) => item);
}

function elements(value: TlaValue): readonly TlaValue[] {
  return value.kind === 'set' ? value.elements : fail(value, 'a set');
}

export function int(value: TlaValue): number {
  return value.kind === 'int' ? value.value : fail(value, 'a number');
}

function text(value: TlaValue): string {
  return value.kind === 'string' ? value.value : fail(value, 'a string');
}

function flag(value: TlaValue): boolean {
  return value.kind === 'bool' ? value.value : fail(value, 'TRUE or FALSE');
}

/** A sid; 0 for NoServer, which is a model value. */
function sid(value: TlaValue): number {
  return value.kind === 'model' ? 0 : int(value);
}

function zxid(value: TlaValue): string {
  const [epoch, counter] = items(value).map(int);
  return epoch === -1 ? '-' : `${epoch}.${counter}`;
}

function txn(value: TlaValue): string {
  const [epoch, counter] = [field(value, 'epoch'), field(value, 'counter')].map(int);
  return `${epoch}.${counter}:${printValue(field(value, 'value'))}`;
}

function txns(value: TlaValue): readonly string[] {
  return items(value).map(txn);
}

function write(value: TlaValue): ModelWrite {
  const op = text(field(value, 'op')) as ModelWrite['op'];
  const ack = flag(field(value, 'ack'));
  switch (op) {
    case 'append':
      return { op, what: txn(field(value, 'txn')), ack, zxids: '' };
    case 'truncate':
      return { op, what: zxid(field(value, 'zxid')), ack, zxids: '' };
    case 'install':
      return { op, what: txns(field(value, 'snapshot')).join(' '), ack, zxids: '' };
    case 'acceptedEpoch':
      return { op, what: String(int(field(value, 'epoch'))), ack, zxids: '' };
    case 'currentEpoch': {
      const pending = items(field(value, 'zxids')).map((z) => ` ${zxid(z)}`);
      const what = String(int(field(value, 'epoch')));
      return { op, what, ack, zxids: ack ? pending.join('') : '' };
    }
    default:
      throw new Error(`a write ${String(op)}`);
  }
}

export function packet(value: TlaValue): string {
  const type = text(field(value, 'type'));
  switch (type) {
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO':
      return `${type} ${int(field(value, 'acceptedEpoch'))}`;
    case 'LEADERINFO':
      return `${type} ${int(field(value, 'epoch'))}`;
    case 'ACKEPOCH':
      return `${type} ${int(field(value, 'currentEpoch'))} ${zxid(field(value, 'lastZxid'))}`;
    case 'PROPOSAL':
    case 'INFORM':
      return `${type} ${txn(field(value, 'txn'))}`;
    case 'SNAP':
      return `${type} ${txns(field(value, 'snapshot')).join(' ')}`;
    default:
      return `${type} ${zxid(field(value, 'zxid'))}`;
  }
}

function vote(value: TlaValue): ModelVote {
  const leader = sid(field(value, 'leader'));
  if (leader === 0) return NO_VOTE;
  return { leader, zxid: zxid(field(value, 'zxid')), peerEpoch: int(field(value, 'peerEpoch')) };
}

export function note(value: TlaValue): ModelNote {
  return {
    state: text(field(value, 'state')),
    round: int(field(value, 'round')),
    vote: vote(field(value, 'vote')),
  };
}

/** One server's part of each variable. */
export type ServerValues = Readonly<Record<ServerVariable, TlaValue>>;

const SERVER_VARIABLES = [
  'state',
  'zabState',
  'leaderOf',
  'history',
  'lastCommitted',
  'memoryLog',
  'disk',
  'diskQueue',
  'link',
  'syncCommitted',
  'learners',
  'newEpoch',
  'epochInfos',
  'ackEpochs',
  'ackNewLeader',
  'acked',
  'round',
  'vote',
  'recvset',
  'outOfElection',
] as const;
export type ServerVariable = (typeof SERVER_VARIABLES)[number];

/** Variables whose values are functions of servers; the election's are empty with an oracle. */
export { SERVER_VARIABLES };

function sids(value: TlaValue): readonly number[] {
  return elements(value)
    .map(sid)
    .sort((a, b) => a - b);
}

function learner(value: TlaValue): string {
  const phase = text(field(value, 'phase'));
  return phase === 'ackepoch' ? `${phase} ${zxid(field(value, 'zxid'))}` : phase;
}

/** See model-state.ts: voters heard of and the highest acceptedEpoch, until the epoch is chosen. */
function heardOf(own: number, values: ServerValues, observers: readonly number[]): string {
  if (text(values.state) !== 'LEADING' || int(values.newEpoch) !== 0) return '';
  const infos = elements(values.epochInfos).map((info) => ({
    sid: int(field(info, 'sid')),
    acceptedEpoch: int(field(info, 'acceptedEpoch')),
  }));
  const voters = infos.filter((info) => !observers.includes(info.sid)).map((info) => info.sid);
  const asked = items(values.diskQueue)
    .filter((w) => text(field(w, 'op')) === 'acceptedEpoch')
    .map((w) => int(field(w, 'epoch')));
  const accepted = asked.at(-1) ?? int(field(values.disk, 'acceptedEpoch'));
  const highest = Math.max(accepted, ...infos.map((info) => info.acceptedEpoch));
  const heard = [...new Set([own, ...voters])].sort((a, b) => a - b);
  return `${heard.join(' ')} max ${highest}`;
}

/** See model-state.ts: what an established leader may count. */
function acked(values: ServerValues): readonly string[] {
  const zxids = items(values.acked).map(zxid);
  const counts = text(values.state) === 'LEADING' && text(values.zabState) === 'BROADCAST';
  const epoch = `${int(values.newEpoch)}.`;
  return zxids.map((z) => (counts && z.startsWith(epoch) ? z : '0.0'));
}

export function serverOfTla(
  own: number,
  values: ServerValues,
  observers: readonly number[],
  fle: boolean,
): ServerView {
  const election = () => ({
    round: int(values.round),
    vote: vote(values.vote),
    recvset: items(values.recvset).map(vote),
    outOfElection: items(values.outOfElection).map(note),
  });
  return {
    state: text(values.state),
    zabState: text(values.zabState),
    leaderOf: sid(values.leaderOf),
    history: txns(values.history),
    lastCommitted: int(values.lastCommitted),
    memoryLog: [
      `${zxid(field(values.memoryLog, 'base'))}:`,
      ...txns(field(values.memoryLog, 'txns')),
    ].join(' '),
    disk: {
      acceptedEpoch: int(field(values.disk, 'acceptedEpoch')),
      currentEpoch: int(field(values.disk, 'currentEpoch')),
      snapshot: int(field(values.disk, 'snapshot')),
      log: txns(field(values.disk, 'log')),
    },
    diskQueue: items(values.diskQueue).map(write),
    link: sid(values.link),
    syncCommitted: int(values.syncCommitted),
    learners: items(values.learners).map(learner),
    newEpoch: int(values.newEpoch),
    heardOf: heardOf(own, values, observers),
    ackEpochs: sids(values.ackEpochs),
    ackNewLeader: sids(values.ackNewLeader),
    acked: acked(values),
    election: fle ? election() : null,
  };
}

const NOTHING: TlaValue = { kind: 'seq', elements: [] };

/** Server `own`'s part of a whole variable. */
export function partOf(variable: TlaValue, own: number): TlaValue {
  return items(variable)[own - 1] ?? NOTHING;
}

function matrix<T>(value: TlaValue, size: number, item: (value: TlaValue) => T): T[][][] {
  const rows = items(value);
  return Array.from({ length: size }, (_, i) => {
    const row = rows[i] === undefined ? [] : items(rows[i]);
    return Array.from({ length: size }, (__, j) =>
      row[j] === undefined ? [] : items(row[j]).map(item),
    );
  });
}

export interface NetValues {
  readonly msgs: TlaValue;
  readonly live: TlaValue;
  readonly notes: TlaValue;
  readonly count: TlaValue;
  readonly issuedEpoch: TlaValue;
  readonly broadcast: TlaValue;
}

export const NET_VARIABLES = [
  'msgs',
  'live',
  'notes',
  'count',
  'issuedEpoch',
  'broadcast',
] as const satisfies readonly (keyof NetValues)[];

/** What is under way, and the counters. */
export function netOfTla(values: NetValues, size: number): Omit<ModelState, 'servers'> {
  const live = elements(values.live).map((pair) => items(pair).map(sid).join('-'));
  return {
    msgs: matrix(values.msgs, size, packet),
    live: live.sort(),
    notes: matrix(values.notes, size, note),
    counters: {
      crash: int(field(values.count, 'crash')),
      disconnect: int(field(values.count, 'disconnect')),
      issuedEpoch: int(values.issuedEpoch),
      broadcasts: elements(values.broadcast).length,
    },
  };
}
