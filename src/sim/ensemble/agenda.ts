/**
 * The virtual clock and what is to happen when: a heap by time, and of equal times the order in
 * which they were entered. Time is in whole microseconds and goes from one entry to the next.
 */
export type Micros = number;

export interface Entry {
  readonly at: Micros;
  /** False: it will not happen. */
  live: boolean;
}

interface Item extends Entry {
  readonly order: number;
  readonly run: () => void;
}

export class Agenda {
  #now: Micros = 0;
  #order = 0;
  readonly #heap: Item[] = [];

  get now(): Micros {
    return this.#now;
  }

  /** Enters `run` for `delay` from now. */
  after(delay: Micros, run: () => void): Entry {
    return this.at(this.#now + delay, run);
  }

  /** Enters `run` for the time `at`, or for now if that is over. */
  at(at: Micros, run: () => void): Entry {
    const item = { at: Math.max(at, this.#now), order: this.#order++, run, live: true };
    this.#heap.push(item);
    this.#up(this.#heap.length - 1);
    return item;
  }

  /** When the next entry is due; Infinity if there is none. */
  get next(): Micros {
    while (this.#heap[0]?.live === false) this.#shift();
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Lets the next entry happen. False: there is none. */
  step(): boolean {
    if (this.next === Infinity) return false;
    const item = this.#shift();
    this.#now = item.at;
    item.live = false;
    item.run();
    return true;
  }

  #before(a: number, b: number): boolean {
    const left = this.#heap[a]!;
    const right = this.#heap[b]!;
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = kept;
  }

  #up(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#before(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #shift(): Item {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return first;
    this.#heap[0] = last;
    let place = 0;
    for (;;) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#heap.length && this.#before(child, least)) least = child;
      }
      if (least === place) return first;
      this.#swap(place, least);
      place = least;
    }
  }
}
