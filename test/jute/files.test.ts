/** The formats of log and snapshot files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import type { SnapshotImage } from '../../src/core/image.js';
import { makeZxid } from '../../src/core/zxid.js';
import { ADLER_SEED, adler32 } from '../../src/jute/adler32.js';
import {
  FILE_HEADER_LENGTH,
  LOG_MAGIC,
  RECORD_OVERHEAD,
  SNAPSHOT_MAGIC,
  checkFileHeader,
  encodeFileHeader,
  findLogRecord,
  putLogRecord,
  scanLogRecord,
} from '../../src/jute/log.js';
import { decodeSnapStream, decodeSnapshotFile } from '../../src/jute/snapshot-decode.js';
import type { SnapshotContent } from '../../src/jute/snapshot-decode.js';
import { encodeSnapStream, encodeSnapshotFile } from '../../src/jute/snapshot.js';
import { apacheBytes } from './apache-bytes.js';
import { chunks, damaged, decodes, image } from './arbitraries.js';

/** zlib ends a deflated stream with the Adler-32 of its input. */
function zlibAdler(bytes: Uint8Array): number {
  return deflateSync(bytes).readUInt32BE(deflateSync(bytes).length - 4);
}

test('Adler-32 is that of zlib, in one go and in pieces', () => {
  assert.equal(adler32(ADLER_SEED, Buffer.from('Wikipedia'), 0, 9), 0x11e60398);
  const worst = Buffer.alloc(100_003, 0xff);
  assert.equal(adler32(ADLER_SEED, worst, 0, worst.length), zlibAdler(worst));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9000 }), fc.nat(9000), (bytes, at) => {
      const cut = Math.min(at, bytes.length);
      const first = adler32(ADLER_SEED, bytes, 0, cut);
      assert.equal(adler32(first, bytes, cut, bytes.length), zlibAdler(bytes));
    }),
  );
});

const MAX = 1 << 20;

function record(txn: Buffer): Buffer {
  const bytes = Buffer.alloc(txn.length + RECORD_OVERHEAD);
  assert.equal(putLogRecord(bytes, 0, txn), bytes.length);
  return bytes;
}

test('a log as Apache writes it', () => {
  const file = apacheBytes('file.log');
  const txn = apacheBytes('txn.setData');
  const ours = Buffer.concat([encodeFileHeader(LOG_MAGIC, 0), record(txn)]);
  assert.equal(ours.toString('hex'), file.toString('hex'));
  checkFileHeader(file, LOG_MAGIC);
  const scan = scanLogRecord(file, FILE_HEADER_LENGTH, true, MAX);
  assert.deepEqual(scan, { kind: 'record', txn, next: file.length });
  assert.deepEqual(scanLogRecord(file, file.length, true, MAX), { kind: 'end' });
});

test('file headers of another kind are refused', () => {
  assert.throws(() => checkFileHeader(encodeFileHeader(SNAPSHOT_MAGIC, -1), LOG_MAGIC), {
    kind: 'invalid',
    message: 'invalid magic number 0x5a4b534e',
  });
  assert.throws(() => checkFileHeader(Buffer.from('ZKLG'), LOG_MAGIC), { kind: 'truncated' });
});

const txnBytes = fc.uint8Array({ minLength: 32, maxLength: 90 }).map((b) => Buffer.from(b));

test('a record at every truncation: more is needed, or it is bad at the end of the file', () => {
  fc.assert(
    fc.property(txnBytes, (txn) => {
      const whole = record(txn);
      for (let length = 1; length < whole.length; length++) {
        const cut = whole.subarray(0, length);
        const open = scanLogRecord(cut, 0, false, MAX);
        assert.ok(open.kind === 'more' && open.length > length && open.length <= whole.length);
        const closed = scanLogRecord(cut, 0, true, MAX);
        assert.equal(closed.kind, cut.every((byte) => byte === 0) ? 'end' : 'bad');
        // The same prefix in a file that was padded with zeros.
        const padded = Buffer.concat([cut, Buffer.alloc(whole.length - length + 20)]);
        const torn = scanLogRecord(padded, 0, true, MAX);
        const complete = padded.subarray(0, whole.length).equals(whole);
        if (complete) assert.equal(torn.kind, 'record');
        else assert.equal(torn.kind, cut.every((byte) => byte === 0) ? 'end' : 'bad');
      }
    }),
    { numRuns: 50 },
  );
});

