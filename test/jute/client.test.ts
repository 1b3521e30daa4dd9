/** The client protocol: connect, requests, replies, watch events; both directions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SessionId } from '../../src/core/ids.js';
import type { ClientRequest } from '../../src/core/request.js';
import type { Stat } from '../../src/core/stat.js';
import { makeZxid } from '../../src/core/zxid.js';
import type { Zxid } from '../../src/core/zxid.js';
import {
  decodeConnectRequest,
  decodeConnectResponse,
  encodeConnectRequest,
  encodeConnectResponse,
} from '../../src/jute/connect.js';
import { decodeReply, encodeReply, encodeWatchEvent } from '../../src/jute/reply.js';
import type { MultiResult, ReplyBody } from '../../src/jute/reply.js';
import { decodeRequest, encodeRequest } from '../../src/jute/request.js';
import { createWriter } from '../../src/jute/writer.js';
import { apacheBytes } from './apache-bytes.js';
import {
  connectRequest,
  damaged,
  decodes,
  int,
  path,
  reply,
  request,
  zxid,
} from './arbitraries.js';

const w = createWriter();
/** A frame's body, after a look at its length. */
function unframed(frame: Buffer): Buffer {
  assert.equal(frame.readInt32BE(0), frame.length - 4);
  return frame.subarray(4);
}

const stat: Stat = {
  czxid: makeZxid(1, 1),
  mzxid: makeZxid(1, 2),
  pzxid: makeZxid(1, 3),
  ctime: 1_700_000_000_001,
  mtime: 1_700_000_000_002,
  version: 3,
  cversion: -1,
  aversion: 5,
  ephemeralOwner: 0x1000000000000005n as SessionId,
  dataLength: 3,
  numChildren: 2,
};
const data = Buffer.from([1, 2, 3]);
const open = [{ perms: 31, scheme: 'world', id: 'anyone' }];
const two = [...open, { perms: 1, scheme: 'digest', id: 'bob:x=' }];
const watches = { relativeZxid: makeZxid(1, 1), data: ['/d'], exist: [], child: ['/c', '/e'] };

const apacheRequests: readonly (readonly [string, number, ClientRequest])[] = [
  ['create', 1, { op: 'create', path: '/é', data, acl: two, flags: 3 }],
  ['createTTL', 1, { op: 'createTTL', path: '/t', data: null, acl: open, flags: 5, ttl: 1000 }],
  ['delete', 2, { op: 'delete', path: '/a', version: -1 }],
  ['exists', 3, { op: 'exists', path: '/a', watch: true }],
  ['getData', 3, { op: 'getData', path: '/a', watch: false }],
  ['setData', 3, { op: 'setData', path: '/a', data: Buffer.alloc(0), version: 4 }],
  ['getACL', 3, { op: 'getACL', path: '/a' }],
  ['setACL', 3, { op: 'setACL', path: '/a', acl: open, version: 2 }],
  ['sync', 3, { op: 'sync', path: '/' }],
  ['getChildren2', 3, { op: 'getChildren2', path: '/a', watch: true }],
  ['auth', -4, { op: 'auth', scheme: 'digest', auth: Buffer.from('bob:pw') }],
  ['setWatches', -8, { op: 'setWatches', ...watches, persistent: [], persistentRecursive: [] }],
  [
    'setWatches2',
    -8,
    { op: 'setWatches2', ...watches, persistent: ['/p'], persistentRecursive: ['/r'] },
  ],
  ['addWatch', 9, { op: 'addWatch', path: '/a', mode: 1 }],
  ['removeWatches', 9, { op: 'removeWatches', path: '/a', mode: 3 }],
  [
    'multi',
    5,
    {
      op: 'multi',
      ops: [
        { op: 'create', path: '/a', data, acl: open, flags: 1 },
        { op: 'setData', path: '/a', data, version: 0 },
        { op: 'check', path: '/a', version: 1 },
        { op: 'delete', path: '/a', version: 1 },
        { op: 'createContainer', path: '/c', data, acl: open, flags: 4 },
        { op: 'createTTL', path: '/t', data, acl: open, flags: 5, ttl: 77 },
      ],
    },
  ],
  [
    'multiRead',
    5,
    {
      op: 'multiRead',
      ops: [
        { op: 'getData', path: '/a', watch: false },
        { op: 'getChildren', path: '/a', watch: false },
      ],
    },
  ],
];

for (const [name, xid, value] of apacheRequests) {
  test(`request as Apache's client sends it: ${name}`, () => {
    const apache = apacheBytes(`req.${name}`);
    assert.deepEqual(decodeRequest(apache), { ok: true, xid, request: value });
    assert.equal(unframed(encodeRequest(w, xid, value)).toString('hex'), apache.toString('hex'));
  });
}

