/** The trace files of servers that run, read as they grow: a schedule waits for what they show. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeLine, type TraceLine } from '../../../conformance/trace/schema.js';

const NEWLINE = 0x0a;
const POLL_MS = 10;

interface Tail {
  /** Behind the last whole line that was read. */
  offset: number;
  readonly lines: TraceLine[];
}

export const traceFileOf = (folder: string, sid: number): string =>
  join(folder, `server-${sid}.ndjson`);

export class LiveTraces {
  readonly #folder: string;
  readonly #tails: ReadonlyMap<number, Tail>;

  constructor(folder: string, sids: readonly number[]) {
    this.#folder = folder;
    this.#tails = new Map(sids.map((sid) => [sid, { offset: 0, lines: [] }]));
  }

  get sids(): readonly number[] {
    return [...this.#tails.keys()];
  }

  /** All whole lines that the file of `sid` has now. */
  lines(sid: number): readonly TraceLine[] {
    const tail = this.#tails.get(sid);
    if (tail === undefined) throw new Error(`no server ${sid}`);
    this.#read(sid, tail);
    return tail.lines;
  }

  last(sid: number): TraceLine | null {
    return this.lines(sid).at(-1) ?? null;
  }

  /** Looks again and again until there is something; throws after `patience` ms. */
  async until<T>(what: string, look: () => T | null, patience = 60_000): Promise<T> {
    const end = performance.now() + patience;
    for (;;) {
      const found = look();
      if (found !== null) return found;
      if (performance.now() > end) throw new Error(`no ${what} in ${patience} ms: ${this.shown()}`);
      await delay(POLL_MS);
    }
  }

  /** What each server is, for messages. */
  shown(): string {
    return this.sids
      .map((sid) => {
        const post = this.last(sid)?.post;
        return `${sid} ${post === undefined ? 'not started' : `${post.state} ${post.zabState}`}`;
      })
      .join(', ');
  }

  #read(sid: number, tail: Tail): void {
    let fd: number;
    try {
      fd = openSync(traceFileOf(this.#folder, sid), 'r');
    } catch {
      return;
    }
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - tail.offset));
      const end = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, tail.offset));
      const whole = end.lastIndexOf(NEWLINE) + 1;
      if (whole === 0) return;
      for (const text of end.toString('utf8', 0, whole - 1).split('\n')) {
        const decoded = decodeLine(text);
        if (!decoded.ok) throw new Error(`server ${sid}: ${decoded.why}: ${text}`);
        tail.lines.push(decoded.value);
      }
      tail.offset += whole;
    } finally {
      closeSync(fd);
    }
  }
}
