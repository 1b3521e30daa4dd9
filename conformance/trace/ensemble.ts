/**
 * An ensemble of cores in memory, without server layers: whoever drives it says what happens next,
 * and every step is recorded. Scenarios and random runs for the trace validation are made with it.
 *
 * Connections are FIFO and close at one side first; what is under way to the side that closes is
 * lost. Durable writes wait until they are let through. Nothing here reads a clock or is random.
 */
import type { CoreEffect, DiskOp } from '../../src/core/effect.js';
import type { CoreConfig, CoreEvent, DiskContent } from '../../src/core/event.js';
import type { Millis, PeerConn, SessionId, Sid } from '../../src/core/ids.js';
import type { Packet } from '../../src/core/message.js';
import { initialState, reduce } from '../../src/core/reduce.js';
import type { CoreState } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Notification } from '../../src/core/vote.js';
import type { Zxid } from '../../src/core/zxid.js';
import { makeZxid, ZXID_ZERO } from '../../src/core/zxid.js';
import { traceLine } from './recorder.js';
import type { TraceLine } from './schema.js';

interface Write {
  readonly ticket: number;
  readonly write: DiskOp;
}

interface Node {
  readonly config: CoreConfig;
  /** null: the process is down. */
  state: CoreState | null;
  disk: DiskContent;
  /** Durable writes under way. */
  writes: Write[];
  deadline: Millis | null;
  /** Dials and accepted connections whose events have not been fed yet. */
  dials: Sid[];
  accepts: PeerConn[];
}

interface Channel {
  readonly learner: Sid;
  readonly leader: Sid;
  /** Packets under way, by receiver. */
  readonly queue: Map<Sid, Packet[]>;
  /** Ends that are open. */
  readonly open: Set<Sid>;
}

const EMPTY_DISK: DiskContent = {
  acceptedEpoch: 0,
  currentEpoch: 0,
  snapshotZxid: ZXID_ZERO,
  log: [],
};

export interface EnsembleOptions {
  readonly voters: readonly number[];
  readonly observers?: readonly number[];
  /** As in the core's configuration; small by default, so that SNAP is seen. */
  readonly commitLogCount?: number;
}

/** Something that may happen next. */
export type Choice =
  | { readonly kind: 'note'; readonly from: Sid; readonly to: Sid }
  | { readonly kind: 'packet'; readonly conn: PeerConn; readonly to: Sid }
  | { readonly kind: 'notice'; readonly conn: PeerConn; readonly at: Sid }
  | { readonly kind: 'persist'; readonly at: Sid }
  | { readonly kind: 'dial'; readonly at: Sid }
  | { readonly kind: 'accept'; readonly at: Sid };

export class Ensemble {
  readonly lines: TraceLine[] = [];
  now: Millis = 0;
  private readonly nodes = new Map<Sid, Node>();
  private readonly channels = new Map<PeerConn, Channel>();
  private readonly notes = new Map<string, Notification[]>();
  private nextConn = 1;
  private cxid = 0;

  constructor({ voters, observers = [], commitLogCount = 500 }: EnsembleOptions) {
    for (const sid of [...voters, ...observers] as Sid[]) {
      const config: CoreConfig = {
        sid,
        voters: voters as readonly Sid[],
        observers: observers as readonly Sid[],
        standalone: false,
        tickTime: 100,
        initLimit: 10,
        syncLimit: 5,
        finalizeWait: 20,
        commitLogCount,
      };
      const node = { config, state: null, disk: EMPTY_DISK, writes: [], deadline: null };
      this.nodes.set(sid, { ...node, dials: [], accepts: [] });
    }
  }

  get sids(): readonly Sid[] {
    return [...this.nodes.keys()];
  }

  stateOf(sid: number): CoreState | null {
    return this.node(sid).state;
  }

  /** The servers that are established leaders. */
  leaders(): readonly Sid[] {
    return this.sids.filter((sid) => {
      const peer = this.node(sid).state?.peer;
      return peer?.state === 'LEADING' && peer.zab === 'BROADCAST';
    });
  }

  start(sid: number): void {
    const node = this.node(sid);
    if (node.state !== null) throw new Error(`server ${sid} is up`);
    node.state = initialState(node.config);
    this.feed(node, { type: 'start', now: this.now, disk: node.disk });
  }

  /** The process dies; the first `written` of its writes under way have reached the disk. */
  crash(sid: number, written = 0): void {
    const node = this.node(sid);
    for (const { write } of node.writes.slice(0, written)) node.disk = applyWrite(node.disk, write);
    node.state = null;
    node.writes = [];
    node.deadline = null;
    node.dials = [];
    node.accepts = [];
    for (const channel of this.channels.values()) closeEnd(channel, node.config.sid);
    for (const other of this.sids) this.notes.delete(`${other} ${sid}`);
  }

