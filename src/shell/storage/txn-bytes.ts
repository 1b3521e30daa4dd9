/**
 * Each transaction is encoded once: the bytes of the PROPOSAL are those of the log record. A
 * learner keeps the bytes that its leader sent, digest included.
 */
import type { Buffer } from 'node:buffer';
import type { Txn } from '../../core/txn.js';
import { encodeTxn } from '../../jute/txn.js';
import { createWriter } from '../../jute/writer.js';

const known = new WeakMap<Txn, Buffer>();
/** Apart from replies and packets, so that a transaction keeps only its neighbours' bytes alive. */
const writer = createWriter();

/** The bytes of `txn`, as log and PROPOSAL hold them. Not to be changed. */
export function encodedTxn(txn: Txn): Buffer {
  const cached = known.get(txn);
  if (cached !== undefined) return cached;
  const bytes = encodeTxn(writer, txn);
  known.set(txn, bytes);
  return bytes;
}

/** Says that `bytes` are those of `txn`, which was decoded from them. */
export function rememberTxnBytes(txn: Txn, bytes: Buffer): void {
  known.set(txn, bytes);
}
