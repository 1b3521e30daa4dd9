/** The frame splitter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameState, splitFrames } from '../../src/jute/frames.js';
import { appendPiece } from '../../src/jute/pieces.js';
import { chunks } from './arbitraries.js';

const frames = fc.array(fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b)));

function encode(all: readonly Buffer[]): Buffer {
  return Buffer.concat(
    all.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(frame.length);
      return [length, frame];
    }),
  );
}

function feed(max: number, pieces: readonly Buffer[]): { found: Buffer[]; error: string | null } {
  const found: Buffer[] = [];
  let state = frameState(max);
  for (const piece of pieces) {
    const split = splitFrames(state, piece);
    state = split.state;
    found.push(...split.frames);
    if (split.error !== null) return { found, error: split.error.message };
  }
  return { found, error: null };
}

test('frames come out whole, wherever the stream is cut', () => {
  const property = fc.property(
    frames.chain((all) => fc.tuple(fc.constant(all), chunks(encode(all)))),
    ([all, pieces]) => {
      const { found, error } = feed(40, pieces);
      assert.equal(error, null);
      assert.deepEqual(found, all);
    },
  );
  fc.assert(property);
});

test('every split point of a stream, and a byte at a time', () => {
  const all = [Buffer.from('one'), Buffer.alloc(0), Buffer.from('three33'), Buffer.from([4])];
  const stream = encode(all);
  for (let i = 0; i <= stream.length; i++) {
    for (let j = i; j <= stream.length; j++) {
      const pieces = [stream.subarray(0, i), stream.subarray(i, j), stream.subarray(j)];
      assert.deepEqual(feed(40, pieces).found, all);
    }
  }
  assert.deepEqual(
    feed(
      40,
      [...stream].map((byte) => Buffer.from([byte])),
    ).found,
    all,
  );
});

test('a frame in one chunk is a view of it', () => {
  const stream = encode([Buffer.from('abc')]);
  const { found } = feed(40, [stream]);
  stream.fill(0x78);
  assert.equal(found[0]!.toString(), 'xxx');
});

test('a negative or oversized length is an error, after the frames before it', () => {
  for (const [bad, message] of [
    ['ffffffff', 'frame of length -1, limit 40'],
    ['80000000', 'frame of length -2147483648, limit 40'],
    ['00000029', 'frame of length 41, limit 40'],
    ['47455420', 'frame of length 1195725856, limit 40'],
  ] as const) {
    const stream = Buffer.concat([encode([Buffer.from('ok')]), Buffer.from(bad, 'hex')]);
    for (let i = 0; i <= stream.length; i++) {
      const got = feed(40, [stream.subarray(0, i), stream.subarray(i)]);
      assert.deepEqual(got.found, [Buffer.from('ok')]);
      assert.equal(got.error, message);
    }
  }
});

test('a frame of the limit passes', () => {
  const frame = Buffer.alloc(40, 1);
  assert.deepEqual(feed(40, [encode([frame])]).found, [frame]);
});

test('a long frame a byte at a time keeps few pieces', () => {
  let pieces: readonly Buffer[] = [];
  const whole = Buffer.alloc(200_000);
  for (let i = 0; i < whole.length; i++) {
    whole[i] = i % 251;
    pieces = appendPiece(pieces, whole.subarray(i, i + 1));
    assert.ok(pieces.length < 40);
  }
  assert.ok(Buffer.concat(pieces).equals(whole));
});
