/**
 * A server's disk: its storage, opened, measured and replaced; snapshots when they are due and
 * when they are asked for; old files removed (Apache: `FileTxnSnapLog`, `DatadirCleanupManager`).
 */
import { resolve } from 'node:path';
import type { ServerConfig } from '../config/server-config.js';
import type { DiskOp } from '../core/effect.js';
import { snapshotReady, type MemberState } from '../server/member.js';
import { imageOf } from '../tree/image.js';
import { emptyTree, type Tree } from '../tree/tree.js';
import { monotonicNow } from './clock.js';
import type { Logger } from './logger.js';
import { DigestMeter } from './metrics/digest-meter.js';
import { meterDisk } from './metrics/disk-meter.js';
import type { ServerMetrics } from './metrics/server-metrics.js';
import type { TakenSnapshot } from './operator/admin-data.js';
import { takenSnapshot } from './operator/newest-snapshot.js';
import { systemIo } from './storage/log-writer.js';
import { openStorage, type StorageConfig } from './storage/open-storage.js';
import type { Recovered } from './storage/recovery.js';
import { installReceived, type Received } from './storage/restore.js';
import type { Storage } from './storage/storage.js';

const HOUR_MS = 3_600_000;
/** What a timer takes. */
const TIMER_MAX_MS = 0x7fff_ffff;
/** Apache: `PurgeTxnLog` keeps no fewer. */
const RETAIN_MIN = 3;

export interface ServerDiskOptions {
  readonly config: ServerConfig;
  /** What tests change about it. */
  readonly changes: Pick<StorageConfig, 'io' | 'random'>;
  readonly metrics: ServerMetrics;
  readonly log: Logger;
  readonly state: () => MemberState;
  /** Every write up to `ticket` is on disk. */
  readonly onPersisted: (ticket: number) => void;
  readonly onFailure: (error: Error) => void;
  /** A flush took longer than it should. */
  readonly onSlow: () => void;
}

export class ServerDisk {
  readonly #options: ServerDiskOptions;
  /** null: not opened yet, being replaced, or closed. */
  #storage: Storage | null = null;
  #ended = false;
  #purging: NodeJS.Timeout | null = null;
  /** Whoever waits for the disk to have all that is applied, or for the end. */
  #waiting: (() => void)[] = [];

  readonly #digests: DigestMeter;

  constructor(options: ServerDiskOptions) {
    this.#options = options;
    this.#digests = new DigestMeter(options.metrics, options.log);
  }

  /** Opens it, and says what it holds. @throws {StorageError} */
  async open(): Promise<Recovered> {
    const { config, changes, metrics, log, onPersisted, onFailure, onSlow } = this.#options;
    const start = monotonicNow();
    const threshold = config.disk.fsyncWarningThreshold;
    const io = meterDisk(changes.io ?? systemIo, metrics, threshold, (ms) => {
      onSlow();
      log.warn('the log took long to flush: is the disk too slow?', { ms });
    });
    const { recovered, storage } = await openStorage(
      { ...storageConfig(config), ...changes, io },
      {
        onPersisted,
        onFailure,
        onAppended: (txns, waiting) => {
          metrics.batchSize.add(txns);
          metrics.syncProcessorQueueSize.add(waiting);
        },
      },
    );
    this.#storage = storage;
    for (const note of recovered.notes) log.warn(note);
    const ms = monotonicNow() - start;
    metrics.dbInitTime.add(ms);
    if (recovered.image !== null) metrics.startupSnapLoadTime.add(ms);
    metrics.startupTxnsLoaded.add(recovered.disk.log.length);
    metrics.startupTxnsLoadTime.add(ms);
    return recovered;
  }

  /** Purges now, and in the interval of the configuration, if it says so. */
  startPurging(): void {
    const { snapRetainCount, purgeInterval } = this.#options.config.autopurge;
    if (purgeInterval <= 0) return;
    const purge = (): void => void this.purge(snapRetainCount);
    purge();
    this.#purging = setInterval(purge, Math.min(purgeInterval * HOUR_MS, TIMER_MAX_MS));
    this.#purging.unref();
  }

  /** Removes older snapshots than the newest `retain` (3 at least), and logs none of those needs. */
  async purge(retain: number): Promise<void> {
    await this.#storage?.purge(Math.max(retain, RETAIN_MIN));
  }

  submit(ticket: number, write: DiskOp): void {
    this.#storage?.submit(ticket, write);
  }

  /** After each step: a snapshot, if it is time for one and the disk has reached the state. */
  stepped(state: MemberState): void {
    this.#digests.stepped(state.service.digests);
    const storage = this.#storage;
    if (storage?.snapshotDue() === true && snapshotReady(state)) {
      const start = monotonicNow();
      void storage.snapshot(imageOf(state.service.tree)).then(() => {
        this.#options.metrics.snapshotTime.add(monotonicNow() - start);
      });
    }
    if (this.#waiting.length > 0 && snapshotReady(state)) this.#wake();
  }

  /**
   * Writes a snapshot of what is committed now, beside everything else.
   * @throws if the server ends before
   */
  async takeSnapshot(): Promise<TakenSnapshot> {
    const folder = resolve(this.#options.config.dataDir, 'version-2');
    for (;;) {
      const storage = this.#storage;
      if (this.#ended || storage === null) throw new Error('the server has ended');
      const state = this.#options.state();
      if (!snapshotReady(state)) {
        await new Promise<void>((done) => this.#waiting.push(done));
        continue;
      }
      const { tree } = state.service;
      await storage.snapshot(imageOf(tree));
      // Another one may have been under way.
      const taken = takenSnapshot(folder, tree.lastZxid);
      if (taken !== null) return taken;
    }
  }

  /** Puts a snapshot in place of everything, and opens anew. */
  async replace(received: Received): Promise<Recovered> {
    const { config } = this.#options;
    const storage = this.#storage;
    if (this.#ended || storage === null) throw new Error('the server has ended');
    this.#storage = null;
    await storage.close();
    await installReceived(config, received, config.standalone);
    return this.open();
  }

  /** Ends in order, or as a kill would. */
  async end(inOrder: boolean): Promise<void> {
    this.#ended = true;
    if (this.#purging !== null) clearInterval(this.#purging);
    this.#wake();
    await (inOrder ? this.#storage?.close() : this.#storage?.abandon());
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }
}

function storageConfig(config: ServerConfig): StorageConfig {
  const { dataDir, dataLogDir, forceSync, preAllocSizeKb, snapCount, snapSizeBytes, disk } = config;
  return {
    dataDir,
    dataLogDir,
    fsync: forceSync,
    preAllocSizeKb,
    snapCount,
    compression: disk.snapshotCompression === '' ? 'none' : disk.snapshotCompression,
    snapSizeLimitKb: Number.isFinite(snapSizeBytes) ? snapSizeBytes / 1024 : 0,
    initial: imageOf(emptyTree(disk.digestEnabled)),
    trustEmptySnapshot: disk.trustEmptySnapshot,
    imageOf: ({ image }) => imageOf(image as Tree),
  };
}
