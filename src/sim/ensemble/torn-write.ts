/**
 * What is left of a write to the log that a crash has torn apart: the records' bytes as the log has
 * them, cut anywhere, and read as a starting server reads them. The encoding is the log's own
 * (`src/jute/log.ts`); the reading stops where `src/shell/storage/log-reader.ts` does, which a test
 * holds against this.
 */
import { Buffer } from 'node:buffer';
import type { Txn } from '../../core/txn.js';
import { RECORD_OVERHEAD, putLogRecord, scanLogRecord } from '../../jute/log.js';
import { decodeTxn, encodeTxn } from '../../jute/txn.js';
import { createWriter } from '../../jute/writer.js';
import type { Rng } from './rng.js';

const writer = createWriter(4096);
const TXN_MAX = 1 << 24;
/** Zeros behind what was written: the file is grown ahead of its records. */
const PADDING = 64;

/** The records of `txns`, one after the other. */
export function logBytes(txns: readonly Txn[]): Buffer {
  const encoded = txns.map((txn) => encodeTxn(writer, txn));
  const length = encoded.reduce((sum, bytes) => sum + bytes.length + RECORD_OVERHEAD, 0);
  const log = Buffer.alloc(length);
  let at = 0;
  for (const bytes of encoded) at = putLogRecord(log, at, bytes);
  return log;
}

/** The transactions that a server finds in `bytes`, the end of a log file. */
export function readLogBytes(bytes: Buffer): Txn[] {
  const found: Txn[] = [];
  for (let at = 0; ;) {
    const scan = scanLogRecord(bytes, at, true, TXN_MAX);
    if (scan.kind !== 'record') return found;
    found.push(decodeTxn(Buffer.from(scan.txn)));
    at = scan.next;
  }
}

/** The bytes of `txns` of which only the first `kept` have reached the disk. */
export function tornBytes(txns: readonly Txn[], kept: number, padded: boolean): Buffer {
  const written = logBytes(txns).subarray(0, kept);
  return padded ? Buffer.concat([written, Buffer.alloc(PADDING)]) : Buffer.from(written);
}

export interface Torn {
  /** What a server finds. */
  readonly found: readonly Txn[];
  /** Whether a record was cut in two. */
  readonly torn: boolean;
}

/** What is left of the write of `txns`: any number of bytes, often a number of whole records. */
export function tear(txns: readonly Txn[], rng: Rng): Torn {
  const whole = logBytes(txns.slice(0, rng.below(txns.length + 1))).length;
  const kept = rng.chance(1, 3) ? whole : rng.below(logBytes(txns).length + 1);
  const found = readLogBytes(tornBytes(txns, kept, rng.chance(1, 2)));
  return { found, torn: kept > logBytes(txns.slice(0, found.length)).length };
}
