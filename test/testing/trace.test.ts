/** Option `trace`: every core step is in the file, in order, whatever happens to the servers. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTraceFile } from '../../conformance/trace/file.js';
import { ZooKeeperEnsemble, ZooKeeperServer } from '../../src/testing/index.js';
import { Client } from '../e2e/client.js';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zab-trace-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('an ensemble with a killed and restarted leader', async () => {
  await inFolder(async (folder) => {
    const trace = join(folder, 'trace.ndjson');
    {
      await using zk = await ZooKeeperEnsemble.start({ trace });
      const leader = await zk.waitForLeader();
      const client = await Client.connect(leader.connectString);
      await client.create('/a', 'one');
      await leader.kill();
      await zk.waitForLeader();
      await leader.restart();
      await leader.waitUntilServing();
      const again = await Client.connect(leader.connectString, { session: client.session });
      await again.set('/a', 'two');
      await again.close();
    }
    const { lines, cut } = readTraceFile(trace);
    assert.equal(cut, false);
    lines.forEach(({ line }, i) => assert.equal(line.seq, i + 1));
    const starts = lines.filter(({ line }) => line.event.type === 'start');
    assert.equal(starts.length, 4);
    const actions = new Set(lines.map(({ line }) => line.action));
    for (const action of ['DecideLeader', 'FollowerConnect', 'LeaderPropose', 'LeaderProcessACK']) {
      assert.ok(actions.has(action), action);
    }
    // Both ends of a connection call it by one name.
    const opened = lines.flatMap(({ line: { event } }) => (event.type === 'opened' ? [event] : []));
    const names = (as: 'learner' | 'leader') =>
      new Set(opened.filter((event) => event.as === as).map(({ conn }) => conn));
    for (const name of names('leader')) assert.ok(names('learner').has(name), name);
  });
});

test('servers that are started again go on in the same file', async () => {
  await inFolder(async (folder) => {
    const trace = join(folder, 'trace.ndjson');
    const options = { trace, dataDir: join(folder, 'data') };
    for (let run = 0; run < 2; run++) {
      await using zk = await ZooKeeperServer.start(options);
      const client = await Client.connect(zk.connectString);
      await client.create(`/n${run}`);
      await client.close();
    }
    const { lines } = readTraceFile(trace);
    lines.forEach(({ line }, i) => assert.equal(line.seq, i + 1));
    assert.equal(lines.filter(({ line }) => line.event.type === 'start').length, 2);
  });
});

test('a file that is no trace, a folder that is none, a disk that is full', async () => {
  await inFolder(async (folder) => {
    const other = join(folder, 'other');
    writeFileSync(other, 'something else\n');
    await assert.rejects(ZooKeeperServer.start({ trace: other }), {
      name: 'OperatorError',
      message: `${other}: its last line is none of a trace`,
    });
    const nowhere = join(folder, 'gone', 'trace.ndjson');
    await assert.rejects(ZooKeeperServer.start({ trace: nowhere }), {
      name: 'OperatorError',
      message: `trace ${nowhere} cannot be written (ENOENT)`,
    });
    if (!existsSync('/dev/full')) return;
    await assert.rejects(ZooKeeperServer.start({ trace: '/dev/full' }), {
      name: 'OperatorError',
      message: 'trace /dev/full cannot be written (ENOSPC)',
    });
  });
});
