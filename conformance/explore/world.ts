/**
 * An ensemble of cores as one immutable value, for exhaustive search: servers with their disks, quorum
 * connections that close at one side first, election mail, and the counters that bounds look at.
 *
 * `feed` gives one event to one core (`reduce`) and carries its effects out. What can happen next is in
 * successors.ts; canonical.ts makes two worlds that differ only in names and times the same. The server
 * layer is the list of applied transactions, as in src/sim/.
 */
import type { CoreEffect } from '../../src/core/effect.js';
import type { CoreConfig, CoreEvent } from '../../src/core/event.js';
import type { PeerConn, Sid } from '../../src/core/ids.js';
import type { Packet } from '../../src/core/message.js';
import { classify } from '../../src/core/classify.js';
import type { StepName } from '../../src/core/classify.js';
import { initialState, reduce } from '../../src/core/reduce.js';
import type { CoreState } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Notification } from '../../src/core/vote.js';
import type { Link, Side, Write } from '../../src/sim/cluster.js';
import { mailKey } from '../../src/sim/cluster.js';
import type { Disk } from '../../src/sim/disk.js';
import { diskContent, writeTo } from '../../src/sim/disk.js';
import type { Counters } from './bounds.js';

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
export type Conn = Link;
export type { Side, Write };
export { mailKey };

export interface World {
  /** By sid, from sid 1. */
  readonly nodes: readonly Node[];
  readonly conns: readonly Conn[];
  /** Election messages under way, by `mailKey`: the newest to each server. */
  readonly mail: ReadonlyMap<string, Notification>;
  readonly counters: Counters;
}

/** Connections between two servers have one of these numbers; `slot`: 0 … 3. */
export function connNumber(learner: Sid, leader: Sid, slot: number): number {
  return (learner * 256 + leader) * 4 + slot;
}

/** The end of a connection as its server knows it. */
export function endOf(id: number, side: Side): PeerConn {
  return (2 * id + (side === 'leader' ? 1 : 0)) as PeerConn;
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

/** What one server makes of an event: itself after it, what others see of it, and the step's name. */
interface Answer {
  readonly node: Node;
  readonly effects: readonly CoreEffect[];
  readonly step: StepName | null;
}

/**
 * Answers by server and event. `reduce` is a function, and a search meets the same server (the same
 * value) with the same event a hundred times: in each world that differs elsewhere.
 */
const answers = new WeakMap<Node, Map<string, Answer>>();
const packetNumbers = new WeakMap<Packet, number>();
let packetsSeen = 0;

function numberOf(packet: Packet): number {
  let number = packetNumbers.get(packet);
  if (number === undefined) packetNumbers.set(packet, (number = packetsSeen++));
  return number;
}

function keyOfEvent(event: CoreEvent): string | null {
  switch (event.type) {
    case 'packet':
      return `packet ${event.conn} ${numberOf(event.packet)}`;
    case 'tick':
      return `tick ${event.now}`;
    case 'opened':
      return `opened ${event.conn} ${event.as}`;
    case 'closed':
      return `closed ${event.conn}`;
    case 'persisted':
      return `persisted ${event.ticket}`;
    case 'propose':
      return `propose ${event.txn.zxid}`;
    default:
      return null;
  }
}

/** `node` with what `make` says, which is a function of `node` and `key` alone. */
function answerOf(node: Node, key: string | null, make: () => Answer): Answer {
  if (key === null) return make();
  let known = answers.get(node);
  if (known === undefined) answers.set(node, (known = new Map()));
  let answer = known.get(key);
  if (answer === undefined) known.set(key, (answer = make()));
  return answer;
}

function react(node: Node, event: CoreEvent): Answer {
  const { state } = node;
  if (state === null) throw new Error(`server ${node.config.sid} is dead`);
  const step = classify(state, event);
  const [after, effects] = reduce(state, event);
  let next: Node = { ...node, state: after };
  const seen: CoreEffect[] = [];
  for (const effect of effects) {
    const changed = within(next, effect);
    if (changed === null) seen.push(effect);
    else next = changed;
  }
  return { node: next, effects: seen, step };
}

function taken({ world, steps }: Fed, sid: Sid, { node, effects, step }: Answer): Fed {
  const nodes = world.nodes.slice();
  nodes[sid - 1] = node;
  let next: World = { ...world, nodes };
  for (const effect of effects) next = carryOut(next, sid, effect);
  return { world: next, steps: step === null ? steps : [...steps, step] };
}

/** Feeds one event to a live core and carries its effects out. */
export function feed(fed: Fed, sid: Sid, event: CoreEvent): Fed {
  const node = nodeOf(fed.world, sid);
  return taken(
    fed,
    sid,
    answerOf(node, keyOfEvent(event), () => react(node, event)),
  );
}

/** The oldest write under way of a live server reaches the disk, and the server is told. */
export function writeOne(fed: Fed, sid: Sid): Fed {
  const node = nodeOf(fed.world, sid);
  const answer = answerOf(node, 'write', () => {
    const [first, ...writes] = node.writes;
    if (first === undefined) throw new Error(`server ${sid} has nothing to write`);
    const written = { ...node, disk: writeTo(node.disk, first.write), writes };
    return react(written, { type: 'persisted', ticket: first.ticket });
  });
  return taken(fed, sid, answer);
}

/** The server starts on `disk`, whatever it was before. */
export function startOn(fed: Fed, sid: Sid, disk: Disk): Fed {
  const { config } = nodeOf(fed.world, sid);
  const applied = disk.snapshot.image as readonly Txn[];
  const fresh: Node = { config, state: initialState(config), applied, writes: [], disk };
  const event = { type: 'start', now: 0, disk: diskContent(disk) } as const;
  return taken(fed, sid, react(fresh, event));
}

/** What an effect changes at the server itself; null if it is for others. */
function within(node: Node, effect: CoreEffect): Node | null {
  switch (effect.type) {
    case 'persist': {
      const { ticket, write } = effect;
      return { ...node, writes: [...node.writes, { ticket, write }] };
    }
    case 'deliver':
      return { ...node, applied: [...node.applied, effect.txn] };
    case 'installed':
      return { ...node, applied: effect.snapshot.image as readonly Txn[] };
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
      return node;
    default:
      return null;
  }
}

/** What an effect changes between servers. */
function carryOut(world: World, sid: Sid, effect: CoreEffect): World {
  switch (effect.type) {
    case 'send':
      return send(world, effect.conn, effect.packet);
    case 'sendSnapshot': {
      const image = nodeOf(world, sid).applied;
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
    default:
      return world;
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
