/**
 * A persistent list: append at the end, drop at either end, read by index; older versions stay valid.
 *
 * Full chunks of 64 are shared between versions and never copied, so an append costs a copy of the
 * short tail. Histories and disk queues are made of it: nothing that happens per packet is O(length).
 */

const BITS = 6;
const CHUNK = 1 << BITS;
const MASK = CHUNK - 1;

export interface Chunked<T> {
  readonly length: number;
  /** Full chunks of 64. */
  readonly chunks: readonly (readonly T[])[];
  /** What follows them: at most 64. */
  readonly tail: readonly T[];
  /** Elements of the first chunk (or of the tail) that were dropped: 0 … 63. */
  readonly skip: number;
}

const EMPTY: Chunked<never> = { length: 0, chunks: [], tail: [], skip: 0 };

/** The list without elements. */
export function emptyList<T>(): Chunked<T> {
  return EMPTY;
}

/** A list of `items`, in their order. */
export function listOf<T>(items: readonly T[]): Chunked<T> {
  if (items.length === 0) return EMPTY;
  const chunks: T[][] = [];
  let from = 0;
  for (; items.length - from > CHUNK; from += CHUNK) chunks.push(items.slice(from, from + CHUNK));
  return { length: items.length, chunks, tail: items.slice(from), skip: 0 };
}

/** `list` and `item` after it. */
export function push<T>(list: Chunked<T>, item: T): Chunked<T> {
  const { chunks, tail, skip } = list;
  if (tail.length < CHUNK) {
    return { length: list.length + 1, chunks, tail: tail.concat([item]), skip };
  }
  return { length: list.length + 1, chunks: [...chunks, tail], tail: [item], skip };
}

/** The element at `index`; undefined outside 0 … length − 1. */
export function at<T>(list: Chunked<T>, index: number): T | undefined {
  if (index < 0 || index >= list.length) return undefined;
  const place = index + list.skip;
  const chunk = place >> BITS;
  return (chunk < list.chunks.length ? list.chunks[chunk]! : list.tail)[place & MASK];
}

/** `list` without its first `count` elements. */
export function dropFirst<T>(list: Chunked<T>, count: number): Chunked<T> {
  if (count <= 0) return list;
  if (count >= list.length) return EMPTY;
  const place = list.skip + count;
  const gone = place >> BITS;
  if (gone === 0) return { ...list, length: list.length - count, skip: place };
  const chunks = list.chunks.slice(gone);
  return { length: list.length - count, chunks, tail: list.tail, skip: place & MASK };
}

/** The first `count` elements of `list`. */
export function keepFirst<T>(list: Chunked<T>, count: number): Chunked<T> {
  if (count >= list.length) return list;
  if (count <= 0) return EMPTY;
  // The last element kept decides which chunk becomes the tail, so that the tail is never empty.
  const place = list.skip + count - 1;
  const chunk = place >> BITS;
  const last = chunk < list.chunks.length ? list.chunks[chunk]! : list.tail;
  return {
    length: count,
    chunks: list.chunks.slice(0, chunk),
    tail: last.slice(0, (place & MASK) + 1),
    skip: list.skip,
  };
}

/** The elements from index `from` (default 0) up to, not including, `to` (default the end). */
export function toArray<T>(list: Chunked<T>, from = 0, to = list.length): T[] {
  const items: T[] = [];
  for (let i = Math.max(0, from); i < Math.min(to, list.length); i++) items.push(at(list, i)!);
  return items;
}