const results: readonly MultiResult[] = [
  { type: 'create', path: '/a' },
  { type: 'create2', path: '/b', stat },
  { type: 'setData', stat },
  { type: 'check' },
  { type: 'delete' },
];
const failed: readonly MultiResult[] = [
  { type: 'error', err: 0 },
  { type: 'error', err: -101 },
  { type: 'error', err: -2 },
];
const apacheReplies: readonly (readonly [string, ClientRequest['op'], ReplyBody])[] = [
  ['stat', 'exists', { type: 'stat', stat }],
  ['data', 'getData', { type: 'data', data, stat }],
  ['children2', 'getChildren2', { type: 'childrenStat', children: ['x', 'y'], stat }],
  ['acl', 'getACL', { type: 'acl', acl: two, stat }],
  ['create2', 'createTTL', { type: 'pathStat', path: '/a', stat }],
  ['whoAmI', 'whoAmI', { type: 'whoAmI', identities: [{ scheme: 'ip', id: '127.0.0.1' }] }],
  ['addWatch', 'addWatch', { type: 'error', err: 0 }],
  ['multi', 'multi', { type: 'multi', results }],
  ['failedMulti', 'multi', { type: 'multi', results: failed }],
];

for (const [name, op, body] of apacheReplies) {
  test(`reply as Apache's server sends it: ${name}`, () => {
    const apache = apacheBytes(`rep.${name}`);
    const header = { xid: 3, zxid: makeZxid(1, 4), err: 0 };
    assert.deepEqual(
      decodeReply(apache, () => op),
      { type: 'reply', header, body },
    );
    assert.equal(unframed(encodeReply(w, header, body)).toString('hex'), apache.toString('hex'));
  });
}

test('an error reply is a header alone', () => {
  const apache = apacheBytes('rep.nonode');
  const header = { xid: 3, zxid: makeZxid(1, 4), err: -101 };
  assert.deepEqual(
    decodeReply(apache, () => 'getData'),
    { type: 'reply', header, body: { type: 'none' } },
  );
  assert.deepEqual(unframed(encodeReply(w, header, null)), apache);
  assert.deepEqual(unframed(encodeReply(w, header, { type: 'none' })), apache);
});

test('a watch event as Apache sends it', () => {
  const apache = apacheBytes('rep.event');
  const event = { zxid: makeZxid(1, 4), type: 3, state: 3, path: '/a' };
  assert.deepEqual(
    decodeReply(apache, () => assert.fail('an event answers no request')),
    { type: 'event', event },
  );
  assert.deepEqual(unframed(encodeWatchEvent(w, event)), apache);
});

test('connect as Apache does it, with and without the readOnly byte', () => {
  const asked = apacheBytes('connect.req');
  const password = Buffer.alloc(16);
  const ask = {
    protocolVersion: 0,
    lastZxidSeen: makeZxid(1, 1),
    timeout: 30_000,
    sessionId: 0x1000000000000005n as SessionId,
    password,
    readOnly: true,
    hasReadOnly: true,
  };
  assert.equal(asked.length, 45);
  assert.deepEqual(decodeConnectRequest(asked), ask);
  assert.deepEqual(unframed(encodeConnectRequest(w, ask)), asked);
  const old = { ...ask, readOnly: false, hasReadOnly: false };
  assert.deepEqual(decodeConnectRequest(asked.subarray(0, 44)), old);
  assert.deepEqual(unframed(encodeConnectRequest(w, old)), asked.subarray(0, 44));

  const answered = apacheBytes('connect.rep');
  const { protocolVersion, timeout, sessionId } = ask;
  const answer = {
    protocolVersion,
    timeout,
    sessionId,
    password,
    readOnly: false,
    hasReadOnly: true,
  };
  assert.equal(answered.length, 37);
  assert.deepEqual(decodeConnectResponse(answered), answer);
  assert.deepEqual(unframed(encodeConnectResponse(w, answer)), answered);
  const short = unframed(encodeConnectResponse(w, { ...answer, hasReadOnly: false }));
  assert.deepEqual(short, answered.subarray(0, 36));
  assert.deepEqual(decodeConnectResponse(short), { ...answer, hasReadOnly: false });
});

test('every connect request survives the round trip', () => {
  fc.assert(
    fc.property(connectRequest, (value) => {
      assert.deepEqual(decodeConnectRequest(unframed(encodeConnectRequest(w, value))), value);
    }),
  );
});

test('a connect request that is cut or damaged is a DecodeError', () => {
  const whole = apacheBytes('connect.req');
  for (let length = 0; length < 44; length++) {
    assert.equal(
      decodes(() => decodeConnectRequest(whole.subarray(0, length))),
      false,
    );
    assert.equal(
      decodes(() => decodeConnectResponse(whole.subarray(0, Math.min(length, 35)))),
      false,
    );
  }
  const encodings = connectRequest.map((value) => unframed(encodeConnectRequest(w, value)));
  fc.assert(
    fc.property(damaged(encodings), (frame) => {
      decodes(() => decodeConnectRequest(frame));
      decodes(() => decodeConnectResponse(frame));
    }),
  );
});

test('every request survives the round trip', () => {
  fc.assert(
    fc.property(int, request, (xid, value) => {
      const decoded = decodeRequest(unframed(encodeRequest(w, xid, value)));
      assert.deepEqual(decoded, { ok: true, xid, request: value });
    }),
    { numRuns: 500 },
  );
});

