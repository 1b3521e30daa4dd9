/**
 * Turns the lines of one run, in order, into what the trace specification reads: which action with
 * which peer, what was sent to whom, how many durable writes were done.
 */
import { findLinks, isModelled, isPacketSent, otherEnd } from './annotate.js';
import type { Links } from './annotate.js';
import type { SourceLine } from './file.js';
import { noteText } from './merge.js';
import { misfit, Wire } from './misfit.js';
import type { TraceDisk, TraceLine, TraceNotification, TracePacket, TracePost } from './schema.js';

/** A line as the trace specification has it (see conformance/mapping.md). */
export interface ModelLine {
  readonly source: SourceLine;
  /** "Stutter": the step changes nothing in the model. */
  readonly action: string;
  /** The second parameter of the action; the server itself if it has none. */
  readonly peer: number;
  readonly packet: TracePacket | null;
  readonly note: TraceNotification | null;
  /** How many durable writes the line says are done. */
  readonly durable: number;
  /** The place, among the packets under way, of one that is kept aside; 0: none is. */
  readonly kept: number;
  /** The notification was read before, or sent before its receiver restarted. */
  readonly resent: boolean;
  readonly sent: ReadonlyMap<number, readonly TracePacket[]>;
  readonly notes: ReadonlyMap<number, readonly TraceNotification[]>;
  /** Of the receivers of `notes`: those to whom many are under way, none of which is read any more. */
  readonly lost: readonly number[];
  /**
   * The line says nothing that its server's line before did not: a step that changes nothing, sends,
   * writes and delivers nothing, and shows the same. It is explained wherever it stands.
   */
  readonly idle: boolean;
}

export interface ModelTrace {
  readonly name: string;
  readonly lines: readonly ModelLine[];
  readonly voters: readonly number[];
  readonly observers: readonly number[];
  /** What each server found at its first start; null: it was never started. */
  readonly disks: ReadonlyMap<number, TraceDisk>;
  /** A line that no model can explain, after `lines`. */
  readonly refused: { readonly at: SourceLine; readonly why: string } | null;
}

/** A message of the election that was sent from one server to another. */
interface SentNote {
  readonly text: string;
  /** Of the line that sent it. */
  readonly place: number;
  /** How many before it were under way then, unread. */
  readonly unread: number;
  /** Of the line that reads it; -1: none does. */
  readAt: number;
}

/** Fewer than these unread messages from one server to another do not matter. */
const UNREAD_MAX = 16;

/** Of one server, while its lines are read. */
interface ServerView {
  readonly pending: number[];
  /** The last one that it gave a write since it started; -1: none. */
  ticket: number;
  readonly open: Set<string>;
  /** By connection: packets kept aside since the last that the model read. */
  readonly kept: Map<string, number>;
  /** What its last line shows. */
  shown: TracePost | null;
}

class Resolver {
  readonly links: Links;
  private readonly servers = new Map<number, ServerView>();
  /** By sender and receiver. */
  private readonly notes = new Map<string, SentNote[]>();
  private readonly notesRead = new Map<string, number>();
  private readonly restarted = new Map<number, number>();
  private place = 0;

  constructor(lines: readonly SourceLine[]) {
    this.links = findLinks(lines);
  }

  resolve(source: SourceLine): ModelLine {
    const { line } = source;
    if (line.event.type === 'start') this.restart(line.server);
    const view = this.viewOf(line.server);
    const durable = line.event.type === 'persisted' ? done(view, line.event.ticket) : 0;
    for (const { ticket } of line.persisted) {
      view.pending.push(ticket);
      view.ticket = ticket;
    }
    const note = line.event.type === 'notification' ? line.event : null;
    const resent = note !== null && this.readNote(note.from, line.server, note.notification);
    const peer = this.peerOf(source);
    const action = this.actionOf(source, view);
    const kept = this.keptAside(source, view, action);
    const sent = this.sentPackets(source);
    const notes = this.sentNotes(line);
    const quiet = action === 'Stutter' && kept === 0 && sent.size === 0 && notes.size === 0;
    const resolved: ModelLine = {
      source,
      action,
      peer: peer ?? line.server,
      packet: line.event.type === 'packet' ? line.event.packet : null,
      note: note?.notification ?? null,
      durable,
      kept,
      resent,
      sent,
      notes,
      lost: [],
      idle: quiet && line.persisted.length === 0 && showsTheSame(line.post, view.shown),
    };
    view.shown = line.post;
    this.follow(source, view);
    this.place++;
    return resolved;
  }

