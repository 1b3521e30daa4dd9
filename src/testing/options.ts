/** What a test may choose about its servers, and what they are given otherwise. */
import type { EnsembleOptions } from '../shell/ensemble.js';
import type { Logger } from '../shell/logger.js';
import type { OpenTrace } from '../shell/trace-sink.js';

export interface StartOptions {
  /** ms; default 500. Sessions end on a tick. */
  readonly tickTime?: number;
  /** ms; default 2 ticks. */
  readonly minSessionTimeout?: number;
  /** ms; default 60,000. */
  readonly maxSessionTimeout?: number;
  /**
   * fsync before an acknowledgement; default false: what is acknowledged then survives `kill` and
   * the death of the process, but not of the machine. `zab server` syncs unless told otherwise.
   */
  readonly fsync?: boolean;
  /** Keep the data here; default: a temporary folder, removed by `close`. */
  readonly dataDir?: string;
  /** Client port; default 0: any free one. With several servers the others take the next ones. */
  readonly port?: number;
  /** Interface to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** Transactions between snapshots; default 100,000. */
  readonly snapCount?: number;
  /** Committed transactions that a leader keeps for followers that were away; default 500. */
  readonly commitLogCount?: number;
  /** Default: none. */
  readonly log?: Logger;
  /** Record every step of the consensus core in this file (NDJSON, for `zab validate`). */
  readonly trace?: string;
}

const TICK_TIME = 500;
/** In ticks: slow test machines must not end a leader's term. */
const INIT_LIMIT = 20;
const SYNC_LIMIT = 10;
const MAX_SESSION_TIMEOUT = 60_000;
/** Log files of tests stay small. */
const PREALLOC_KB = 1024;

/** @internal */
export function ensembleOptions(
  { size, observers }: { readonly size: number; readonly observers: number },
  options: StartOptions,
  openTrace: OpenTrace | null,
): EnsembleOptions {
  const { tickTime = TICK_TIME, maxSessionTimeout = MAX_SESSION_TIMEOUT } = options;
  const { minSessionTimeout = 2 * tickTime, snapCount, commitLogCount, log } = options;
  return {
    size,
    observers,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    dataDir: options.dataDir ?? null,
    openTrace,
    ...(log === undefined ? {} : { log }),
    settings: {
      tickTime,
      initLimit: INIT_LIMIT,
      syncLimit: SYNC_LIMIT,
      minSessionTimeout: Math.min(minSessionTimeout, maxSessionTimeout),
      maxSessionTimeout,
      forceSync: options.fsync ?? false,
      fourLetterWords: 'all',
      maxClientCnxns: 0,
      preAllocSizeKb: PREALLOC_KB,
      ...(snapCount === undefined ? {} : { snapCount }),
      ...(commitLogCount === undefined ? {} : { commitLogCount }),
    },
  };
}
