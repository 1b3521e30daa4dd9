/** Servers as processes of their own, killed with kill -9. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster } from '../support/cluster.js';
import { Client, leaderOf } from './client.js';
import { Workload } from './workload.js';

test('kill -9 of the leader under writes, twice: nothing acknowledged is lost', async () => {
  await using cluster = await startCluster({ kind: 'zab', shape: 'ensemble' });
  const workload = await Workload.start(cluster.addresses, 4);
  for (let round = 0; round < 2; round++) {
    await workload.progress(100);
    const leader = await leaderOf(cluster.addresses);
    await cluster.kill(leader);
    await workload.progress(100);
    await cluster.restart(leader);
  }
  await workload.progress(100);
  await workload.stop();
  await workload.check();
});

test('kill -9 of all servers at once: nothing acknowledged is lost', async () => {
  await using cluster = await startCluster({ kind: 'zab', shape: 'ensemble' });
  const workload = await Workload.start(cluster.addresses, 4);
  await workload.progress(200);
  await Promise.all(cluster.addresses.map((address) => cluster.kill(address)));
  await Promise.all(cluster.addresses.map((address) => cluster.restart(address)));
  await workload.progress(100);
  await workload.stop();
  await workload.check();
});

test('kill -9 of a standalone server: session, data and ephemerals are there', async () => {
  await using cluster = await startCluster({ kind: 'zab', shape: 'standalone' });
  const [address = ''] = cluster.addresses;
  const client = await Client.connect(address);
  const writes: Promise<string>[] = [];
  for (let i = 0; i < 200; i++) writes.push(client.create(`/n${i}`, String(i)));
  await Promise.all(writes);
  await client.create('/e', 'mine', 1);
  await cluster.kill(address);
  await client.closed;
  await cluster.restart(address);
  const again = await Client.connect(address, { session: client.session });
  assert.equal(again.session.sessionId, client.session.sessionId);
  assert.equal(await again.get('/e'), 'mine');
  for (let i = 0; i < 200; i++) assert.equal(await again.get(`/n${i}`), String(i));
  await again.close();
});
