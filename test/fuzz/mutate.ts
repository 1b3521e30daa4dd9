/** What can be wrong with bytes: each takes real ones and gives others. */
import { Buffer } from 'node:buffer';
import type { Random } from './random.js';

/** Numbers that lengths and counts should not be. */
const NUMBERS = [
  -1, -2, 0, 1, 3, 4, 255, 65_536, 0xf_ffff, 0x10_0000, 0x7fff_ffff, -0x8000_0000, -65_536,
];

type Mutation = (bytes: Buffer, random: Random, corpus: readonly Buffer[]) => Buffer;

const copy = (bytes: Buffer): Buffer => Buffer.from(bytes);

const MUTATIONS: readonly Mutation[] = [
  // bits
  (bytes, random) => {
    const out = copy(bytes);
    for (let n = 1 + random.below(4); n > 0; n--) {
      const at = random.below(out.length);
      out[at] = out[at]! ^ (1 << random.below(8));
    }
    return out;
  },
  // a byte
  (bytes, random) => {
    const out = copy(bytes);
    out[random.below(out.length)] = random.below(256);
    return out;
  },
  // a length, a count, a version, an opcode
  (bytes, random) => {
    const out = copy(bytes);
    if (out.length >= 4) out.writeInt32BE(random.pick(NUMBERS), random.below(out.length - 3));
    return out;
  },
  // the same, where words are mostly aligned
  (bytes, random) => {
    const out = copy(bytes);
    const words = Math.floor(out.length / 4);
    if (words > 0) out.writeInt32BE(random.pick(NUMBERS), 4 * random.below(words));
    return out;
  },
  // cut at the end
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  // cut in the middle
  (bytes, random) => {
    const from = random.below(bytes.length);
    const to = Math.min(bytes.length, from + 1 + random.below(8));
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  // more in the middle
  (bytes, random) => {
    const at = random.below(bytes.length);
    const more = Buffer.alloc(1 + random.below(16), random.below(256));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  // more at the end
  (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.below(64), random.below(256))]),
  // one's begin, another's end
  (bytes, random, corpus) => {
    const other = random.pick(corpus);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length)),
      other.subarray(random.below(other.length)),
    ]);
  },
  // nothing of it
  (bytes, random) => {
    const out = Buffer.alloc(1 + random.below(2 * bytes.length + 1));
    for (let i = 0; i < out.length; i++) out[i] = random.below(256);
    return out;
  },
];

/** One of `corpus`, with one to three things wrong with it; never empty. */
export const mutated = (random: Random, corpus: readonly Buffer[]): Buffer => {
  let bytes = random.pick(corpus);
  for (let n = 1 + random.below(3); n > 0 && bytes.length > 0; n--) {
    bytes = random.pick(MUTATIONS)(bytes, random, corpus);
  }
  return bytes.length === 0 ? Buffer.of(random.below(256)) : bytes;
};

/**
 * A frame of `corpus` whose record is wrong and whose length is right, so that what follows is read as a frame again; `header` bytes
 * of it stay mostly as they are.
 */
export const misread = (random: Random, corpus: readonly Buffer[], header: number): Buffer => {
  const frame = random.pick(corpus);
  const kept = random.oneIn(20) ? 0 : header;
  const [head, record] = [frame.subarray(4, 4 + kept), frame.subarray(4 + kept)];
  const wrong = record.length === 0 ? record : mutated(random, [record]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(head.length + wrong.length);
  return Buffer.concat([length, head, wrong]);
};

/** `bytes` in pieces, each of which goes out by itself. */
export const pieces = (random: Random, bytes: Buffer): Buffer[] => {
  if (!random.oneIn(8)) return [bytes];
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const to = at + 1 + random.below(Math.max(1, bytes.length));
    out.push(bytes.subarray(at, to));
    at = to;
  }
  return out;
};