test('any changed byte makes a record bad, or needs more', () => {
  fc.assert(
    fc.property(txnBytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (txn, where, flip) => {
      const whole = record(txn);
      const at = where % whole.length;
      whole[at] = whole[at]! ^ flip;
      assert.equal(scanLogRecord(whole, 0, true, MAX).kind, 'bad');
      assert.notEqual(scanLogRecord(whole, 0, false, MAX).kind, 'record');
    }),
  );
});

test('intact records are found behind garbage, and only they', () => {
  const garbage = fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b));
  fc.assert(
    fc.property(garbage, txnBytes, garbage, (before, txn, after) => {
      const bytes = Buffer.concat([before, record(txn), after]);
      assert.equal(findLogRecord(bytes, 0, MAX), before.length);
      const none = Buffer.concat([before, record(txn).subarray(0, -1)]);
      assert.equal(findLogRecord(none, 0, MAX), -1);
    }),
  );
});

/** Runs the file decoder over `pieces`. */
function decodeFile(pieces: readonly Buffer[]): SnapshotContent {
  const decoding = decodeSnapshotFile();
  const input = pieces[Symbol.iterator]();
  let step = decoding.next(null);
  while (step.done !== true) step = decoding.next(input.next().value ?? null);
  return step.value;
}

function contentOf({ zxid, sessions, nodes }: SnapshotImage): SnapshotContent {
  return { sessions: [...sessions], nodes: [...nodes], lastZxid: zxid };
}

test('a snapshot as Apache writes it', () => {
  const file = apacheBytes('file.snapshot');
  const content = decodeFile([file]);
  assert.equal(content.lastZxid, makeZxid(1, 3));
  assert.deepEqual(content.sessions, [[0x1000000000000005n, 30_000]]);
  const open = [{ perms: 31, scheme: 'world', id: 'anyone' }];
  const a = content.nodes[1]!;
  assert.equal(a.path, '/a');
  assert.deepEqual(a.data, Buffer.from([1, 2, 3]));
  assert.deepEqual(a.acl, [...open, { perms: 1, scheme: 'digest', id: 'bob:x=' }]);
  assert.deepEqual(content.nodes[2]!.data, null, 'null stays null');
  assert.deepEqual(content.nodes[3]!.data, Buffer.alloc(0), 'empty stays empty');
  assert.equal(content.nodes[2]!.stat.ephemeralOwner, 0x1000000000000005n);
  assert.deepEqual(content.nodes[0]!.acl, open);
  // What we make of it is read back the same, and only the numbers of ACL lists differ.
  const again = [...encodeSnapshotFile({ ...content, zxid: makeZxid(1, 3) })];
  assert.deepEqual(decodeFile(again), content);
});

test('snapshots before 3.9 and before 3.6 end earlier', () => {
  const file = apacheBytes('file.snapshot');
  const { sessions, nodes } = decodeFile([file]);
  // Last zxid and its seal: 8 + 13 bytes; digest and its seal: 20 + 13 bytes.
  for (const length of [file.length - 21, file.length - 21 - 33]) {
    assert.deepEqual(decodeFile([file.subarray(0, length)]), { sessions, nodes, lastZxid: null });
  }
});

test('a digest of version 1 is a string', () => {
  const file = apacheBytes('file.snapshot');
  const upTo = file.subarray(0, file.length - 21 - 33);
  const digest = Buffer.from('0000000100000003' + '00000001' + '00000002' + '3766', 'hex');
  const sealed = (bytes: Buffer): Buffer => {
    const seal = Buffer.alloc(13);
    seal.writeUInt32BE(adler32(ADLER_SEED, bytes, 0, bytes.length), 4);
    seal.writeInt32BE(1, 8);
    seal.write('/', 12);
    return Buffer.concat([bytes, seal]);
  };
  const old = sealed(Buffer.concat([upTo, digest]));
  assert.equal(decodeFile([old]).nodes.length, 7);
});

