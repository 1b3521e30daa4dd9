/**
 * Bytes that are nothing, or nearly something, into every decoder: a value or a DecodeError, no buffer that is out of proportion to what
 * was read, and no value that is. About 6 s. FC_SEED: the seed.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { DecodeError } from '../../src/jute/decode-error.js';
import { decodeConnectRequest, decodeConnectResponse } from '../../src/jute/connect.js';
import { decodeInitialMessage, decodeNotification } from '../../src/jute/election.js';
import { frameState, splitFrames } from '../../src/jute/frames.js';
import { findLogRecord, putLogRecord, RECORD_OVERHEAD, scanLogRecord } from '../../src/jute/log.js';
import { feedQuorum, quorumStream } from '../../src/jute/quorum-stream.js';
import { createReader } from '../../src/jute/reader.js';
import { decodeReply, readReplyBody } from '../../src/jute/reply.js';
import { decodeRequest } from '../../src/jute/request.js';
import { decodeSaslRequest } from '../../src/jute/sasl.js';
import { compressBlock, encodeSnappyBlock, encodeSnappyHeader } from '../../src/jute/snappy.js';
import { expandBlock, feedSnappy, SNAPPY_START } from '../../src/jute/snappy.js';
import { decodeSnapshotFile, decodeSnapStream } from '../../src/jute/snapshot-decode.js';
import { encodeSnapshotFile, encodeSnapStream } from '../../src/jute/snapshot.js';
import { decodeTxn, encodeTxn } from '../../src/jute/txn.js';
import { createWriter } from '../../src/jute/writer.js';
import fc from 'fast-check';
import * as arbitraries from '../jute/arbitraries.js';
import { clientFrames, connectFrames, electionFrames, quorumFrames } from './frames.js';
import { mutated } from './mutate.js';
import { Random } from './random.js';

const ROUNDS = 3_000;
const MAX = 1 << 20;
/** Bytes that a decoder may ask for, for each byte that it is given, and besides. */
const PER_BYTE = 64;
const BESIDES = 1 << 16;
const seed = Number(process.env['FC_SEED'] ?? Date.now() % 1_000_000_000);

const w = createWriter();
const copies = (all: readonly Uint8Array[]): Buffer[] => all.map((bytes) => Buffer.from(bytes));
const sampled = <T>(arbitrary: fc.Arbitrary<T>, encode: (value: T) => Uint8Array): Buffer[] =>
  copies(fc.sample(arbitrary, { seed, numRuns: 100 }).map(encode));

const txns = sampled(arbitraries.txn, (txn) => Buffer.from(encodeTxn(w, txn)));
const inLog = txns.map((txn) => {
  const bytes = Buffer.alloc(txn.length + RECORD_OVERHEAD);
  putLogRecord(bytes, 0, txn);
  return bytes;
});
const requests = clientFrames(seed).slice(0, 500);
const bodies = requests.map((frame) => frame.subarray(4));
const { hello, rest } = quorumFrames();
const voters = electionFrames();
const snapFiles = sampled(arbitraries.image, (image) =>
  Buffer.concat([...encodeSnapshotFile(image)]),
);
const snapStreams = sampled(arbitraries.image, (image) =>
  Buffer.concat([...encodeSnapStream(image)]),
);
const blocks = snapFiles.map((bytes) => compressBlock(bytes));
const snappy = snapFiles.map((bytes) =>
  Buffer.concat([encodeSnappyHeader(), encodeSnappyBlock(bytes)]),
);

/** A decoder that asks for bytes gets all of them, and then the end. */
const drained = (decoding: Generator<void, unknown, Buffer | null>, bytes: Buffer): unknown => {
  for (const chunk of [Buffer.alloc(0), bytes, null]) {
    const step = decoding.next(chunk);
    if (step.done === true) return step.value;
  }
  throw new DecodeError('truncated', 'asks for more behind the end');
};

const OPS = [
  'create',
  'getData',
  'getChildren2',
  'getACL',
  'multi',
  'multiRead',
  'whoAmI',
] as const;

