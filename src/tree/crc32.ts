/**
 * CRC-32 (ISO 3309, as zlib's and Java's) as a running state: the register itself, before its final
 * complement. Eight bytes at a time by eight tables ("slicing-by-8", Kounavis and Berry 2005).
 */

/** The register before any byte. */
export const CRC_START = -1;

const TABLE = makeTable();

/** Eight tables of 256 entries after each other. */
function makeTable(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 0 ? c >>> 1 : (c >>> 1) ^ 0xedb88320;
    table[i] = c;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256]!;
    table[i] = (before >>> 8) ^ table[before & 0xff]!;
  }
  return table;
}

/** The checksum that `crc` comes to, unsigned. */
export function crcValue(crc: number): number {
  return ~crc >>> 0;
}

export function crcByte(crc: number, byte: number): number {
  return (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
}

/** A 32-bit integer, its highest byte first. */
export function crcInt(crc: number, value: number): number {
  const word =
    crc ^ ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24));
  return (
    TABLE[768 + (word & 0xff)]! ^
    TABLE[512 + ((word >>> 8) & 0xff)]! ^
    TABLE[256 + ((word >>> 16) & 0xff)]! ^
    TABLE[word >>> 24]!
  );
}

const TWO_32 = 0x1_0000_0000;

/** A 64-bit integer, given as a safe one. */
export function crcLong(crc: number, value: number): number {
  const high = Math.floor(value / TWO_32);
  return crcInt(crcInt(crc, high | 0), (value - high * TWO_32) | 0);
}

/** A 64-bit integer, given as a bigint. */
export function crcBigLong(crc: number, value: bigint): number {
  if (value === 0n) return crcInt(crcInt(crc, 0), 0);
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return crcInt(crcInt(crc, high), Number(BigInt.asIntN(32, value)));
}

export function crcBytes(crc: number, bytes: Uint8Array): number {
  const { length } = bytes;
  let c = crc;
  let i = 0;
  for (const end = length - 7; i < end; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c =
      TABLE[1792 + (c & 0xff)]! ^
      TABLE[1536 + ((c >>> 8) & 0xff)]! ^
      TABLE[1280 + ((c >>> 16) & 0xff)]! ^
      TABLE[1024 + (c >>> 24)]! ^
      TABLE[768 + bytes[i + 4]!]! ^
      TABLE[512 + bytes[i + 5]!]! ^
      TABLE[256 + bytes[i + 6]!]! ^
      TABLE[bytes[i + 7]!]!;
  }
  for (; i < length; i++) c = (c >>> 8) ^ TABLE[(c ^ bytes[i]!) & 0xff]!;
  return c;
}

/** The UTF-8 of `text`; half a surrogate pair becomes `?`, as Java's `String.getBytes` has it. */
export function crcText(crc: number, text: string): number {
  let c = crc;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      c = (c >>> 8) ^ TABLE[(c ^ unit) & 0xff]!;
      continue;
    }
    const point = text.codePointAt(i)!;
    if (point > 0xffff) i++;
    c = crcPoint(c, point >= 0xd800 && point <= 0xdfff ? 0x3f : point);
  }
  return c;
}

function crcPoint(crc: number, point: number): number {
  if (point < 0x80) return crcByte(crc, point);
  if (point < 0x800) return crcByte(crcByte(crc, 0xc0 | (point >>> 6)), 0x80 | (point & 0x3f));
  const lead =
    point < 0x10000
      ? crcByte(crc, 0xe0 | (point >>> 12))
      : crcByte(crcByte(crc, 0xf0 | (point >>> 18)), 0x80 | ((point >>> 12) & 0x3f));
  return crcByte(crcByte(lead, 0x80 | ((point >>> 6) & 0x3f)), 0x80 | (point & 0x3f));
}
