/**
 * What a server counts and measures (Apache: `MetricsContext` with its `SimpleCounter`,
 * `AvgMinMaxCounter`, `AvgMinMaxPercentileCounter` and their sets).
 *
 * Adding is a handful of number operations: it stands on the path of every request. Quantiles are
 * worked out when they are asked for, from the last {@link WINDOW} values.
 *
 * Deviation: Apache's default provider samples 4,096 values of the whole time at random, its
 * Prometheus one those of the last ten minutes.
 */

const WINDOW = 1024;
/** Of a summary in a set; and how many keys a set keeps apart, so that clients cannot fill memory. */
const SET_WINDOW = 128;
const SET_KEYS_MAX = 1000;

export class Counter {
  value = 0;

  constructor(readonly name: string) {}

  add(amount = 1): void {
    this.value += amount;
  }

  reset(): void {
    this.value = 0;
  }
}

export class Summary {
  count = 0;
  sum = 0;
  #min = Infinity;
  #max = 0;
  /** The last values, in a ring; there once something was added. */
  #ring: Float64Array | null = null;
  readonly #window: number;

  /** @param advanced with the higher quantiles, as Apache's `DetailLevel.ADVANCED`. */
  constructor(
    readonly name: string,
    readonly advanced: boolean,
    window = WINDOW,
  ) {
    this.#window = window;
  }

  add(value: number): void {
    this.#ring ??= new Float64Array(this.#window);
    this.#ring[this.count % this.#window] = value;
    this.count += 1;
    this.sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  get min(): number {
    return this.count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#max;
  }

  /** With at most four decimals, as Apache rounds it. */
  get average(): number {
    return this.count === 0 ? 0 : Math.round((this.sum / this.count) * 10_000) / 10_000;
  }

  /** The value below which that part of the last values lies; NaN: there is none. */
  quantile(part: number): number {
    if (this.#ring === null || this.count === 0) return Number.NaN;
    const values = this.#ring.slice(0, Math.min(this.count, this.#window)).sort();
    const at = Math.max(0, Math.ceil(part * values.length) - 1);
    return values[at] ?? Number.NaN;
  }

  reset(): void {
    this.count = 0;
    this.sum = 0;
    this.#min = Infinity;
    this.#max = 0;
  }
}

/** A summary for each of several keys, which come up as they come. */
export class SummarySet {
  readonly #summaries = new Map<string, Summary>();

  constructor(
    readonly name: string,
    readonly advanced: boolean,
  ) {}

  add(key: string, value: number): void {
    let summary = this.#summaries.get(key);
    if (summary === undefined) {
      if (this.#summaries.size >= SET_KEYS_MAX) return;
      summary = new Summary(`${key}_${this.name}`, this.advanced, SET_WINDOW);
      this.#summaries.set(key, summary);
    }
    summary.add(value);
  }

  get entries(): Iterable<readonly [string, Summary]> {
    return this.#summaries;
  }

  reset(): void {
    for (const summary of this.#summaries.values()) summary.reset();
  }
}

/** A counter for each of several keys. */
export class CounterSet {
  readonly #counters = new Map<string, Counter>();

  constructor(readonly name: string) {}

  add(key: string, amount = 1): void {
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      if (this.#counters.size >= SET_KEYS_MAX) return;
      counter = new Counter(`${key}_${this.name}`);
      this.#counters.set(key, counter);
    }
    counter.add(amount);
  }

  get entries(): Iterable<readonly [string, Counter]> {
    return this.#counters;
  }

  reset(): void {
    for (const counter of this.#counters.values()) counter.reset();
  }
}

export type Metric = Counter | Summary | SummarySet | CounterSet;
