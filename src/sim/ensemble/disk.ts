/**
 * The disk of one server: the two epochs, the newest snapshot and the log after it, and the writes
 * under way, as `src/shell/storage` carries them out. Appends that wait are flushed together, every
 * other write alone. The log is a row of files, a new one after each snapshot; a truncation drops
 * the newest files first.
 *
 * A crash loses what waits, and leaves anything between nothing and all of the write under way: any
 * number of bytes of a run of appends, any number of the files that a truncation drops. Epochs and
 * snapshots are replaced by a rename, so they are the old or the new one.
 */
import type { DiskOp } from '../../core/effect.js';
import type { DiskContent } from '../../core/event.js';
import type { Txn } from '../../core/txn.js';
import { ZXID_ZERO, type Zxid } from '../../core/zxid.js';
import type { Tree } from '../../tree/tree.js';
import type { Rng } from './rng.js';
import { tear } from './torn-write.js';
import { Violation } from './violation.js';

export interface Write {
  readonly ticket: number;
  readonly write: DiskOp;
}

export interface DiskSnapshot {
  readonly zxid: Zxid;
  /** null: there is none. */
  readonly tree: Tree | null;
}

/** `torn`: a record was cut in two. `partial`: some whole ones are there. */
export type CrashedWrite = 'nothing' | 'lost' | 'torn' | 'partial' | 'done';

export class SimDisk {
  acceptedEpoch = 0;
  currentEpoch = 0;
  snapshot: DiskSnapshot = { zxid: ZXID_ZERO, tree: null };
  /** Ascending; all after the snapshot. */
  log: Txn[] = [];
  /** The first zxid of each log file, ascending. */
  files: Zxid[] = [];
  /** Asked for and not begun. */
  waiting: Write[] = [];
  /** Under way: a run of appends, or one other write. */
  running: readonly Write[] = [];
  /** The snapshot being written. */
  writing: DiskSnapshot | null = null;
  /** Transactions logged since a snapshot was begun. */
  logged = 0;
  #newFile = true;

  get lastZxid(): Zxid {
    return this.log.at(-1)?.zxid ?? this.snapshot.zxid;
  }

  content(): DiskContent {
    const { acceptedEpoch, currentEpoch, snapshot, log } = this;
    return { acceptedEpoch, currentEpoch, snapshotZxid: snapshot.zxid, log: log.slice() };
  }

  /** Whether the log, or the snapshot, holds the transaction `zxid`. */
  holds(zxid: Zxid): boolean {
    return zxid <= this.snapshot.zxid || this.log[this.#countUpTo(zxid) - 1]?.zxid === zxid;
  }

  /** How many entries of the log are not above `zxid`. */
  #countUpTo(zxid: Zxid): number {
    let low = 0;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.log[middle]!.zxid <= zxid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Begins the next write; nothing may be under way, and something must wait. */
  begin(): void {
    let length = 0;
    while (this.waiting[length]?.write.op === 'append') length++;
    this.running = this.waiting.splice(0, Math.max(length, 1));
  }

  /** The write under way is durable; returns its last ticket. */
  finish(): number {
    for (const { write } of this.running) this.#apply(write);
    const { ticket } = this.running.at(-1)!;
    this.running = [];
    return ticket;
  }

  #apply(write: DiskOp): void {
    switch (write.op) {
      case 'append':
        this.#append(write.txn);
        return;
      case 'truncate':
        if (this.writing !== null && this.writing.zxid > write.zxid) this.writing = null;
        if (write.zxid < this.snapshot.zxid) {
          throw new Violation('CommittedStaysOnDisk', `truncate to ${write.zxid} below a snapshot`);
        }
        this.#truncate(write.zxid);
        return;
      case 'install':
        this.snapshot = { zxid: write.snapshot.zxid, tree: write.snapshot.image as Tree };
        this.log = [];
        this.files = [];
        this.#newFile = true;
        this.writing = null;
        this.logged = 0;
        return;
      case 'acceptedEpoch':
        this.acceptedEpoch = write.epoch;
        return;
      case 'currentEpoch':
        this.currentEpoch = write.epoch;
        return;
      default:
        write satisfies never;
    }
  }

  #append(txn: Txn): void {
    if (this.#newFile) this.files.push(txn.zxid);
    this.#newFile = false;
    this.logged++;
    this.log.push(txn);
  }

  #truncate(zxid: Zxid): void {
    this.log.length = this.#countUpTo(zxid);
    this.files = this.files.filter((first) => first <= zxid);
    this.#newFile = true;
  }

  /** Begins to write a snapshot of a state that the log has reached. */
  beginSnapshot(snapshot: DiskSnapshot): void {
    this.writing = snapshot;
    this.logged = 0;
    this.#newFile = true;
  }

  /** The snapshot is there, unless it is not wanted any more. */
  finishSnapshot(snapshot: DiskSnapshot): void {
    if (this.writing !== snapshot) return;
    this.writing = null;
    this.snapshot = snapshot;
    this.log = this.log.slice(this.#countUpTo(snapshot.zxid));
  }

  /** The process is gone. Returns what became of the write under way, if one was. */
  crash(rng: Rng): CrashedWrite {
    const { running } = this;
    this.waiting = [];
    this.running = [];
    this.writing = null;
    this.logged = 0;
    const first = running[0]?.write;
    const left = first === undefined ? 'nothing' : this.#interrupt(first, running, rng);
    this.#newFile = true;
    return left;
  }

  #interrupt(first: DiskOp, running: readonly Write[], rng: Rng): CrashedWrite {
    if (first.op === 'append') return this.#tear(running, rng);
    if (first.op === 'truncate') {
      const above = this.files.filter((file) => file > first.zxid).reverse();
      const dropped = rng.below(above.length + 2);
      if (dropped > above.length) this.#apply(first);
      else if (dropped > 0) this.#truncate((above[dropped - 1]! - 1) as Zxid);
      return dropped > above.length ? 'done' : dropped > 0 ? 'partial' : 'lost';
    }
    if (rng.chance(1, 2)) return 'lost';
    this.#apply(first);
    return 'done';
  }

  #tear(running: readonly Write[], rng: Rng): CrashedWrite {
    const txns = running.map(({ write }) => (write as { readonly txn: Txn }).txn);
    const { found, torn } = tear(txns, rng);
    for (const txn of found) this.#append(txn);
    if (torn) return 'torn';
    return found.length === 0 ? 'lost' : found.length < txns.length ? 'partial' : 'done';
  }
}
