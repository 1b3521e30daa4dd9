/** The servers of a counterexample while its trace is written: what lines have shown of each so far. */
import { lastOf } from './state-view.js';
import type { StateView } from './state-view.js';
import { TRACE_VERSION } from '../trace/schema.js';
import type {
  TraceEvent,
  TraceLine,
  TraceNotification,
  TracePacket,
  TracePost,
  TraceSent,
  TraceTxn,
  TraceVote,
  TraceWrite,
} from '../trace/schema.js';

export interface Conn {
  readonly name: string;
  readonly learner: number;
  readonly leader: number;
  /** The leader's end is open. */
  accepted: boolean;
  /** Sent by the learner and unread; those that the specification leaves out are marked. */
  readonly toLeader: { readonly packet: TracePacket; readonly silent: boolean }[];
}

export interface Server {
  readonly sid: number;
  round: number;
  vote: TraceVote | null;
  /** Votes of this round, by sender: of an election that is written in place of the oracle's. */
  votes: Map<number, TraceVote | null>;
  /** By reader: it has read this server's newest notification. */
  readonly noted: Set<number>;
  history: readonly TraceTxn[];
  committed: number;
  acceptedEpoch: number;
  currentEpoch: number;
  ticket: number;
  pending: { readonly ticket: number; readonly write: TraceWrite }[];
  /** Its own end, as a learner. */
  conn: Conn | null;
  /** As a leader, by learner. */
  readonly held: Map<number, Conn>;
  /** LOOKING in the behaviour, it has decided for this server in the trace (elections.ts). */
  follows: number | null;
  /** It died, and its start, which the behaviour has later or never, is in the trace already. */
  early: boolean;
}

/** What a line shows that is not as in the state after it. */
export interface Shows {
  readonly state?: TracePost['state'];
  readonly zabState?: TracePost['zabState'];
  readonly leader?: number | null;
  readonly newEpoch?: number;
  readonly ackEpochs?: readonly number[];
  readonly ackNewLeader?: readonly number[];
  readonly history?: readonly TraceTxn[];
  readonly committed?: number;
}

export interface Parts {
  readonly sent?: readonly TraceSent[];
  readonly writes?: readonly TraceWrite[];
  readonly shows?: Shows;
}

function newServer(sid: number): Server {
  return {
    sid,
    round: 0,
    vote: null,
    votes: new Map(),
    noted: new Set(),
    history: [],
    committed: 0,
    acceptedEpoch: 0,
    currentEpoch: 0,
    ticket: 0,
    pending: [],
    conn: null,
    held: new Map(),
    follows: null,
    early: false,
  };
}

function sameTxn(a: TraceTxn | undefined, b: TraceTxn | undefined): boolean {
  return a !== undefined && b !== undefined && a.every((part, i) => part === b[i]);
}

export function commonLength(a: readonly TraceTxn[], b: readonly TraceTxn[]): number {
  let n = 0;
  while (sameTxn(a[n], b[n])) n++;
  return n;
}

/** Writes the lines. Mutable. */
export class Ensemble {
  readonly lines: TraceLine[] = [];
  readonly servers: ReadonlyMap<number, Server>;
  readonly voters: readonly number[];
  readonly observers: readonly number[];
  private conns = 0;

  constructor(voters: readonly number[], observers: readonly number[]) {
    this.voters = voters;
    this.observers = observers;
    const sids = [...voters, ...observers].sort((a, b) => a - b);
    this.servers = new Map(sids.map((sid) => [sid, newServer(sid)]));
  }

  server(sid: number): Server {
    const server = this.servers.get(sid);
    if (server === undefined) throw new Error(`no server ${sid}`);
    return server;
  }

  isVoter(sid: number): boolean {
    return this.voters.includes(sid);
  }

  otherVoters(sid: number): readonly number[] {
    return this.voters.filter((other) => other !== sid);
  }

  newConn(learner: number, leader: number): Conn {
    return { name: `c${++this.conns}`, learner, leader, accepted: false, toLeader: [] };
  }

  /** A vote for itself, on its history; an observer's for nobody. */
  ownVote(sid: number): TraceVote | null {
    if (!this.isVoter(sid)) return null;
    const { history, pending, currentEpoch } = this.server(sid);
    const asked = pending.findLast(({ write }) => write.op === 'currentEpoch')?.write;
    const peerEpoch = asked !== undefined && 'epoch' in asked ? asked.epoch : currentEpoch;
    return { leader: sid, zxid: lastOf(history), peerEpoch };
  }

  /** LOOKING, in its own round, as every other voter is told. */
  looksForLeader(sid: number): readonly TraceSent[] {
    const server = this.server(sid);
    server.round++;
    server.vote = this.ownVote(sid);
    server.votes = new Map();
    return this.notifyAll(sid);
  }

  /** What its lines show though the state has it LOOKING. */
  showsOf(sid: number): Shows {
    const { follows } = this.server(sid);
    if (follows === null) return {};
    return { state: 'FOLLOWING', zabState: 'DISCOVERY', leader: follows };
  }

  lookingNote(sid: number): TraceNotification {
    const { round, vote } = this.server(sid);
    return { state: 'LOOKING', round, vote };
  }

  notifyAll(sid: number): readonly TraceSent[] {
    this.server(sid).noted.clear();
    const notification = this.lookingNote(sid);
    return this.otherVoters(sid).map((to) => ({ to, notification }));
  }

  /** A line of `sid`, after which the state is `view`. */
  emit(
    view: StateView,
    sid: number,
    action: string | null,
    event: TraceEvent,
    { sent = [], writes = [], shows = {} }: Parts = {},
  ): void {
    const server = this.server(sid);
    const persisted = writes.map((write) => ({ ticket: ++server.ticket, write }));
    server.pending = [...server.pending, ...persisted];
    const post = this.post(view, server, event.type === 'start', shows);
    const seq = this.lines.length + 1;
    const given = { server: sid, action, event, post, sent: [...sent], persisted };
    this.lines.push({ v: TRACE_VERSION, seq, ...given });
  }

  private post(view: StateView, server: Server, started: boolean, shows: Shows): TracePost {
    const { sid } = server;
    const history = shows.history ?? view.history(sid);
    const committed = shows.committed ?? view.lastCommitted(sid);
    const kept = commonLength(server.history, history);
    const changed = kept < server.history.length || kept < history.length;
    const delivered = history.slice(server.committed, committed).map(([e, c]) => [e, c] as const);
    server.history = history;
    server.committed = committed;
    return {
      state: shows.state ?? (view.role(sid) as TracePost['state']),
      zabState: shows.zabState ?? (view.zabState(sid) as TracePost['zabState']),
      leader: shows.leader === undefined ? view.leaderOf(sid) : shows.leader,
      vote: server.vote,
      newEpoch: shows.newEpoch ?? view.newEpoch(sid),
      ackEpochs: [...(shows.ackEpochs ?? view.ackEpochs(sid))],
      ackNewLeader: [...(shows.ackNewLeader ?? view.ackNewLeader(sid))],
      round: server.round,
      acceptedEpoch: server.acceptedEpoch,
      currentEpoch: server.currentEpoch,
      lastZxid: lastOf(history),
      lastCommitted: lastOf(history, committed),
      pending: server.pending.length,
      history:
        changed && !started
          ? { keep: lastOf(history, kept), append: [...history.slice(kept)] }
          : null,
      delivered: started ? [] : delivered.map(([e, c]) => [e, c]),
    };
  }
}
