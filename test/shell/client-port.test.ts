/** The client port alone: a service that does what each test says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { ClientConn, SessionId } from '../../src/core/ids.js';
import type { ClientRequest } from '../../src/core/request.js';
import { ZXID_ZERO } from '../../src/core/zxid.js';
import { encodeConnectRequest } from '../../src/jute/connect.js';
import { encodeRequest } from '../../src/jute/request.js';
import { createWriter } from '../../src/jute/writer.js';
import type { ClientEvent } from '../../src/server/events.js';
import { ClientPort } from '../../src/shell/client-port.js';
import { plainEntrance } from '../../src/shell/client-entrance.js';
import { Listener } from '../../src/shell/listener.js';
import { createLogger } from '../../src/shell/logger.js';
import { createServerMetrics } from '../../src/shell/metrics/server-metrics.js';
import { Flusher } from '../../src/shell/outbox.js';
import { dial, readAll } from '../e2e/client.js';
import { Inbox } from '../support/inbox.js';

const WRITER = createWriter();
const CONNECT = {
  protocolVersion: 0,
  lastZxidSeen: ZXID_ZERO,
  timeout: 5000,
  sessionId: 0n as SessionId,
  password: Buffer.alloc(16),
  readOnly: false,
  hasReadOnly: true,
};
const GET: ClientRequest = { op: 'getData', path: '/a', watch: false };

interface Scene {
  readonly port: ClientPort;
  readonly events: Inbox<ClientEvent>;
  readonly address: string;
  readonly sockets: Socket[];
}

async function scene(
  run: (scene: Scene) => Promise<void>,
  greetingTimeout = 60_000,
): Promise<void> {
  const listener = await Listener.bind({ host: '127.0.0.1', port: 0 }, 'client port');
  const events = new Inbox<ClientEvent>();
  const port = new ClientPort({
    entrances: [plainEntrance(listener)],
    flusher: new Flusher(),
    log: createLogger('silent'),
    now: () => 0,
    onEvent: events.push,
    onWord: (word) => `${word}!`,
    metrics: createServerMetrics(),
    lastZxid: () => ZXID_ZERO,
    fourLetterWords: 'all',
    greetingTimeout,
    maxClientCnxns: 0,
    maxCnxns: 0,
    juteMaxBuffer: 0xfffff,
  });
  const sockets: Socket[] = [];
  try {
    await run({ port, events, address: `127.0.0.1:${listener.port}`, sockets });
  } finally {
    for (const socket of sockets) socket.destroy();
    await port.close();
  }
}

/** A connection whose session is set up. */
async function open({ port, events, address, sockets }: Scene): Promise<[Socket, ClientConn]> {
  const socket = await dial(address);
  sockets.push(socket);
  socket.write(encodeConnectRequest(WRITER, CONNECT));
  const { conn } = await events.until(({ type }) => type === 'clientConnect');
  accept(port, conn);
  await once(socket, 'data');
  return [socket, conn];
}

function accept(port: ClientPort, conn: ClientConn): void {
  const response = {
    ...{ timeout: 5000, sessionId: 1n as SessionId, password: Buffer.alloc(16) },
    readOnly: false,
  };
  port.perform({ type: 'connectReply', conn, response, hasReadOnly: true });
}

function reply(port: ClientPort, conn: ClientConn, xid: number, size = 0): void {
  const body = { type: 'path', path: 'x'.repeat(size) } as const;
  port.perform({ type: 'reply', conn, xid, zxid: ZXID_ZERO, err: 0, body });
}

const requestsOf = ({ events }: Scene, conn: ClientConn): number =>
  events.all.filter((event) => event.type === 'clientRequest' && event.conn === conn).length;

/** Until the port has worked off whatever has reached it: others were served meanwhile. */
async function othersServed(scene: Scene): Promise<void> {
  const [socket, conn] = await open(scene);
  for (let xid = 1; xid <= 20; xid++) {
    socket.write(encodeRequest(WRITER, xid, GET));
    await scene.events.until((event) => event.type === 'clientRequest' && event.conn === conn);
    reply(scene.port, conn, xid);
    await once(socket, 'data');
  }
}

function pipeline(count: number): Buffer {
  const frames: Buffer[] = [];
  for (let xid = 1; xid <= count; xid++) frames.push(encodeRequest(WRITER, xid, GET));
  return Buffer.concat(frames);
}

