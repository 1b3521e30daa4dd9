import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionId } from '../../src/core/ids.js';
import {
  PASSWORD_LENGTH,
  isSessionPassword,
  sessionPassword,
} from '../../src/server/session-password.js';

/** Session ids and what `new Random(id ^ 0xB3415C00L).nextBytes` gave for them on a JVM (17). */
const VECTORS: readonly (readonly [bigint, string])[] = [
  [0n, 'f22acd4a97e69d6d20a49bb638eadb38'],
  [1n, '054cc74a37327db215e702e20c73f005'],
  [-1n, '20f62cb5648dc2d771471c8a2486a9ee'],
  [72057594037927936n, 'f22acd4a97e69d6d20a49bb638eadb38'],
  [72057594037927937n, '054cc74a37327db215e702e20c73f005'],
  [1153109601847345152n, '6ee1dc1463019256fc54aed2e4df86ca'],
  [-9223372036854775808n, 'f22acd4a97e69d6d20a49bb638eadb38'],
  [9223372036854775807n, '20f62cb5648dc2d771471c8a2486a9ee'],
  [-138991092499825442n, '76df775422cde0f155df0450aca37fd1'],
];

for (const [id, hex] of VECTORS) {
  test(`the password of session ${id} is java.util.Random’s`, () => {
    const password = sessionPassword(id as SessionId);
    assert.equal(Buffer.from(password).toString('hex'), hex);
    assert.equal(isSessionPassword(id as SessionId, password), id !== 0n);
  });
}

test('another password, none, or one of another length is wrong', () => {
  const id = 0x100000000000001n as SessionId;
  const right = sessionPassword(id);
  assert.equal(right.length, PASSWORD_LENGTH);
  for (let i = 0; i < PASSWORD_LENGTH; i++) {
    const wrong = right.slice();
    wrong[i] = wrong[i]! ^ 1;
    assert.ok(!isSessionPassword(id, wrong), `byte ${i}`);
  }
  assert.ok(!isSessionPassword(id, null));
  assert.ok(!isSessionPassword(id, new Uint8Array(0)));
  assert.ok(!isSessionPassword(id, right.slice(0, 15)));
  assert.ok(!isSessionPassword(id, new Uint8Array([...right, 0])));
});
