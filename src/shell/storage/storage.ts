/**
 * The durable side of one server: carries out the core's `persist` effects in ticket order.
 *
 * Appends that wait are written and flushed as one (group commit), and answered as one, by the
 * last ticket; every other write has an answer of its own. After the first failure nothing more
 * is written or answered: a flush that failed may have lost what an earlier one was told to keep.
 *
 * Installing a received snapshot replaces snapshots and log in one step that survives a crash: the
 * complete file gets the name `install.ZXID`; from then on everything older is only in the way,
 * and is removed here or at the next start; then the file gets its snapshot's name.
 */
import type { DiskOp } from '../../core/effect.js';
import type { SnapshotImage } from '../../core/image.js';
import type { Snapshot } from '../../core/message.js';
import type { Txn } from '../../core/txn.js';
import { zxidToHex } from '../../core/zxid.js';
import type { Zxid } from '../../core/zxid.js';
import type { Compression } from './compression.js';
import { writeEpoch } from './epochs.js';
import { TMP, installPath, listFiles, removeFiles, renameDurably, snapshotPath } from './files.js';
import type { FolderLock } from './folder-lock.js';
import type { LogWriter } from './log-writer.js';
import { finishInstall } from './recovery.js';
import type { Folders } from './recovery.js';
import type { SnapshotPolicy } from './snapshot-policy.js';
import { purgeable, writeSnapshotFile } from './snapshots.js';
import { StorageError, writing } from './storage-error.js';
import { encodedTxn } from './txn-bytes.js';

export interface StorageEvents {
  /** Every write up to `ticket` is durable. Never called from within `submit`. */
  readonly onPersisted: (ticket: number) => void;
  /** So many transactions are on disk, in one flush; so many writes wait. */
  readonly onAppended?: (txns: number, waiting: number) => void;
  /** Once, at the first failure: the server must stop. */
  readonly onFailure: (error: StorageError) => void;
}

export interface Storage {
  /** Queues one write. Tickets count up. */
  readonly submit: (ticket: number, op: DiskOp) => void;
  /** Whether it is time for a snapshot; see `snapshot-policy.ts`. */
  readonly snapshotDue: () => boolean;
  /**
   * Writes a snapshot of a committed state beside everything else, and begins a new log file. At
   * most one at a time: while one is being written this does nothing. Resolves when it is on disk,
   * superseded, or failed (`onFailure`).
   */
  readonly snapshot: (image: SnapshotImage) => Promise<void>;
  /** Removes older snapshots than the newest `retain`, and logs that none of those needs. */
  readonly purge: (retain: number) => Promise<void>;
  /** Ends in order: everything submitted is durable when this resolves. */
  readonly close: () => Promise<void>;
  /** Ends as a kill would: what was not flushed may or may not be there. */
  readonly abandon: () => Promise<void>;
}

/** What `openStorage` prepares. */
export interface StorageParts {
  readonly folders: Folders;
  readonly locks: readonly FolderLock[];
  readonly log: LogWriter;
  readonly policy: SnapshotPolicy;
  readonly imageOf: (snapshot: Snapshot) => SnapshotImage;
  /** Whether snapshots are flushed before they get their names. */
  readonly fsync: boolean;
  /** How snapshots are written; any is read. */
  readonly compression: Compression;
  /** How many snapshots to keep; 0: all. */
  readonly retain: number;
  /** Of the newest snapshot on disk. */
  readonly snapshotZxid: Zxid;
}

/** Most bytes of transactions in one flush, roughly: bounds the wait for the first answer. */
const BATCH_MAX = 4 * 1024 * 1024;

interface Queued {
  readonly ticket: number;
  readonly op: DiskOp;
}

type State = 'open' | 'closing' | 'abandoned' | 'failed';

