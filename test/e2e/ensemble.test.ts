/** Three servers and more, in this process, over their real ports. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeperEnsemble, type Member } from '../../src/testing/index.js';
import { Client, eachReadSeesItsWrite } from './client.js';
import { connectAnywhere, contentOf, Workload } from './workload.js';

function addressesOf(zk: ZooKeeperEnsemble): readonly string[] {
  return zk.members.map(({ connectString }) => connectString);
}

function others(zk: ZooKeeperEnsemble, than: Member): readonly Member[] {
  return zk.members.filter((member) => member !== than);
}

test('each server answers; what one has written the others show after a sync', async () => {
  await using zk = await ZooKeeperEnsemble.start({ size: 3 });
  assert.equal(zk.members.length, 3);
  assert.deepEqual(zk.members.map(({ mode }) => mode).sort(), ['follower', 'follower', 'leader']);
  const clients = await Promise.all(
    zk.members.map(({ connectString }) => Client.connect(connectString)),
  );
  for (const [i, client] of clients.entries()) {
    await client.create(`/from-${i}`, String(i));
    for (const reader of clients) {
      await reader.sync();
      assert.equal(await reader.get(`/from-${i}`), String(i));
    }
  }
  await Promise.all(clients.map((client) => client.close()));
});

test('requests that are sent at once to a follower are answered in order', async () => {
  await using zk = await ZooKeeperEnsemble.start();
  const [follower] = others(zk, await zk.waitForLeader());
  const client = await Client.connect(follower?.connectString ?? '');
  await client.create('/n', '0');
  await eachReadSeesItsWrite(client, '/n', 1000);
  await client.close();
});

test('the leader is killed under writes and comes back: nothing acknowledged is lost', async () => {
  await using zk = await ZooKeeperEnsemble.start();
  const workload = await Workload.start(addressesOf(zk), 4);
  const first = await zk.waitForLeader();
  await workload.progress(100);
  await first.kill();
  const second = await zk.waitForLeader();
  assert.notEqual(second, first);
  await workload.progress(100);
  await first.restart();
  await first.waitUntilServing();
  await workload.progress(100);
  await second.kill();
  await zk.waitForLeader();
  await workload.progress(100);
  await workload.stop();
  await second.restart();
  await workload.check();
});

test('a follower that was away for long gets a snapshot, one that was not the difference', async () => {
  await using zk = await ZooKeeperEnsemble.start({ commitLogCount: 10 });
  const leader = await zk.waitForLeader();
  const [follower] = others(zk, leader);
  assert.ok(follower !== undefined);
  const client = await Client.connect(leader.connectString);
  await client.create('/w');
  for (const count of [3, 200]) {
    await follower.kill();
    for (let i = 0; i < count; i++) await client.create(`/w/${count}-${i}`, 'x'.repeat(1000));
    await follower.restart();
    assert.deepEqual(
      await contentOf(follower.connectString),
      await contentOf(leader.connectString),
    );
  }
  // What it was sent is on its disk: it serves that as leader's follower again.
  await follower.kill();
  await follower.restart();
  assert.equal((await contentOf(follower.connectString)).length, 203);
  await client.close();
});

test('snapshots are written while requests are answered, and a restart begins with one', async () => {
  await using zk = await ZooKeeperEnsemble.start({ snapCount: 50 });
  const client = await connectAnywhere(addressesOf(zk));
  await client.create('/w');
  const names = Array.from({ length: 500 }, (_, i) => `n${i}`);
  await Promise.all(names.map((name) => client.create(`/w/${name}`, 'y'.repeat(100))));
  await client.close();
  await Promise.all(zk.members.map((member) => member.kill()));
  await Promise.all(zk.members.map((member) => member.restart()));
  for (const member of zk.members)
    assert.deepEqual(await contentOf(member.connectString), names.toSorted());
});

test('an observer serves reads and writes, and is not missed', async () => {
  await using zk = await ZooKeeperEnsemble.start({ size: 3, observers: 1 });
  const observer = zk.members[3];
  assert.ok(observer !== undefined);
  assert.equal(observer.mode, 'observer');
  const leader = await zk.waitForLeader();
  const [follower] = others(zk, leader);
  await follower?.kill();
  const client = await Client.connect(observer.connectString);
  await client.create('/w');
  await client.create('/w/through-observer');
  assert.deepEqual(await contentOf(leader.connectString), ['through-observer']);
  await observer.kill();
  const onLeader = await Client.connect(leader.connectString);
  await onLeader.create('/w/without-observer');
  await observer.restart();
  assert.deepEqual(await contentOf(observer.connectString), [
    'through-observer',
    'without-observer',
  ]);
  await onLeader.close();
});

test('without a quorum nobody is served, and with one everybody is again', async () => {
  await using zk = await ZooKeeperEnsemble.start();
  const leader = await zk.waitForLeader();
  const client = await Client.connect(leader.connectString);
  const [a, b] = others(zk, leader);
  assert.ok(a !== undefined && b !== undefined);
  await Promise.all([a.kill(), b.kill()]);
  await client.closed;
  assert.equal(zk.leader(), null);
  await a.restart();
  const next = await zk.waitForLeader();
  const again = await Client.connect(next.connectString, { session: client.session });
  assert.equal(again.session.sessionId, client.session.sessionId);
  await again.close();
});

test('a session moves to another server, with its ephemerals; its old connection ends', async () => {
  await using zk = await ZooKeeperEnsemble.start();
  const leader = await zk.waitForLeader();
  const [a, b] = others(zk, leader);
  assert.ok(a !== undefined && b !== undefined);
  let client = await Client.connect(a.connectString);
  await client.create('/e', 'mine', 1);
  for (const member of [b, leader, a]) {
    const old = client;
    const { session, lastZxid: lastZxidSeen } = old;
    client = await Client.connect(member.connectString, { session, lastZxidSeen });
    assert.equal(client.session.sessionId, session.sessionId);
    assert.equal(await client.get('/e'), 'mine');
    // The old server learns of the move when it next asks for the session.
    await assert.rejects(old.create('/old', ''));
    await old.closed;
    assert.equal(await client.get('/old'), null);
  }
  await client.close();
  const observer = await Client.connect(b.connectString);
  await observer.sync();
  assert.equal(await observer.get('/e'), null);
  await observer.close();
});

test('a wrong password gives no session, whichever server is asked', async () => {
  await using zk = await ZooKeeperEnsemble.start();
  const client = await connectAnywhere(addressesOf(zk));
  const session = { ...client.session, password: Buffer.alloc(16, 1) };
  for (const member of zk.members) {
    const wrong = await Client.connect(member.connectString, { session });
    assert.deepEqual([wrong.session.sessionId, wrong.session.timeout], [0n, 0]);
    assert.deepEqual(wrong.session.password, Buffer.alloc(16));
    await wrong.closed;
  }
  await client.create('/still-here');
  await client.close();
});

test('a session whose client left a follower is ended by the leader', async () => {
  await using zk = await ZooKeeperEnsemble.start({ minSessionTimeout: 100 });
  const [follower] = others(zk, await zk.waitForLeader());
  const client = await Client.connect(follower?.connectString ?? '', { timeout: 1500 });
  const watcher = await connectAnywhere(addressesOf(zk));
  await client.create('/e', '', 1);
  await watcher.sync();
  await watcher.get('/e', true);
  client.drop();
  const event = await watcher.events.take();
  assert.deepEqual([event.type, event.path], [2, '/e']);
  await watcher.close();
});

test('a session expired on demand, on whichever server its client is', async () => {
  await using zk = await ZooKeeperEnsemble.start();
  for (const member of zk.members) {
    const client = await Client.connect(member.connectString);
    await zk.expireSession(client.session.sessionId);
    await client.closed;
    const again = await Client.connect(member.connectString, { session: client.session });
    assert.equal(again.session.sessionId, 0n);
  }
});

test('several ensembles at once know nothing of each other', async () => {
  await using a = await ZooKeeperEnsemble.start({ size: 2 });
  await using b = await ZooKeeperEnsemble.start({ size: 3 });
  const [onA, onB] = await Promise.all([
    connectAnywhere(addressesOf(a)),
    connectAnywhere(addressesOf(b)),
  ]);
  await onA.create('/a');
  await onB.create('/b');
  assert.equal(await onA.get('/b'), null);
  assert.equal(await onB.get('/a'), null);
  await Promise.all([onA.close(), onB.close()]);
});
