/**
 * Snappy as Apache's snapshots have it (`SnapStream` over snappy-java's `SnappyOutputStream`): a
 * header {0x82 "SNAPPY" 0, version 1, compatible with 1}, then blocks, each with its length before
 * it. A block is Snappy's own format (github.com/google/snappy, format_description.txt): the length
 * of what it expands to, then literals and copies of what came before in the block.
 *
 * Reading takes every form of block; writing makes blocks of at most 32 KiB, as snappy-java does,
 * and copies with offsets of one or two bytes.
 */
import { Buffer } from 'node:buffer';
import { DecodeError, invalid } from './decode-error.js';

/** 0x82 "SNAPPY" 0. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const VERSION = 1;
const HEADER_LENGTH = 16;
/** What one block holds when written, bytes. */
export const SNAPPY_BLOCK = 32 * 1024;
/** Largest block believed in, bytes; snappy-java writes 512 MiB at most, and 32 KiB by default. */
const BLOCK_MAX = 64 * 1024 * 1024;
/** Bytes that a byte of a block may expand to: a copy of three stands for 64 at most. */
const EXPANSION_MAX = 22;

/** How much of a stream was read: a pure state. */
export interface SnappyStream {
  readonly begun: boolean;
  /** Bytes that make no whole block yet. */
  readonly rest: Buffer;
}

export const SNAPPY_START: SnappyStream = { begun: false, rest: Buffer.alloc(0) };

/** Feeds `chunk`: what its blocks expand to, in order. @throws DecodeError */
export function feedSnappy(
  stream: SnappyStream,
  chunk: Buffer,
): { readonly stream: SnappyStream; readonly pieces: readonly Buffer[] } {
  const bytes = stream.rest.length === 0 ? chunk : Buffer.concat([stream.rest, chunk]);
  const pieces: Buffer[] = [];
  let { begun } = stream;
  let at = 0;
  for (;;) {
    const left = bytes.length - at;
    // Streams may be put one after the other: then a header comes in place of a block.
    if (!begun || (left >= 4 && bytes.readInt32BE(at) === MAGIC.readInt32BE(0))) {
      if (left < HEADER_LENGTH) break;
      checkHeader(bytes, at);
      begun = true;
      at += HEADER_LENGTH;
      continue;
    }
    if (left < 4) break;
    const length = bytes.readInt32BE(at);
    if (length <= 0 || length > BLOCK_MAX) invalid(`snappy block of ${length} bytes`);
    if (left < 4 + length) break;
    pieces.push(expandBlock(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return { stream: { begun, rest: bytes.subarray(at) }, pieces };
}

/** Says that nothing follows. @throws DecodeError if the stream ends in the middle of something */
export function endSnappy({ begun, rest }: SnappyStream): void {
  if (begun && rest.length === 0) return;
  throw new DecodeError('truncated', `snappy stream ends early, with ${rest.length} bytes`);
}

function checkHeader(bytes: Buffer, at: number): void {
  if (bytes.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) !== 0) {
    invalid('no snappy stream');
  }
  const compatible = bytes.readInt32BE(at + 12);
  if (compatible > VERSION) invalid(`snappy stream of version ${compatible}`);
}

/** What a block expands to. @throws DecodeError */
export function expandBlock(block: Buffer): Buffer {
  let length = 0;
  let at = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = block[at++];
    if (byte === undefined || shift > 28) invalid('snappy block without a length');
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > Math.min(BLOCK_MAX, block.length * EXPANSION_MAX)) {
    invalid(`snappy block that expands to ${length} bytes`);
  }
  const out = Buffer.allocUnsafeSlow(length);
  const written = expand(block, at, out);
  if (written !== length) invalid(`snappy block of ${written} bytes instead of ${length}`);
  return out;
}

/** Expands `block` from `at`; how many bytes came out. */
function expand(block: Buffer, at: number, out: Buffer): number {
  let to = 0;
  while (at < block.length) {
    const tag = block[at++]!;
    if ((tag & 3) === 0) {
      const [length, from] = literal(block, at, tag >>> 2);
      if (from + length > block.length || to + length > out.length) invalid('snappy literal');
      block.copy(out, to, from, from + length);
      at = from + length;
      to += length;
      continue;
    }
    const form = tag & 3;
    const width = form === 1 ? 1 : form === 2 ? 2 : 4;
    if (at + width > block.length) invalid('snappy copy cut short');
    const length = form === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const offset = form === 1 ? ((tag >>> 5) << 8) | block[at]! : block.readUIntLE(at, width);
    at += width;
    if (offset === 0 || offset > to || to + length > out.length) invalid('snappy copy');
    // Byte by byte: a copy may run into what it has just written.
    for (const end = to + length; to < end; to++) out[to] = out[to - offset]!;
  }
  return to;
}

/** Length and place of a literal whose tag says `short`. */
function literal(block: Buffer, at: number, short: number): readonly [number, number] {
  if (short < 60) return [short + 1, at];
  const width = short - 59;
  if (at + width > block.length) invalid('snappy literal cut short');
  return [block.readUIntLE(at, width) + 1, at + width];
}

/** What a stream begins with. */
export function encodeSnappyHeader(): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  MAGIC.copy(header);
  header.writeInt32BE(VERSION, 8);
  header.writeInt32BE(VERSION, 12);
  return header;
}

