/**
 * An ensemble of Apache's servers is replaced by ours, server by server, each on the folder of the one before, while
 * clients write; and back. About 30 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingAt, startLoad } from '../../e2e/faults/load.js';
import type { Kind } from '../../support/cluster.js';
import { MixedEnsemble } from '../../support/mixed-ensemble.js';
import { assertAgree } from './agreement.js';
import { Keeper } from './keeper.js';

const WRITERS = 2;
const PACE_MS = 10;

test('an ensemble is replaced under load, and back', { timeout: 480_000 }, async (t) => {
  await using ensemble = await MixedEnsemble.start({ kinds: ['apache', 'apache', 'apache'] });
  const addresses = ensemble.members.map(({ address }) => address);
  const keeper = await Keeper.start(ensemble.connectString);
  const load = await startLoad(addresses, WRITERS, PACE_MS);

  const replaceAll = async (kind: Kind): Promise<void> => {
    // The leader last, as an operator would.
    for (const member of [...(await ensemble.learners()), await ensemble.leader()]) {
      await keeper.through(async () => {
        await load.more(20);
        await member.stop();
        member.become(kind);
        await member.start();
        await load.more(20);
      });
      t.diagnostic(`server ${member.sid} is ${kind} now`);
    }
    assert.deepEqual(new Set(ensemble.members.map((one) => one.kind)), new Set([kind]));
  };
  await replaceAll('zab');
  await replaceAll('apache');

  const acknowledged = await load.end();
  await keeper.close();
  const tree = await assertAgree(ensemble.members);
  assert.ok(!tree.has('/kept'));
  for (const { address, name } of ensemble.members) {
    assert.deepEqual(await missingAt(address, load.root, acknowledged), [], `lost at ${name}`);
  }
});
