/** What servers leave behind when they are closed: nothing. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ZooKeeperEnsemble, ZooKeeperServer } from '../../src/testing/index.js';
import { Client } from '../e2e/client.js';

/** What keeps the event loop alive, or will: counted by kind. */
function handles(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Until handles that are closing are gone: two turns of the loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function openFiles(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

/** Fails if somebody still listens there. */
function bind(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve()));
  });
}

async function leavesNothing(run: () => Promise<readonly number[]>): Promise<void> {
  // What the runtime opens once, it keeps.
  await (await ZooKeeperServer.start()).close();
  await settled();
  const before = { handles: handles(), files: openFiles(), folders: ourFolders() };
  const ports = await run();
  await settled();
  assert.deepEqual({ handles: handles(), files: openFiles(), folders: ourFolders() }, before);
  for (const port of ports) await bind(port);
}

const mine = new Set<string>();
function ourFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => mine.has(name));
}

function noteFolder(dataDir: string): void {
  const folder = dirname(dataDir);
  assert.ok(existsSync(folder));
  mine.add(folder.slice(tmpdir().length + 1));
}

test('a standalone server, closed with a client on it', async () => {
  await leavesNothing(async () => {
    const zk = await ZooKeeperServer.start();
    noteFolder(zk.dataDir);
    const client = await Client.connect(zk.connectString);
    await client.create('/a');
    await zk.close();
    await zk.close();
    await client.closed;
    assert.deepEqual(ourFolders(), []);
    return [zk.port];
  });
});

test('an ensemble after kill, restart, stop and close, with clients on it', async () => {
  await leavesNothing(async () => {
    const zk = await ZooKeeperEnsemble.start({ observers: 1 });
    zk.members.forEach(({ dataDir }) => noteFolder(dataDir));
    const clients = await Promise.all(
      zk.members.map(({ connectString }) => Client.connect(connectString)),
    );
    await clients[0]?.create('/a');
    const leader = await zk.waitForLeader();
    await leader.kill();
    assert.equal(leader.mode, 'stopped');
    await zk.waitForLeader();
    await leader.restart();
    await leader.waitUntilServing();
    await zk.members[1]?.stop();
    await zk.close();
    await Promise.all(clients.map(({ closed }) => closed));
    assert.deepEqual(ourFolders(), []);
    return zk.members.map(({ port }) => port);
  });
});

test('an ensemble that cannot start', async () => {
  await leavesNothing(async () => {
    const zk = await ZooKeeperServer.start();
    await assert.rejects(ZooKeeperEnsemble.start({ port: zk.port }), { name: 'OperatorError' });
    await assert.rejects(ZooKeeperEnsemble.start({ size: 0 }), RangeError);
    await zk.close();
    return [zk.port];
  });
});

test('an ensemble of which one server cannot start', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'zab-leaks-'));
  try {
    mkdirSync(join(dataDir, 'server-2'));
    writeFileSync(join(dataDir, 'server-2', 'version-2'), 'no folder');
    await leavesNothing(async () => {
      await assert.rejects(ZooKeeperEnsemble.start({ dataDir }), { name: 'OperatorError' });
      return [];
    });
    rmSync(join(dataDir, 'server-2'), { recursive: true });
    // Nobody holds the folders of the others.
    await (await ZooKeeperEnsemble.start({ dataDir })).close();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
