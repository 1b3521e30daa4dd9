/**
 * AdminServer's commands that make and take a server's whole data (Apache: `SnapshotCommand`,
 * `RestoreCommand`). One of each at a time, and no more often than the configuration says.
 */
import type { Readable } from 'node:stream';
import type { AdminSettings, DiskSettings } from '../../config/operation-settings.js';
import type { Zxid } from '../../core/zxid.js';
import { zxidToHex } from '../../core/zxid.js';
import type { Logger } from '../logger.js';
import type { ServerMetrics } from '../metrics/server-metrics.js';
import type { Fields } from './admin-commands.js';
import { RateLimiter } from './rate-limiter.js';

export interface DataAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: Fields;
  /** What is sent instead of JSON. */
  readonly stream: Readable | null;
}

export interface TakenSnapshot {
  readonly zxid: Zxid;
  readonly bytes: number;
  /** Its content, from the start; to be destroyed by who does not read it. */
  readonly open: () => Readable;
}

export interface AdminDataOptions {
  readonly admin: AdminSettings;
  readonly disk: DiskSettings;
  readonly metrics: ServerMetrics;
  readonly log: Logger;
  readonly now: () => number;
  /** Writes a snapshot of what is committed now. */
  readonly takeSnapshot: () => Promise<TakenSnapshot>;
  /** Makes the snapshot that `input` holds the server's state; resolves with its zxid. */
  readonly restore: (input: Readable) => Promise<Zxid>;
}

export class AdminData {
  readonly #options: AdminDataOptions;
  readonly #snapshots: RateLimiter;
  readonly #restores: RateLimiter;

  constructor(options: AdminDataOptions) {
    this.#options = options;
    const { rateLimiterInterval } = options.admin;
    // Apache reads the interval of snapshots as microseconds.
    this.#snapshots = new RateLimiter(Math.floor(rateLimiterInterval / 1000), options.now);
    this.#restores = new RateLimiter(rateLimiterInterval, options.now);
  }

  /** @param streaming the query's parameter; null: it is not there, which is yes. */
  async snapshot(streaming: string | null): Promise<DataAnswer> {
    const { admin, disk, metrics, takeSnapshot, now, log } = this.#options;
    if (!admin.snapshotEnabled) return status(503);
    if (!disk.serializeLastProcessedZxid) return status(500);
    if (!this.#snapshots.allow()) {
      metrics.snapshotRateLimitedCount.add();
      return status(429);
    }
    const start = now();
    try {
      const { zxid, bytes, open } = await takeSnapshot();
      metrics.snapshotTime.add(now() - start);
      const headers = { last_zxid: `0x${zxidToHex(zxid)}`, snapshot_size: String(bytes) };
      const wanted = streaming === null || /^true$/i.test(streaming);
      return { status: 200, headers, fields: {}, stream: wanted ? open() : null };
    } catch (error) {
      metrics.snapshotErrorCount.add();
      log.warn('snapshot command failed', { reason: reasonOf(error) });
      return status(500);
    }
  }

  async restore(input: Readable): Promise<DataAnswer> {
    const { admin, disk, metrics, restore, now, log } = this.#options;
    if (!admin.restoreEnabled) return status(503);
    if (!disk.serializeLastProcessedZxid) return status(500);
    if (!this.#restores.allow()) {
      metrics.restoreRateLimitedCount.add();
      return status(429);
    }
    const start = now();
    try {
      const zxid = await restore(input);
      metrics.restoreTime.add(now() - start);
      return { status: 200, headers: {}, fields: { last_zxid: zxid }, stream: null };
    } catch (error) {
      metrics.restoreErrorCount.add();
      log.warn('restore command failed', { reason: reasonOf(error) });
      return status(500);
    }
  }
}

function status(code: number): DataAnswer {
  return { status: code, headers: {}, fields: {}, stream: null };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
