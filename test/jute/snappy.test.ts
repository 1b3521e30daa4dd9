/**
 * Our Snappy against itself, and against blocks of the reference encoder (which has forms that ours
 * does not write). Files that the real server has written: `interop/disks.test.ts`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../src/jute/decode-error.js';
import {
  SNAPPY_BLOCK,
  SNAPPY_START,
  compressBlock,
  encodeSnappyBlock,
  encodeSnappyHeader,
  endSnappy,
  expandBlock,
  feedSnappy,
} from '../../src/jute/snappy.js';

/** Bytes with repetitions, so that there is something to copy, near and far. */
const repetitive = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(Buffer.from('/zookeeper/'), Buffer.alloc(70, 7), Buffer.alloc(300, 9)),
      ),
      fc.integer({ min: 1, max: 60 }),
    ),
    { maxLength: 30 },
  )
  .map((parts) =>
    Buffer.concat(parts.flatMap(([bytes, times]) => new Array<Uint8Array>(times).fill(bytes))),
  );

/** All that the stream `chunks` holds. */
function readAll(chunks: readonly Buffer[]): Buffer {
  let stream = SNAPPY_START;
  const all: Buffer[] = [];
  for (const chunk of chunks) {
    const fed = feedSnappy(stream, chunk);
    stream = fed.stream;
    all.push(...fed.pieces);
  }
  endSnappy(stream);
  return Buffer.concat(all);
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((n) => n % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return cuts.slice(1).map((to, i) => bytes.subarray(cuts[i], to));
}

test('a block expands to what it was made of', () => {
  const sizes = [0, 1, 3, 4, 59, 60, 61, 62, 256, 257, 300, SNAPPY_BLOCK, 0x10000];
  for (const size of sizes) {
    const noise = Buffer.from(
      Array.from({ length: size }, (_, i) => (Math.imul(i, i) >>> 3) & 255),
    );
    assert.ok(expandBlock(compressBlock(noise)).equals(noise), String(size));
    const same = Buffer.alloc(size, 3);
    const block = compressBlock(same);
    assert.ok(expandBlock(block).equals(same), String(size));
    if (size >= 256) assert.ok(block.length < 16 + size / 10, `${size} became ${block.length}`);
  }
  fc.assert(
    fc.property(repetitive, (bytes) => {
      const some = bytes.subarray(0, 0x10000);
      assert.ok(expandBlock(compressBlock(some)).equals(some));
    }),
  );
});

test('a stream is read at every split point, and two of them after each other', () => {
  fc.assert(
    fc.property(repetitive, fc.array(fc.nat(), { maxLength: 9 }), (bytes, places) => {
      const blocks: Buffer[] = [encodeSnappyHeader()];
      for (let at = 0; at < bytes.length; at += 1000) {
        blocks.push(encodeSnappyBlock(bytes.subarray(at, at + 1000)));
      }
      const stream = Buffer.concat(blocks);
      assert.ok(readAll(cutAt(stream, places)).equals(bytes));
      const twice = Buffer.concat([stream, stream]);
      assert.ok(readAll(cutAt(twice, places)).equals(Buffer.concat([bytes, bytes])));
    }),
  );
});

test('forms of blocks that only others write', () => {
  const cases: readonly (readonly [string, string])[] = [
    // A literal with its length in one, two, three and four bytes.
    ['03f002616263', '616263'],
    ['03f40200616263', '616263'],
    ['03f8020000616263', '616263'],
    ['03fc02000000616263', '616263'],
    // A copy with an offset of one, two and four bytes, each into what it writes.
    ['0600610501', '616161616161'],
    ['060061120100', '616161616161'],
    ['0600611301000000', '616161616161'],
    // Too little, too much, and copies of what never was.
    ['0700610501', ''],
    ['0500610501', ''],
    ['0600610502', ''],
    ['0600610500', ''],
    ['06', ''],
  ];
  for (const [block, expanded] of cases) {
    const bytes = Buffer.from(block, 'hex');
    if (expanded === '') assert.throws(() => expandBlock(bytes), DecodeError, block);
    else assert.equal(expandBlock(bytes).toString('hex'), expanded, block);
  }
});

test('whatever the bytes are, they are refused with a DecodeError or read', () => {
  fc.assert(
    fc.property(repetitive, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, change) => {
      const stream = Buffer.concat([
        encodeSnappyHeader(),
        encodeSnappyBlock(bytes.subarray(0, SNAPPY_BLOCK)),
      ]);
      stream[at % stream.length]! ^= change;
      try {
        readAll([stream]);
      } catch (e) {
        if (!(e instanceof DecodeError)) throw e;
      }
      for (let length = 0; length < Math.min(stream.length, 40); length++) {
        if (length === 16) continue;
        assert.throws(() => readAll([stream.subarray(0, length)]), DecodeError);
      }
    }),
  );
});
