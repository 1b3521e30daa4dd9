/**
 * A server's history in memory: the entries after `base`, in zxid order (paper: h; Apache:
 * `committedLog`, `outstandingProposals` and the learner's `pendingTxns` together).
 *
 * Entries up to and including `base` are only in the applied state: the snapshot's, or trimmed after
 * they were committed. A persistent value: a leader's, a learner's and an old one share chunks.
 */
import type { Chunked } from './chunked.js';
import { at, dropFirst, emptyList, keepFirst, listOf, push, toArray } from './chunked.js';
import type { Txn } from './txn.js';
import type { Zxid } from './zxid.js';

export interface History {
  /** Everything up to this zxid is not here any more. */
  readonly base: Zxid;
  /** Strictly increasing zxids, all above `base`. */
  readonly entries: Chunked<Txn>;
  /** Zxid of the last entry; `base` without entries. */
  readonly last: Zxid;
}

/** A history of which nothing but its base is known. */
export function emptyHistory(base: Zxid): History {
  return { base, entries: emptyList(), last: base };
}

/** The history of a log: `txns` strictly increasing and above `base`, or it throws. */
export function historyOf(base: Zxid, txns: readonly Txn[]): History {
  let last = base;
  for (const txn of txns) {
    if (txn.zxid <= last) throw new Error(`log out of order: ${txn.zxid} after ${last}`);
    last = txn.zxid;
  }
  return { base, entries: listOf(txns), last };
}

/** `history` and `txn` at its end. Throws if its zxid is not above the last. */
export function append(history: History, txn: Txn): History {
  if (txn.zxid <= history.last) {
    throw new Error(`append out of order: ${txn.zxid} after ${history.last}`);
  }
  return { base: history.base, entries: push(history.entries, txn), last: txn.zxid };
}

/** How many entries have a zxid of at most `zxid`. Binary search. */
export function countUpTo(history: History, zxid: Zxid): number {
  let low = 0;
  let high = history.entries.length;
  if (zxid >= history.last) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(history.entries, middle)!.zxid <= zxid) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The largest zxid of the history that is at most `zxid`, the base counted; null below the base. */
export function floorOf(history: History, zxid: Zxid): Zxid | null {
  if (zxid < history.base) return null;
  const count = countUpTo(history, zxid);
  return count === 0 ? history.base : at(history.entries, count - 1)!.zxid;
}

/** True if `zxid` is that of an entry or the base. */
export function contains(history: History, zxid: Zxid): boolean {
  return floorOf(history, zxid) === zxid;
}

/** The history up to `zxid`, which it must contain. */
export function truncate(history: History, zxid: Zxid): History {
  if (!contains(history, zxid)) throw new Error(`truncate at ${zxid}, which is no entry`);
  const entries = keepFirst(history.entries, countUpTo(history, zxid));
  return { base: history.base, entries, last: zxid };
}

/** The history without its first `count` entries, the last of which becomes the base. */
export function trim(history: History, count: number): History {
  const newBase = at(history.entries, count - 1);
  if (newBase === undefined) return history;
  return { base: newBase.zxid, entries: dropFirst(history.entries, count), last: history.last };
}

/** The entries after `zxid`, in order; all of them if it is below the base. */
export function entriesAfter(history: History, zxid: Zxid): Txn[] {
  return toArray(history.entries, countUpTo(history, zxid));
}

/** The entry at `index`, counted from the one after the base. */
export function entryAt(history: History, index: number): Txn | undefined {
  return at(history.entries, index);
}