const DECODERS: Readonly<
  Record<
    string,
    readonly [corpus: readonly Buffer[], decode: (bytes: Buffer, random: Random) => unknown]
  >
> = {
  'frames of clients': [requests, (bytes) => splitFrames(frameState(MAX), bytes).frames],
  ConnectRequest: [copies(connectFrames()).map((one) => one.subarray(4)), decodeConnectRequest],
  ConnectResponse: [copies(connectFrames()).map((one) => one.subarray(4)), decodeConnectResponse],
  requests: [bodies, decodeRequest],
  SASL: [bodies, decodeSaslRequest],
  replies: [bodies, (bytes, random) => decodeReply(bytes, () => random.pick(OPS))],
  'bodies of replies': [
    sampled(arbitraries.txn, (txn) => Buffer.from(encodeTxn(w, txn))),
    (bytes, random) => readReplyBody(createReader(bytes), random.pick(OPS)),
  ],
  transactions: [txns, decodeTxn],
  'records of a log': [inLog, (bytes) => scanLogRecord(bytes, 0, true, MAX)],
  'records amid garbage': [inLog, (bytes) => findLogRecord(bytes, 0, MAX)],
  'packets of learners and leaders': [
    [...hello, ...rest],
    (bytes) => {
      const { packets, error } = feedQuorum(quorumStream(MAX), bytes);
      if (error !== null) throw error;
      return packets;
    },
  ],
  'initial messages of voters': [voters.hello, decodeInitialMessage],
  notifications: [voters.rest.map((one) => one.subarray(4)), decodeNotification],
  'snapshot files': [snapFiles, (bytes) => drained(decodeSnapshotFile(), bytes)],
  'snapshots from a leader': [
    snapStreams,
    (bytes) => drained(decodeSnapStream(Buffer.alloc(0)), bytes),
  ],
  'snappy blocks': [blocks, expandBlock],
  'snappy streams': [snappy, (bytes) => feedSnappy(SNAPPY_START, bytes).pieces],
};

/** Leaves and bytes of a value: how large it is, whatever it is. */
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  if (Symbol.iterator in value) {
    let size = 1;
    for (const one of value as Iterable<unknown>) size += sizeOf(one);
    return size;
  }
  return Object.values(value).reduce((size: number, one) => size + sizeOf(one), 1);
};

/** The most that was asked of Buffer in one call while `work` ran. */
const largestBuffer = (work: () => void): number => {
  let largest = 0;
  const names = ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const;
  const real = names.map((name) => Buffer[name]);
  names.forEach((name, i) => {
    Buffer[name] = ((size: number, ...more: []) => {
      largest = Math.max(largest, size);
      return real[i]!.call(Buffer, size, ...more);
    }) as typeof Buffer.alloc;
  });
  try {
    work();
  } finally {
    names.forEach((name, i) => {
      Buffer[name] = real[i]! as typeof Buffer.alloc;
    });
  }
  return largest;
};

for (const [name, [corpus, decode]] of Object.entries(DECODERS)) {
  test(`${name}: a value or a DecodeError, in proportion`, () => {
    const random = new Random(seed);
    let values = 0;
    let errors = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = round % 50 === 0 ? random.pick(corpus) : mutated(random, corpus);
      const shown = bytes.subarray(0, 200).toString('hex');
      const bound = bytes.length * PER_BYTE + BESIDES;
      const largest = largestBuffer(() => {
        try {
          const size = sizeOf(decode(bytes, random));
          assert.ok(size <= bound, `a value of size ${size} from ${bytes.length} bytes: ${shown}`);
          values += 1;
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
          errors += 1;
        }
      });
      assert.ok(largest <= bound, `${largest} bytes asked for, for ${bytes.length}: ${shown}`);
    }
    assert.equal(values + errors, ROUNDS);
    assert.ok(values > 0, 'nothing was ever read');
  });
}

test('a buffer that is out of proportion is seen', () => {
  assert.equal(
    largestBuffer(() => void Buffer.alloc(12_345)),
    12_345,
  );
  assert.equal(sizeOf({ a: [1, 2, Buffer.alloc(100)], b: 'abc' }), 107);
});
