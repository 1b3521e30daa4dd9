import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { SnapshotImage } from '../../src/core/image.js';
import type { Millis, PeerConn, SessionId, Sid } from '../../src/core/ids.js';
import type { Packet } from '../../src/core/message.js';
import type { Txn } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { PLAIN_TRANSPORT } from '../../src/shell/peer-transport.js';
import { Listener } from '../../src/shell/listener.js';
import { createLogger } from '../../src/shell/logger.js';
import { Flusher } from '../../src/shell/outbox.js';
import { QuorumPort, type PeerEvent } from '../../src/shell/quorum-port.js';
import { Inbox } from '../support/inbox.js';

const HOST = '127.0.0.1';
const LEADER = 1 as Sid;

interface Server {
  readonly port: QuorumPort;
  readonly events: Inbox<PeerEvent>;
  readonly log: Inbox<string>;
  readonly number: number;
  leading: boolean;
  holds: boolean;
  /** What `holdsEarly` answered. */
  readonly asked: Inbox<boolean>;
}

/** A server that dials `leaderPort`, if it does. States are images here. */
async function start(leaderPort: number, packetMax = 1 << 20): Promise<Server> {
  const listener = await Listener.bind({ host: HOST, port: 0 }, 'quorum port');
  const events = new Inbox<PeerEvent>();
  const log = new Inbox<string>();
  const asked = new Inbox<boolean>();
  const server = { leading: false, holds: false };
  const port = new QuorumPort({
    listener,
    transport: PLAIN_TRANSPORT,
    peers: new Map([[LEADER, [{ host: HOST, port: leaderPort }]]]),
    flusher: new Flusher(),
    log: createLogger('info', log.push),
    now: () => 5,
    connectTimeout: 5000,
    packetMax,
    isLeading: () => server.leading,
    holdsEarly: () => {
      asked.push(server.holds);
      return server.holds;
    },
    imageToState: (image) => {
      if ([...image.nodes].length === 0) throw new Error('snapshot has no root');
      return image;
    },
    stateToImage: (state) => state as SnapshotImage,
    onEvent: events.push,
  });
  return Object.assign(server, { port, events, log, asked, number: listener.port });
}

async function connected(run: (pair: Pair) => Promise<void>, packetMax?: number): Promise<void> {
  const leader = await start(0, packetMax);
  leader.leading = true;
  const learner = await start(leader.number, packetMax);
  learner.port.dial(LEADER);
  const atLeader = await opened(leader);
  const atLearner = await opened(learner);
  try {
    await run({ leader, learner, atLeader, atLearner });
  } finally {
    await Promise.all([leader.port.close(), learner.port.close()]);
  }
}

interface Pair {
  readonly leader: Server;
  readonly learner: Server;
  readonly atLeader: PeerConn;
  readonly atLearner: PeerConn;
}

async function opened(server: Server): Promise<PeerConn> {
  const event = await server.events.take();
  assert.ok(event.type === 'opened');
  return event.conn;
}

async function packetOf(server: Server): Promise<Packet> {
  const event = await server.events.take();
  assert.ok(event.type === 'packet', event.type);
  return event.packet;
}

const zxid = (n: number) => n as Zxid;

function txn(n: number, size = 10): Txn {
  const data = Buffer.alloc(size, n);
  const body = { type: 'setData', path: '/a', data, version: n } as const;
  return { zxid: zxid(n), sessionId: 3n as SessionId, cxid: n, time: 1000 + n, body };
}

function image(nodes: number): SnapshotImage {
  const stat = {
    ...{ czxid: zxid(1), mzxid: zxid(1), pzxid: zxid(1), ctime: 1, mtime: 2 },
    ...{ version: 0, cversion: 0, aversion: 0, ephemeralOwner: 0n as SessionId },
  };
  const acl = [{ perms: 31, scheme: 'world', id: 'anyone' }];
  const paths = ['/', ...Array.from({ length: nodes }, (_, i) => `/n${i}`)];
  return {
    zxid: zxid(9),
    sessions: [[7n as SessionId, 4000 as Millis]],
    nodes: paths.map((path) => ({ path, data: Buffer.alloc(1000, path), acl, stat })),
  };
}