test('nothing after the ConnectRequest is read before the session is set up', async () => {
  await scene(async (it) => {
    const socket = await dial(it.address);
    it.sockets.push(socket);
    socket.write(Buffer.concat([encodeConnectRequest(WRITER, CONNECT), pipeline(3)]));
    const { conn } = await it.events.until(({ type }) => type === 'clientConnect');
    await othersServed(it);
    assert.equal(requestsOf(it, conn), 0);
    accept(it.port, conn);
    const xids: number[] = [];
    while (xids.length < 3) {
      const event = await it.events.take();
      if (event.type === 'clientRequest' && event.conn === conn) xids.push(event.xid);
    }
    assert.deepEqual(xids, [1, 2, 3]);
  });
});

test('a byte at a time', async () => {
  await scene(async (it) => {
    const socket = await dial(it.address);
    it.sockets.push(socket);
    const bytes = Buffer.concat([encodeConnectRequest(WRITER, CONNECT), pipeline(2)]);
    const written = (async () => {
      for (const byte of bytes) {
        await new Promise<void>((resolve) => socket.write(Buffer.of(byte), () => resolve()));
      }
    })();
    const { conn } = await it.events.until(({ type }) => type === 'clientConnect');
    accept(it.port, conn);
    for (const xid of [1, 2]) {
      const event = await it.events.until(({ type }) => type === 'clientRequest');
      assert.ok(event.type === 'clientRequest');
      assert.deepEqual([event.xid, event.request], [xid, GET]);
    }
    await written;
  });
});

test('a connection that says nothing ends; one with a session may be silent', async () => {
  await scene(async (it) => {
    const [socket] = await open(it);
    const silent = await dial(it.address);
    assert.equal((await readAll(silent)).length, 0);
    await it.events.until(({ type }) => type === 'clientClosed');
    assert.equal(it.port.connections('plain').length, 1);
    assert.equal(socket.destroyed, false);
  }, 50);
});

test('a four-letter word in two pieces; the service hears that the connection is gone', async () => {
  await scene(async (it) => {
    const socket = await dial(it.address);
    socket.write('ru');
    await othersServed(it);
    socket.write('ok');
    assert.equal((await readAll(socket)).toString(), 'ruok!');
    await it.events.until(({ type }) => type === 'clientClosed');
  });
});

test('a connection with 1,024 unanswered requests is not read until half are answered', async () => {
  await scene(async (it) => {
    const [socket, conn] = await open(it);
    socket.on('data', () => undefined);
    socket.write(pipeline(3000));
    await othersServed(it);
    assert.equal(requestsOf(it, conn), 1024);
    for (let xid = 1; xid <= 512; xid++) reply(it.port, conn, xid);
    await othersServed(it);
    assert.equal(requestsOf(it, conn), 1024 + 512);
    for (let xid = 513; xid <= 3000; xid++) {
      while (requestsOf(it, conn) < xid) await it.events.take();
      reply(it.port, conn, xid);
    }
    assert.equal(it.port.outstanding, 0);
  });
});

test('a client that does not read its answers is not read either, until it does', async () => {
  await scene(async (it) => {
    const [socket, conn] = await open(it);
    socket.pause();
    const size = 500_000;
    const count = 200;
    socket.write(pipeline(count));
    let answered = 0;
    const answer = (): void => {
      for (const seen = requestsOf(it, conn); answered < seen; answered++) {
        reply(it.port, conn, answered + 1, size);
      }
    };
    // What is read at once comes before any answer; after that, answers fill the buffers.
    await othersServed(it);
    answer();
    socket.write(pipeline(count));
    await othersServed(it);
    assert.equal(requestsOf(it, conn), count);
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.resume();
    while (requestsOf(it, conn) < 2 * count) await it.events.take();
    answer();
    while (bytes < 2 * count * size) await once(socket, 'data');
    assert.ok(bytes >= 2 * count * size);
  });
});

test('closing hands what was sent to the client first, and frees the connection', async () => {
  await scene(async (it) => {
    const [socket, conn] = await open(it);
    reply(it.port, conn, 1, 300_000);
    it.port.perform({ type: 'clientClose', conn, reason: 'test' });
    reply(it.port, conn, 2);
    assert.equal(it.port.connections('plain').length, 0);
    assert.equal((await readAll(socket)).length, 4 + 16 + 4 + 300_000);
    assert.equal(it.events.all.filter(({ type }) => type === 'clientClosed').length, 0);
  });
});
