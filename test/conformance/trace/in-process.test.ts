/**
 * Ensembles in one process (zab/testing), recorded while clients write and servers are killed, stopped
 * and started again: TLC accepts what each of them did, all in one JVM. About 20 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { actionCoverage } from '../../../conformance/trace/coverage.js';
import { loadRuns } from '../../../conformance/trace/load.js';
import { validateRuns } from '../../../conformance/trace/validate.js';
import { ZooKeeperEnsemble } from '../../../src/testing/index.js';
import { Client } from '../../e2e/client.js';
import { sharedTools, temporaryFolder } from '../tla2tools-runner/helper.js';

/** Writes, one after the other, at whichever server of the ensemble is in the client's string. */
async function write(connectString: string, path: string, times: number): Promise<void> {
  const client = await Client.connect(connectString);
  await client.create(path, '0');
  for (let i = 1; i < times; i++) await client.set(path, String(i));
  await client.close();
}

type Schedule = (zk: ZooKeeperEnsemble) => Promise<void>;

const schedules: readonly (readonly [name: string, observers: number, run: Schedule])[] = [
  [
    'leader-killed',
    0,
    async (zk) => {
      const leader = await zk.waitForLeader();
      await write(leader.connectString, '/a', 10);
      await leader.kill();
      const next = await zk.waitForLeader();
      await write(next.connectString, '/b', 10);
      await leader.restart();
      await leader.waitUntilServing();
      await write(leader.connectString, '/c', 5);
    },
  ],
  [
    'follower-stopped',
    0,
    async (zk) => {
      const leader = await zk.waitForLeader();
      const follower = zk.members.find(({ id }) => id !== leader.id)!;
      await write(follower.connectString, '/a', 5);
      await follower.stop();
      await write(leader.connectString, '/b', 5);
      await follower.restart();
      await follower.waitUntilServing();
      await write(follower.connectString, '/c', 5);
    },
  ],
  [
    'observer',
    1,
    async (zk) => {
      const leader = await zk.waitForLeader();
      await write(leader.connectString, '/a', 5);
      await leader.kill();
      const next = await zk.waitForLeader();
      await write(next.connectString, '/b', 5);
    },
  ],
];

test('TLC accepts the traces of ensembles in one process', async (t) => {
  const folder = await temporaryFolder(t);
  const runs = [];
  for (const [name, observers, run] of schedules) {
    const trace = join(folder, `${name}.ndjson`);
    {
      await using zk = await ZooKeeperEnsemble.start({ trace, observers });
      await run(zk);
    }
    runs.push(...loadRuns([trace]));
  }
  const validations = await validateRuns(runs, { tools: await sharedTools() });
  assert.equal(validations.length, schedules.length);
  for (const { name, lines, refusal } of validations) {
    t.diagnostic(`${name}: ${lines} lines`);
    assert.equal(refusal, null, `${name}:${refusal?.at.number} ${refusal?.why.join('\n')}`);
  }
  const { missing } = actionCoverage(validations);
  for (const action of ['Restart', 'ObserverProcessINFORM', 'FollowerProcessCOMMIT']) {
    assert.ok(!missing.includes(action), `no ${action} in these traces`);
  }
});
