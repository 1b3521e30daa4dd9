/** Tells of digests that differ (Apache: `DataTree.reportDigestMismatch`). */
import { zxidToHex } from '../../core/zxid.js';
import type { Digests } from '../../server/digests.js';
import { digestNumber } from '../../tree/digest.js';
import type { Logger } from '../logger.js';
import type { ServerMetrics } from './server-metrics.js';

export class DigestMeter {
  readonly #metrics: ServerMetrics;
  readonly #log: Logger;
  #seen: Digests | null = null;

  constructor(metrics: ServerMetrics, log: Logger) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /** After each step. Once a tree differs, each transaction does: not every one is logged. */
  stepped(digests: Digests): void {
    const before = this.#seen;
    if (digests === before) return;
    this.#seen = digests;
    const { mismatches, mismatch } = digests;
    // A server that has started anew counts anew.
    const known = before === null || before.mismatches > mismatches ? 0 : before.mismatches;
    if (mismatch === null || mismatches === known) return;
    this.#metrics.digestMismatchesCount.add(mismatches - known);
    if (Math.floor(Math.log2(mismatches)) === Math.floor(Math.log2(known))) return;
    this.#log.error('digests do not match: the data of this server is not what it should be', {
      zxid: zxidToHex(mismatch.zxid),
      expected: String(digestNumber(mismatch.expected)),
      actual: String(digestNumber(mismatch.actual)),
      mismatches,
    });
  }
}
