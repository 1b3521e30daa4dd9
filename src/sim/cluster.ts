/**
 * An ensemble of cores in memory: network, disks and clock as one value, and no choice of its own.
 *
 * What may happen next is an `Action` (`action.ts` carries one out, `schedule.ts` picks them); `feed`
 * gives one event to one server and carries the effects out. Every core step is recorded in `steps`, so a run can become a trace.
 *
 * Connections are FIFO both ways and close at one side first: what was under way to the side that
 * closes is lost, what it sent may still be read until the other side notices the end. Of election
 * messages only the newest to each server is under way. Writes reach a disk in order; a crash leaves
 * any prefix of what was asked for. The server layer is a list of applied transactions.
 */
import type { Chunked } from '../core/chunked.js';
import { emptyList, push, toArray } from '../core/chunked.js';
import type { CoreEffect, DiskOp, Role } from '../core/effect.js';
import type { CoreConfig, CoreEvent } from '../core/event.js';
import type { Millis, PeerConn, Sid } from '../core/ids.js';
import type { Packet, Snapshot } from '../core/message.js';
import { reduce } from '../core/reduce.js';
import type { CoreState } from '../core/state.js';
import type { Txn } from '../core/txn.js';
import type { Notification } from '../core/vote.js';
import type { Zxid } from '../core/zxid.js';
import { ZXID_ZERO } from '../core/zxid.js';
import type { Disk } from './disk.js';
import { EMPTY_DISK } from './disk.js';

export interface Write {
  readonly ticket: number;
  readonly write: DiskOp;
}

export interface Node {
  readonly config: CoreConfig;
  /** null: the process is dead. */
  readonly state: CoreState | null;
  readonly disk: Disk;
  /** Writes asked for and not on the disk. */
  readonly writes: readonly Write[];
  /** The server layer's state: all transactions applied, from the first ever. */
  readonly applied: Chunked<Txn>;
  readonly role: Role | null;
  readonly deadline: Millis | null;
  /** The server that a dial under way goes to. */
  readonly dialling: Sid | null;
}

/** One quorum connection. The learner's end is number 2 × id, the leader's 2 × id + 1. */
export interface Link {
  readonly id: number;
  readonly learner: Sid;
  readonly leader: Sid;
  readonly learnerOpen: boolean;
  readonly leaderOpen: boolean;
  readonly toLearner: readonly Packet[];
  readonly toLeader: readonly Packet[];
}

/** One core step as it was taken. */
export interface StepRecord {
  readonly sid: Sid;
  readonly before: CoreState;
  readonly event: CoreEvent;
  readonly after: CoreState;
  readonly effects: readonly CoreEffect[];
}

export interface Cluster {
  readonly now: Millis;
  readonly nodes: ReadonlyMap<Sid, Node>;
  readonly links: ReadonlyMap<number, Link>;
  /** Election messages under way, by `mailKey`. */
  readonly mail: ReadonlyMap<string, Notification>;
  /** Pairs that cannot reach each other, by `pairKey`. */
  readonly blocked: ReadonlySet<string>;
  readonly nextLink: number;
  /** How many transactions were proposed: tells them apart (`cxid`). */
  readonly proposals: number;
  readonly steps: Chunked<StepRecord>;
}

export type Side = 'learner' | 'leader';

export interface ClusterOptions {
  readonly voters: readonly number[];
  readonly observers?: readonly number[];
  readonly standalone?: boolean;
  /** In place of the defaults below. */
  readonly config?: Partial<CoreConfig>;
}

const DEFAULTS = {
  tickTime: 100,
  initLimit: 10,
  syncLimit: 5,
  finalizeWait: 20,
  commitLogCount: 500,
};

/** An ensemble of which no server has started, with empty disks. */
export function newCluster(options: ClusterOptions): Cluster {
  const voters = options.voters as readonly Sid[];
  const observers = (options.observers ?? []) as readonly Sid[];
  const nodes = new Map<Sid, Node>();
  for (const sid of [...voters, ...observers]) {
    const standalone = options.standalone ?? false;
    const config = { ...DEFAULTS, sid, voters, observers, standalone, ...options.config };
    nodes.set(sid, {
      config,
      state: null,
      disk: EMPTY_DISK,
      writes: [],
      applied: emptyList(),
      role: null,
      deadline: null,
      dialling: null,
    });
  }
  return {
    now: 0,
    nodes,
    links: new Map(),
    mail: new Map(),
    blocked: new Set(),
    nextLink: 1,
    proposals: 0,
    steps: emptyList(),
  };
}

export function mailKey(from: Sid, to: Sid): string {
  return `${from}>${to}`;
}

/** The key of an unordered pair of servers. */
export function pairKey(a: Sid, b: Sid): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}

