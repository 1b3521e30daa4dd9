/**
 * ASN.1 values as DER writes them (ITU-T X.690), as far as key stores and certificates need them:
 * single-byte tags and definite lengths.
 */
import { KeyStoreError } from './key-store-error.js';

export const Tag = {
  integer: 0x02,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
} as const;

const DEPTH_BYTES_MAX = 4;

export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly raw: Buffer;
}

/** The value that `bytes` begin with. @throws {KeyStoreError} if there is none. */
export function readDer(bytes: Buffer): Der {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) throw damaged();
  let length = first;
  let head = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > DEPTH_BYTES_MAX || bytes.length < 2 + count) throw damaged();
    length = bytes.readUIntBE(2, count);
    head += count;
  }
  if (bytes.length - head < length) throw damaged();
  const end = head + length;
  return { tag, content: bytes.subarray(head, end), raw: bytes.subarray(0, end) };
}

/** The values within a constructed one, in order. */
export function childrenOf({ content }: Der): readonly Der[] {
  const children: Der[] = [];
  for (let at = 0; at < content.length;) {
    const child = readDer(content.subarray(at));
    children.push(child);
    at += child.raw.length;
  }
  return children;
}

/** Child number `index`, which has `tag`. */
export function child(of: Der, index: number, tag: number): Der {
  const found = childrenOf(of)[index];
  if (found?.tag !== tag) throw damaged();
  return found;
}

/** `1.2.840.…` */
export function oidText({ tag, content }: Der): string {
  if (tag !== Tag.oid) throw damaged();
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length === 0) {
      const top = Math.min(2, Math.floor(value / 40));
      numbers.push(top, value - 40 * top);
    } else numbers.push(value);
    value = 0;
  }
  return numbers.join('.');
}

/** A number that is not negative and fits. */
export function smallInteger({ tag, content }: Der): number {
  if (tag !== Tag.integer || content.length === 0 || content.length > 6) throw damaged();
  return content.readUIntBE(0, content.length);
}

export function damaged(): KeyStoreError {
  return new KeyStoreError('is damaged, or no key store');
}