  /** A snapshot of what is committed goes to the disk, and the log before it is dropped. */
  snapshot(sid: number): void {
    const node = this.node(sid);
    const zxid = node.state?.log.lastCommitted ?? ZXID_ZERO;
    if (zxid <= node.disk.snapshotZxid || !node.disk.log.some((txn) => txn.zxid === zxid)) return;
    const log = node.disk.log.filter((txn) => txn.zxid > zxid);
    node.disk = { ...node.disk, snapshotZxid: zxid, log };
  }

  /** A client's write at the leader. */
  propose(sid: number): Zxid | null {
    const node = this.node(sid);
    const { state } = node;
    if (state?.peer.state !== 'LEADING' || state.peer.zab !== 'BROADCAST') return null;
    const { last } = state.log.history;
    const zxid = (Math.max(last, makeZxid(state.peer.epoch, 0)) + 1) as Zxid;
    const txn: Txn = {
      zxid,
      sessionId: 1n as SessionId,
      cxid: ++this.cxid,
      time: this.now,
      body: { type: 'setData', path: '/', data: null, version: this.cxid },
    };
    this.feed(node, { type: 'propose', txn });
    return zxid;
  }

  /** One end of a connection fails by itself. */
  breakLink(conn: PeerConn, at: Sid): void {
    const channel = this.channels.get(conn);
    if (channel?.open.has(at) !== true) return;
    closeEnd(channel, at);
    this.feed(this.node(at), { type: 'closed', conn, now: this.now });
  }

  /** Connections with an end open at this server. */
  linksAt(sid: number): readonly PeerConn[] {
    return [...this.channels].filter(([, c]) => c.open.has(sid as Sid)).map(([conn]) => conn);
  }

  /** All that may happen without time passing, in a fixed order. */
  choices(): readonly Choice[] {
    const choices: Choice[] = [];
    for (const [sid, node] of this.nodes) {
      if (node.state === null) continue;
      if (node.writes.length > 0) choices.push({ kind: 'persist', at: sid });
      if (node.dials.length > 0) choices.push({ kind: 'dial', at: sid });
      if (node.accepts.length > 0) choices.push({ kind: 'accept', at: sid });
      for (const from of this.sids) {
        const notes = this.notes.get(`${from} ${sid}`) ?? [];
        if (notes.length > 0) choices.push({ kind: 'note', from, to: sid });
      }
      for (const [conn, channel] of this.channels) {
        // What has not been accepted yet cannot be read.
        if (!channel.open.has(sid) || node.accepts.includes(conn)) continue;
        const other = sid === channel.learner ? channel.leader : channel.learner;
        if ((channel.queue.get(sid)?.length ?? 0) > 0) {
          choices.push({ kind: 'packet', conn, to: sid });
        } else if (!channel.open.has(other)) {
          choices.push({ kind: 'notice', conn, at: sid });
        }
      }
    }
    return choices;
  }

  take(choice: Choice): void {
    const { now } = this;
    switch (choice.kind) {
      case 'note': {
        const notification = this.notes.get(`${choice.from} ${choice.to}`)?.shift();
        if (notification === undefined) return;
        const { from } = choice;
        this.feed(this.node(choice.to), { type: 'notification', from, notification, now });
        return;
      }
      case 'packet': {
        const packet = this.channels.get(choice.conn)?.queue.get(choice.to)?.shift();
        if (packet === undefined) return;
        this.feed(this.node(choice.to), { type: 'packet', conn: choice.conn, packet, now });
        return;
      }
      case 'notice': {
        const channel = this.channels.get(choice.conn);
        if (channel !== undefined) closeEnd(channel, choice.at);
        this.feed(this.node(choice.at), { type: 'closed', conn: choice.conn, now });
        return;
      }
      case 'persist':
        this.persist(this.node(choice.at));
        return;
      case 'dial':
        this.dial(this.node(choice.at));
        return;
      case 'accept': {
        const node = this.node(choice.at);
        const conn = node.accepts.shift();
        if (conn !== undefined) this.feed(node, { type: 'opened', conn, as: 'leader', now });
        return;
      }
    }
  }

  /** Time goes on to the next deadline, if there is one. */
  tick(): boolean {
    const due = [...this.nodes.values()].filter((n) => n.state !== null && n.deadline !== null);
    if (due.length === 0) return false;
    const next = due.reduce((a, b) => ((b.deadline ?? 0) < (a.deadline ?? 0) ? b : a));
    this.now = Math.max(this.now, next.deadline ?? 0);
    this.feed(next, { type: 'tick', now: this.now });
    return true;
  }

