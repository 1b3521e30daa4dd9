/** The election port's initial message and notifications. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Sid } from '../../src/core/ids.js';
import { makeZxid } from '../../src/core/zxid.js';
import {
  INITIAL_V1,
  INITIAL_V2,
  decodeInitialMessage,
  decodeNotification,
  encodeInitialMessage,
  encodeNotification,
} from '../../src/jute/election.js';
import { createWriter } from '../../src/jute/writer.js';
import { bytes, damaged, decodes, notification } from './arbitraries.js';

const w = createWriter();

test('the initial message, in both versions, at every split point', () => {
  for (const message of [
    { version: INITIAL_V1, sid: 3 as Sid, addresses: ['127.0.0.1:3888'] },
    { version: INITIAL_V2, sid: 254 as Sid, addresses: ['10.0.0.1:3888', '[::1]:3889'] },
  ]) {
    const whole = encodeInitialMessage(w, message);
    for (let length = 0; length < whole.length; length++) {
      assert.equal(decodeInitialMessage(whole.subarray(0, length)), null);
    }
    const more = Buffer.concat([whole, Buffer.from('rest')]);
    assert.deepEqual(decodeInitialMessage(more), { message, length: whole.length });
  }
});

test('the initial message as Apache sends it', () => {
  const message = { version: INITIAL_V1, sid: 3 as Sid, addresses: ['h:1'] };
  assert.equal(
    encodeInitialMessage(w, message).toString('hex'),
    'ffffffffffff0000' + '0000000000000003' + '00000003' + '683a31',
  );
});

test('a server before 3.5 sends its sid alone', () => {
  const decoded = decodeInitialMessage(Buffer.from('0000000000000007ffff', 'hex'));
  assert.deepEqual(decoded, { message: { version: 7, sid: 7, addresses: [] }, length: 8 });
});

test('other versions and lengths are refused', () => {
  const refused = (hex: string, message: string): void => {
    assert.throws(() => decodeInitialMessage(Buffer.from(hex, 'hex')), {
      name: 'DecodeError',
      message,
    });
  };
  refused('ffffffffffffffff', 'protocol version -1');
  for (const [length, shown] of [
    ['00000000', 0],
    ['ffffffff', -1],
    ['00000801', 2049],
  ] as const) {
    refused(`ffffffffffff00000000000000000003${length}`, `addresses of length ${shown}`);
  }
});

test('every notification survives the round trip, config included', () => {
  fc.assert(
    fc.property(notification, bytes, (n, config) => {
      const frame = encodeNotification(w, n, config);
      assert.equal(frame.readInt32BE(0), frame.length - 4);
      const decoded = decodeNotification(frame.subarray(4));
      assert.deepEqual(decoded, { notification: n, version: 2, config });
    }),
  );
});

const n = {
  leader: 2 as Sid,
  zxid: makeZxid(3, 4),
  peerEpoch: 3,
  state: 'LEADING' as const,
  electionEpoch: 5,
};
const fields = '00000002' + '0000000000000002' + '0000000300000004' + '0000000000000005';

test('a notification as Apache builds it', () => {
  const frame = encodeNotification(w, n, Buffer.from('version=0'));
  const expected = fields + '0000000000000003' + '00000002' + '00000009' + '76657273696f6e3d30';
  assert.equal(frame.subarray(4).toString('hex'), expected);
});

test('the shorter notifications of older servers', () => {
  const decode = (hex: string): unknown => decodeNotification(Buffer.from(hex, 'hex'));
  assert.deepEqual(decode(fields), { notification: n, version: 0, config: null });
  assert.deepEqual(decode(fields + '0000000000000003' + '00000001'), {
    notification: n,
    version: 1,
    config: null,
  });
});

test('states that are none and lengths that cannot be are refused', () => {
  const decode = (hex: string) => (): unknown => decodeNotification(Buffer.from(hex, 'hex'));
  assert.throws(decode('00000004' + fields.slice(8)), { message: 'server state 4' });
  assert.throws(decode('ffffffff' + fields.slice(8)), { message: 'server state -1' });
  const start = fields + '0000000000000003' + '00000002';
  assert.throws(decode(start + 'ffffffff'), { message: 'configuration of length -1' });
  assert.throws(decode(start + '00000005'), { kind: 'truncated' });
});

test('damaged notifications and initial messages never do worse than a DecodeError', () => {
  const encodings = notification.map((value) =>
    encodeNotification(w, value, Buffer.alloc(0)).subarray(4),
  );
  fc.assert(
    fc.property(damaged(encodings), (frame) => {
      decodes(() => decodeNotification(frame));
      decodes(() => decodeInitialMessage(frame));
    }),
    { numRuns: 500 },
  );
});
