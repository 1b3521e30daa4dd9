import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Sid } from '../../src/core/ids.js';
import type { Notification } from '../../src/core/vote.js';
import type { Zxid } from '../../src/core/zxid.js';
import {
  encodeInitialMessage,
  encodeNotification,
  INITIAL_V1,
  INITIAL_V2,
} from '../../src/jute/election.js';
import { createWriter } from '../../src/jute/writer.js';
import { ElectionPort } from '../../src/shell/election-port.js';
import { PLAIN_TRANSPORT } from '../../src/shell/peer-transport.js';
import { NO_QUORUM_AUTH } from '../../src/shell/sasl/quorum-auth.js';
import { Listener } from '../../src/shell/listener.js';
import { createLogger, type Logger } from '../../src/shell/logger.js';
import { Inbox } from '../support/inbox.js';

const HOST = '127.0.0.1';
const WRITER = createWriter();
const NO_CONFIG = Buffer.alloc(0);
type Received = readonly [Sid, Notification];

interface Server {
  readonly port: ElectionPort;
  readonly inbox: Inbox<Received>;
  readonly log: Inbox<string>;
  readonly number: number;
}

function notification(electionEpoch: number): Notification {
  return { leader: 1 as Sid, zxid: 7 as Zxid, peerEpoch: 0, state: 'LOOKING', electionEpoch };
}

async function startAll(...sids: number[]): Promise<readonly Server[]> {
  const listeners = await Promise.all(
    sids.map(() => Listener.bind({ host: HOST, port: 0 }, 'election port')),
  );
  return sids.map((sid, i) => start(sid, sids, listeners, i));
}

function start(sid: number, sids: readonly number[], listeners: readonly Listener[], i: number) {
  const listener = listeners[i];
  assert.ok(listener !== undefined);
  const inbox = new Inbox<Received>();
  const log = new Inbox<string>();
  const logger: Logger = createLogger('warn', log.push);
  const peers = sids.flatMap((other, j) =>
    other === sid ? [] : [{ sid: other as Sid, addresses: [address(listeners[j]?.port ?? 0)] }],
  );
  const port = new ElectionPort({
    sid: sid as Sid,
    peers,
    addresses: [address(listener.port)],
    multiAddress: false,
    configText: NO_CONFIG,
    listener,
    transport: PLAIN_TRANSPORT,
    auth: NO_QUORUM_AUTH,
    log: logger,
    onNotification: (from, received) => inbox.push([from, received]),
  });
  return { port, inbox, log, number: listener.port };
}

function address(port: number) {
  return { host: HOST, port };
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(({ port }) => port.close()));
}

test('both directions, whoever talks first', async () => {
  const servers = await startAll(1, 2);
  const [one, two] = servers as [Server, Server];
  one.port.send(2 as Sid, notification(1));
  assert.deepEqual(await two.inbox.take(), [1, notification(1)]);
  two.port.send(1 as Sid, notification(2));
  assert.deepEqual(await one.inbox.take(), [2, notification(2)]);
  one.port.send(2 as Sid, notification(3));
  assert.deepEqual(await two.inbox.take(), [1, notification(3)]);
  await closeAll(servers);
});

test('the newest of several messages arrives, whatever happens to the others', async () => {
  const servers = await startAll(1, 2, 3);
  const [one, two, three] = servers as [Server, Server, Server];
  for (let round = 1; round <= 50; round++) {
    for (const { port } of servers) {
      for (const to of [1, 2, 3]) port.send(to as Sid, notification(round));
    }
  }
  for (const { inbox } of [one, two, three]) {
    const from = new Set<Sid>();
    while (from.size < 2) {
      const [sid] = await inbox.until(([, { electionEpoch }]) => electionEpoch === 50);
      from.add(sid);
    }
  }
  await closeAll(servers);
});

