/** Arbitrary transactions over a few paths, sessions and ACLs, so that they often meet. */
import fc from 'fast-check';
import type { SessionId } from '../../src/core/ids.js';
import type { Acl, SingleBody, Txn, TxnBody } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';

export const SESSIONS = [0x1000000000000n, -7n, 0x0200_0000_0000_0001n] as SessionId[];

export const ACLS: readonly (readonly Acl[])[] = [
  [{ perms: 31, scheme: 'world', id: 'anyone' }],
  [{ perms: 1, scheme: 'world', id: 'anyone' }],
  [{ perms: 31, scheme: 'digest', id: 'bob:abc=' }],
  [
    { perms: 1, scheme: 'ip', id: '127.0.0.1' },
    { perms: 30, scheme: 'digest', id: 'bob:abc=' },
  ],
];

const name = fc.constantFrom('a', 'b', 'c', 'n0000000001');
/** Mostly near the root, so that parents are often there. */
export const path = fc
  .oneof(
    { weight: 5, arbitrary: fc.tuple(name) },
    { weight: 3, arbitrary: fc.tuple(name, name) },
    { weight: 1, arbitrary: fc.tuple(name, name, name) },
  )
  .map((names) => `/${names.join('/')}`);
/** A copy, as a decoder makes one for each transaction. */
const acl = fc.constantFrom(...ACLS).map((list) => list.map((entry) => ({ ...entry })));
const data = fc.option(fc.uint8Array({ maxLength: 4 }), { nil: null });
const parentCVersion = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 9 }));
const version = fc.integer({ min: 0, max: 5 });
const plain = { path, data, acl, parentCVersion };

const create = fc.record({
  type: fc.constantFrom('create' as const, 'create2' as const),
  ephemeral: fc.boolean(),
  ...plain,
});

const valid: fc.Arbitrary<SingleBody> = fc.oneof(
  { weight: 5, arbitrary: create },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('createContainer' as const), ...plain }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('createTTL' as const),
      ttl: fc.constantFrom(1, 1000, 0xff_ffff_ffff),
      ...plain,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('delete' as const, 'deleteContainer' as const),
      path,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('setData' as const), path, data, version }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('setACL' as const), path, acl, version }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('check' as const), path, version }) },
);

const error = fc.record({
  type: fc.constant('error' as const),
  err: fc.constantFrom(-101, -110, -2),
});

export const body: fc.Arbitrary<TxnBody> = fc.oneof(
  { weight: 14, arbitrary: valid },
  { weight: 1, arbitrary: error },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('multi' as const),
      ops: fc.array(fc.oneof({ weight: 9, arbitrary: valid }, { weight: 1, arbitrary: error }), {
        maxLength: 5,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('createSession' as const),
      timeout: fc.integer({ min: 1000, max: 40000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('closeSession' as const),
      paths: fc.option(fc.uniqueArray(path, { maxLength: 3 }), { nil: null }),
    }),
  },
);

/** Zxids mostly go on by one; now and then one comes again, as in a replay. */
export const txns: fc.Arbitrary<readonly Txn[]> = fc
  .array(
    fc.record({
      body,
      sessionId: fc.constantFrom(...SESSIONS),
      cxid: fc.nat(),
      time: fc.integer({ min: 1, max: 2 ** 45 }),
      step: fc.constantFrom(1, 1, 1, 1, 2 ** 32, -1),
    }),
    { maxLength: 60, size: 'max' },
  )
  .map((list) => {
    let zxid = 0;
    return list.map(({ step, ...txn }) => {
      zxid = Math.max(1, zxid + step);
      return { ...txn, zxid: zxid as Zxid };
    });
  });
