/** What the client says on the wire, and what it makes of odd answers: against a server made up here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AuthFailedError,
  ConnectionLossError,
  RequestTimeoutError,
  ZooKeeper,
  type ClientState,
} from '../../src/client/index.js';
import { Inbox } from '../support/inbox.js';
import { Writer } from '../support/raw-client.js';
import { FakeServer, PASSWORD } from './fake-server.js';

/** A client that is not waited for: closed without a word at the end. */
function client(server: FakeServer, options = {}): ZooKeeper & Disposable {
  const zk = new ZooKeeper(server.address, { sessionTimeout: 10_000, ...options });
  return Object.assign(zk, {
    [Symbol.dispose]: () => {
      zk.detach();
    },
  });
}

const path = (text: string): Buffer => new Writer().buffer(text).bytes();

test('a reply to something else ends the connection; the session is resumed', async () => {
  await using server = await FakeServer.start();
  using zk = client(server);
  const first = await server.peers.take();
  assert.deepEqual([first.connect?.sessionId, first.connect?.lastZxid], [0n, 0n]);
  const done = zk.sync('/a');
  const { xid } = await first.asked.take();
  first.reply(xid, { zxid: 9n, body: path('/a') });
  await done;
  const lost = zk.sync('/b');
  const behind = assert.rejects(zk.exists('/c'), ConnectionLossError);
  const asked = await first.asked.take();
  assert.equal(asked.xid, xid + 1);
  first.reply(asked.xid + 1, { zxid: 10n, body: path('/b') });
  await assert.rejects(lost, ConnectionLossError);
  await behind;
  assert.match(zk.state, /connecting/);
  const second = await server.peers.take();
  assert.equal(second.connect?.sessionId, 42n);
  assert.deepEqual(second.connect?.password, PASSWORD);
  assert.equal(second.connect?.lastZxid, 9n, 'the newest zxid of a reply that was right');
  await zk.connected();
  assert.equal(second.asked.all.length, 0, 'nothing was sent again');
});

test('pings after a third of the timeout that the server granted', async () => {
  await using server = await FakeServer.start({ timeout: 1_500 });
  using zk = client(server);
  const peer = await server.peers.take();
  for (let i = 0; i < 2; i++) assert.equal(await peer.pings.take(), 11);
  await zk.connected();
  assert.deepEqual([zk.state, zk.sessionTimeout], ['connected', 1_500]);
});

test('a server that says nothing any more is left', async () => {
  await using server = await FakeServer.start({ timeout: 150, pongs: false });
  using zk = client(server);
  const states = new Inbox<ClientState>();
  zk.on('state', states.push);
  await server.peers.take();
  assert.equal(await states.take(), 'connected');
  assert.equal(await states.take(), 'connecting');
  const again = await server.peers.take();
  assert.equal(again.connect?.sessionId, 42n);
});

test('authentication and watches go ahead of requests on a new connection', async () => {
  await using server = await FakeServer.start();
  using zk = client(server);
  const first = await server.peers.take();
  const authenticated = zk.addAuth('digest', 'a:b');
  const auth = await first.asked.take();
  assert.deepEqual([auth.xid, auth.op], [-4, 100]);
  first.reply(-4, { zxid: 0n });
  await authenticated;
  const watching = zk.exists('/w', { watcher: () => undefined });
  first.reply((await first.asked.take()).xid, { zxid: 7n, err: -101 });
  assert.equal(await watching, null);
  const states = new Inbox<ClientState>();
  zk.on('state', states.push);
  first.socket.destroy();
  await states.until((state) => state === 'connecting');
  const waiting = zk.sync('/');
  const second = await server.peers.take();
  const order = [await second.asked.take(), await second.asked.take(), await second.asked.take()];
  assert.deepEqual(
    order.map(({ xid, op }) => [xid, op]),
    [
      [-4, 100],
      [-8, 101],
      [order[2]?.xid, 9],
    ],
  );
  const watches = order[1]!.body;
  assert.equal(watches.long(), 7n, 'relative to the last zxid seen');
  assert.deepEqual([watches.int(), watches.int(), watches.string()], [0, 1, '/w']);
  second.reply(-4, { zxid: 0n });
  second.reply(-8, { zxid: 8n });
  second.reply(order[2]!.xid, { zxid: 8n, body: path('/') });
  await waiting;
  // A persistent watch needs the newer request.
  const added = zk.addWatch('/p', () => undefined, { recursive: true });
  second.reply((await second.asked.take()).xid, { body: new Writer().int(0).bytes() });
  await added;
  second.socket.destroy();
  const third = await server.peers.take();
  await third.asked.take();
  const set = await third.asked.take();
  assert.deepEqual([set.xid, set.op], [-8, 105]);
});

