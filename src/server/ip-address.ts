/**
 * IP addresses and ranges as ACLs of scheme `ip` write them (Apache: `IPAuthenticationProvider`).
 * Numbers are read as Java's `Integer.parseInt` reads ASCII digits: a sign is allowed.
 */

/** 4 or 16 bytes; null: no address. */
export function parseAddress(text: string): readonly number[] | null {
  if (text.includes(':')) return parseV6(text);
  return text.includes('.') ? parseV4(text) : null;
}

function parseV4(text: string): readonly number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => DECIMAL.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte >= 0 && byte <= 255) ? bytes : null;
}

const DECIMAL = /^[+-]?[0-9]+$/;
const SEGMENT = /^[+-]?[0-9a-f]+$/i;

function parseV6(text: string): readonly number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = segmentsOf(halves[0]!, halves.length === 2);
  const tail = halves.length === 2 ? segmentsOf(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const given = head.length + tail.length;
  if (halves.length === 1 ? given !== 8 : given >= 8) return null;
  const zeros = new Array<number>(8 - given).fill(0);
  return [...head, ...zeros, ...tail].flatMap((segment) => [(segment >> 8) & 255, segment & 255]);
}

function segmentsOf(text: string, mayBeEmpty: boolean): readonly number[] | null {
  if (text === '' && mayBeEmpty) return [];
  const parts = text.split(':');
  return parts.every((part) => part.length <= 4 && SEGMENT.test(part))
    ? parts.map((part) => parseInt(part, 16))
    : null;
}

/** `address` or `address/bits`. */
interface Range {
  readonly address: readonly number[];
  readonly bits: number;
}

/** The range that an ACL's id names; null if it names none. */
export function parseRange(text: string): Range | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === null) return null;
  if (slash === -1) return { address, bits: address.length * 8 };
  const bitsText = text.slice(slash + 1);
  const bits = DECIMAL.test(bitsText) ? Number(bitsText) : -1;
  return bits >= 0 && bits <= address.length * 8 ? { address, bits } : null;
}

/** Is `text` an address in `range`? */
export function inRange(text: string, range: Range): boolean {
  const address = parseAddress(text);
  if (address === null || address.length !== range.address.length) return false;
  const whole = range.bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== range.address[i]) return false;
  const mask = (0xff00 >> (range.bits & 7)) & 0xff;
  return mask === 0 || (address[whole]! & mask) === (range.address[whole]! & mask);
}
