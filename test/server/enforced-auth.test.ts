/** `enforce.auth.schemes`: nothing but auth before one of them is proved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientRequest } from '../../src/core/request.js';
import {
  bytes,
  client,
  CONFIG,
  create,
  exists,
  feed,
  send,
  start,
  STANDALONE,
  take,
} from './harness.js';

const enforced = () =>
  start(STANDALONE, { ...CONFIG, enforcedSchemes: new Set(['digest', 'sasl']) });

const REQUESTS: readonly ClientRequest[] = [
  exists('/'),
  create('/a'),
  { op: 'ping' },
  { op: 'closeSession' },
  { op: 'sync', path: '/' },
  { op: 'unreadable', opcode: 3 },
];

test('whoever has proved nothing is told so, whatever it asks, and its connection ends', () => {
  for (const request of REQUESTS) {
    const h = enforced();
    const { conn } = client(h);
    send(h, conn, 3, request);
    const [reply, end] = take(h);
    assert.ok(reply?.type === 'reply');
    const { xid, zxid, err, body } = reply;
    const told = [3, 0, ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH, null];
    assert.deepEqual([xid, zxid, err, body], told, request.op);
    assert.equal(end?.type, 'clientClose');
  }
});

test('one of the schemes is enough, by an auth packet or by SASL', () => {
  const h = enforced();
  const digest = client(h).conn;
  send(h, digest, -4, { op: 'auth', scheme: 'digest', auth: bytes('user:secret') });
  const sasl = client(h).conn;
  const identities = [{ scheme: 'sasl', id: 'bob' }];
  feed(h, { type: 'clientAuthenticated', conn: sasl, identities, now: 1 });
  take(h);
  for (const conn of [digest, sasl]) {
    send(h, conn, 1, exists('/'));
    const [reply] = take(h);
    assert.ok(reply?.type === 'reply');
    assert.equal(reply.err, ErrorCode.OK);
  }
});
