/** A short share of `npm run mixed`: three kills of a leader. About 30 s on a quiet machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playRounds } from './rounds.js';

test('leaders of both kinds are killed, and nothing is lost', { timeout: 300_000 }, async (t) => {
  const progress = (line: string): void => t.diagnostic(line);
  const { acknowledged, killed } = await playRounds({ rounds: 3, seed: 7, progress });
  assert.ok(acknowledged > 0);
  assert.equal(killed.apache + killed.zab, 3);
});
