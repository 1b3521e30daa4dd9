/** Random values of everything that has a codec, and what is asked of every decoder. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionId, Sid } from '../../src/core/ids.js';
import type { ImageNode, PersistedStat, SnapshotImage } from '../../src/core/image.js';
import type { Packet, SnapPacket } from '../../src/core/message.js';
import type { ClientRequest, ConnectRequest } from '../../src/core/request.js';
import type { Stat } from '../../src/core/stat.js';
import type { Acl, Identity, SingleBody, Txn, TxnBody } from '../../src/core/txn.js';
import type { Notification } from '../../src/core/vote.js';
import { makeZxid } from '../../src/core/zxid.js';
import type { Zxid } from '../../src/core/zxid.js';
import type { MultiResult, ReplyBody } from '../../src/jute/reply.js';
import { DecodeError } from '../../src/jute/decode-error.js';

/** As decoders make them: with the usual prototype. */
const record = <A>(model: { [K in keyof A]: fc.Arbitrary<A[K]> }): fc.Arbitrary<A> =>
  fc.record<A>(model, { noNullPrototype: true });

export const int = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
export const epoch = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 0x1f_ffff }),
);
export const zxid: fc.Arbitrary<Zxid> = fc
  .tuple(epoch, fc.oneof(fc.nat(5), fc.integer({ min: 0, max: 0xffff_ffff })))
  .map(([e, counter]) => makeZxid(e, counter));
export const millis = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
export const sessionId = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((id) => id as SessionId);
export const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);
export const path = text.map((t) => `/${t}`);
/** As decoders make them. */
export const bytes = fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b));
export const data = fc.option(bytes, { nil: null });
const op = <A extends string>(...names: readonly A[]): fc.Arbitrary<A> => fc.constantFrom(...names);

export const acl: fc.Arbitrary<Acl> = record({ perms: int, scheme: text, id: text });
export const acls = fc.array(acl, { maxLength: 3 });
export const identity: fc.Arbitrary<Identity> = record({ scheme: text, id: text });
const nullableAcls = fc.option(acls, { nil: null });
const paths = fc.array(path, { maxLength: 4 });

export const stat: fc.Arbitrary<Stat> = record({
  czxid: zxid,
  mzxid: zxid,
  pzxid: zxid,
  ctime: millis,
  mtime: millis,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: fc.oneof(fc.constant(0n as SessionId), sessionId),
  dataLength: int,
  numChildren: int,
});

const createLike = record({
  op: op('create', 'create2', 'createContainer'),
  path,
  data,
  acl: nullableAcls,
  flags: int,
});
const createTtl = record({
  op: fc.constant('createTTL' as const),
  path,
  data,
  acl: nullableAcls,
  flags: int,
  ttl: millis,
});
const versioned = record({ op: op('delete', 'check'), path, version: int });
const setData = record({ op: fc.constant('setData' as const), path, data, version: int });
const multiOp = fc.oneof(createLike, createTtl, versioned, setData);
const watch = fc.boolean();
const reads = record({ op: op('getData', 'getChildren'), path, watch });

export const request: fc.Arbitrary<ClientRequest> = fc.oneof(
  multiOp,
  record({ op: fc.constant('setACL' as const), path, acl: nullableAcls, version: int }),
  record({ op: op('exists', 'getData', 'getChildren', 'getChildren2'), path, watch }),
  record({
    op: op('getACL', 'sync', 'getEphemerals', 'getAllChildrenNumber', 'deleteContainer'),
    path,
  }),
  record({ op: fc.constant('multi' as const), ops: fc.array(multiOp, { maxLength: 4 }) }),
  record({ op: fc.constant('multiRead' as const), ops: fc.array(reads, { maxLength: 4 }) }),
  record({ op: fc.constant('auth' as const), scheme: text, auth: data }),
  record({
    op: fc.constant('setWatches' as const),
    relativeZxid: zxid,
    data: paths,
    exist: paths,
    child: paths,
    persistent: fc.constant([]),
    persistentRecursive: fc.constant([]),
  }),
  record({
    op: fc.constant('setWatches2' as const),
    relativeZxid: zxid,
    data: paths,
    exist: paths,
    child: paths,
    persistent: paths,
    persistentRecursive: paths,
  }),
  record({ op: op('checkWatches', 'removeWatches', 'addWatch'), path, mode: int }),
  record({ op: op('ping', 'closeSession', 'whoAmI') }),
  record({ op: fc.constant('unknown' as const), opcode: fc.integer({ min: 200, max: 9999 }) }),
);

