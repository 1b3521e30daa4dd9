/** Bytes of a stream that make no whole item yet: pieces, so that a long item is copied once. */
import { Buffer } from 'node:buffer';

/** Below this, pieces are merged as they come: a byte at a time must not cost n². */
const MERGE_MAX = 16 * 1024;

/** `pieces` and `chunk` after them. */
export function appendPiece(pieces: readonly Buffer[], chunk: Buffer): readonly Buffer[] {
  const all = [...pieces, chunk];
  for (;;) {
    const last = all.at(-1);
    const before = all.at(-2);
    if (last === undefined || before === undefined) return all;
    if (before.length > last.length || before.length + last.length > MERGE_MAX) return all;
    all.splice(-2, 2, Buffer.concat([before, last]));
  }
}