  /** What is wrong with the tickets of the line; null if nothing. */
  unasked({ server, event, action, persisted }: TraceLine): string | null {
    const given = event.type === 'start' ? -1 : this.viewOf(server).ticket;
    if (persisted.some(({ ticket }, i) => ticket <= (persisted[i - 1]?.ticket ?? given))) {
      return 'tickets do not increase';
    }
    if (event.type !== 'persisted' || action === null) return null;
    if (this.viewOf(server).pending.includes(event.ticket)) return null;
    return `no write with ticket ${event.ticket} is under way at server ${server}`;
  }

  private viewOf(server: number): ServerView {
    const known = this.servers.get(server);
    if (known !== undefined) return known;
    const open = new Set<string>();
    const view: ServerView = {
      pending: [],
      ticket: -1,
      open,
      kept: new Map(),
      shown: null,
    };
    this.servers.set(server, view);
    return view;
  }

  private restart(server: number): void {
    this.servers.delete(server);
    this.restarted.set(server, this.place);
  }

  /** What the model calls the step; attempts that no leader read are nothing to it. */
  private actionOf(source: SourceLine, view: ServerView): string {
    const { line } = source;
    const { action, event, post } = line;
    if (event.type === 'opened' && action === 'FollowerConnect') {
      return this.links.of(source, event.conn)?.read === true ? action : 'Stutter';
    }
    if (action !== null) return action;
    // An acknowledgement that says nothing new to this leader is still one that it has read.
    const read = event.type === 'packet' && event.packet.type === 'ACK' && event.packet.zxid[1] > 0;
    if (read && post.state === 'LEADING' && this.isOpen(source, view)) return 'LeaderProcessACK';
    return 'Stutter';
  }

  private isOpen(source: SourceLine, view: ServerView): boolean {
    const { event } = source.line;
    if (event.type !== 'packet') return false;
    const link = this.links.of(source, event.conn);
    return link !== null && view.open.has(link.key);
  }

  private keptAside(source: SourceLine, view: ServerView, action: string): number {
    const { event, post } = source.line;
    if (event.type !== 'packet') return 0;
    const key = this.links.of(source, event.conn)?.key ?? event.conn;
    if (action !== 'Stutter') {
      view.kept.delete(key);
      return 0;
    }
    const waits = post.zabState === 'SYNCHRONIZATION' && post.state !== 'LEADING';
    if (!waits || !isModelled(event.packet) || !this.isOpen(source, view)) return 0;
    const kept = (view.kept.get(key) ?? 0) + 1;
    view.kept.set(key, kept);
    return kept;
  }

  private peerOf(source: SourceLine): number | null {
    const { event, server, post } = source.line;
    if (event.type === 'notification') return event.from;
    if (event.type === 'opened' && event.as === 'learner') return post.leader;
    if ('conn' in event) {
      const link = this.links.of(source, event.conn);
      return link === null ? null : otherEnd(link, server);
    }
    // A connection that this side closes of its own accord.
    for (const item of source.line.sent) {
      const link = 'close' in item ? this.links.of(source, item.conn) : null;
      if (link !== null) return otherEnd(link, server);
    }
    return null;
  }

  private sentPackets(source: SourceLine): ReadonlyMap<number, readonly TracePacket[]> {
    const { server, action, sent } = source.line;
    const packets = new Map<number, TracePacket[]>();
    for (const item of sent) {
      if (!isPacketSent(item) || !isModelled(item.packet)) continue;
      if (action === 'FollowerProcessUPTODATE' && item.packet.type === 'ACK') continue;
      const link = this.links.of(source, item.conn);
      const to = link === null ? null : otherEnd(link, server);
      if (to === null || link?.read !== true) continue;
      packets.set(to, [...(packets.get(to) ?? []), item.packet]);
    }
    return packets;
  }

  private sentNotes({
    server,
    sent,
  }: TraceLine): ReadonlyMap<number, readonly TraceNotification[]> {
    const notes = new Map<number, TraceNotification[]>();
    for (const item of sent) {
      if (!('notification' in item)) continue;
      notes.set(item.to, [...(notes.get(item.to) ?? []), item.notification]);
      const pair = `${server} ${item.to}`;
      const list = this.notes.get(pair) ?? [];
      const unread = list.length - 1 - (this.notesRead.get(pair) ?? -1);
      list.push({ text: noteText(item.notification), place: this.place, unread, readAt: -1 });
      this.notes.set(pair, list);
    }
    return notes;
  }

