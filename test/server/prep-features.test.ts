import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientRequest, MultiOpRequest } from '../../src/core/request.js';
import { DEFAULT_FEATURES } from '../../src/server/features.js';
import { prepare, type PrepContext } from '../../src/server/prep.js';
import { emptyTree } from '../../src/tree/tree.js';
import { OPEN, bytes, create } from './harness.js';
import { context, treeAfter } from './prep-context.js';

test('createTTL in a multi: a TTL needs its mode, a plain create comes of another', () => {
  const ttl = { op: 'createTTL', path: '/m', data: null, acl: OPEN, ttl: 5000, flags: 5 } as const;
  const partOf = (part: MultiOpRequest, extendedTypes: boolean): unknown => {
    const features = { ...DEFAULT_FEATURES, extendedTypes };
    const body = prepare(context(emptyTree(), { features }), { op: 'multi', ops: [part] });
    assert.equal(body.type, 'multi');
    const made = body.type === 'multi' ? body.ops[0]! : body;
    return made.type === 'error' ? made.err : made.type;
  };
  assert.equal(partOf(ttl, false), ErrorCode.UNIMPLEMENTED);
  assert.equal(partOf(ttl, true), 'createTTL');
  for (const wrong of [0, -1, 2 ** 40]) {
    assert.equal(partOf({ ...ttl, ttl: wrong }, true), ErrorCode.BADARGUMENTS);
  }
  assert.equal(partOf({ ...ttl, flags: 0 }, true), 'create');
  assert.equal(partOf({ ...ttl, flags: 4 }, true), 'createContainer');
  assert.equal(partOf({ ...ttl, flags: 7 }, true), ErrorCode.BADARGUMENTS);
});

test('a TTL comes with its mode only, and is 1 ms to 2⁴⁰ − 1', () => {
  const features = { ...DEFAULT_FEATURES, extendedTypes: true };
  const made = (flags: number, ttl: number): unknown => {
    const request = { op: 'createTTL', path: '/t', data: null, acl: OPEN, flags, ttl } as const;
    const body = prepare(context(emptyTree(), { features }), request);
    return body.type === 'error' ? body.err : body;
  };
  assert.deepEqual(made(6, 7), {
    ...{ type: 'createTTL', path: '/t0000000000', data: null, acl: OPEN, parentCVersion: 1 },
    ttl: 7,
  });
  assert.equal((made(5, 2 ** 40 - 1) as { readonly ttl: number }).ttl, 2 ** 40 - 1);
  for (const [flags, ttl] of [
    [5, 0],
    [5, 2 ** 40],
    [5, -1],
    [0, 1],
    [0, -1],
    [4, 1],
    [7, 1],
  ] as const) {
    assert.equal(made(flags, ttl), ErrorCode.BADARGUMENTS, `${flags} ${ttl}`);
  }
  const plain = { op: 'create', path: '/t', data: null, acl: OPEN, flags: 5 } as const;
  const body = prepare(context(emptyTree(), { features }), plain);
  assert.deepEqual(body, { type: 'error', err: ErrorCode.BADARGUMENTS });
});

test('hard quotas are enforced against what has been delivered', () => {
  const quota = [create('/q'), create('/zookeeper/quota/q')];
  const limits = create('/zookeeper/quota/q/zookeeper_limits', 0, bytes('countHardLimit=1'));
  const stats = create('/zookeeper/quota/q/zookeeper_stats', 0, bytes('count=0,bytes=0'));
  const tree = treeAfter(...quota, limits, stats);
  const enforced = { features: { ...DEFAULT_FEATURES, enforceQuota: true } };
  const codeOf = (overrides: Partial<PrepContext>): number => {
    const body = prepare(context(tree, overrides), create('/q/a'));
    return body.type === 'error' ? body.err : 0;
  };
  assert.equal(codeOf({}), 0);
  assert.equal(codeOf(enforced), ErrorCode.QUOTAEXCEEDED);
  assert.equal(codeOf({ ...enforced, delivered: emptyTree() }), 0);
  const multi: ClientRequest = { op: 'multi', ops: [create('/z'), create('/q/a')] as never };
  const body = prepare(context(tree, enforced), multi);
  assert.ok(body.type === 'multi');
  assert.deepEqual(body.ops[1], { type: 'error', err: ErrorCode.QUOTAEXCEEDED });
});
