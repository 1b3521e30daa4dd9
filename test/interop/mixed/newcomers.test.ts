/**
 * Servers that come, or come back, to an ensemble of both kinds that serves: whoever answers them, of
 * whichever kind, and however often they come, they find its leader. About 15 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../support/cluster.js';
import { MixedEnsemble } from '../../support/mixed-ensemble.js';
import { assertAgree } from './agreement.js';

for (const kinds of [
  ['apache', 'apache', 'zab'],
  ['zab', 'zab', 'apache'],
] as const satisfies readonly (readonly Kind[])[]) {
  const name = `${kinds.join(', ')}: the first leader comes back, twice`;
  test(name, { timeout: 240_000 }, async () => {
    await using ensemble = await MixedEnsemble.start({ kinds }, [[1, 2], [3]]);
    const newcomer = await ensemble.leader();
    await newcomer.kill();
    // In a later round of the election, and in a later epoch than they voted in.
    const leader = await ensemble.leader();
    // The first time it is told again what was said in the election; the second time it is not.
    for (let i = 0; i < 2; i++) {
      await newcomer.start();
      assert.equal(await newcomer.mode(), 'follower');
      assert.equal(await ensemble.leader(), leader);
      if (i === 0) await newcomer.kill();
    }
    await assertAgree(ensemble.members);
  });
}
