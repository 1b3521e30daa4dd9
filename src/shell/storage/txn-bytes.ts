/**
 * Each transaction is encoded once: the bytes of the PROPOSAL are those of the log record. A
 * learner keeps the bytes that its leader sent.
 *
 * Bytes are kept for a few thousand transactions, each in a place that its zxid gives: until the
 * log has them and every learner was sent them, which is a few turns of the event loop. (A WeakMap
 * forgets by itself, and costs more in garbage collections than all of the encoding: a third of a
 * standalone server's CPU under writes.) Large ones are encoded again: a copy costs less than
 * keeping them.
 */
import type { Buffer } from 'node:buffer';
import type { Txn } from '../../core/txn.js';
import { encodeTxn } from '../../jute/txn.js';
import { createWriter } from '../../jute/writer.js';

const PLACES = 4096;
const KEPT_BYTES_MAX = 4096;

const txns: (Txn | null)[] = new Array<Txn | null>(PLACES).fill(null);
const bytesOf: (Buffer | null)[] = new Array<Buffer | null>(PLACES).fill(null);
/** Apart from replies and packets, so that a transaction keeps only its neighbours' bytes alive. */
const writer = createWriter();

/** The bytes of `txn`, as log and PROPOSAL hold them. Not to be changed. */
export function encodedTxn(txn: Txn): Buffer {
  const place = txn.zxid % PLACES;
  const known = txns[place] === txn ? bytesOf[place] : null;
  if (known !== null && known !== undefined) return known;
  const bytes = encodeTxn(writer, txn);
  rememberTxnBytes(txn, bytes);
  return bytes;
}

/** Says that `bytes` are those of `txn`, which was decoded from them. */
export function rememberTxnBytes(txn: Txn, bytes: Buffer): void {
  const place = txn.zxid % PLACES;
  const keep = bytes.length <= KEPT_BYTES_MAX;
  txns[place] = keep ? txn : null;
  bytesOf[place] = keep ? bytes : null;
}