class DiskQueue implements Storage {
  #state: State = 'open';
  #queue: Queued[] = [];
  /** The run of `#pump` under way. */
  #running: Promise<void> | null = null;
  #ended: Promise<void> | null = null;
  /** The snapshot being written; `wanted` false ends it. */
  #snapshot: { readonly zxid: Zxid; wanted: boolean; readonly done: Promise<void> } | null = null;
  #snapshotZxid: Zxid;
  #roll = false;

  constructor(
    readonly parts: StorageParts,
    readonly events: StorageEvents,
  ) {
    this.#snapshotZxid = parts.snapshotZxid;
  }

  submit(ticket: number, op: DiskOp): void {
    // What comes after the end is lost, as after a crash: it is never answered.
    if (this.#state !== 'open') return;
    this.#queue.push({ ticket, op });
    this.#start();
  }

  #start(): void {
    // On the next turn, so that everything which this one asks for goes into one flush.
    this.#running ??= new Promise((resolve, reject) => {
      setImmediate(() => this.#pump().then(resolve, reject));
    });
  }

  #alive(): boolean {
    return this.#state === 'open' || this.#state === 'closing';
  }

  async #pump(): Promise<void> {
    while (this.#alive() && this.#queue.length > 0) {
      const run = this.#nextRun();
      try {
        await this.#execute(run);
      } catch (e) {
        this.#fail(e);
        break;
      }
      if (this.#alive()) this.events.onPersisted(run.at(-1)!.ticket);
    }
    this.#running = null;
  }

  /** The next write, or all appends from there that make a batch. */
  #nextRun(): readonly Queued[] {
    let length = 0;
    let bytes = 0;
    for (const { op } of this.#queue) {
      if (op.op !== 'append' || bytes > BATCH_MAX) break;
      bytes += encodedTxn(op.txn).length;
      length++;
    }
    return this.#queue.splice(0, Math.max(length, 1));
  }

  async #execute(run: readonly Queued[]): Promise<void> {
    const { folders, log } = this.parts;
    const { op } = run[0]!;
    switch (op.op) {
      case 'append':
        return this.#append(run.map((queued) => (queued.op as { readonly txn: Txn }).txn));
      case 'truncate':
        await this.#endSnapshot((zxid) => zxid > op.zxid);
        if (op.zxid < this.#snapshotZxid) throw this.#cannotTruncate(op.zxid);
        return writing(`truncate the log in ${folders.logs}`, () => log.truncate(op.zxid));
      case 'install':
        return writing(`install a snapshot in ${folders.snapshots}`, () =>
          this.#install(op.snapshot),
        );
      case 'acceptedEpoch':
      case 'currentEpoch':
        return writing(`write ${op.op} in ${folders.snapshots}`, () =>
          writeEpoch(folders.snapshots, op.op, op.epoch),
        );
      default: {
        const never: never = op;
        throw new Error(`unreachable: ${JSON.stringify(never)}`);
      }
    }
  }

  async #append(txns: readonly Txn[]): Promise<void> {
    const { folders, log, policy } = this.parts;
    if (this.#roll) log.roll();
    this.#roll = false;
    const what = `write the transaction log in ${folders.logs}`;
    policy.logged(txns.length, await writing(what, () => log.append(txns)));
    this.events.onAppended?.(txns.length, this.#queue.length);
  }

  #cannotTruncate(zxid: Zxid): StorageError {
    return new StorageError(
      'TRUNCATE',
      `cannot truncate the log to 0x${zxidToHex(zxid)}: the snapshot ` +
        `0x${zxidToHex(this.#snapshotZxid)} in ${this.parts.folders.snapshots} holds more`,
    );
  }

  /** Ends the snapshot being written if it is one of those, and waits for it. */
  async #endSnapshot(unwanted: (zxid: Zxid) => boolean): Promise<void> {
    const snapshot = this.#snapshot;
    if (snapshot === null) return;
    if (unwanted(snapshot.zxid)) snapshot.wanted = false;
    await snapshot.done;
  }

  async #install(snapshot: Snapshot): Promise<void> {
    const { folders, log, imageOf, policy, compression } = this.parts;
    await this.#endSnapshot(() => true);
    const { zxid } = snapshot;
    // The packet's zxid, not the state's: an epoch may begin between them.
    const image = { ...imageOf(snapshot), zxid };
    const path = installPath(folders.snapshots, zxid, compression);
    const complete = await writeSnapshotFile(path + TMP, image, true, () => this.#alive());
    if (!complete) return;
    await renameDurably(folders.snapshots, path + TMP, path);
    log.roll();
    await finishInstall(folders);
    this.#snapshotZxid = zxid;
    policy.taken();
  }

  snapshotDue(): boolean {
    return this.#state === 'open' && this.#snapshot === null && this.parts.policy.due();
  }

  snapshot(image: SnapshotImage): Promise<void> {
    if (this.#snapshot !== null) return this.#snapshot.done;
    if (this.#state !== 'open') return Promise.resolve();
    this.parts.policy.taken();
    this.#roll = true;
    const { folders, compression } = this.parts;
    const path = snapshotPath(folders.snapshots, image.zxid, compression);
    const task = { zxid: image.zxid, wanted: true, done: Promise.resolve() };
    const wanted = (): boolean => task.wanted && this.#alive();
    this.#snapshot = task;
    task.done = writing(`write snapshot ${path}`, () => this.#writeSnapshot(path, image, wanted))
      .catch((e: unknown) => this.#fail(e))
      .finally(() => {
        this.#snapshot = null;
      });
    return task.done;
  }

  async #writeSnapshot(path: string, image: SnapshotImage, wanted: () => boolean): Promise<void> {
    const { folders, fsync, retain } = this.parts;
    const known = await listFiles(folders.snapshots, 'snapshot');
    if (
      known.some(({ zxid }) => zxid === image.zxid) ||
      !(await writeSnapshotFile(path + TMP, image, fsync, wanted))
    )
      return;
    await renameDurably(folders.snapshots, path + TMP, path);
    if (image.zxid > this.#snapshotZxid) this.#snapshotZxid = image.zxid;
    if (retain > 0) await purgeFolders(folders, retain);
  }

  async purge(retain: number): Promise<void> {
    if (this.#state !== 'open') return;
    const { folders } = this.parts;
    const what = `remove old files in ${folders.snapshots}`;
    try {
      // A snapshot under way ends first: it may be one of those to keep.
      await this.#snapshot?.done;
      await writing(what, () => purgeFolders(folders, retain));
    } catch (e) {
      this.#fail(e);
    }
  }

  #fail(e: unknown): void {
    if (!this.#alive()) return;
    this.#state = 'failed';
    this.#queue = [];
    // Anything but a StorageError is a broken invariant of ours, not the disk's fault.
    if (!(e instanceof StorageError)) throw e;
    this.events.onFailure(e);
  }

  close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    return (this.#ended ??= this.#end());
  }

  abandon(): Promise<void> {
    if (this.#alive()) this.#state = 'abandoned';
    this.#queue = [];
    return (this.#ended ??= this.#end());
  }

  /** Waits for what is under way: its files must not be closed under a running system call. */
  async #end(): Promise<void> {
    while (this.#running !== null) await this.#running;
    await this.#snapshot?.done;
    this.parts.log.close();
    for (const lock of this.parts.locks) await lock.release();
  }
}

/** Logs before snapshots: what a crash in between leaves can still be read. */
async function purgeFolders(folders: Folders, retain: number): Promise<void> {
  const snapshots = await listFiles(folders.snapshots, 'snapshot');
  const logs = await listFiles(folders.logs, 'log');
  await removeFiles(purgeable(snapshots, logs, retain));
}

/** Starts the queue over what `openStorage` prepared. */
export function createStorage(parts: StorageParts, events: StorageEvents): Storage {
  return new DiskQueue(parts, events);
}