export const connectRequest: fc.Arbitrary<ConnectRequest> = fc
  .record({
    protocolVersion: int,
    lastZxidSeen: zxid,
    timeout: int,
    sessionId,
    password: data,
    readOnly: fc.boolean(),
    hasReadOnly: fc.boolean(),
  })
  .map((r) => ({ ...r, readOnly: r.readOnly && r.hasReadOnly }));

export const multiResult: fc.Arbitrary<MultiResult> = fc.oneof(
  record({ type: fc.constant('create' as const), path }),
  record({ type: fc.constant('create2' as const), path, stat }),
  record({ type: op('delete', 'check') }),
  record({ type: fc.constant('setData' as const), stat }),
  record({ type: fc.constant('getData' as const), data, stat }),
  record({ type: fc.constant('getChildren' as const), children: paths }),
  record({ type: fc.constant('error' as const), err: int }),
);

/** A request kind and a body that answers it. */
export const reply: fc.Arbitrary<readonly [ClientRequest['op'], ReplyBody]> = fc.oneof(
  fc.tuple(op('create', 'sync'), record({ type: fc.constant('path' as const), path })),
  fc.tuple(
    op('create2', 'createContainer', 'createTTL'),
    record({ type: fc.constant('pathStat' as const), path, stat }),
  ),
  fc.tuple(op('exists', 'setData', 'setACL'), record({ type: fc.constant('stat' as const), stat })),
  fc.tuple(op('getData'), record({ type: fc.constant('data' as const), data, stat })),
  fc.tuple(op('getChildren'), record({ type: fc.constant('children' as const), children: paths })),
  fc.tuple(
    op('getChildren2'),
    record({ type: fc.constant('childrenStat' as const), children: paths, stat }),
  ),
  fc.tuple(op('getACL'), record({ type: fc.constant('acl' as const), acl: acls, stat })),
  fc.tuple(
    op('multi', 'multiRead'),
    record({
      type: fc.constant('multi' as const),
      results: fc.array(multiResult, { maxLength: 4 }),
    }),
  ),
  fc.tuple(op('getEphemerals'), record({ type: fc.constant('ephemerals' as const), paths })),
  fc.tuple(
    op('getAllChildrenNumber'),
    record({ type: fc.constant('number' as const), value: int }),
  ),
  fc.tuple(
    op('whoAmI'),
    record({
      type: fc.constant('whoAmI' as const),
      identities: fc.array(identity, { maxLength: 3 }),
    }),
  ),
  fc.tuple(op('addWatch'), record({ type: fc.constant('error' as const), err: int })),
  fc.tuple(
    op('delete', 'auth', 'setWatches', 'setWatches2', 'removeWatches', 'ping', 'closeSession'),
    record({ type: fc.constant('none' as const) }),
  ),
);

const single: fc.Arbitrary<SingleBody> = fc.oneof(
  record({
    type: op('create', 'create2'),
    path,
    data,
    acl: acls,
    ephemeral: fc.boolean(),
    parentCVersion: int,
  }),
  record({
    type: fc.constant('createContainer' as const),
    path,
    data,
    acl: acls,
    parentCVersion: int,
  }),
  record({
    type: fc.constant('createTTL' as const),
    path,
    data,
    acl: acls,
    parentCVersion: int,
    ttl: millis,
  }),
  record({ type: op('delete', 'deleteContainer'), path }),
  record({ type: fc.constant('setData' as const), path, data, version: int }),
  record({ type: fc.constant('setACL' as const), path, acl: acls, version: int }),
  record({ type: fc.constant('check' as const), path, version: int }),
  record({ type: fc.constant('error' as const), err: int }),
);
const body: fc.Arbitrary<TxnBody> = fc.oneof(
  single,
  record({ type: fc.constant('multi' as const), ops: fc.array(single, { maxLength: 4 }) }),
  record({ type: fc.constant('createSession' as const), timeout: int }),
  record({
    type: fc.constant('closeSession' as const),
    paths: fc.option(paths, { nil: null }),
  }),
);
export const txn: fc.Arbitrary<Txn> = record({ zxid, sessionId, cxid: int, time: millis, body });

