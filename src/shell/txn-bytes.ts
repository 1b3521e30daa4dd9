/**
 * The bytes of a transaction, encoded once for the log and for every learner; on a learner, as the
 * leader encoded them. Bytes go when their transaction does.
 */
import type { Txn } from '../core/txn.js';
import { encodeTxn } from '../jute/txn.js';
import { createWriter } from '../jute/writer.js';

export class TxnBytes {
  readonly #writer = createWriter();
  readonly #known = new WeakMap<Txn, Buffer>();

  remember(txn: Txn, bytes: Buffer): void {
    this.#known.set(txn, bytes);
  }

  readonly of = (txn: Txn): Buffer => {
    const known = this.#known.get(txn);
    if (known !== undefined) return known;
    const bytes = encodeTxn(this.#writer, txn);
    this.#known.set(txn, bytes);
    return bytes;
  };
}