test('a truncated request keeps its xid, or has no header', () => {
  fc.assert(
    fc.property(int, request, (xid, value) => {
      const whole = unframed(encodeRequest(w, xid, value));
      for (let length = 0; length < whole.length; length++) {
        const frame = whole.subarray(0, length);
        if (length < 8) {
          assert.equal(
            decodes(() => decodeRequest(frame)),
            false,
          );
          continue;
        }
        const decoded = decodeRequest(frame);
        assert.equal(decoded.xid, xid);
        // Its path has no length of its own: every prefix is one.
        assert.equal(decoded.ok, false);
        if (!decoded.ok) assert.match(decoded.reason, /./);
      }
    }),
  );
});

test('damaged requests never do worse than a DecodeError', () => {
  const encodings = fc.tuple(int, request).map(([xid, r]) => unframed(encodeRequest(w, xid, r)));
  fc.assert(
    fc.property(damaged(encodings), (frame) => void decodes(() => decodeRequest(frame))),
    { numRuns: 1000 },
  );
});

test('opcodes that are none of a client are unknown', () => {
  for (const opcode of [-10, -1, 0, 10, 102, 9999]) {
    const frame = Buffer.alloc(12);
    frame.writeInt32BE(opcode, 4);
    assert.deepEqual(decodeRequest(frame), {
      ok: true,
      xid: 0,
      request: { op: 'unknown', opcode },
    });
  }
});

test('a reconfiguration is read and dropped', () => {
  const request: ClientRequest = { op: 'unknown', opcode: 16 };
  const frame = unframed(encodeRequest(w, 7, request));
  assert.deepEqual(decodeRequest(frame), { ok: true, xid: 7, request });
  const cut = decodeRequest(frame.subarray(0, -1));
  assert.equal(cut.ok, false);
});

test('a multi holds writes only, a multiRead reads only', () => {
  const header = (xid: number, opcode: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(xid);
    bytes.writeInt32BE(opcode, 4);
    return bytes;
  };
  const reads = Buffer.concat([header(1, 14), apacheBytes('req.multiRead').subarray(8)]);
  assert.deepEqual(decodeRequest(reads), {
    ok: false,
    xid: 1,
    opcode: 14,
    reason: 'operation 4 in a multi',
  });
  const writes = Buffer.concat([header(1, 22), apacheBytes('req.multi').subarray(8)]);
  assert.equal(decodeRequest(writes).ok, false);
});

test('null vectors: setWatches has none, an ACL stays null', () => {
  const none = Buffer.from('ffffffff', 'hex');
  const frame = Buffer.concat([
    Buffer.from('fffffff80000006500000001', 'hex'),
    Buffer.from('00000001', 'hex'),
    none,
    none,
    none,
  ]);
  const lists = { data: [], exist: [], child: [], persistent: [], persistentRecursive: [] };
  assert.deepEqual(decodeRequest(frame), {
    ok: true,
    xid: -8,
    request: { op: 'setWatches', relativeZxid: makeZxid(1, 1), ...lists },
  });
});

test('every reply survives the round trip', () => {
  fc.assert(
    fc.property(int, zxid, reply, (xid, at, [op, body]) => {
      fc.pre(xid !== -1);
      const header = { xid, zxid: at, err: 0 };
      const frame = unframed(encodeReply(w, header, body));
      assert.deepEqual(
        decodeReply(frame, (asked) => (asked === xid ? op : undefined)),
        { type: 'reply', header, body },
      );
    }),
    { numRuns: 500 },
  );
});

test('every watch event survives the round trip', () => {
  fc.assert(
    fc.property(zxid, int, int, path, (at, type, state, where) => {
      const event = { zxid: at, type, state, path: where };
      const frame = unframed(encodeWatchEvent(w, event));
      assert.deepEqual(
        decodeReply(frame, () => undefined),
        { type: 'event', event },
      );
    }),
  );
});

test('a truncated or damaged reply is a DecodeError', () => {
  const header = { xid: 1, zxid: 5 as Zxid, err: 0 };
  fc.assert(
    fc.property(reply, ([op, body]) => {
      const whole = unframed(encodeReply(w, header, body));
      for (let length = 0; length < whole.length; length++) {
        assert.equal(
          decodes(() => decodeReply(whole.subarray(0, length), () => op)),
          false,
        );
      }
    }),
  );
  const encodings = reply.map(
    ([op, body]) => [op, unframed(encodeReply(w, header, body))] as const,
  );
  const cases = encodings.chain(([op, frame]) =>
    fc.tuple(fc.constant(op), damaged(fc.constant(frame))),
  );
  fc.assert(
    fc.property(cases, ([op, frame]) => void decodes(() => decodeReply(frame, () => op))),
    { numRuns: 1000 },
  );
});

test('a reply to what was not asked has its body left unread', () => {
  const decoded = decodeReply(apacheBytes('rep.stat'), () => undefined);
  assert.equal(decoded.type === 'reply' && decoded.body.type, 'none');
});
