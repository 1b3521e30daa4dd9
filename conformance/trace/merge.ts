/**
 * Puts the lines of several servers, each in a file of its own, into one order that explains them:
 * a line that reads the n-th packet of a connection comes after the line that sent it, and one that
 * reads a notification after one that sent an equal one. Nothing is on the wire for it.
 *
 * Two more rules keep to what the model says of connections, where nothing contradicts: a learner's
 * attempt that a leader read comes after that server became leader, and after the leader has read
 * what it read of the learner's older connections.
 */
import { findLinks, isPacketSent, otherEnd } from './annotate.js';
import type { Links } from './annotate.js';
import type { SourceLine } from './file.js';

export interface Merged {
  readonly lines: readonly SourceLine[];
  /** A line that can have no place, and why: it ends the order. */
  readonly refused: { readonly at: SourceLine; readonly why: string } | null;
}

interface Queue {
  readonly lines: readonly SourceLine[];
  next: number;
}

class Merger {
  private readonly queues: Queue[];
  private readonly links: Links;
  private readonly order: SourceLine[] = [];
  /** By connection and sender: how many packets it has sent so far. */
  private readonly sent = new Map<string, number>();
  private readonly read = new Map<string, number>();
  /** By sender and receiver: the notifications so far, and the place of the last that was read. */
  private readonly notes = new Map<string, string[]>();
  private readonly notesRead = new Map<string, number>();
  /** By attempt: the lines that must come before it. */
  private readonly before: ReadonlyMap<SourceLine, readonly SourceLine[]>;
  private readonly placed = new Set<SourceLine>();
  /** Prefer the line that comes first in its file; else the server that is least far. */
  private readonly inFileOrder: boolean;

  constructor(files: readonly (readonly SourceLine[])[], inFileOrder = false) {
    this.inFileOrder = inFileOrder;
    this.queues = files.map((lines) => ({ lines, next: 0 }));
    this.links = findLinks(files.flat());
    this.before = connectRules(files, this.links);
  }

  run(): Merged {
    const total = this.queues.reduce((n, q) => n + q.lines.length, 0);
    while (this.order.length < total) {
      const queue = this.pick(true) ?? this.pick(false);
      if (queue === null) return { lines: this.order, refused: this.stuck() };
      this.place(queue.lines[queue.next]!);
      queue.next++;
    }
    return { lines: this.order, refused: null };
  }

  private rank(queue: Queue): number {
    if (!this.inFileOrder) return share(queue);
    return queue.lines[queue.next]?.number ?? Infinity;
  }

  /** The first queue among those that may go on. */
  private pick(strict: boolean): Queue | null {
    let best: Queue | null = null;
    for (const queue of this.queues) {
      const source = queue.lines[queue.next];
      if (source === undefined) continue;
      if (best !== null && this.rank(best) <= this.rank(queue)) continue;
      if (this.missing(source) !== null) continue;
      if (strict && !(this.before.get(source) ?? []).every((s) => this.placed.has(s))) continue;
      best = queue;
    }
    return best;
  }

  /** What a line reads that has not been sent yet; null if nothing. */
  private missing(source: SourceLine): string | null {
    const { event, server } = source.line;
    if (event.type === 'packet') {
      const link = this.links.of(source, event.conn);
      const peer = link === null ? null : otherEnd(link, server);
      if (link === null || peer === null) return `no server has the other end of ${event.conn}`;
      const n = (this.read.get(`${link.key} ${server}`) ?? 0) + 1;
      if (n <= (this.sent.get(`${link.key} ${peer}`) ?? 0)) return null;
      return `server ${server} reads packet ${n} of ${event.conn}, which server ${peer} has not sent`;
    }
    if (event.type === 'notification') {
      const pair = `${event.from} ${server}`;
      const text = noteText(event.notification);
      const from = this.notesRead.get(pair) ?? 0;
      if ((this.notes.get(pair) ?? []).indexOf(text, from) >= 0) return null;
      return `server ${server} reads a notification that server ${event.from} has not sent`;
    }
    return null;
  }