export function nodeOf(cluster: Cluster, sid: Sid): Node {
  const node = cluster.nodes.get(sid);
  if (node === undefined) throw new Error(`no server ${sid}`);
  return node;
}

export function linkOf(cluster: Cluster, id: number): Link {
  const link = cluster.links.get(id);
  if (link === undefined) throw new Error(`no connection ${id}`);
  return link;
}

/** The end of `link` at `side`, as its server knows it. */
export function connOf(link: Link, side: Side): PeerConn {
  return (2 * link.id + (side === 'leader' ? 1 : 0)) as PeerConn;
}

export function withNode(cluster: Cluster, sid: Sid, change: Partial<Node>): Cluster {
  const nodes = new Map(cluster.nodes).set(sid, { ...nodeOf(cluster, sid), ...change });
  return { ...cluster, nodes };
}

export function withLink(cluster: Cluster, link: Link): Cluster {
  const links = new Map(cluster.links);
  if (link.learnerOpen || link.leaderOpen) links.set(link.id, link);
  else links.delete(link.id);
  return { ...cluster, links };
}

/** Feeds one event to one core and carries its effects out. */
export function feed(cluster: Cluster, sid: Sid, event: CoreEvent): Cluster {
  const node = nodeOf(cluster, sid);
  const before = node.state;
  if (before === null) throw new Error(`server ${sid} is dead`);
  const [after, effects] = reduce(before, event);
  const steps = push(cluster.steps, { sid, before, event, after, effects });
  let next: Cluster = { ...withNode(cluster, sid, { state: after }), steps };
  for (const effect of effects) next = carryOut(next, sid, effect);
  for (const effect of effects) {
    // The server layer answers its leader's heartbeat.
    if (effect.type === 'pinged' && effect.conn === null) {
      next = feed(next, sid, { type: 'pong', sessions: [] });
    }
  }
  return next;
}

function carryOut(cluster: Cluster, sid: Sid, effect: CoreEffect): Cluster {
  const node = nodeOf(cluster, sid);
  switch (effect.type) {
    case 'persist': {
      const { ticket, write } = effect;
      return withNode(cluster, sid, { writes: [...node.writes, { ticket, write }] });
    }
    case 'send':
      return send(cluster, effect.conn, effect.packet);
    case 'sendSnapshot': {
      const snapshot = { zxid: effect.zxid, image: appliedUpTo(node, effect.zxid) };
      return send(cluster, effect.conn, { type: 'SNAP', snapshot });
    }
    case 'close': {
      const link = cluster.links.get(effect.conn >> 1);
      const side = effect.conn % 2 === 1 ? 'leader' : 'learner';
      return link === undefined ? cluster : closeEnd(cluster, link, side);
    }
    case 'dial':
      return withNode(cluster, sid, { dialling: effect.sid });
    case 'notify': {
      const mail = new Map(cluster.mail).set(mailKey(sid, effect.to), effect.notification);
      return { ...cluster, mail };
    }
    case 'deadline':
      return withNode(cluster, sid, { deadline: effect.at });
    case 'deliver':
      return withNode(cluster, sid, { applied: push(node.applied, effect.txn) });
    case 'installed':
      return withNode(cluster, sid, { applied: imageOf(effect.snapshot) });
    case 'role':
      return withNode(cluster, sid, { role: effect.role });
    case 'request':
    case 'revalidate':
    case 'pinged':
    case 'synced':
    case 'learnerGone':
      return cluster;
    default:
      return effect satisfies never;
  }
}

/** The transactions that a snapshot of this module holds. */
export function imageOf(snapshot: Snapshot): Chunked<Txn> {
  return snapshot.image as Chunked<Txn>;
}

/** The applied state, which must be that at `zxid`. */
function appliedUpTo(node: Node, zxid: Zxid): Chunked<Txn> {
  const last = toArray(node.applied, node.applied.length - 1)[0]?.zxid ?? ZXID_ZERO;
  if (last !== zxid) throw new Error(`snapshot of ${zxid} asked for, applied is ${last}`);
  return node.applied;
}

function send(cluster: Cluster, conn: PeerConn, packet: Packet): Cluster {
  const link = cluster.links.get(conn >> 1);
  if (link === undefined) return cluster;
  if (conn % 2 === 0) {
    if (!link.leaderOpen) return cluster;
    return withLink(cluster, { ...link, toLeader: [...link.toLeader, packet] });
  }
  if (!link.learnerOpen) return cluster;
  return withLink(cluster, { ...link, toLearner: [...link.toLearner, packet] });
}

/** One side has closed: nothing reaches it any more. */
export function closeEnd(cluster: Cluster, link: Link, side: Side): Cluster {
  const closed =
    side === 'learner'
      ? { ...link, learnerOpen: false, toLearner: [] }
      : { ...link, leaderOpen: false, toLeader: [] };
  return withLink(cluster, closed);
}
