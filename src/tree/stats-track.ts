/**
 * The text of quota nodes, limits and counts alike: `count=N,bytes=N`, and further keys as
 * `=;key=N;key=N` (Apache: `StatsTrack`; the odd `=` lets servers of 3.4 read what they know).
 */
import type { Data } from '../core/txn.js';

/** Numbers by key, 64 bits each. */
export type Stats = ReadonlyMap<string, bigint>;

export const NO_STATS: Stats = new Map();

const LONG = /^[+-]?\d+$/;

/** The numbers of a quota node; null if Apache's parser would throw. */
export function parseStats(data: Data): Stats | null {
  if (data === null) return null;
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(data);
  const stats = new Map<string, bigint>();
  // Java's `split` keeps an empty part in front, and none at the end.
  const parts = text.split(/[,;]+/);
  while (parts.at(-1) === '') parts.pop();
  for (const part of parts) {
    const [key, value] = splitPair(part);
    if (key === undefined || value === undefined) return null;
    const digits = value === '' ? '-1' : value;
    if (!LONG.test(digits)) return null;
    const number = BigInt(digits.replace('+', ''));
    if (BigInt.asIntN(64, number) !== number) return null;
    stats.set(key, number);
  }
  return stats;
}

/** As Java splits at `=`: empty parts at the end do not count. */
function splitPair(part: string): readonly (string | undefined)[] {
  const parts = part.split('=');
  while (parts.at(-1) === '') parts.pop();
  return parts;
}

/** −1: the key is not there. */
export function statOf(stats: Stats, key: string): bigint {
  return stats.get(key) ?? -1n;
}

export function formatStats(stats: Stats): Uint8Array {
  const others = [...stats.keys()].filter((key) => key !== 'count' && key !== 'bytes').sort();
  const more = others.map((key) => `;${key}=${stats.get(key)}`).join('');
  const head = `count=${statOf(stats, 'count')},bytes=${statOf(stats, 'bytes')}`;
  return new TextEncoder().encode(more === '' ? head : `${head}=${more}`);
}