test('every image survives the round trip, wherever the file is cut', () => {
  const property = fc.property(
    image.chain((value) => {
      const file = Buffer.concat([...encodeSnapshotFile(value)]);
      return fc.tuple(fc.constant(value), chunks(file));
    }),
    ([value, pieces]) => {
      assert.deepEqual(decodeFile(pieces), contentOf(value));
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('a file cut at any byte is refused, but between its sealed parts', () => {
  const file = apacheBytes('file.snapshot');
  const whole = new Set([file.length - 21, file.length - 21 - 33]);
  for (let length = 0; length < file.length; length++) {
    const cut = file.subarray(0, length);
    assert.equal(
      decodes(() => decodeFile([cut])),
      whole.has(length),
      `cut at ${length}`,
    );
  }
});

test('any changed byte of a file is noticed, but for the "/" of a seal', () => {
  const file = apacheBytes('file.snapshot');
  for (let at = 0; at < file.length; at++) {
    const copy = Buffer.from(file);
    copy[at] = copy[at]! ^ 0x41;
    const inHeader = at >= 4 && at < FILE_HEADER_LENGTH;
    // Version and dbid of the header are covered by the checksum, and so is everything else but
    // the last seal's own string.
    const decoded = decodes(() => decodeFile([copy]));
    assert.equal(decoded, at === file.length - 1, `byte ${at}${inHeader ? ' (header)' : ''}`);
  }
});

test('damaged files and streams never do worse than a DecodeError', () => {
  const files = image.map((value) => Buffer.concat([...encodeSnapshotFile(value)]));
  fc.assert(
    fc.property(damaged(files), (file) => void decodes(() => decodeFile([file]))),
    { numRuns: 500 },
  );
});

test('a SNAP stream gives back what follows it', () => {
  fc.assert(
    fc.property(image, (value) => {
      const stream = Buffer.concat([...encodeSnapStream(value), Buffer.from('next packet')]);
      const step = decodeSnapStream(stream).next(null);
      assert.ok(step.done === true);
      assert.equal(step.value.rest.toString(), 'next packet');
      assert.deepEqual(step.value.content, { ...contentOf(value), lastZxid: null });
    }),
  );
});

test('a large image comes in chunks of bounded size, in turns', () => {
  const [root] = [...sample().nodes];
  function* nodes(): Generator<typeof root & object> {
    yield root!;
    for (let i = 0; i < 5000; i++) yield { ...root!, path: `/n${i}`, data: Buffer.alloc(100, i) };
  }
  const large = { ...sample(), nodes: { [Symbol.iterator]: nodes } };
  const pieces = [...encodeSnapshotFile(large)];
  assert.ok(
    pieces.some((piece) => piece.length === 0),
    'collecting the ACLs takes turns too',
  );
  assert.ok(pieces.every((piece) => piece.length < 80 * 1024));
  assert.equal(decodeFile(pieces.filter((piece) => piece.length > 0)).nodes.length, 5001);
});

test('equal ACL lists are written once', () => {
  const acl = (id: string): { perms: number; scheme: string; id: string }[] => [
    { perms: 1, scheme: 'digest', id },
  ];
  const [root] = [...sample().nodes];
  const nodes = ['/', '/a', '/b', '/c'].map((path, i) => ({
    ...root!,
    path,
    acl: acl(i % 2 === 0 ? 'bob' : 'eve'),
  }));
  const file = Buffer.concat([...encodeSnapshotFile({ ...sample(), nodes })]);
  assert.equal(file.toString('latin1').split('bob').length, 2);
  assert.deepEqual(decodeFile([file]).nodes, nodes);
});

function sample(): SnapshotImage {
  const [value] = fc.sample(image, { numRuns: 1, seed: 1 });
  return value!;
}
