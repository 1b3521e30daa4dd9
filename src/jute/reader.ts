/**
 * Jute's binary encoding, reading side (Apache: `BinaryInputArchive`). A reader walks over one
 * buffer; every read past its end, every length that cannot be and every 64-bit number that this
 * project cannot hold is a {@link DecodeError}, never a RangeError.
 *
 * As Java does, malformed UTF-8 becomes U+FFFD, and a string or buffer of length −1 is null.
 */
import { Buffer } from 'node:buffer';
import { DecodeError, invalid } from './decode-error.js';
import type { SessionId } from '../core/ids.js';
import { EPOCH_MAX, ZXID_NONE } from '../core/zxid.js';
import type { Zxid } from '../core/zxid.js';

/** A position in a buffer. Owned by one decoder. */
export interface Reader {
  readonly buf: Buffer;
  pos: number;
  readonly end: number;
  /**
   * Whether byte arrays are copied out. They must be when the buffer is a socket's chunk, which a
   * small view would keep alive as a whole.
   */
  readonly copy: boolean;
}

const TWO_32 = 0x1_0000_0000;
/** Highest high word of a safe 64-bit integer: 2⁵³ = 2²¹ × 2³². */
const HIGH_MAX = EPOCH_MAX;

/** A reader over all of `buf`. */
export function createReader(buf: Buffer, copy = true): Reader {
  return { buf, pos: 0, end: buf.length, copy };
}

/** Bytes left. */
export function remaining(r: Reader): number {
  return r.end - r.pos;
}

function need(r: Reader, n: number): void {
  if (r.end - r.pos < n) {
    throw new DecodeError('truncated', `truncated: ${r.pos + n - r.end} bytes missing`, r.pos + n);
  }
}

export function readByte(r: Reader): number {
  need(r, 1);
  return r.buf[r.pos++]!;
}

/** As Java: any byte but 0 is true. */
export function readBool(r: Reader): boolean {
  return readByte(r) !== 0;
}

export function readInt(r: Reader): number {
  need(r, 4);
  const { buf, pos } = r;
  r.pos = pos + 4;
  return (buf[pos]! << 24) | (buf[pos + 1]! << 16) | (buf[pos + 2]! << 8) | buf[pos + 3]!;
}

/** A 64-bit integer as a number; beyond ±2⁵³ it is refused, but for −2⁶³, which is exact. */
export function readLong(r: Reader): number {
  const high = readInt(r);
  const low = readInt(r) >>> 0;
  if ((high > HIGH_MAX || high < -HIGH_MAX - 1) && !(high === -0x8000_0000 && low === 0)) {
    invalid(`64-bit number out of range: high word ${high}`);
  }
  return high * TWO_32 + low;
}

/** A zxid: 0 … 2⁵³ − 1, or −1 for none. */
export function readZxid(r: Reader): Zxid {
  const value = readLong(r);
  if (value < -1) invalid(`not a zxid: ${value}`);
  return value as Zxid;
}

/**
 * A zxid that a client claims to have seen: it is only compared, so one that is too large for us
 * becomes the largest, and any negative one −1 (docs/adr/0001).
 */
export function readClaimedZxid(r: Reader): Zxid {
  const high = readInt(r);
  const low = readInt(r) >>> 0;
  if (high < 0) return ZXID_NONE;
  return (high > HIGH_MAX ? Number.MAX_SAFE_INTEGER : high * TWO_32 + low) as Zxid;
}

/** A 64-bit integer that is only compared: what lies outside ±(2⁵³ − 1) becomes the nearest inside. */
export function readClampedLong(r: Reader): number {
  const high = readInt(r);
  const low = readInt(r) >>> 0;
  const value = high * TWO_32 + low;
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}

/** A 64-bit integer as a bigint. */
export function readBigLong(r: Reader): bigint {
  need(r, 8);
  const { buf, pos } = r;
  r.pos = pos + 8;
  return buf.readBigInt64BE(pos);
}

export function readSessionId(r: Reader): SessionId {
  return readBigLong(r) as SessionId;
}

/** A length that must fit in what is left; −1 stands for null. */
function readLength(r: Reader, what: string): number {
  const length = readInt(r);
  if (length < -1) invalid(`${what} of length ${length}`);
  if (length > r.end - r.pos) {
    throw new DecodeError(
      'truncated',
      `${what} of length ${length} in ${r.end - r.pos} bytes`,
      r.pos + length,
    );
  }
  return length;
}

/** The next `length` bytes. */
export function readBytes(r: Reader, length: number): Buffer {
  need(r, length);
  const { pos } = r;
  r.pos = pos + length;
  const view = r.buf.subarray(pos, r.pos);
  return r.copy ? Buffer.from(view) : view;
}

/** A buffer; null if its length was −1. */
export function readBuffer(r: Reader): Buffer | null {
  const length = readLength(r, 'buffer');
  return length === -1 ? null : readBytes(r, length);
}

/** A ustring; null if its length was −1. */
export function readNullableString(r: Reader): string | null {
  const length = readLength(r, 'string');
  if (length === -1) return null;
  const { pos } = r;
  r.pos = pos + length;
  return r.buf.toString('utf8', pos, r.pos);
}

/** A ustring; null is refused, as nothing that this project reads may be it. */
export function readString(r: Reader): string {
  return readNullableString(r) ?? invalid('null string');
}

/** A vector, null if its count was −1. Every element takes at least `minBytes` bytes. */
export function readVector<A>(r: Reader, minBytes: number, read: (r: Reader) => A): A[] | null {
  const count = readInt(r);
  if (count === -1) return null;
  if (count < 0) invalid(`vector of length ${count}`);
  if (count * minBytes > r.end - r.pos) {
    throw new DecodeError('truncated', `vector of length ${count}`, r.pos + count * minBytes);
  }
  const values: A[] = [];
  for (let i = 0; i < count; i++) values.push(read(r));
  return values;
}