test('a learner dials, both sides know the connection by one name, packets go both ways', async () => {
  await connected(async ({ leader, learner, atLeader, atLearner }) => {
    assert.equal(leader.port.nameOf(atLeader), learner.port.nameOf(atLearner));
    assert.match(
      leader.port.nameOf(atLeader),
      new RegExp(`^127.0.0.1:\\d+>127.0.0.1:${leader.number}$`),
    );
    learner.port.send(atLearner, { type: 'ACKEPOCH', currentEpoch: 3, lastZxid: zxid(4) });
    assert.deepEqual(await packetOf(leader), {
      type: 'ACKEPOCH',
      currentEpoch: 3,
      lastZxid: zxid(4),
    });
    for (let n = 1; n <= 100; n++) {
      leader.port.send(atLeader, { type: 'PROPOSAL', txn: txn(n, n * 100) });
      leader.port.send(atLeader, { type: 'COMMIT', zxid: zxid(n) });
    }
    for (let n = 1; n <= 100; n++) {
      assert.deepEqual(await packetOf(learner), { type: 'PROPOSAL', txn: txn(n, n * 100) });
      assert.deepEqual(await packetOf(learner), { type: 'COMMIT', zxid: zxid(n) });
    }
  });
});

test('a snapshot of some megabytes, and what was sent right after it', async () => {
  await connected(async ({ leader, learner, atLeader }) => {
    const state = image(5000);
    const snap: Packet = { type: 'SNAP', snapshot: { zxid: zxid(9), image: state } };
    leader.port.send(atLeader, snap);
    leader.port.send(atLeader, { type: 'NEWLEADER', zxid: zxid(10) });
    leader.port.send(atLeader, snap);
    leader.port.hangUp(atLeader, 'test');
    for (const type of ['SNAP', 'NEWLEADER', 'SNAP']) {
      const packet = await packetOf(learner);
      assert.equal(packet.type, type);
      if (packet.type !== 'SNAP') continue;
      assert.equal(packet.snapshot.zxid, 9);
      assert.deepEqual(packet.snapshot.image, state);
    }
    assert.equal((await learner.events.take()).type, 'closed');
    assert.equal(leader.events.all.filter(({ type }) => type === 'closed').length, 0);
  });
});

test('a state that is none ends its connection with the reason', async () => {
  await connected(async ({ leader, learner, atLeader }) => {
    const nothing = { zxid: zxid(9), sessions: [], nodes: [] };
    leader.port.send(atLeader, { type: 'SNAP', snapshot: { zxid: zxid(9), image: nothing } });
    assert.equal((await learner.events.take()).type, 'closed');
    assert.match(await learner.log.take(), /lost .* reason="snapshot has no root"/);
    assert.equal((await leader.events.take()).type, 'closed');
  });
});

test('a packet that is too large ends its connection with the reason', async () => {
  await connected(async ({ leader, learner, atLeader }) => {
    leader.port.send(atLeader, { type: 'PROPOSAL', txn: txn(1, 5000) });
    assert.equal((await learner.events.take()).type, 'closed');
    assert.match(await learner.log.take(), /data of length \d+, limit 1000/);
  }, 1000);
});

test('each side is told that the connection is gone, but not whoever closed it', async () => {
  await connected(async ({ leader, learner, atLeader, atLearner }) => {
    learner.port.send(atLearner, { type: 'ACK', zxid: zxid(1) });
    learner.port.hangUp(atLearner, 'test');
    learner.port.send(atLearner, { type: 'ACK', zxid: zxid(2) });
    assert.deepEqual(await packetOf(leader), { type: 'ACK', zxid: zxid(1) });
    assert.deepEqual(await leader.events.take(), { type: 'closed', conn: atLeader, now: 5 });
    assert.deepEqual(
      learner.events.all.map(({ type }) => type),
      ['opened'],
    );
  });
});

test('a server that does not lead hangs up; one that is not there cannot be dialled', async () => {
  const server = await start(0);
  const socket = connect({ host: HOST, port: server.number });
  socket.on('error', () => undefined);
  await once(socket, 'close');
  assert.deepEqual(server.events.all, []);
  await server.port.close();
  const learner = await start(server.number);
  learner.port.dial(LEADER);
  assert.deepEqual(await learner.events.take(), { type: 'dialFailed', sid: LEADER, now: 5 });
  await learner.port.close();
});

test('who comes before the election has ended waits for it, if the server is told to hold', async () => {
  const server = await start(0);
  const dial = async () => {
    const socket = connect({ host: HOST, port: server.number });
    socket.on('error', () => undefined);
    // Asked when it is accepted, and again when bytes may go.
    for (let i = 0; i < 2; i++) await server.asked.take();
    return socket;
  };
  server.holds = true;
  const early = await dial();
  server.port.decided();
  await server.asked.take();
  assert.deepEqual(server.events.all, [], 'it still looks');
  server.leading = true;
  server.port.decided();
  assert.deepEqual(await server.events.take(), { type: 'opened', conn: 1, as: 'leader', now: 5 });
  server.leading = false;
  const refused = await dial();
  server.holds = false;
  server.port.decided();
  await once(refused, 'close');
  early.destroy();
  await server.port.close();
});
