/**
 * A state of the specification as plain values: its variables, server by server, and what is under way
 * between servers. Reducers' worlds (from-world.ts) and TLC's states (from-tla.ts) both become this,
 * and are equal if their texts are.
 *
 * What is left out, on both sides: the history variables (established, broadcast, committedLog: no
 * guard reads them, except how many proposals were made, which is `counters.broadcasts`). What is kept
 * in another form, as no step can tell the difference:
 * - `acked` only of a leader that is established, and only entries of its own epoch: CommitPoint counts
 *   no others; the reducer ignores older acknowledgements, the specification notes them.
 * - `epochInfos` as the voters heard of and the highest acceptedEpoch: the choice depends on no more.
 * - the zxids of a write of currentEpoch that nobody waits for any more.
 * The explorer checks that this loses nothing: states of one side that become one have the same steps.
 */
import type { Counters } from './bounds.js';

export interface ModelWrite {
  readonly op: 'append' | 'truncate' | 'install' | 'acceptedEpoch' | 'currentEpoch';
  /** The transaction, zxid, transactions or epoch. */
  readonly what: string;
  /** True if something is announced when it is durable. */
  readonly ack: boolean;
  /** currentEpoch, announced: the entries acknowledged after NEWLEADER. */
  readonly zxids: string;
}

export interface ModelVote {
  /** Sid; 0: nobody. */
  readonly leader: number;
  readonly zxid: string;
  readonly peerEpoch: number;
}

export interface ModelNote {
  readonly state: string;
  readonly round: number;
  readonly vote: ModelVote;
}

/** One server. Sids are 1…N, 0 is NoServer; zxids "epoch.counter"; transactions "zxid:value". */
export interface ServerView {
  readonly state: string;
  readonly zabState: string;
  readonly leaderOf: number;
  readonly history: readonly string[];
  readonly lastCommitted: number;
  /** The committed entries in memory: "base: entries". */
  readonly memoryLog: string;
  readonly disk: {
    readonly acceptedEpoch: number;
    readonly currentEpoch: number;
    readonly snapshot: number;
    readonly log: readonly string[];
  };
  readonly diskQueue: readonly ModelWrite[];
  readonly link: number;
  readonly syncCommitted: number;
  /** By sid: "none", or phase and zxid. */
  readonly learners: readonly string[];
  readonly newEpoch: number;
  /** A leader that has not chosen its epoch: voters heard of and highest acceptedEpoch. */
  readonly heardOf: string;
  readonly ackEpochs: readonly number[];
  readonly ackNewLeader: readonly number[];
  /** By sid. */
  readonly acked: readonly string[];
  /** Only with fast leader election. */
  readonly election: {
    readonly round: number;
    readonly vote: ModelVote;
    /** By sid. */
    readonly recvset: readonly ModelVote[];
    readonly outOfElection: readonly ModelNote[];
  } | null;
}

export interface ModelState {
  /** By sid, from sid 1. */
  readonly servers: readonly ServerView[];
  /** msgs[from − 1][to − 1]. */
  readonly msgs: readonly (readonly (readonly string[])[])[];
  /** Pairs "learner-leader", sorted. */
  readonly live: readonly string[];
  /** notes[from − 1][to − 1]. */
  readonly notes: readonly (readonly (readonly ModelNote[])[])[];
  readonly counters: Counters;
}

export const NO_VOTE: ModelVote = { leader: 0, zxid: '-', peerEpoch: -1 };
export const NO_DECISION: ModelNote = { state: 'LOOKING', round: 0, vote: NO_VOTE };

function voteText({ leader, zxid, peerEpoch }: ModelVote): string {
  return leader === 0 ? 'none' : `${leader}@${zxid}/${peerEpoch}`;
}

export function noteText({ state, round, vote }: ModelNote): string {
  return `${state} ${round} ${voteText(vote)}`;
}

function writeText({ op, what, ack, zxids }: ModelWrite): string {
  return `${op} ${what}${ack ? '!' : ''}${zxids}`;
}

/** The variables of one server with their values as text, in the specification's order. */
export function serverFields(view: ServerView): readonly (readonly [string, string])[] {
  const { disk, election } = view;
  const fields: (readonly [string, string])[] = [
    ['state', view.state],
    ['zabState', view.zabState],
    ['leaderOf', String(view.leaderOf)],
    ['history', view.history.join(' ')],
    ['lastCommitted', String(view.lastCommitted)],
    ['memoryLog', view.memoryLog],
    ['disk.acceptedEpoch', String(disk.acceptedEpoch)],
    ['disk.currentEpoch', String(disk.currentEpoch)],
    ['disk.snapshot', String(disk.snapshot)],
    ['disk.log', disk.log.join(' ')],
    ['diskQueue', view.diskQueue.map(writeText).join(', ')],
    ['link', String(view.link)],
    ['syncCommitted', String(view.syncCommitted)],
    ['learners', view.learners.join(', ')],
    ['newEpoch', String(view.newEpoch)],
    ['epochInfos', view.heardOf],
    ['ackEpochs', view.ackEpochs.join(' ')],
    ['ackNewLeader', view.ackNewLeader.join(' ')],
    ['acked', view.acked.join(' ')],
  ];
  if (election === null) return fields;
  return [
    ...fields,
    ['round', String(election.round)],
    ['vote', voteText(election.vote)],
    ['recvset', election.recvset.map(voteText).join(' ')],
    ['outOfElection', election.outOfElection.map(noteText).join(', ')],
  ];
}

/** Equal texts, equal views. */
export function serverText(view: ServerView): string {
  return serverFields(view)
    .map(([, value]) => value)
    .join('|');
}

/** What is under way and the counters, as named values; empty queues are left out. */
export function netFields(state: ModelState): readonly (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  state.msgs.forEach((row, from) =>
    row.forEach((queue, to) => {
      if (queue.length > 0) fields.push([`msgs ${from + 1}>${to + 1}`, queue.join(', ')]);
    }),
  );
  state.notes.forEach((row, from) =>
    row.forEach((queue, to) => {
      const text = queue.map(noteText).join(', ');
      if (queue.length > 0) fields.push([`notes ${from + 1}>${to + 1}`, text]);
    }),
  );
  const { crash, disconnect, issuedEpoch, broadcasts } = state.counters;
  return [
    ...fields,
    ['live', state.live.join(' ')],
    ['crashes, disconnects', `${crash}, ${disconnect}`],
    ['issuedEpoch', String(issuedEpoch)],
    ['broadcasts', String(broadcasts)],
  ];
}

/** Equal texts, equal states beyond the servers. */
export function netText(state: ModelState): string {
  return netFields(state)
    .map(([name, value]) => `${name}=${value}`)
    .join('|');
}

/** What differs between two states, one line each: "2 zabState: DISCOVERY → SYNCHRONIZATION". */
export function changes(before: ModelState, after: ModelState): readonly string[] {
  const lines: string[] = [];
  const compare = (
    name: string,
    a: readonly (readonly [string, string])[],
    b: readonly (readonly [string, string])[],
  ) => {
    const left = new Map(a);
    const right = new Map(b);
    for (const key of new Set([...left.keys(), ...right.keys()])) {
      const [x, y] = [left.get(key) ?? '', right.get(key) ?? ''];
      if (x !== y) lines.push(`${name}${key}: ${x === '' ? '–' : x} → ${y === '' ? '–' : y}`);
    }
  };
  after.servers.forEach((server, i) => {
    const earlier = before.servers[i];
    if (earlier !== undefined) compare(`${i + 1} `, serverFields(earlier), serverFields(server));
  });
  compare('', netFields(before), netFields(after));
  return lines;
}