  /** Does the model need to be told that this message is under way (again)? */
  private readNote(from: number, to: number, notification: TraceNotification): boolean {
    const pair = `${from} ${to}`;
    const text = noteText(notification);
    const list = this.notes.get(pair) ?? [];
    const last = this.notesRead.get(pair) ?? -1;
    const again = last >= 0 && list[last]?.text === text;
    let at = last + 1;
    while (at < list.length && list[at]?.text !== text) at++;
    if (at >= list.length) return again;
    // Of equal ones in a row the last: which it was does not show, and the others may be lost.
    while (list[at + 1]?.text === text) at++;
    this.notesRead.set(pair, at);
    list[at]!.readAt = this.place;
    return (list[at]?.place ?? 0) < (this.restarted.get(to) ?? -1);
  }

  /** By line: the receivers to whom what is under way is read no more, when all lines are known. */
  lostNotes(): ReadonlyMap<number, readonly number[]> {
    const lost = new Map<number, number[]>();
    for (const [pair, list] of this.notes) {
      const to = Number(pair.split(' ')[1]);
      let lastRead = -1;
      for (const { place, unread, readAt } of list) {
        if (unread >= UNREAD_MAX && lastRead < place) {
          lost.set(place, [...(lost.get(place) ?? []), to]);
        }
        lastRead = Math.max(lastRead, readAt);
      }
    }
    return lost;
  }

  /** Connections that are open at this server after the line. */
  private follow(source: SourceLine, view: ServerView): void {
    const { event, sent } = source.line;
    if (event.type === 'opened') {
      const link = this.links.of(source, event.conn);
      if (link !== null) view.open.add(link.key);
    } else if (event.type === 'closed') {
      const link = this.links.of(source, event.conn);
      if (link !== null) view.open.delete(link.key);
    }
    for (const item of sent) {
      const link = 'close' in item ? this.links.of(source, item.conn) : null;
      if (link !== null) view.open.delete(link.key);
    }
  }
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [own, others] = [Object.entries(a), Object.keys(b)];
  const other = b as Readonly<Record<string, unknown>>;
  return own.length === others.length && own.every(([name, value]) => same(value, other[name]));
}

/** Nothing has changed, been delivered, or joined the log since `before`. */
function showsTheSame(post: TracePost, before: TracePost | null): boolean {
  if (before === null || post.history !== null || post.delivered.length > 0) return false;
  return same(post, { ...before, history: null, delivered: post.delivered });
}

/** Writes are done in the order of their tickets. */
function done(view: ServerView, ticket: number): number {
  let count = 0;
  while (view.pending.length > 0 && view.pending[0]! <= ticket) {
    view.pending.shift();
    count++;
  }
  return count;
}

/**
 * `lines` in an order that their servers could have gone through. Null if no line says who is in
 * the ensemble.
 */
export function resolveTrace(name: string, lines: readonly SourceLine[]): ModelTrace | null {
  const start = lines.find(({ line }) => line.event.type === 'start')?.line.event;
  if (start?.type !== 'start') return null;
  const { voters, observers } = start;
  const resolver = new Resolver(lines);
  const wire = new Wire(resolver.links);
  const resolved: ModelLine[] = [];
  const disks = new Map<number, TraceDisk>();
  for (const source of lines) {
    const { line } = source;
    const why = misfit(line, voters, observers) ?? wire.take(source) ?? resolver.unasked(line);
    if (why !== null) {
      const known = withLost(resolved, resolver);
      return { name, lines: known, voters, observers, disks, refused: { at: source, why } };
    }
    if (line.event.type === 'start' && !disks.has(line.server))
      disks.set(line.server, line.event.disk);
    resolved.push(resolver.resolve(source));
  }
  const known = withLost(resolved, resolver);
  return { name, lines: known, voters, observers, disks, refused: null };
}

function withLost(lines: readonly ModelLine[], resolver: Resolver): readonly ModelLine[] {
  const lost = resolver.lostNotes();
  if (lost.size === 0) return lines;
  return lines.map((line, place) => {
    const to = lost.get(place);
    return to === undefined ? line : { ...line, lost: to };
  });
}