  private place(source: SourceLine): void {
    const { event, server, sent } = source.line;
    this.order.push(source);
    this.placed.add(source);
    if (event.type === 'packet') {
      const link = this.links.of(source, event.conn);
      if (link !== null) add(this.read, `${link.key} ${server}`);
    } else if (event.type === 'notification') {
      const pair = `${event.from} ${server}`;
      const from = this.notesRead.get(pair) ?? 0;
      const at = (this.notes.get(pair) ?? []).indexOf(noteText(event.notification), from);
      this.notesRead.set(pair, at);
    }
    for (const item of sent) {
      if (isPacketSent(item)) {
        const link = this.links.of(source, item.conn);
        if (link !== null) add(this.sent, `${link.key} ${server}`);
      } else if ('notification' in item) {
        const pair = `${server} ${item.to}`;
        const list = this.notes.get(pair) ?? [];
        list.push(noteText(item.notification));
        this.notes.set(pair, list);
      }
    }
  }

  /** Of the lines that wait, one that waits for what comes in no line at all, if there is one. */
  private stuck(): NonNullable<Merged['refused']> {
    const waiting = this.queues.flatMap((q) => q.lines.slice(q.next, q.next + 1));
    const ahead = new Map<string, number>();
    for (const q of this.queues) {
      for (const source of q.lines.slice(q.next)) {
        for (const item of source.line.sent) {
          const link = 'conn' in item ? this.links.of(source, item.conn) : null;
          if (isPacketSent(item) && link !== null) add(ahead, `${link.key} ${source.line.server}`);
        }
      }
    }
    const hopeless = waiting.find((source) => {
      const { event, server } = source.line;
      if (event.type !== 'packet') return event.type === 'notification';
      const link = this.links.of(source, event.conn);
      const peer = link === null ? null : otherEnd(link, server);
      return link === null || peer === null || !ahead.has(`${link.key} ${peer}`);
    });
    const at = hopeless ?? waiting[0]!;
    return { at, why: this.missing(at) ?? 'it waits for a line that waits for it' };
  }
}

function share(queue: Queue): number {
  return queue.next / queue.lines.length;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function noteText(notification: unknown): string {
  return JSON.stringify(notification);
}

/** For each attempt to connect that a leader read: the leader's lines that it must come after. */
function connectRules(
  files: readonly (readonly SourceLine[])[],
  links: Links,
): ReadonlyMap<SourceLine, readonly SourceLine[]> {
  const attempts = new Map<string, SourceLine>();
  const rules = new Map<SourceLine, SourceLine[]>();
  for (const source of files.flat()) {
    const { event } = source.line;
    if (event.type !== 'opened' || event.as !== 'learner') continue;
    const link = links.of(source, event.conn);
    if (link?.read === true) attempts.set(link.key, source);
  }
  for (const lines of files) {
    let began: SourceLine | null = null;
    const lastRead = new Map<number, SourceLine>();
    for (const source of lines) {
      const { event, post, action, server } = source.line;
      if (post.state !== 'LEADING') began = null;
      else began ??= source;
      if (event.type !== 'packet') continue;
      const link = links.of(source, event.conn);
      if (link?.leader !== server || link.learner === null) continue;
      const attempt = attempts.get(link.key);
      if (action === 'LeaderProcessFOLLOWERINFO' && attempt !== undefined) {
        const earlier = [began, lastRead.get(link.learner)].filter((s) => s != null);
        rules.set(
          attempt,
          earlier.filter((s) => s !== source),
        );
      }
      lastRead.set(link.learner, source);
    }
  }
  return rules;
}

/** `files`: the lines of each server. */
export function mergeTraces(files: readonly (readonly SourceLine[])[]): Merged {
  return new Merger(files).run();
}

/**
 * The lines of one file in an order that the model can follow. It is the file's, but for a learner's
 * attempt to connect that happened while its leader still read an older connection: that one comes
 * later, with what follows on it. A file in which something is read before it was sent stays as it is.
 */
export function modelOrder(lines: readonly SourceLine[]): readonly SourceLine[] {
  if (new Merger([lines], true).run().refused !== null) return lines;
  const servers = new Map<number, SourceLine[]>();
  for (const source of lines) {
    const own = servers.get(source.line.server);
    if (own === undefined) servers.set(source.line.server, [source]);
    else own.push(source);
  }
  const merged = new Merger([...servers.values()], true).run();
  return merged.refused === null ? merged.lines : lines;
}
