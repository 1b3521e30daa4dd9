/** Adler-32 (RFC 1950), the checksum of log records and snapshots; as a running value. */

const MOD = 65521;
/** Most bytes whose sums stay below 2³¹ between two reductions. */
const BLOCK = 3800;

/** The checksum of no bytes. */
export const ADLER_SEED = 1;

/**
 * Continues `adler` over `bytes[from, to)`.
 * @returns an unsigned 32-bit number
 */
export function adler32(adler: number, bytes: Uint8Array, from: number, to: number): number {
  let a = adler & 0xffff;
  let b = adler >>> 16;
  let i = from;
  while (i < to) {
    const end = Math.min(i + BLOCK, to);
    const end8 = end - 7;
    for (; i < end8; i += 8) {
      b += a += bytes[i]!;
      b += a += bytes[i + 1]!;
      b += a += bytes[i + 2]!;
      b += a += bytes[i + 3]!;
      b += a += bytes[i + 4]!;
      b += a += bytes[i + 5]!;
      b += a += bytes[i + 6]!;
      b += a += bytes[i + 7]!;
    }
    for (; i < end; i++) b += a += bytes[i]!;
    a %= MOD;
    b %= MOD;
  }
  return ((b << 16) | a) >>> 0;
}
