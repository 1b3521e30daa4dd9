/** Jute's primitives: round trips, limits, and errors that are always DecodeErrors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError, attempt } from '../../src/jute/decode-error.js';
import * as read from '../../src/jute/reader.js';
import * as write from '../../src/jute/writer.js';
import { bytes, data, int, millis, sessionId, text } from './arbitraries.js';

type Item =
  | readonly ['int', number]
  | readonly ['long', number]
  | readonly ['big', bigint]
  | readonly ['bool', boolean]
  | readonly ['byte', number]
  | readonly ['string', string]
  | readonly ['buffer', Uint8Array | null]
  | readonly ['vector', readonly number[] | null];

const item: fc.Arbitrary<Item> = fc.oneof(
  fc.tuple(fc.constant('int' as const), int),
  fc.tuple(fc.constant('long' as const), millis),
  fc.tuple(fc.constant('big' as const), sessionId),
  fc.tuple(fc.constant('bool' as const), fc.boolean()),
  fc.tuple(fc.constant('byte' as const), fc.nat(255)),
  fc.tuple(fc.constant('string' as const), text),
  fc.tuple(fc.constant('buffer' as const), data),
  fc.tuple(
    fc.constant('vector' as const),
    fc.option(fc.array(int, { maxLength: 5 }), { nil: null }),
  ),
);

function put(w: write.Writer, [kind, value]: Item): void {
  if (kind === 'int') write.writeInt(w, value);
  else if (kind === 'long') write.writeLong(w, value);
  else if (kind === 'big') write.writeBigLong(w, value);
  else if (kind === 'bool') write.writeBool(w, value);
  else if (kind === 'byte') write.writeByte(w, value);
  else if (kind === 'string') write.writeString(w, value);
  else if (kind === 'buffer') write.writeBuffer(w, value);
  else write.writeVector(w, value, write.writeInt);
}

function get(r: read.Reader, kind: Item[0]): Item[1] {
  if (kind === 'int') return read.readInt(r);
  if (kind === 'long') return read.readLong(r);
  if (kind === 'big') return read.readBigLong(r);
  if (kind === 'bool') return read.readBool(r);
  if (kind === 'byte') return read.readByte(r);
  if (kind === 'string') return read.readString(r);
  if (kind === 'buffer') return read.readBuffer(r);
  return read.readVector(r, 4, read.readInt);
}

test('what is written is read back, whatever the slab size', () => {
  fc.assert(
    fc.property(fc.array(fc.array(item)), fc.integer({ min: 1, max: 64 }), (records, slab) => {
      const w = write.createWriter(slab);
      const encoded = records.map((items) => {
        write.beginRecord(w);
        for (const one of items) put(w, one);
        return write.endRecord(w);
      });
      // Only now, so that a record that was overwritten by a later one shows.
      for (const [i, items] of records.entries()) {
        const r = read.createReader(encoded[i]!);
        for (const [kind, value] of items) assert.deepEqual(get(r, kind), value);
        assert.equal(read.remaining(r), 0);
      }
    }),
  );
});

test('every truncation is a DecodeError that asks for more', () => {
  fc.assert(
    fc.property(item, (one) => {
      const w = write.createWriter();
      put(w, one);
      const whole = write.endRecord(w);
      for (let length = 0; length < whole.length; length++) {
        const cut = whole.subarray(0, length);
        const got = attempt(() => get(read.createReader(cut), one[0]));
        assert.ok(got instanceof DecodeError);
        assert.equal(got.kind, 'truncated');
        assert.ok(got.needed > length && got.needed <= whole.length);
      }
    }),
  );
});

test('numbers are big-endian, and longs keep their sign', () => {
  const w = write.createWriter();
  write.writeInt(w, -2);
  write.writeLong(w, -1);
  write.writeLong(w, 2 ** 53 - 1);
  write.writeLong(w, -(2 ** 63));
  write.writeLong(w, 0x1_0000_0002);
  const hex = write.endRecord(w).toString('hex');
  assert.equal(
    hex,
    'fffffffe' + 'ffffffffffffffff' + '001fffffffffffff' + '8000000000000000' + '0000000100000002',
  );
});

const hexReader = (hex: string): read.Reader => read.createReader(Buffer.from(hex, 'hex'));

test('longs beyond 2^53 are refused, but for -2^63', () => {
  assert.equal(read.readLong(hexReader('001fffffffffffff')), Number.MAX_SAFE_INTEGER);
  assert.equal(read.readLong(hexReader('8000000000000000')), -(2 ** 63));
  for (const hex of [
    '0020000000000000',
    '7fffffffffffffff',
    '8000000000000001',
    'ffdfffffffffffff',
  ]) {
    assert.throws(() => read.readLong(hexReader(hex)), { name: 'DecodeError', kind: 'invalid' });
  }
});

test('zxids are 0 and above, or -1', () => {
  assert.equal(read.readZxid(hexReader('ffffffffffffffff')), -1);
  assert.throws(() => read.readZxid(hexReader('fffffffffffffffe')), { kind: 'invalid' });
  assert.throws(() => read.readZxid(hexReader('8000000000000000')), { kind: 'invalid' });
});

test('a zxid that a client claims is saturated', () => {
  const claimed = (hex: string): number => read.readClaimedZxid(hexReader(hex));
  assert.equal(claimed('0000000100000002'), 0x1_0000_0002);
  assert.equal(claimed('001fffffffffffff'), Number.MAX_SAFE_INTEGER);
  assert.equal(claimed('0020000000000000'), Number.MAX_SAFE_INTEGER);
  assert.equal(claimed('7fffffffffffffff'), Number.MAX_SAFE_INTEGER);
  assert.equal(claimed('ffffffffffffffff'), -1);
  assert.equal(claimed('8000000000000000'), -1);
});

test('null and empty are different', () => {
  assert.equal(read.readBuffer(hexReader('ffffffff')), null);
  assert.deepEqual(read.readBuffer(hexReader('00000000')), Buffer.alloc(0));
  assert.equal(read.readNullableString(hexReader('ffffffff')), null);
  assert.throws(() => read.readString(hexReader('ffffffff')), { kind: 'invalid' });
  assert.equal(read.readVector(hexReader('ffffffff'), 4, read.readInt), null);
});

test('lengths below -1 are refused, lengths beyond the input need more', () => {
  for (const readOne of [
    read.readBuffer,
    read.readString,
    (r: read.Reader) => read.readVector(r, 4, read.readInt),
  ]) {
    assert.throws(() => readOne(hexReader('fffffffe')), { kind: 'invalid' });
    assert.throws(() => readOne(hexReader('80000000')), { kind: 'invalid' });
    assert.throws(() => readOne(hexReader('7fffffff00000000')), { kind: 'truncated' });
  }
});

test('strings are UTF-8; what is none becomes U+FFFD, as in Java', () => {
  const w = write.createWriter();
  for (const s of ['', 'é', '€', '😀', 'x'.repeat(47) + 'é', 'y'.repeat(500)]) {
    write.beginRecord(w);
    write.writeString(w, s);
    const encoded = write.endRecord(w);
    assert.equal(encoded.readInt32BE(0), Buffer.byteLength(s));
    assert.equal(encoded.toString('utf8', 4), s);
  }
  assert.equal(read.readString(hexReader('00000001ff')), '\ufffd');
  write.beginRecord(w);
  write.writeString(w, '\ud800');
  assert.equal(write.endRecord(w).toString('hex'), '00000003efbfbd');
});

test('byte arrays are copied out unless the reader says otherwise', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const w = write.createWriter();
      write.writeBuffer(w, value);
      const encoded = write.endRecord(w);
      const copied = read.readBuffer(read.createReader(encoded))!;
      const view = read.readBuffer(read.createReader(encoded, false))!;
      encoded.fill(0);
      assert.deepEqual(copied, value);
      assert.deepEqual(view, Buffer.alloc(value.length));
    }),
  );
});

test('attempt lets other errors through', () => {
  assert.throws(
    () =>
      attempt(() => {
        throw new TypeError('ours');
      }),
    TypeError,
  );
});