/** One block of a stream, with its length before it; `bytes` is at most {@link SNAPPY_BLOCK} long. */
export function encodeSnappyBlock(bytes: Buffer): Buffer {
  const block = compressBlock(bytes);
  const head = Buffer.allocUnsafe(4);
  head.writeInt32BE(block.length);
  return Buffer.concat([head, block]);
}

const TABLE_BITS = 14;
const MATCH_MIN = 4;

function hashAt(bytes: Buffer, at: number): number {
  return Math.imul(bytes.readInt32LE(at), 0x1e35a7bd) >>> (32 - TABLE_BITS);
}

/** Where a block is written to. Owned by one call of {@link compressBlock}. */
interface Output {
  readonly bytes: Buffer;
  at: number;
}

/** `bytes` (64 KiB at most) as a block: the nearest earlier place with the same four bytes wins. */
export function compressBlock(bytes: Buffer): Buffer {
  const { length } = bytes;
  const out: Output = { bytes: Buffer.allocUnsafeSlow(32 + length + Math.ceil(length / 6)), at: 0 };
  for (let rest = length; ; rest >>>= 7) {
    out.bytes[out.at++] = rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest;
    if (rest < 0x80) break;
  }
  const table = new Uint16Array(1 << TABLE_BITS);
  let done = 0;
  for (let at = 1; at + MATCH_MIN <= length;) {
    const slot = hashAt(bytes, at);
    const candidate = table[slot]!;
    table[slot] = at;
    if (bytes.readInt32LE(candidate) !== bytes.readInt32LE(at)) {
      // The longer nothing was found, the larger the steps: what cannot be compressed costs little.
      at += 1 + ((at - done) >>> 5);
      continue;
    }
    let end = at + MATCH_MIN;
    while (end < length && bytes[end] === bytes[candidate + end - at]) end++;
    putLiteral(out, bytes, done, at);
    putCopy(out, at - candidate, end - at);
    at = end;
    done = end;
  }
  putLiteral(out, bytes, done, length);
  return out.bytes.subarray(0, out.at);
}

function putLiteral(out: Output, bytes: Buffer, from: number, to: number): void {
  const last = to - from - 1;
  if (last < 0) return;
  if (last < 60) {
    out.bytes[out.at++] = last << 2;
  } else {
    const width = last < 0x100 ? 1 : 2;
    out.bytes[out.at++] = (59 + width) << 2;
    out.bytes.writeUIntLE(last, out.at, width);
    out.at += width;
  }
  out.at += bytes.copy(out.bytes, out.at, from, to);
}

function putCopy(out: Output, offset: number, length: number): void {
  let rest = length;
  while (rest > 0) {
    // No piece may be left that is too short for a copy of its own.
    const piece = rest >= 68 ? 64 : rest > 64 ? 60 : rest;
    rest -= piece;
    if (piece < 12 && offset < 2048) {
      out.bytes[out.at++] = ((offset >>> 8) << 5) | ((piece - 4) << 2) | 1;
      out.bytes[out.at++] = offset & 0xff;
    } else {
      out.bytes[out.at++] = ((piece - 1) << 2) | 2;
      out.at = out.bytes.writeUInt16LE(offset, out.at);
    }
  }
}