test('a server that comes later gets what waited for it', async () => {
  const probe = await Listener.bind(address(0), 'probe');
  const { port } = probe;
  await probe.close();
  const early = await Listener.bind(address(0), 'election port');
  const inbox = new Inbox<Received>();
  const common = { configText: NO_CONFIG, log: createLogger('silent') };
  const two = new ElectionPort({
    ...common,
    sid: 2 as Sid,
    peers: [{ sid: 1 as Sid, addresses: [address(port)] }],
    addresses: [address(early.port)],
    multiAddress: false,
    listener: early,
    transport: PLAIN_TRANSPORT,
    auth: NO_QUORUM_AUTH,
    onNotification: () => undefined,
  });
  two.send(1 as Sid, notification(4));
  const late = await Listener.bind(address(port), 'election port');
  const one = new ElectionPort({
    ...common,
    sid: 1 as Sid,
    peers: [{ sid: 2 as Sid, addresses: [address(early.port)] }],
    addresses: [address(port)],
    multiAddress: false,
    listener: late,
    transport: PLAIN_TRANSPORT,
    auth: NO_QUORUM_AUTH,
    onNotification: (from, received) => inbox.push([from, received]),
  });
  assert.deepEqual(await inbox.take(), [2, notification(4)]);
  await Promise.all([one.close(), two.close()]);
});

/** Connects as a server of another implementation would. */
async function knock(port: number, sid: number, version = INITIAL_V1): Promise<Socket> {
  const socket = connect({ host: HOST, port });
  await once(socket, 'connect');
  const message = { version, sid: sid as Sid, addresses: ['a:1', 'b:2'] };
  socket.write(encodeInitialMessage(WRITER, message));
  return socket;
}

test('the last message is sent again when the other side connects anew', async () => {
  const servers = await startAll(1, 2);
  const [one, two] = servers as [Server, Server];
  one.port.send(2 as Sid, notification(1));
  await two.inbox.take();
  await two.port.close();
  const socket = await knock(one.number, 2, INITIAL_V2);
  const [again] = (await once(socket, 'data')) as [Buffer];
  assert.deepEqual(again, encodeNotification(WRITER, notification(1), Buffer.from('\n# zab')));
  socket.destroy();
  await one.port.close();
});

test('a new connection of a server replaces the old one', async () => {
  const servers = await startAll(1, 2);
  const [one, two] = servers as [Server, Server];
  await two.port.close();
  const first = await knock(one.number, 2);
  first.write(encodeNotification(WRITER, notification(1), NO_CONFIG));
  await one.inbox.take();
  const second = await knock(one.number, 2);
  await once(first, 'close');
  second.write(encodeNotification(WRITER, notification(2), NO_CONFIG));
  assert.deepEqual(await one.inbox.take(), [2, notification(2)]);
  second.destroy();
  await one.port.close();
});

test('a server of another make is told by what it sends', async () => {
  const servers = await startAll(1, 2);
  const [one, two] = servers as [Server, Server];
  two.port.send(1 as Sid, notification(1));
  await one.inbox.take();
  assert.equal(one.port.hasForeignPeers, false);
  await two.port.close();
  const socket = await knock(one.number, 2);
  socket.write(encodeNotification(WRITER, notification(2), Buffer.from('version=0')));
  await one.inbox.take();
  assert.equal(one.port.hasForeignPeers, true);
  socket.destroy();
  await one.port.close();
});

test('strangers and garbage are refused, and cost nobody else anything', async () => {
  const servers = await startAll(1, 2);
  const [one, two] = servers as [Server, Server];
  one.port.send(2 as Sid, notification(1));
  await two.inbox.take();
  const refused = async (socket: Socket, reason: RegExp) => {
    socket.on('error', () => undefined);
    await once(socket, 'close');
    assert.match(await one.log.take(), reason);
  };
  await refused(await knock(one.number, 9), /refused sid=9 reason="unknown server id"/);
  await refused(await knock(one.number, 1), /refused sid=1 reason="our own server id"/);
  const garbage = connect({ host: HOST, port: one.number });
  garbage.write(Buffer.alloc(64, 0xff));
  await refused(garbage, /refused from=127.0.0.1 reason="protocol version -1"/);
  two.port.send(1 as Sid, notification(5));
  assert.deepEqual(await one.inbox.take(), [2, notification(5)]);
  await closeAll(servers);
});

test('a frame that is no notification is skipped, one that is too long ends the connection', async () => {
  const servers = await startAll(1, 2);
  const [one, two] = servers as [Server, Server];
  await two.port.close();
  const socket = await knock(one.number, 2);
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 9]));
  socket.write(encodeNotification(WRITER, notification(3), NO_CONFIG));
  assert.deepEqual(await one.inbox.take(), [2, notification(3)]);
  assert.match(await one.log.take(), /notification skipped peer=2 reason="server state 9"/);
  socket.on('error', () => undefined);
  socket.write(Buffer.from([0x7f, 0, 0, 0]));
  await once(socket, 'close');
  assert.match(await one.log.take(), /frame of length 2130706432, limit 524288/);
  await one.port.close();
});
