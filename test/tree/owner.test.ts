import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionId } from '../../src/core/ids.js';
import { OWNER_CONTAINER, TTL_MAX, ownerKind, ownerOfTtl, ttlOf } from '../../src/tree/owner.js';

test('what a stored owner says', () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, 'persistent'],
    [1n, 'ephemeral'],
    [0x7fff_ffff_ffff_ffffn, 'ephemeral'],
    [-0x8000_0000_0000_0000n, 'container'],
    [-0x7fff_ffff_ffff_ffffn, 'ephemeral'],
    [-0x0100_0000_0000_0001n, 'ephemeral'],
    [-0x0100_0000_0000_0000n, 'ttl'],
    [-0x0100_0000_0000_0000n + 0xff_ffff_ffffn, 'ttl'],
    [-0x0100_0000_0000_0000n + 0x100_0000_0000n, 'ephemeral'],
    [-1n, 'ephemeral'],
  ];
  for (const [owner, kind] of cases) assert.equal(ownerKind(owner as SessionId), kind, `${owner}`);
  assert.equal(OWNER_CONTAINER, -(2n ** 63n));
});

test('a TTL is kept in the owner', () => {
  for (const ttl of [1, 60_000, TTL_MAX]) {
    const owner = ownerOfTtl(ttl);
    assert.equal(BigInt.asUintN(64, owner) >> 40n, 0xff0000n);
    assert.equal(ttlOf(owner), ttl);
  }
});
