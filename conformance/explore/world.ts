/**
 * An ensemble of cores as one immutable value, for exhaustive search: servers with their disks, quorum
 * connections that close at one side first, election mail, and the counters that bounds look at.
 *
 * `feed` gives one event to one core (`reduce`) and carries its effects out. What can happen next is in
 * successors.ts; canonical.ts makes two worlds that differ only in names and times the same. The server
 * layer is the list of applied transactions, as in src/sim/.
 */
import type { CoreEffect, DiskOp } from '../../src/core/effect.js';
import type { CoreConfig, CoreEvent } from '../../src/core/event.js';
import type { PeerConn, Sid } from '../../src/core/ids.js';
import type { Packet } from '../../src/core/message.js';
import { classify } from '../../src/core/classify.js';
import type { StepName } from '../../src/core/classify.js';
import { reduce } from '../../src/core/reduce.js';
import type { CoreState } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Notification } from '../../src/core/vote.js';
import type { Disk } from '../../src/sim/disk.js';
import type { Counters } from './bounds.js';

export interface Write {
  readonly ticket: number;
  readonly write: DiskOp;
}

export interface Node {
  readonly config: CoreConfig;
  /** null: the process is dead. */
  readonly state: CoreState | null;
  /** The image of a snapshot is the array of the transactions in it. */
  readonly disk: Disk;
  /** Writes asked for and not on the disk. */
  readonly writes: readonly Write[];
  /** The server layer's state: all transactions applied, from the first ever. */
  readonly applied: readonly Txn[];
}

/** One quorum connection; open at one side at least. */
export interface Conn {
  readonly id: number;
  readonly learner: Sid;
  readonly leader: Sid;
  readonly learnerOpen: boolean;
  readonly leaderOpen: boolean;
  readonly toLearner: readonly Packet[];
  readonly toLeader: readonly Packet[];
}

export interface World {
  /** By sid, from sid 1. */
  readonly nodes: readonly Node[];
  readonly conns: readonly Conn[];
  /** Election messages under way, by `mailKey`: the newest to each server. */
  readonly mail: ReadonlyMap<string, Notification>;
  readonly counters: Counters;
}

export type Side = 'learner' | 'leader';

/** Connections between two servers have one of these numbers; `slot`: 0 … 3. */
export function connNumber(learner: Sid, leader: Sid, slot: number): number {
  return (learner * 256 + leader) * 4 + slot;
}

/** The end of a connection as its server knows it. */
export function endOf(id: number, side: Side): PeerConn {
  return (2 * id + (side === 'leader' ? 1 : 0)) as PeerConn;
}

export function mailKey(from: Sid, to: Sid): string {
  return `${from}>${to}`;
}

export function nodeOf(world: World, sid: Sid): Node {
  const node = world.nodes[sid - 1];
  if (node === undefined) throw new Error(`no server ${sid}`);
  return node;
}

export function withNode(world: World, sid: Sid, change: Partial<Node>): World {
  const nodes = world.nodes.slice();
  nodes[sid - 1] = { ...nodeOf(world, sid), ...change };
  return { ...world, nodes };
}

/** `world` with `conn` in place of the one of its number; gone if both ends are closed. */
export function withConn(world: World, conn: Conn): World {
  const conns = world.conns.filter((other) => other.id !== conn.id);
  if (conn.learnerOpen || conn.leaderOpen) conns.push(conn);
  return { ...world, conns };
}

export function connOfEnd(world: World, end: PeerConn): Conn | undefined {
  return world.conns.find((conn) => conn.id === end >> 1);
}

/** One side has closed: nothing reaches it any more. */
export function closeEnd(world: World, conn: Conn, side: Side): World {
  const closed =
    side === 'learner'
      ? { ...conn, learnerOpen: false, toLearner: [] }
      : { ...conn, leaderOpen: false, toLeader: [] };
  return withConn(world, closed);
}

/** What an event came to: the world after it, and the names of the steps that were visible. */
export interface Fed {
  readonly world: World;
  readonly steps: readonly StepName[];
}

/** Feeds one event to a live core and carries its effects out. */
export function feed({ world, steps }: Fed, sid: Sid, event: CoreEvent): Fed {
  const { state } = nodeOf(world, sid);
  if (state === null) throw new Error(`server ${sid} is dead`);
  const step = classify(state, event);
  const [after, effects] = reduce(state, event);
  let next = withNode(world, sid, { state: after });
  for (const effect of effects) next = carryOut(next, sid, effect);
  return { world: next, steps: step === null ? steps : [...steps, step] };
}

export function carryOut(world: World, sid: Sid, effect: CoreEffect): World {
  const node = nodeOf(world, sid);
  switch (effect.type) {
    case 'persist': {
      const { ticket, write } = effect;
      return withNode(world, sid, { writes: [...node.writes, { ticket, write }] });
    }
    case 'send':
      return send(world, effect.conn, effect.packet);
    case 'sendSnapshot': {
      const image = node.applied;
      const last = image.at(-1)?.zxid ?? 0;
      if (last !== effect.zxid) throw new Error(`SNAP of ${effect.zxid}, applied is ${last}`);
      const snapshot = { zxid: effect.zxid, image };
      return send(world, effect.conn, { type: 'SNAP', snapshot });
    }
    case 'close': {
      const conn = connOfEnd(world, effect.conn);
      const side = effect.conn % 2 === 1 ? 'leader' : 'learner';
      return conn === undefined ? world : closeEnd(world, conn, side);
    }
    case 'notify': {
      const mail = new Map(world.mail).set(mailKey(sid, effect.to), effect.notification);
      return { ...world, mail };
    }
    case 'deliver':
      return withNode(world, sid, { applied: [...node.applied, effect.txn] });
    case 'installed':
      return withNode(world, sid, { applied: effect.snapshot.image as readonly Txn[] });
    // A dial is answered when the specification's FollowerConnect is due; times are not kept; the
    // rest goes to the server layer and comes back to nothing that the specification has.
    case 'dial':
    case 'deadline':
    case 'role':
    case 'request':
    case 'revalidate':
    case 'pinged':
    case 'synced':
    case 'learnerGone':
      return world;
    default:
      return effect satisfies never;
  }
}

function send(world: World, end: PeerConn, packet: Packet): World {
  const conn = connOfEnd(world, end);
  if (conn === undefined) return world;
  if (end % 2 === 0) {
    if (!conn.leaderOpen) return world;
    return withConn(world, { ...conn, toLeader: [...conn.toLeader, packet] });
  }
  if (!conn.learnerOpen) return world;
  return withConn(world, { ...conn, toLearner: [...conn.toLearner, packet] });
}
