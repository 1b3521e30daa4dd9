/**
 * A stream of pseudo-random numbers for one part of a simulation. Whole numbers only: no function of
 * the platform's floating-point library has a say in a run.
 */
import type { Seed } from '../random.js';
import { nextUint32 } from '../random.js';

export class Rng {
  #seed: Seed;

  constructor(seed: Seed) {
    this.#seed = seed | 0;
  }

  /** 0 … 2³²−1. */
  uint32(): number {
    const [value, next] = nextUint32(this.#seed);
    this.#seed = next;
    return value;
  }

  /** 0 … bound−1. */
  below(bound: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * bound);
  }

  /** min … max, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True `times` out of `of` times. */
  chance(times: number, of: number): boolean {
    return this.below(of) < times;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** One of the names, each as likely as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const names = Object.keys(weights) as K[];
    let total = 0;
    for (const name of names) total += weights[name];
    let left = this.below(total);
    for (const name of names) {
      left -= weights[name];
      if (left < 0) return name;
    }
    throw new Error('nothing to pick from');
  }

  /** Around `mean`: mostly less, now and then eight times as much. 0 or more. */
  around(mean: number): number {
    const least = this.below(mean + 1);
    return this.chance(1, 8) ? least + this.below(7 * mean + 1) : least;
  }

  /** Another stream, which what this one gives later does not depend on. */
  fork(): Rng {
    return new Rng(this.uint32());
  }
}
