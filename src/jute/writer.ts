/**
 * Jute's binary encoding, writing side (Apache: `BinaryOutputArchive`): big-endian numbers, one
 * byte for a boolean, a 32-bit length before strings, buffers and vectors, −1 for null.
 *
 * A writer fills one pooled buffer ("slab") with record after record; {@link endRecord} hands out
 * a view of the bytes, which stay untouched. It is scratch space passed in by the caller: encoders
 * have no other effect. Views keep their slab alive, so long-lived and short-lived records belong
 * in different writers.
 *
 * Deviation: characters outside the basic plane are written as four-byte UTF-8; Apache writes two
 * three-byte surrogates, which no client reads back. Paths cannot hold them at all.
 */
import { Buffer } from 'node:buffer';

/** Scratch space of encoders; see the file comment. Owned by one caller, never shared by two. */
export interface Writer {
  buf: Buffer;
  /** Of `buf`: its setters are single machine instructions. */
  view: DataView;
  /** Where the current record begins. */
  start: number;
  /** Where the next byte goes. */
  pos: number;
  readonly slabSize: number;
}

const SLAB = 64 * 1024;
/** Above this many characters a native call is faster than a loop. */
const SHORT_STRING = 48;
const TWO_32 = 0x1_0000_0000;

/** A fresh writer; `slabSize` in bytes is what it allocates at a time. */
export function createWriter(slabSize: number = SLAB): Writer {
  const buf = Buffer.allocUnsafeSlow(slabSize);
  return { buf, view: viewOf(buf), start: 0, pos: 0, slabSize };
}

function viewOf(buf: Buffer): DataView {
  return new DataView(buf.buffer, buf.byteOffset, buf.length);
}

/** Begins a record; one that was begun and not ended is forgotten. */
export function beginRecord(w: Writer): void {
  w.pos = w.start;
}

/** Ends the record: its bytes, which no later record touches. */
export function endRecord(w: Writer): Buffer {
  const bytes = w.buf.subarray(w.start, w.pos);
  w.start = w.pos;
  return bytes;
}

/** Bytes of the current record so far. */
export function recordLength(w: Writer): number {
  return w.pos - w.start;
}

function grow(w: Writer, extra: number): void {
  const used = w.pos - w.start;
  const wanted = used + extra;
  const next = Buffer.allocUnsafeSlow(Math.max(w.slabSize, wanted * 2));
  w.buf.copy(next, 0, w.start, w.pos);
  w.buf = next;
  w.view = viewOf(next);
  w.start = 0;
  w.pos = used;
}

/** Makes room for `n` more bytes. */
export function reserve(w: Writer, n: number): void {
  if (w.buf.length - w.pos < n) grow(w, n);
}

export function writeByte(w: Writer, value: number): void {
  reserve(w, 1);
  w.buf[w.pos++] = value;
}

export function writeBool(w: Writer, value: boolean): void {
  writeByte(w, value ? 1 : 0);
}

/** A 32-bit integer; wraps as Java's `(int)` does. */
export function writeInt(w: Writer, value: number): void {
  reserve(w, 4);
  w.view.setInt32(w.pos, value);
  w.pos += 4;
}

/** A 64-bit integer from a number: a safe integer, or exactly −2⁶³. */
export function writeLong(w: Writer, value: number): void {
  reserve(w, 8);
  const high = Math.floor(value / TWO_32);
  w.view.setInt32(w.pos, high);
  w.view.setInt32(w.pos + 4, value - high * TWO_32);
  w.pos += 8;
}

/** A 64-bit integer from a bigint (session ids, raw ephemeral owners). */
export function writeBigLong(w: Writer, value: bigint): void {
  reserve(w, 8);
  w.view.setBigInt64(w.pos, value);
  w.pos += 8;
}

/** A buffer: length and bytes; null is length −1. */
export function writeBuffer(w: Writer, value: Uint8Array | null): void {
  if (value === null) {
    writeInt(w, -1);
    return;
  }
  writeInt(w, value.length);
  writeBytes(w, value);
}

/** Bytes as they are, without a length. */
export function writeBytes(w: Writer, value: Uint8Array): void {
  reserve(w, value.length);
  w.buf.set(value, w.pos);
  w.pos += value.length;
}

/** A ustring: length in bytes and UTF-8. */
export function writeString(w: Writer, value: string): void {
  const length = value.length;
  reserve(w, 4 + 3 * length);
  const { buf } = w;
  const at = w.pos + 4;
  if (length <= SHORT_STRING) {
    let i = 0;
    for (; i < length; i++) {
      const c = value.charCodeAt(i);
      if (c >= 0x80) break;
      buf[at + i] = c;
    }
    if (i === length) {
      w.view.setInt32(w.pos, length);
      w.pos = at + length;
      return;
    }
  }
  const written = buf.write(value, at, 'utf8');
  w.view.setInt32(w.pos, written);
  w.pos = at + written;
}

/** A vector: count and elements; null is count −1. */
export function writeVector<A>(
  w: Writer,
  values: readonly A[] | null,
  write: (w: Writer, value: A) => void,
): void {
  if (values === null) {
    writeInt(w, -1);
    return;
  }
  writeInt(w, values.length);
  for (const value of values) write(w, value);
}

/** Begins a record that carries its own 32-bit length in front (a frame). */
export function beginFrame(w: Writer): void {
  w.pos = w.start;
  reserve(w, 4);
  w.pos = w.start + 4;
}

/** Ends a frame: length and record in one view, ready to be sent. */
export function endFrame(w: Writer): Buffer {
  w.view.setInt32(w.start, w.pos - w.start - 4);
  return endRecord(w);
}
