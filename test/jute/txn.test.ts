/** Transactions as log and PROPOSAL hold them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SessionId } from '../../src/core/ids.js';
import type { TxnBody } from '../../src/core/txn.js';
import { makeZxid } from '../../src/core/zxid.js';
import { decodeTxn, encodeTxn } from '../../src/jute/txn.js';
import { createWriter } from '../../src/jute/writer.js';
import { apacheBytes } from './apache-bytes.js';
import { damaged, decodes, txn } from './arbitraries.js';

const w = createWriter(512);
const header = {
  sessionId: 0x1000000000000005n as SessionId,
  cxid: 7,
  zxid: makeZxid(3, 2),
  time: 1_700_000_000_000,
};
const data = Buffer.from([1, 2, 3]);
const open = [{ perms: 31, scheme: 'world', id: 'anyone' }];
const two = [...open, { perms: 1, scheme: 'digest', id: 'bob:x=' }];
const path = '/a';

const apache: Readonly<Record<string, TxnBody>> = {
  create: { type: 'create', path, data, acl: open, ephemeral: true, parentCVersion: 4 },
  create2: { type: 'create2', path, data: null, acl: two, ephemeral: false, parentCVersion: 4 },
  createContainer: { type: 'createContainer', path, data, acl: open, parentCVersion: 4 },
  createTTL: { type: 'createTTL', path, data, acl: open, parentCVersion: 4, ttl: 1000 },
  delete: { type: 'delete', path },
  setData: { type: 'setData', path, data, version: 6 },
  setACL: { type: 'setACL', path, acl: open, version: 6 },
  error: { type: 'error', err: -101 },
  createSession: { type: 'createSession', timeout: 30_000 },
  closeSession: { type: 'closeSession', paths: ['/e', '/f'] },
  multi: {
    type: 'multi',
    ops: [
      { type: 'create', path, data, acl: open, ephemeral: false, parentCVersion: 1 },
      { type: 'setData', path, data, version: 1 },
      { type: 'check', path, version: 1 },
      { type: 'delete', path },
    ],
  },
};

for (const [name, body] of Object.entries(apache)) {
  test(`transaction as Apache writes it: ${name}`, () => {
    const bytes = apacheBytes(`txn.${name}`);
    assert.deepEqual(decodeTxn(bytes), { ...header, body });
    assert.equal(encodeTxn(w, { ...header, body }).toString('hex'), bytes.toString('hex'));
  });
}

test('a create of old servers has no parentCVersion: -1', () => {
  const body = { type: 'create', path, data, acl: open, ephemeral: false, parentCVersion: -1 };
  assert.deepEqual(decodeTxn(apacheBytes('txn.createV0')), { ...header, body });
});

test('a digest behind the body', () => {
  const bytes = apacheBytes('txn.digest');
  const digest = { version: 2, high: 0, low: 123_456_789 };
  const txn = { ...header, body: apache['setData']!, digest };
  assert.deepEqual(decodeTxn(bytes), txn);
  assert.deepEqual(encodeTxn(w, txn), bytes);
  const negative = { ...txn, digest: { version: 2, high: -1, low: -0x8000_0000 } };
  assert.deepEqual(decodeTxn(encodeTxn(w, negative)), negative);
});

test('a closeSession of old servers has no record, with or without a digest', () => {
  const bare = apacheBytes('txn.closeSession').subarray(0, 32);
  const expected = { ...header, body: { type: 'closeSession', paths: null } };
  assert.deepEqual(decodeTxn(bare), expected);
  const digest = Buffer.from('0000000200000000075bcd15', 'hex');
  assert.deepEqual(decodeTxn(Buffer.concat([bare, digest])), expected);
  const written = encodeTxn(w, { ...header, body: { type: 'closeSession', paths: null } });
  assert.deepEqual(written, bare);
});

test('a reconfig is a setData of the configuration', () => {
  const bytes = apacheBytes('txn.setData');
  bytes.writeInt32BE(16, 28);
  assert.deepEqual(decodeTxn(bytes), { ...header, body: apache['setData'] });
});

test('unknown types are refused, alone and in a multi', () => {
  const alone = apacheBytes('txn.setData');
  alone.writeInt32BE(99, 28);
  assert.throws(() => decodeTxn(alone), { name: 'DecodeError', message: 'transaction of type 99' });
  const inside = apacheBytes('txn.multi');
  inside.writeInt32BE(-10, 36);
  assert.throws(() => decodeTxn(inside), { message: 'transaction of type -10 in a multi' });
});

test('every transaction survives the round trip', () => {
  fc.assert(
    fc.property(txn, (value) => {
      assert.deepEqual(decodeTxn(encodeTxn(w, value)), value);
    }),
    { numRuns: 500 },
  );
});

test('a truncated transaction is a DecodeError, or one of the old forms', () => {
  fc.assert(
    fc.property(txn, (value) => {
      const whole = encodeTxn(w, value);
      for (let length = 0; length < whole.length; length++) {
        const decoded = decodes(() => decodeTxn(whole.subarray(0, length)));
        const { type } = value.body;
        const v0 = (type === 'create' || type === 'create2') && length === whole.length - 4;
        assert.equal(decoded, v0 || (type === 'closeSession' && length >= 32));
      }
    }),
  );
});

test('damaged transactions never do worse than a DecodeError', () => {
  const encodings = txn.map((value) => encodeTxn(w, value));
  fc.assert(
    fc.property(damaged(encodings), (bytes) => void decodes(() => decodeTxn(bytes))),
    { numRuns: 1000 },
  );
});
