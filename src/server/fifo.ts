/**
 * A persistent first-in first-out queue: two linked stacks, both operations O(1) amortized when
 * each version is used once, as reducers do. Used for what waits in order: requests of a
 * connection, outstanding proposals, writes awaiting their transaction.
 */
interface Cell<T> {
  readonly value: T;
  readonly next: Cell<T> | null;
}

export interface Fifo<T> {
  /** Oldest first; empty only if the whole queue is. */
  readonly front: Cell<T> | null;
  /** Newest first. */
  readonly back: Cell<T> | null;
  readonly size: number;
}

const EMPTY: Fifo<never> = { front: null, back: null, size: 0 };

export function emptyFifo<T>(): Fifo<T> {
  return EMPTY;
}

export function push<T>(queue: Fifo<T>, value: T): Fifo<T> {
  return queue.front === null
    ? { front: { value, next: null }, back: null, size: 1 }
    : { front: queue.front, back: { value, next: queue.back }, size: queue.size + 1 };
}

/** The oldest, or undefined. */
export function peek<T>(queue: Fifo<T>): T | undefined {
  return queue.front?.value;
}

/** Without the oldest; an empty queue stays empty. */
export function shift<T>(queue: Fifo<T>): Fifo<T> {
  if (queue.size <= 1) return EMPTY;
  const next = queue.front?.next ?? null;
  if (next !== null) return { front: next, back: queue.back, size: queue.size - 1 };
  let front: Cell<T> | null = null;
  for (let cell = queue.back; cell !== null; cell = cell.next) {
    front = { value: cell.value, next: front };
  }
  return { front, back: null, size: queue.size - 1 };
}

/** Oldest first. */
export function toArray<T>(queue: Fifo<T>): readonly T[] {
  const values: T[] = [];
  for (let cell = queue.front; cell !== null; cell = cell.next) values.push(cell.value);
  const back: T[] = [];
  for (let cell = queue.back; cell !== null; cell = cell.next) back.push(cell.value);
  return values.concat(back.reverse());
}
