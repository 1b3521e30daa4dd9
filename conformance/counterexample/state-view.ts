/**
 * A state of the specification, read with sids for servers: what a trace's line shows of it, in the
 * words of the trace (conformance/trace/schema.ts).
 */
import { at, elementsOf, entriesOf, numberOf, textOf } from '../story/values.js';
import type { TlaState, TlaValue } from '../tla2tools-runner/index.js';
import type {
  TraceNotification,
  TracePacket,
  TraceTxn,
  TraceVote,
  TraceWrite,
  TraceZxid,
} from '../trace/schema.js';

/** A server's name in the states, by sid, and back. */
export interface Names {
  readonly keys: ReadonlyMap<number, string>;
  readonly sids: ReadonlyMap<string, number>;
}

export interface ModelDisk {
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** How many entries of `log` are in the snapshot. */
  readonly snapshot: number;
  readonly log: readonly TraceTxn[];
}

type Value = TlaValue | undefined;

function natural(value: Value): number {
  return numberOf(value) ?? 0;
}

function zxidOf(value: Value): TraceZxid {
  const [epoch, counter] = elementsOf(value);
  return [natural(epoch), natural(counter)];
}

/** What it carries is any value: its text, without what a digest may not have. */
function txnOf(value: Value): TraceTxn {
  const digest = textOf(at(value, 'value')).replace(/[^0-9A-Za-z]/g, '');
  return [natural(at(value, 'epoch')), natural(at(value, 'counter')), digest];
}

function logOf(value: Value): readonly TraceTxn[] {
  return elementsOf(value).map(txnOf);
}

export function lastOf(log: readonly TraceTxn[], length = log.length): TraceZxid {
  const last = log[length - 1];
  return last === undefined ? [0, 0] : [last[0], last[1]];
}

export class StateView {
  private readonly state: TlaState;
  private readonly names: Names;

  constructor(state: TlaState, names: Names) {
    this.state = state;
    this.names = names;
  }

  private of(variable: string, ...sids: readonly number[]): Value {
    const keys = sids.map((sid) => this.names.keys.get(sid) ?? '');
    return at(this.state.get(variable), ...keys);
  }

  private sid(value: Value): number | null {
    return this.names.sids.get(textOf(value)) ?? null;
  }

  private sidsIn(value: Value): readonly number[] {
    const found = elementsOf(value).map((element) => this.sid(element));
    return found.filter((sid) => sid !== null).sort((a, b) => a - b);
  }

  role(i: number): string {
    return textOf(this.of('state', i));
  }

  zabState(i: number): string {
    return textOf(this.of('zabState', i));
  }

  leaderOf(i: number): number | null {
    return this.sid(this.of('leaderOf', i));
  }

  history(i: number): readonly TraceTxn[] {
    return logOf(this.of('history', i));
  }

  lastCommitted(i: number): number {
    return natural(this.of('lastCommitted', i));
  }

  disk(i: number): ModelDisk {
    const disk = this.of('disk', i);
    return {
      acceptedEpoch: natural(at(disk, 'acceptedEpoch')),
      currentEpoch: natural(at(disk, 'currentEpoch')),
      snapshot: natural(at(disk, 'snapshot')),
      log: logOf(at(disk, 'log')),
    };
  }

  writes(i: number): readonly TraceWrite[] {
    return elementsOf(this.of('diskQueue', i)).map((write): TraceWrite => {
      const op = textOf(at(write, 'op'));
      if (op === 'append') return { op, txn: txnOf(at(write, 'txn')) };
      if (op === 'truncate') return { op, zxid: zxidOf(at(write, 'zxid')) };
      if (op === 'install') return { op, zxid: lastOf(logOf(at(write, 'snapshot'))) };
      return { op: op as 'acceptedEpoch' | 'currentEpoch', epoch: natural(at(write, 'epoch')) };
    });
  }

  newEpoch(i: number): number {
    return natural(this.of('newEpoch', i));
  }

  ackEpochs(i: number): readonly number[] {
    return this.sidsIn(this.of('ackEpochs', i));
  }

  ackNewLeader(i: number): readonly number[] {
    return this.sidsIn(this.of('ackNewLeader', i));
  }

  /** Does leader `l` hold a connection of `f`? */
  holds(l: number, f: number): boolean {
    return textOf(at(this.of('learners', l, f), 'phase')) !== 'none';
  }

  /** Under way from `i` to `j`. */
  packets(i: number, j: number): readonly TracePacket[] {
    return elementsOf(this.of('msgs', i, j)).map((value) => packetOf(value, i));
  }

  round(i: number): number {
    return natural(this.of('round', i));
  }

  vote(i: number): TraceVote | null {
    return this.voteOf(this.of('vote', i));
  }

  notes(i: number, j: number): readonly TraceNotification[] {
    return elementsOf(this.of('notes', i, j)).map((note) => ({
      state: textOf(at(note, 'state')) as TraceNotification['state'],
      round: natural(at(note, 'round')),
      vote: this.voteOf(at(note, 'vote')),
    }));
  }

  private voteOf(value: Value): TraceVote | null {
    const leader = this.sid(at(value, 'leader'));
    if (leader === null) return null;
    return { leader, zxid: zxidOf(at(value, 'zxid')), peerEpoch: natural(at(value, 'peerEpoch')) };
  }
}

function packetOf(value: TlaValue, from: number): TracePacket {
  const type = textOf(at(value, 'type')) as TracePacket['type'];
  switch (type) {
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO':
      return { type, sid: from, acceptedEpoch: natural(at(value, 'acceptedEpoch')) };
    case 'LEADERINFO':
      return { type, epoch: natural(at(value, 'epoch')) };
    case 'ACKEPOCH': {
      const currentEpoch = natural(at(value, 'currentEpoch'));
      return { type, currentEpoch, lastZxid: zxidOf(at(value, 'lastZxid')) };
    }
    case 'PROPOSAL':
    case 'INFORM':
      return { type, txn: txnOf(at(value, 'txn')) };
    case 'SNAP':
      return { type, zxid: lastOf(logOf(at(value, 'snapshot'))) };
    case 'PING':
    case 'REQUEST':
    case 'REVALIDATE':
    case 'SYNC':
      return { type };
    default:
      return { type, zxid: zxidOf(at(value, 'zxid')) };
  }
}

/** The names of servers as the states have them: keys of the variable `state`. */
export function serverKeys(state: TlaState): readonly string[] {
  return entriesOf(state.get('state')).map(([key]) => key);
}
