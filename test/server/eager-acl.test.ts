/** Writes that a server of an ensemble refuses by its own tree (`enableEagerACLCheck`). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '../../src/core/effect.js';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientRequest } from '../../src/core/request.js';
import type { Acl } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { DEFAULT_FEATURES } from '../../src/server/features.js';
import { applyTxn } from '../../src/tree/apply.js';
import { emptyTree } from '../../src/tree/tree.js';
import {
  CONFIG,
  FOLLOWING,
  OPEN,
  STANDALONE,
  client,
  commit,
  connect,
  feed,
  open,
  send,
  start,
  take,
  type Client,
  type Harness,
} from './harness.js';

const READ_ONLY: readonly Acl[] = [{ perms: 1, scheme: 'world', id: 'anyone' }];
const LEADING: Role = { ...STANDALONE, epoch: 1 };

/** A leader with a node that may only be read, and a client. */
function startWith(eagerAclCheck: boolean, role = LEADING): readonly [Harness, Client] {
  const h = start(role, { ...CONFIG, features: { ...DEFAULT_FEATURES, eagerAclCheck } });
  const c = client(h);
  send(h, c.conn, 1, create('/r', READ_ONLY));
  commit(h);
  take(h);
  return [h, c];
}

const create = (path: string, acl = OPEN): ClientRequest => ({
  op: 'create',
  path,
  data: null,
  acl,
  flags: 0,
});
const set = (path: string): ClientRequest => ({ op: 'setData', path, data: null, version: -1 });

const replies = (h: Harness) =>
  take(h).flatMap((one) => (one.type === 'reply' ? [[one.xid, one.err, one.zxid]] : []));

test('refused at once, with zxid 0 and no transaction', () => {
  const [h, { conn }] = startWith(true);
  const bad = [{ perms: 31, scheme: 'nosuch', id: 'x' }];
  for (const [request, err] of [
    [set('/r'), ErrorCode.NOAUTH],
    [create('/r/below'), ErrorCode.NOAUTH],
    [{ op: 'delete', path: '/r/none', version: -1 }, ErrorCode.NOAUTH],
    [{ op: 'setACL', path: '/r', acl: OPEN, version: -1 }, ErrorCode.NOAUTH],
    [{ op: 'setACL', path: '/', acl: bad, version: -1 }, ErrorCode.INVALIDACL],
    [create('/bad', bad), ErrorCode.INVALIDACL],
  ] as const) {
    send(h, conn, 2, request);
    assert.deepEqual(h.asked, [], request.op);
    assert.deepEqual(replies(h), [[2, err, 0]]);
  }
});

test('what it does not know of is left to the leader', () => {
  const [h, { conn }] = startWith(true);
  const left = [set('/none'), create('/none/below'), create('noslash'), set('/'), create('/fine')];
  for (const request of left) {
    send(h, conn, 3, request);
    assert.equal(h.asked.length, 1, JSON.stringify(request));
    commit(h);
    assert.notEqual(replies(h)[0]?.[2], 0);
  }
});

test('a refusal waits for its turn', () => {
  const [h, { conn }] = startWith(true);
  send(h, conn, 4, create('/first'));
  send(h, conn, 5, set('/r'));
  send(h, conn, 6, create('/second'));
  assert.deepEqual(replies(h), []);
  commit(h);
  assert.deepEqual(
    replies(h).map(([xid, err]) => [xid, err]),
    [
      [4, ErrorCode.OK],
      [5, ErrorCode.NOAUTH],
      [6, ErrorCode.OK],
    ],
  );
});

test('a learner forwards nothing of what it refuses', () => {
  const { tree } = applyTxn(emptyTree(), {
    ...{ sessionId: 7n as never, cxid: 1, zxid: 1 as Zxid, time: 1 },
    body: {
      ...{ type: 'create', path: '/r', data: null, acl: READ_ONLY },
      ...{ ephemeral: false, parentCVersion: 1 },
    },
  });
  const config = {
    ...CONFIG,
    features: { ...DEFAULT_FEATURES, eagerAclCheck: true, localSessions: true },
  };
  const h = start(FOLLOWING, config);
  feed(h, { type: 'installed', snapshot: { zxid: 1 as Zxid, image: tree } });
  // A local session costs nobody anything.
  const conn = open(h);
  connect(h, conn);
  take(h);
  send(h, conn, 2, set('/r'));
  assert.deepEqual(h.asked, []);
  assert.deepEqual(replies(h), [[2, ErrorCode.NOAUTH, 0]]);
  send(h, conn, 3, set('/'));
  assert.equal(h.asked.length, 1);
});

test('not when it is off, and not on a standalone server', () => {
  for (const [on, role] of [
    [false, LEADING],
    [true, STANDALONE],
  ] as const) {
    const [h, { conn }] = startWith(on, role);
    send(h, conn, 2, set('/r'));
    assert.equal(h.asked.length, 1);
    commit(h);
    const [[, err, zxid] = []] = replies(h);
    assert.deepEqual([err, zxid === 0], [ErrorCode.NOAUTH, false]);
  }
});