const sid = fc.nat(255).map((n) => n as Sid);
const wholeEpoch = epoch.map((e) => makeZxid(e, 0));
/** Every packet but SNAP. */
export const packet: fc.Arbitrary<Exclude<Packet, SnapPacket>> = fc.oneof(
  record({
    type: op('FOLLOWERINFO', 'OBSERVERINFO'),
    sid,
    acceptedEpoch: epoch,
    protocolVersion: int,
    configVersion: fc.maxSafeNat(),
  }),
  record({ type: fc.constant('LEADERINFO' as const), epoch }),
  record({ type: fc.constant('ACKEPOCH' as const), currentEpoch: int, lastZxid: zxid }),
  record({ type: op('DIFF', 'TRUNC', 'COMMIT', 'ACK'), zxid }),
  record({ type: op('NEWLEADER', 'UPTODATE'), zxid: wholeEpoch }),
  record({ type: op('PROPOSAL', 'INFORM'), txn }),
  record({
    type: fc.constant('PING' as const),
    zxid,
    sessions: fc.array(record({ sessionId, timeout: int }), { maxLength: 4 }),
  }),
  record({
    type: fc.constant('REQUEST' as const),
    request: record({
      sessionId,
      cxid: int,
      request: fc.oneof(
        request,
        record({ op: fc.constant('createSession' as const), timeout: int }),
      ),
      identities: fc.array(identity, { maxLength: 3 }),
    }),
  }),
  record({ type: fc.constant('REVALIDATE' as const), sessionId, timeout: int }),
  record({
    type: fc.constant('REVALIDATE' as const),
    sessionId,
    timeout: fc.constant(0),
    valid: fc.boolean(),
  }),
  record({ type: fc.constant('SYNC' as const), sessionId, cxid: int, path }),
);

export const notification: fc.Arbitrary<Notification> = record({
  leader: fc.oneof(sid, fc.constant(-(2 ** 63) as Sid)),
  zxid: fc.oneof(zxid, fc.constant(-(2 ** 63) as Zxid)),
  peerEpoch: fc.oneof(epoch, fc.constant(-(2 ** 63))),
  electionEpoch: fc.maxSafeNat(),
  state: op('LOOKING', 'FOLLOWING', 'LEADING', 'OBSERVING'),
});

const persisted: fc.Arbitrary<PersistedStat> = stat.map(
  ({ dataLength: _d, numChildren: _n, ...rest }) => rest,
);
const node = (at: string): fc.Arbitrary<ImageNode> =>
  record({ path: fc.constant(at), data, acl: acls, stat: persisted });
/** The root and a few nodes below it. */
export const image: fc.Arbitrary<SnapshotImage> = record({
  zxid,
  sessions: fc
    .uniqueArray(sessionId, { maxLength: 4 })
    .chain((ids) => fc.tuple(...ids.map((id) => int.map((timeout) => [id, timeout] as const)))),
  nodes: fc
    .uniqueArray(
      text.filter((name) => name !== ''),
      { maxLength: 4 },
    )
    .chain((names) => fc.tuple(node('/'), ...names.map((name) => node(`/${name}`)))),
});

/** Cuts `whole` into chunks at random places. */
export function chunks(whole: Buffer): fc.Arbitrary<Buffer[]> {
  return fc.array(fc.nat(whole.length), { maxLength: 8 }).map((cuts) => {
    const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
    return at.slice(1).map((to, i) => whole.subarray(at[i], to));
  });
}

/** Runs `decode` and lets nothing but a DecodeError pass; true if it decoded. */
export function decodes(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch (e) {
    assert.ok(e instanceof DecodeError, `not a DecodeError: ${String(e)}`);
    assert.notEqual(e.message, '');
    return false;
  }
}

/** Random bytes, and encodings with a few bytes changed. */
export function damaged(encodings: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const flips = fc.array(fc.tuple(fc.nat(10_000), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const changed = fc.tuple(encodings, flips).map(([whole, places]) => {
    const copy = Buffer.from(whole);
    if (copy.length > 0) for (const [at, byte] of places) copy[at % copy.length] = byte;
    return copy;
  });
  return fc.oneof(
    changed,
    fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
  );
}