test('a refused authentication ends the session, and all hear of it', async () => {
  await using server = await FakeServer.start();
  using zk = client(server);
  const peer = await server.peers.take();
  const waiting = assert.rejects(zk.exists('/a'), AuthFailedError);
  const refused = assert.rejects(zk.addAuth('digest', 'wrong'), AuthFailedError);
  await peer.asked.take();
  await peer.asked.take();
  peer.reply(-4, { zxid: 0n, err: -115 });
  await Promise.all([waiting, refused]);
  assert.equal(zk.state, 'auth-failed');
  await assert.rejects(zk.exists('/a'), AuthFailedError);
  await assert.rejects(zk.addAuth('digest', 'x'), AuthFailedError);
});

test('a read-only server is left for one with a quorum', async () => {
  await using readOnly = await FakeServer.start({ readOnly: true, sessionId: 1n });
  await using readWrite = await FakeServer.start({ sessionId: 2n });
  const states = new Inbox<ClientState>();
  using zk = client(readOnly, { readOnly: true });
  zk.on('state', states.push);
  const first = await readOnly.peers.take();
  assert.equal(first.connect?.readOnly, true);
  assert.equal(await states.take(), 'connected-read-only');
  zk.updateHosts(`${readWrite.address}`);
  const second = await readWrite.peers.take();
  assert.equal(second.connect?.sessionId, 0n, "a read-only server's session is its own");
  await states.until((state) => state === 'connected');
  assert.equal(zk.sessionId, 2n);
});

test('looking for a quorum: `isro` of the other hosts', async () => {
  await using readOnly = await FakeServer.start({ readOnly: true, sessionId: 1n });
  await using readWrite = await FakeServer.start({ sessionId: 2n });
  const both = `${readOnly.address},${readWrite.address}`;
  // Whichever comes first: at last it is the one with a quorum.
  const zk = new ZooKeeper(both, { readOnly: true });
  try {
    for await (const state of zk.states()) if (state === 'connected') break;
    assert.equal(zk.server, readWrite.address);
  } finally {
    zk.detach();
  }
});

test('a reply longer than maxBuffer ends the connection', async () => {
  await using server = await FakeServer.start();
  using zk = client(server, { maxBuffer: 1_000 });
  const peer = await server.peers.take();
  const lost = zk.sync('/a');
  const { xid } = await peer.asked.take();
  peer.reply(xid, { body: path('/'.padEnd(2_000, 'x')) });
  await assert.rejects(lost, ConnectionLossError);
});

test('close gives up on a server that does not answer', async () => {
  await using server = await FakeServer.start({ timeout: 1_000 });
  const zk = new ZooKeeper(server.address, { sessionTimeout: 1_000 });
  const peer = await server.peers.take();
  await zk.connected();
  const late = assert.rejects(zk.exists('/a', { timeout: 20 }), RequestTimeoutError);
  await late;
  const closed = zk.close();
  await peer.asked.take();
  assert.equal((await peer.asked.take()).op, -11);
  await closed;
  assert.equal(zk.state, 'closed');
});
