/** A short name for a transaction's content: traces carry it instead of the payload. */
import { createHash } from 'node:crypto';
import type { Txn } from '../../src/core/txn.js';

const LENGTH = 12;
const digests = new WeakMap<Txn, string>();

/**
 * 12 hexadecimal digits of a SHA-256 over the transaction without its zxid: the same on every
 * server, whether the transaction was made there or came over a wire or from a disk.
 */
export function digestOf(txn: Txn): string {
  const known = digests.get(txn);
  if (known !== undefined) return known;
  const { sessionId, cxid, time, body } = txn;
  const text = canonical([sessionId, cxid, time, body]);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, LENGTH);
  digests.set(txn, digest);
  return digest;
}

/** JSON with sorted keys; bytes as hexadecimal, so that a Buffer and a Uint8Array are the same. */
function canonical(value: unknown): string {
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const fields = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, v]) => `${name}:${canonical(v)}`);
  return `{${fields.join(',')}}`;
}
