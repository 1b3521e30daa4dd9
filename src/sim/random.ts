/**
 * Pseudo-random numbers as values: one seed gives one run. The generator is splitmix32 (Steele, Lea,
 * Flood, "Fast splittable pseudorandom number generators"), whose state is one 32-bit number.
 */

/** The state of a generator. */
export type Seed = number;

/** A number in 0 … 2³²−1 and the next seed. */
export function nextUint32(seed: Seed): readonly [number, Seed] {
  const next = (seed + 0x9e3779b9) | 0;
  let mixed = next ^ (next >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return [(mixed ^ (mixed >>> 15)) >>> 0, next];
}

/** A whole number in 0 … bound−1 and the next seed. */
export function nextBelow(seed: Seed, bound: number): readonly [number, Seed] {
  const [value, next] = nextUint32(seed);
  return [Math.floor((value / 0x1_0000_0000) * bound), next];
}

/** One of `items`, each as likely as its weight says, and the next seed. Weights: positive. */
export function pickWeighted<T>(
  seed: Seed,
  items: readonly T[],
  weightOf: (item: T) => number,
): readonly [T, Seed] {
  const [value, next] = nextUint32(seed);
  let total = 0;
  for (const item of items) total += weightOf(item);
  let left = (value / 0x1_0000_0000) * total;
  for (const item of items) {
    left -= weightOf(item);
    if (left < 0) return [item, next];
  }
  return [items[items.length - 1]!, next];
}
