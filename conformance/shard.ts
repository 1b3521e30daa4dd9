/**
 * `--shard I/N`, as every command that has it reads it: the I-th of N parts, I from 1. A CI matrix
 * gives each of N machines its own I; together they do exactly what one machine does without it.
 */
import { UnusableInput } from './unusable-input.js';

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 1, count: 1 };

/** Throws UnusableInput for anything but I/N with 1 ≤ I ≤ N. */
export function parseShard(text: string): Shard {
  const [, i, n] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const index = Number(i);
  const count = Number(n);
  if (!(index >= 1 && index <= count)) {
    throw new UnusableInput(`--shard ${text}: expected I/N with I from 1 to N, such as 2/8`);
  }
  return { index, count };
}

/** The items of this part: every N-th, so that parts are alike where items grow along the list. */
export function shardOf<T>(items: readonly T[], { index, count }: Shard): readonly T[] {
  return items.filter((_, n) => n % count === index - 1);
}

export function shardText({ index, count }: Shard): string {
  return `${index}/${count}`;
}
