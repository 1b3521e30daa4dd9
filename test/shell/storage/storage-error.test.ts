/** Errors of the system are known by their code, also where `instanceof Error` does not hold: jest's realms. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import {
  StorageError,
  hasCode,
  reasonOf,
  writing,
} from '../../../src/shell/storage/storage-error.js';

const foreign: unknown = runInNewContext(
  "Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 })",
);

test("a system error of another realm is the system's", async () => {
  assert.ok(!(foreign instanceof Error));
  assert.ok(hasCode(foreign, 'ENOSPC'));
  assert.ok(!hasCode(foreign, 'ENOENT'));
  assert.ok(!hasCode(null, 'ENOENT'));
  assert.equal(reasonOf(foreign), 'ENOSPC: no space left on device');
  const failed = writing('write the log', () => Promise.reject(foreign as Error));
  await assert.rejects(failed, (error: unknown) => {
    assert.ok(error instanceof StorageError);
    assert.match(error.message, /cannot write the log: ENOSPC: no space left on device/);
    return true;
  });
});

test('what is no system error is thrown on as it is', async () => {
  const fault = new TypeError('ours');
  await assert.rejects(
    writing('write the log', () => Promise.reject(fault)),
    fault,
  );
});
