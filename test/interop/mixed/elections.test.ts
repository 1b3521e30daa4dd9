/**
 * Ensembles of Apache's servers and ours: each kind wins by myid in one and by zxid in the other, and
 * clients of every member write and read the same. About 30 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeper } from '../../../src/client/index.js';
import type { Kind } from '../../support/cluster.js';
import { MixedEnsemble, type MixedMember } from '../../support/mixed-ensemble.js';
import { assertAgree } from './agreement.js';

/** A client of each member writes below `root`; then all members have the same tree. */
async function writeThroughEach(ensemble: MixedEnsemble, root: string): Promise<void> {
  const running = ensemble.members.filter(({ runs }) => runs);
  const [first] = running;
  assert.ok(first);
  {
    await using zk = await ZooKeeper.connect(first.address, { connectTimeout: 60_000 });
    await zk.create(root);
  }
  for (const { address, sid } of running) {
    await using zk = await ZooKeeper.connect(address, { connectTimeout: 60_000 });
    await zk.create(`${root}/by-${sid}`, `written through ${sid}`);
    await zk.create(`${root}/by-${sid}/seq-`, null, { mode: 'persistent-sequential' });
    await zk.setData(root, String(sid));
  }
  const tree = await assertAgree(running);
  for (const { sid } of running) assert.ok(tree.has(`${root}/by-${sid}`));
}

interface Shape {
  readonly kinds: readonly [Kind, Kind, Kind];
  /** The first group is a quorum: its greatest sid leads. */
  readonly order: readonly (readonly number[])[];
  readonly leader: number;
}

const shapes: readonly Shape[] = [
  { kinds: ['zab', 'apache', 'apache'], order: [[1, 2], [3]], leader: 2 },
  { kinds: ['apache', 'zab', 'zab'], order: [[1, 2], [3]], leader: 2 },
];

for (const { kinds, order, leader } of shapes) {
  test(`${kinds.join(', ')}: server ${leader} leads`, { timeout: 240_000 }, async () => {
    await using ensemble = await MixedEnsemble.start({ kinds }, order);
    assert.equal((await ensemble.leader()).sid, leader);
    await writeThroughEach(ensemble, '/all');

    // Server 3 has the greatest sid, and not the newest transaction: it must not win.
    await ensemble.member(3).stop();
    await writeThroughEach(ensemble, '/without-3');
    await ensemble.killAll();
    await ensemble.startAll([1, 3]);
    assert.equal((await ensemble.leader()).sid, 1, 'its zxid is greater');
    await ensemble.startAll([2]);
    assert.equal((await ensemble.leader()).sid, 1, 'it is followed');
    await writeThroughEach(ensemble, '/again');
  });
}

test('five servers elect twice without those that led', { timeout: 300_000 }, async () => {
  const kinds: readonly Kind[] = ['apache', 'zab', 'apache', 'zab', 'apache'];
  await using ensemble = await MixedEnsemble.start({ kinds });
  const led: MixedMember[] = [];
  for (const root of ['/all', '/four', '/three']) {
    const leader = await ensemble.leader();
    assert.ok(!led.includes(leader));
    await writeThroughEach(ensemble, root);
    if (led.length === 2) break;
    led.push(leader);
    await leader.kill();
    const others = ensemble.members.filter(({ runs }) => runs);
    await Promise.all(others.map((one) => one.serving()));
  }
  await ensemble.startAll(led.map(({ sid }) => sid));
  await assertAgree(ensemble.members);
});
