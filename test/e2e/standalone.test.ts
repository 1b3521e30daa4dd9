/** One standalone server, asked over its client port. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeperServer } from '../../src/testing/index.js';
import { Client, Disconnected, dial, eachReadSeesItsWrite, readAll } from './client.js';

test('connect, create, read, change, delete, close', async () => {
  await using zk = await ZooKeeperServer.start();
  const client = await Client.connect(zk.connectString);
  assert.notEqual(client.session.sessionId, 0n);
  assert.equal(client.session.timeout, 10_000);
  assert.equal(await client.create('/a', 'one'), '/a');
  assert.equal(await client.create('/a/n-', 'x', 2), '/a/n-0000000000');
  assert.equal(await client.get('/a'), 'one');
  await client.set('/a', 'two', 0);
  const { err } = await client.request({
    op: 'setData',
    path: '/a',
    data: Buffer.from('three'),
    version: 0,
  });
  assert.equal(err, -103);
  assert.equal(await client.get('/a'), 'two');
  assert.deepEqual(await client.children('/a'), ['n-0000000000']);
  assert.equal((await client.request({ op: 'delete', path: '/a', version: -1 })).err, -111);
  await client.ok({ op: 'delete', path: '/a/n-0000000000', version: -1 });
  await client.ok({ op: 'delete', path: '/a', version: -1 });
  assert.equal(await client.get('/a'), null);
  await client.close();
});

test('requests that are sent at once are answered in order', async () => {
  await using zk = await ZooKeeperServer.start();
  const client = await Client.connect(zk.connectString);
  await client.create('/n', '0');
  await eachReadSeesItsWrite(client, '/n', 3000);
  await client.close();
});

test('a watch of one client tells it of the change that another makes', async () => {
  await using zk = await ZooKeeperServer.start();
  const watcher = await Client.connect(zk.connectString);
  const writer = await Client.connect(zk.connectString);
  await writer.create('/w', '1');
  assert.equal(await watcher.get('/w', true), '1');
  await writer.set('/w', '2');
  const event = await watcher.events.take();
  assert.deepEqual([event.type, event.path, event.state], [3, '/w', 3]);
  await watcher.close();
  await writer.close();
});

for (const [how, end] of [
  ['stop', (zk: ZooKeeperServer) => zk.stop()],
  ['kill', (zk: ZooKeeperServer) => zk.kill()],
] as const) {
  test(`data, session and ephemerals are there after ${how} and restart`, async () => {
    await using zk = await ZooKeeperServer.start();
    const client = await Client.connect(zk.connectString);
    await client.create('/p', 'kept');
    await client.create('/e', 'mine', 1);
    await end(zk);
    await client.closed;
    await assert.rejects(dial(zk.connectString));
    await zk.restart();
    const again = await Client.connect(zk.connectString, { session: client.session });
    assert.equal(again.session.sessionId, client.session.sessionId);
    assert.equal(await again.get('/p'), 'kept');
    assert.equal(await again.get('/e'), 'mine');
    await again.close();
    const other = await Client.connect(zk.connectString);
    assert.equal(await other.get('/e'), null);
    await other.close();
  });
}

test('a session that is expired on demand is gone, with its ephemerals', async () => {
  await using zk = await ZooKeeperServer.start();
  const client = await Client.connect(zk.connectString);
  const other = await Client.connect(zk.connectString);
  await client.create('/e', '', 1);
  assert.equal(await other.get('/e', true), '');
  await zk.expireSession(client.session.sessionId);
  assert.equal((await other.events.take()).path, '/e');
  await client.closed;
  const again = await Client.connect(zk.connectString, { session: client.session });
  assert.equal(again.session.sessionId, 0n);
  assert.equal(again.session.timeout, 0);
  await again.closed;
  await other.close();
});

test('a session that its client leaves ends by itself', async () => {
  await using zk = await ZooKeeperServer.start({ tickTime: 100, minSessionTimeout: 1500 });
  const client = await Client.connect(zk.connectString, { timeout: 1 });
  assert.equal(client.session.timeout, 1500);
  const other = await Client.connect(zk.connectString);
  await client.create('/e', '', 1);
  await other.get('/e', true);
  client.drop();
  assert.equal((await other.events.take()).path, '/e');
  await other.close();
});

test('four-letter words', async () => {
  await using zk = await ZooKeeperServer.start();
  const client = await Client.connect(zk.connectString);
  await client.create('/a');
  const ask = async (word: string) => {
    const socket = await dial(zk.connectString);
    socket.write(word);
    return (await readAll(socket)).toString();
  };
  assert.equal(await ask('ruok'), 'imok');
  assert.equal(await ask('isro'), 'rw');
  assert.match(
    await ask('srvr'),
    /^Zookeeper version: .+\nLatency min\/avg\/max: \d+\/[\d.]+\/\d+\n/,
  );
  assert.match(await ask('srvr'), /\nZxid: 0x2\nMode: standalone\nNode count: \d+\n$/);
  assert.match(
    await ask('stat'),
    /\nClients:\n \/127.0.0.1:\d+\[1\]\(queued=0,recved=2,sent=2\)\n/,
  );
  assert.match(await ask('mntr'), /^zk_version\t.+\nzk_server_state\tstandalone\n/);
  await client.close();
});

test('what is ahead of the server is not served', async () => {
  await using zk = await ZooKeeperServer.start();
  const ahead = Client.connect(zk.connectString, { lastZxidSeen: 1_000_000 as never });
  await assert.rejects(ahead, Disconnected);
});
