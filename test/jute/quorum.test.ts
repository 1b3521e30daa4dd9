/** Quorum packets and the stream that carries them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SessionId, Sid } from '../../src/core/ids.js';
import type { SnapshotImage } from '../../src/core/image.js';
import type { Packet, SnapPacket } from '../../src/core/message.js';
import type { Txn } from '../../src/core/txn.js';
import { makeZxid } from '../../src/core/zxid.js';
import type { Zxid } from '../../src/core/zxid.js';
import { encodePacket, encodeSnapHead } from '../../src/jute/quorum.js';
import { feedQuorum, quorumStream } from '../../src/jute/quorum-stream.js';
import type { ReceivedPacket } from '../../src/jute/quorum-stream.js';
import { encodeSnapStream } from '../../src/jute/snapshot.js';
import { decodeTxn, encodeTxn } from '../../src/jute/txn.js';
import { createWriter } from '../../src/jute/writer.js';
import { apacheBytes } from './apache-bytes.js';
import { chunks, damaged, image, packet, zxid } from './arbitraries.js';

const w = createWriter(1024);
const txnWriter = createWriter();
const txnBytes = (txn: Txn): Buffer => encodeTxn(txnWriter, txn);
const LIMIT = 1 << 20;

type Sendable = Exclude<Packet, SnapPacket>;

function encode(value: Sendable): Buffer {
  return encodePacket(w, value, txnBytes);
}

function encodeSnap(at: Zxid, value: SnapshotImage): Buffer {
  return Buffer.concat([encodeSnapHead(w, at), ...encodeSnapStream(value)]);
}

function feed(pieces: readonly Buffer[]): { all: ReceivedPacket[]; error: string | null } {
  const all: ReceivedPacket[] = [];
  let stream = quorumStream(LIMIT);
  for (const piece of pieces) {
    const fed = feedQuorum(stream, piece);
    stream = fed.stream;
    all.push(...fed.packets);
    if (fed.error !== null) return { all, error: fed.error.message };
  }
  return { all, error: null };
}

function packets(pieces: readonly Buffer[]): Packet[] {
  const { all, error } = feed(pieces);
  assert.equal(error, null);
  return all.map((received) => received.packet);
}

const apache: Readonly<Record<string, Sendable>> = {
  followerinfo: {
    type: 'FOLLOWERINFO',
    sid: 3 as Sid,
    acceptedEpoch: 2,
    protocolVersion: 0x10000,
    configVersion: 0,
  },
  leaderinfo: { type: 'LEADERINFO', epoch: 3 },
  ackepoch: { type: 'ACKEPOCH', currentEpoch: 2, lastZxid: makeZxid(2, 5) },
  diff: { type: 'DIFF', zxid: makeZxid(2, 5) },
  proposal: { type: 'PROPOSAL', txn: decodeTxn(apacheBytes('txn.setData')) },
  commit: { type: 'COMMIT', zxid: makeZxid(3, 2) },
  ping: {
    type: 'PING',
    zxid: makeZxid(3, 2),
    sessions: [
      { sessionId: 5n as SessionId, timeout: 4000 },
      { sessionId: -6n as SessionId, timeout: 5000 },
    ],
  },
  request: {
    type: 'REQUEST',
    request: {
      sessionId: 5n as SessionId,
      cxid: 9,
      request: { op: 'delete', path: '/a', version: -1 },
      identities: [
        { scheme: 'ip', id: '127.0.0.1' },
        { scheme: 'digest', id: 'bob:x=' },
      ],
    },
  },
};

for (const [name, value] of Object.entries(apache)) {
  test(`packet as Apache sends it: ${name}`, () => {
    const bytes = apacheBytes(`qp.${name}`);
    assert.deepEqual(packets([bytes]), [value]);
    assert.equal(encode(value).toString('hex'), bytes.toString('hex'));
  });
}

test('packets come out whole, wherever the stream is cut, SNAP included', () => {
  const sent = fc.oneof(
    { weight: 4, arbitrary: packet.map((value) => ({ value, bytes: encode(value) })) },
    {
      weight: 1,
      arbitrary: fc.tuple(zxid, image).map(([at, inside]) => ({
        value: { type: 'SNAP' as const, snapshot: { zxid: at, image: { ...inside, zxid: at } } },
        bytes: encodeSnap(at, inside),
      })),
    },
  );
  const property = fc.property(
    fc
      .array(sent, { maxLength: 6 })
      .chain((all) =>
        fc.tuple(fc.constant(all), chunks(Buffer.concat(all.map(({ bytes }) => bytes)))),
      ),
    ([all, pieces]) => {
      assert.deepEqual(
        packets(pieces),
        all.map(({ value }) => value),
      );
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('a byte at a time', () => {
  const stream = Buffer.concat([
    ...Object.values(apache).map(encode),
    encodeSnapHead(w, makeZxid(1, 3)),
    apacheBytes('stream.snap'),
    encode({ type: 'NEWLEADER', zxid: makeZxid(2, 0) }),
  ]);
  const got = packets([...stream].map((byte) => Buffer.from([byte])));
  assert.deepEqual(got, packets([stream]));
  assert.equal(got.length, Object.keys(apache).length + 2);
  const snap = got.at(-2)!;
  assert.ok(snap.type === 'SNAP');
  const { nodes, sessions } = snap.snapshot.image as SnapshotImage;
  assert.deepEqual(
    [...nodes].map((node) => node.path),
    ['/', '/a', '/a/b', '/c', '/zookeeper', '/zookeeper/config', '/zookeeper/quota'],
  );
  assert.deepEqual([...sessions], [[0x1000000000000005n, 30_000]]);
});

test('the bytes of a PROPOSAL come with it, digest included', () => {
  const head = Buffer.alloc(16);
  const inside = apacheBytes('txn.digest');
  head.writeInt32BE(2);
  head.writeBigInt64BE(0x300000002n, 4);
  head.writeInt32BE(inside.length, 12);
  const chunk = Buffer.concat([head, inside, Buffer.from('ffffffff', 'hex')]);
  const [received] = feed([chunk]).all;
  chunk.fill(0);
  assert.deepEqual(received!.txnBytes, inside, 'bytes of its own');
  const { packet } = received!;
  assert.ok(packet.type === 'PROPOSAL');
  const { digest, ...bare } = packet.txn;
  assert.deepEqual({ ...packet, txn: bare }, apache['proposal']);
  assert.deepEqual(digest, { version: 2, high: 0, low: 123_456_789 });
});

test('what a peer must not send is an error, after the packets before it', () => {
  const before = encode({ type: 'COMMIT', zxid: makeZxid(1, 1) });
  const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
  const cases: readonly (readonly [string, Buffer])[] = [
    ['quorum packet of type 99', hex('000000630000000000000000ffffffffffffffff')],
    ['quorum packet of type 9', hex('000000090000000000000000ffffffffffffffff')],
    [
      'quorum packet with data of length -2, limit 1048576',
      hex('000000040000000000000000fffffffe'),
    ],
    [
      'quorum packet with data of length 1048577, limit 1048576',
      hex('00000004000000000000000000100001'),
    ],
    ['-2 identities', hex('000000040000000000000000fffffffffffffffe')],
    ['2000 identities', hex('000000040000000000000000ffffffff000007d0')],
    ['string of length -2', hex('000000040000000000000000ffffffff00000001fffffffe')],
    ['not a zxid: -2', hex('00000004fffffffffffffffeffffffffffffffff')],
    [
      'PROPOSAL 1 carries transaction 12884901890',
      Buffer.concat([
        hex('00000002000000000000000100000031'),
        apacheBytes('txn.setData'),
        hex('ffffffff'),
      ]),
    ],
  ];
  for (const [message, bytes] of cases) {
    const { all, error } = feed([before, bytes]);
    assert.equal(error, message);
    assert.equal(all.length, 1);
  }
});

test('a snapshot that does not end as it must', () => {
  const stream = apacheBytes('stream.snap');
  stream.write('X', stream.length - 1);
  const { error } = feed([encodeSnapHead(w, makeZxid(1, 3)), stream]);
  assert.equal(error, 'snapshot ends with "BenWasHerX"');
});

test('a REQUEST whose record is malformed becomes an unknown operation', () => {
  const bytes = apacheBytes('qp.request');
  bytes.writeInt32BE(7, 16 + 12);
  const [got] = packets([bytes]);
  assert.ok(got!.type === 'REQUEST');
  assert.deepEqual(got.request.request, { op: 'unknown', opcode: 7 });
});

test('a LearnerInfo of an older server is its sid', () => {
  const bytes = Buffer.from('0000000b0000000200000000000000080000000000000003ffffffff', 'hex');
  const [got] = packets([bytes]);
  assert.ok(got!.type === 'FOLLOWERINFO');
  assert.equal(got.sid, 3);
  assert.equal(got.protocolVersion, 1);
});

test("Apache's SYNC has no data", () => {
  const bytes = Buffer.from('000000070000000000000000ffffffffffffffff', 'hex');
  assert.deepEqual(packets([bytes]), [{ type: 'SYNC', sessionId: 0n, cxid: 0, path: '' }]);
});

test('damaged streams end in an error or wait, whatever they are', () => {
  const encodings = fc.oneof(
    packet.map(encode),
    image.map((value) => encodeSnap(makeZxid(1, 1), value)),
  );
  fc.assert(
    fc.property(damaged(encodings).chain(chunks), (pieces) => {
      const { all, error } = feed(pieces);
      assert.ok(error === null || error !== '');
      assert.ok(all.length < 40);
    }),
    { numRuns: 1000 },
  );
});
