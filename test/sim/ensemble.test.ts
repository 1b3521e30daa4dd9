/** Whole ensembles with clients in virtual time: a seed is a run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from '../../src/sim/ensemble/run.js';

test('a seed gives the same run, exactly', () => {
  for (const seed of [1, 16, 24]) {
    const [first, second] = [runSeed(seed), runSeed(seed)];
    assert.deepEqual(first, second);
    assert.equal(first.failure, null);
    assert.ok(first.committed > 0 && first.answered > 0, `seed ${seed} does nothing`);
  }
});

test('other seeds give other runs', () => {
  assert.notEqual(runSeed(24).digest, runSeed(16).digest);
});