  /** Lets everything happen, in order, until `done` or `steps` steps. Throws if it never is. */
  runUntil(done: () => boolean, steps = 10_000): void {
    for (let i = 0; i < steps; i++) {
      if (done()) return;
      const [first] = this.choices();
      if (first !== undefined) this.take(first);
      else if (!this.tick()) break;
    }
    if (!done()) throw new Error('what was waited for did not happen');
  }

  /** Lets everything happen that needs no time to pass. */
  settle(): void {
    for (let first = this.choices()[0]; first !== undefined; first = this.choices()[0])
      this.take(first);
  }

  private node(sid: number): Node {
    const node = this.nodes.get(sid as Sid);
    if (node === undefined) throw new Error(`no server ${sid}`);
    return node;
  }

  /** Appends go together, any other write alone. */
  private persist(node: Node): void {
    const { writes } = node;
    let count = 1;
    if (writes[0]?.write.op === 'append') {
      while (writes[count]?.write.op === 'append') count++;
    }
    const batch = writes.splice(0, count);
    for (const { write } of batch) node.disk = applyWrite(node.disk, write);
    const ticket = batch.at(-1)?.ticket;
    if (ticket !== undefined) this.feed(node, { type: 'persisted', ticket });
  }

  private dial(node: Node): void {
    const sid = node.dials.shift();
    if (sid === undefined) return;
    const target = this.node(sid);
    if (target.state === null) {
      this.feed(node, { type: 'dialFailed', sid, now: this.now });
      return;
    }
    const conn = this.nextConn++ as PeerConn;
    const own = node.config.sid;
    const queue = new Map([own, sid].map((end): [Sid, Packet[]] => [end, []]));
    this.channels.set(conn, { learner: own, leader: sid, queue, open: new Set([own, sid]) });
    target.accepts.push(conn);
    this.feed(node, { type: 'opened', conn, as: 'learner', now: this.now });
  }

  private feed(node: Node, event: CoreEvent): void {
    const before = node.state;
    if (before === null) return;
    const [after, effects] = reduce(before, event);
    node.state = after;
    const context = { seq: this.lines.length + 1, connName: (conn: PeerConn) => `c${conn}` };
    this.lines.push(traceLine({ before, event, after, effects }, context));
    for (const effect of effects) this.perform(node, effect);
  }

  private perform(node: Node, effect: CoreEffect): void {
    const { sid } = node.config;
    switch (effect.type) {
      case 'persist':
        node.writes.push({ ticket: effect.ticket, write: effect.write });
        return;
      case 'send':
        this.send(sid, effect.conn, effect.packet);
        return;
      case 'sendSnapshot': {
        const snapshot = { zxid: effect.zxid, image: null };
        this.send(sid, effect.conn, { type: 'SNAP', snapshot });
        return;
      }
      case 'close': {
        const channel = this.channels.get(effect.conn);
        if (channel !== undefined) closeEnd(channel, sid);
        return;
      }
      case 'dial':
        node.dials.push(effect.sid);
        return;
      case 'notify': {
        const pair = `${sid} ${effect.to}`;
        this.notes.set(pair, [...(this.notes.get(pair) ?? []), effect.notification]);
        return;
      }
      case 'deadline':
        node.deadline = effect.at;
        return;
      case 'pinged':
        // The server layer of a learner answers.
        if (effect.conn === null) this.feed(node, { type: 'pong', sessions: [] });
        return;
      default:
        return;
    }
  }

  private send(from: Sid, conn: PeerConn, packet: Packet): void {
    const channel = this.channels.get(conn);
    if (channel?.open.has(from) !== true) return;
    const to = from === channel.learner ? channel.leader : channel.learner;
    if (channel.open.has(to)) channel.queue.get(to)?.push(packet);
  }
}

function closeEnd(channel: Channel, at: Sid): void {
  channel.open.delete(at);
  channel.queue.set(at, []);
}

/** What a durable write makes of a disk. */
export function applyWrite(disk: DiskContent, write: DiskOp): DiskContent {
  switch (write.op) {
    case 'append':
      return { ...disk, log: [...disk.log, write.txn] };
    case 'truncate':
      return { ...disk, log: disk.log.filter((txn) => txn.zxid <= write.zxid) };
    case 'install':
      return { ...disk, snapshotZxid: write.snapshot.zxid, log: [] };
    case 'acceptedEpoch':
      return { ...disk, acceptedEpoch: write.epoch };
    case 'currentEpoch':
      return { ...disk, currentEpoch: write.epoch };
  }
}
