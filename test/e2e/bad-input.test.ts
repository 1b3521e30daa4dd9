/**
 * What must not be: from clients, on disk, on the command line. Each has an exact message or the
 * protocol's own error, and costs no other client its connection or what was acknowledged.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { openSync, closeSync, readSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ensemble } from '../../src/shell/ensemble.js';
import { createLogger } from '../../src/shell/logger.js';
import { frameState, splitFrames } from '../../src/jute/frames.js';
import { systemIo } from '../../src/shell/storage/log-writer.js';
import { ZooKeeperServer } from '../../src/testing/index.js';
import { Inbox } from '../support/inbox.js';
import { Client, dial, Disconnected, readAll } from './client.js';
import type { Socket } from 'node:net';

interface Scene {
  readonly zk: ZooKeeperServer;
  /** Has a session, and must keep it. */
  readonly bystander: Client;
  /** What the server logs. */
  readonly log: Inbox<string>;
}

async function scene(run: (scene: Scene) => Promise<void>): Promise<void> {
  const log = new Inbox<string>();
  await using zk = await ZooKeeperServer.start({ log: createLogger('info', log.push) });
  const bystander = await Client.connect(zk.connectString);
  await bystander.create('/kept', 'kept');
  await run({ zk, bystander, log });
  assert.equal(await bystander.get('/kept'), 'kept');
  await bystander.set('/kept', 'changed', 0);
  await bystander.close();
}

const logged = (log: Inbox<string>, what: RegExp): Promise<string> =>
  log.until((line) => what.test(line));

/** The server's end of the connection comes, and nothing before it. */
async function closesSilently(socket: Socket): Promise<void> {
  assert.deepEqual(await readAll(socket), Buffer.alloc(0));
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const frame = (...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([word(body.length), body]);
};

test('garbage in place of a ConnectRequest', async () => {
  await scene(async ({ zk, log }) => {
    const socket = await dial(zk.connectString);
    socket.write(frame(Buffer.alloc(20, 0xee)));
    await closesSilently(socket);
    await logged(log, /client connection refused .* reason="not a ConnectRequest: /);
  });
});

test('a ConnectRequest that is cut short', async () => {
  await scene(async ({ zk, log }) => {
    const socket = await dial(zk.connectString);
    socket.write(frame(Buffer.alloc(10)));
    await closesSilently(socket);
    await logged(log, /reason="not a ConnectRequest: truncated: 2 bytes missing"/);
  });
});

for (const length of [-1, -0x8000_0000, 0x10_0000, 0x7fff_ffff]) {
  test(`a frame of length ${length}, first and later`, async () => {
    await scene(async ({ zk, log }) => {
      const first = await dial(zk.connectString);
      first.write(word(length));
      await closesSilently(first);
      const reason = new RegExp(`reason="frame of length ${length}, limit 1048575"`);
      await logged(log, reason);
      const client = await Client.connect(zk.connectString);
      client.socket.write(word(length));
      await client.closed;
      await logged(log, reason);
    });
  });
}

test('the largest frame there may be', async () => {
  await scene(async ({ zk }) => {
    const client = await Client.connect(zk.connectString);
    const overhead = 8 + 4 + '/big'.length + 4 + 4;
    await client.create('/big');
    const data = 'x'.repeat(0xfffff - overhead);
    await client.set('/big', data);
    assert.equal(await client.get('/big'), data);
    await assert.rejects(client.set('/big', `${data}x`), Disconnected);
    await client.closed;
  });
});

test('a connection that ends in the middle of a frame', async () => {
  await scene(async ({ zk }) => {
    const client = await Client.connect(zk.connectString);
    client.socket.end(Buffer.concat([word(100), Buffer.alloc(50)]));
    await client.closed;
    const again = await Client.connect(zk.connectString, { session: client.session });
    assert.equal(again.session.sessionId, client.session.sessionId);
    await again.close();
  });
});

test('a request without a whole header', async () => {
  await scene(async ({ zk, log }) => {
    const client = await Client.connect(zk.connectString);
    client.socket.write(frame(word(1)));
    await client.closed;
    await logged(log, /refused .* reason="malformed request: truncated: 4 bytes missing"/);
  });
});

test('a request whose record is cut short is answered MARSHALLINGERROR, in its turn', async () => {
  await scene(async ({ zk, log }) => {
    const client = await Client.connect(zk.connectString);
    const frames = new Inbox<Buffer>();
    let state = frameState(1000);
    client.socket.on('data', (chunk: Buffer) => {
      const split = splitFrames(state, chunk);
      state = split.state;
      split.frames.forEach(frames.push);
    });
    const writes = [1, 2, 3].map((i) => client.create(`/m${i}`));
    client.socket.write(frame(word(77), word(4), word(100), Buffer.from('/kept')));
    assert.equal(await client.get('/kept'), 'kept');
    await Promise.all(writes);
    const answers = frames.all.map((bytes) => [bytes.readInt32BE(0), bytes.readInt32BE(12)]);
    assert.deepEqual(answers, [
      [1, 0],
      [2, 0],
      [3, 0],
      [77, -5],
      [4, 0],
    ]);
    assert.equal(frames.all[3]?.length, 16);
    await logged(log, /client connection sent a malformed request .* reason="string of length 100/);
    await client.close();
  });
});

test('an unknown operation is answered UNIMPLEMENTED, and the connection ends', async () => {
  await scene(async ({ zk, log }) => {
    const client = await Client.connect(zk.connectString);
    const { err } = await client.request({ op: 'unknown', opcode: 4711 });
    assert.equal(err, -6);
    await client.closed;
    await logged(log, /client connection closed .* reason="unknown operation"/);
  });
});

test('a wrong password, and a session that never was', async () => {
  await scene(async ({ zk, bystander }) => {
    const { sessionId, timeout } = bystander.session;
    for (const session of [
      { sessionId, timeout, password: Buffer.alloc(16, 7) },
      { sessionId, timeout, password: Buffer.alloc(3) },
      { sessionId: 99n as typeof sessionId, timeout, password: Buffer.alloc(16) },
    ]) {
      const client = await Client.connect(zk.connectString, { session });
      assert.deepEqual(
        [client.session.sessionId, client.session.timeout, client.session.password],
        [0n, 0, Buffer.alloc(16)],
      );
      await client.closed;
    }
  });
});

test('a wrong digest is no error, a wrong scheme is AUTHFAILED', async () => {
  await scene(async ({ zk }) => {
    const client = await Client.connect(zk.connectString);
    const auth = Buffer.from('u:p');
    assert.equal((await client.request({ op: 'auth', scheme: 'digest', auth })).err, 0);
    assert.equal((await client.request({ op: 'auth', scheme: 'nope', auth })).err, -115);
    await client.closed;
  });
});

test('a four-letter word that is not on the whitelist', async () => {
  const ensemble = await Ensemble.start({ ...ALONE, dataDir: null });
  await ensemble.serving();
  const socket = await dial(ensemble.connectString);
  socket.write('ruok');
  const text = 'ruok is not executed because it is not in the whitelist.\n';
  assert.equal((await readAll(socket)).toString(), text);
  await ensemble.close();
});

test('more connections from one address than allowed', async () => {
  const log = new Inbox<string>();
  const ensemble = await Ensemble.start({
    ...ALONE,
    dataDir: null,
    settings: { maxClientCnxns: 2 },
    log: createLogger('warn', log.push),
  });
  await ensemble.serving();
  const clients = [
    await Client.connect(ensemble.connectString),
    await Client.connect(ensemble.connectString),
  ];
  await assert.rejects(Client.connect(ensemble.connectString), Disconnected);
  await logged(log, /WARN {2}\[0\] too many connections from one address ip=127.0.0.1 max=2/);
  await clients[0]?.close();
  const next = await Client.connect(ensemble.connectString);
  await next.close();
  await clients[1]?.close();
  await ensemble.close();
});

const ALONE = { size: 1, observers: 0, host: '127.0.0.1', port: 0, settings: {} } as const;

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zab-bad-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes `/n0` … and ends; the log file that they are in. */
async function writeLog(folder: string, count: number): Promise<string> {
  await using zk = await ZooKeeperServer.start({ dataDir: folder });
  const client = await Client.connect(zk.connectString);
  for (let i = 0; i < count; i++) await client.create(`/n${i}`, 'z'.repeat(200));
  client.drop();
  await zk.kill();
  const logs = join(zk.dataDir, 'version-2');
  const [file] = readdirSync(logs).filter((name) => name.startsWith('log.'));
  assert.ok(file !== undefined);
  return join(logs, file);
}

/** Where the last transaction's bytes end, before the zeros that fill the file up. */
function endOf(file: string): number {
  const bytes = Buffer.alloc(1 << 20);
  const fd = openSync(file, 'r');
  const length = readSync(fd, bytes, 0, bytes.length, 0);
  closeSync(fd);
  let end = length;
  while (bytes[end - 1] === 0) end -= 1;
  return end;
}

function damage(file: string, at: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.from([0xff, 0xff, 0xff]), 0, 3, at);
  closeSync(fd);
}

test('a torn record at the end of the log is cut off, with a note; all before it is there', async () => {
  await inFolder(async (folder) => {
    const file = await writeLog(folder, 5);
    truncateSync(file, endOf(file) - 20);
    const log = new Inbox<string>();
    const logger = createLogger('warn', log.push);
    await using zk = await ZooKeeperServer.start({ dataDir: folder, log: logger });
    assert.match(await log.take(), /WARN {2}\[0\] .*log\.\w+/);
    const client = await Client.connect(zk.connectString);
    assert.equal(await client.get('/n4'), null);
    for (let i = 0; i < 4; i++) assert.equal(await client.get(`/n${i}`), 'z'.repeat(200));
    await client.create('/n4', 'again');
    await client.close();
  });
});

test('a damaged record in the middle of the log: the server does not start without it', async () => {
  await inFolder(async (folder) => {
    const file = await writeLog(folder, 5);
    damage(file, Math.floor(endOf(file) / 2));
    await assert.rejects(ZooKeeperServer.start({ dataDir: folder }), (error: Error) => {
      assert.equal(error.name, 'OperatorError');
      const { message } = error;
      assert.ok(message.startsWith(`log file ${file} is damaged at offset `), message);
      assert.match(message, /acknowledged transactions would be lost$/);
      assert.ok(!message.includes('\n'));
      return true;
    });
  });
});

test('a data folder that is a file', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'server-1'), '');
    await assert.rejects(Ensemble.start({ ...ALONE, dataDir: folder }), {
      name: 'OperatorError',
      message: `data folder ${join(folder, 'server-1')} cannot be used (EEXIST)`,
    });
    const other = join(folder, 'other');
    mkdirSync(join(other, 'server-1'), { recursive: true });
    writeFileSync(join(other, 'server-1', 'version-2'), '');
    await assert.rejects(Ensemble.start({ ...ALONE, dataDir: other }), {
      name: 'OperatorError',
      message: /^cannot use data folder .*version-2: E[A-Z]+: /,
    });
  });
});

test('a data folder that another server uses', async () => {
  await inFolder(async (folder) => {
    await using zk = await ZooKeeperServer.start({ dataDir: folder });
    await assert.rejects(ZooKeeperServer.start({ dataDir: folder }), {
      name: 'OperatorError',
      message: `data folder ${join(zk.dataDir, 'version-2')} is in use by another server`,
    });
  });
});

test('a port that is in use', async () => {
  await using zk = await ZooKeeperServer.start();
  await assert.rejects(ZooKeeperServer.start({ port: zk.port }), {
    name: 'OperatorError',
    message: `client port 127.0.0.1:${zk.port} is in use`,
  });
  await assert.rejects(ZooKeeperServer.start({ host: '192.0.2.1' }), {
    name: 'OperatorError',
    message: 'client port 192.0.2.1:0: no such address on this machine',
  });
});

/** As the system says it. */
const NO_SPACE = { code: 'ENOSPC', errno: -28, syscall: 'write' };

/** A disk that is full from some moment on. */
function fillingDisk(): { readonly io: typeof systemIo; readonly fill: () => void } {
  let full = false;
  const io: typeof systemIo = {
    ...systemIo,
    write: (fd, bytes, position) =>
      full
        ? Promise.reject(
            Object.assign(new Error('ENOSPC: no space left on device, write'), NO_SPACE),
          )
        : systemIo.write(fd, bytes, position),
  };
  return {
    io,
    fill: () => {
      full = true;
    },
  };
}

test('a disk that fills up stops the server; what was acknowledged is there afterwards', async () => {
  await inFolder(async (folder) => {
    const disk = fillingDisk();
    const ensemble = await Ensemble.start({
      ...ALONE,
      dataDir: folder,
      storage: () => ({ io: disk.io }),
    });
    await ensemble.serving();
    const fault = ensemble.faults();
    const client = await Client.connect(ensemble.connectString);
    await client.create('/before', 'kept');
    disk.fill();
    await assert.rejects(client.create('/after'), Disconnected);
    const { name, message } = await fault;
    assert.equal(name, 'OperatorError');
    assert.match(message, /^cannot write .*: ENOSPC: no space left on device$/);
    await ensemble.close();
    const again = await Ensemble.start({ ...ALONE, dataDir: folder });
    await again.serving();
    const reader = await Client.connect(again.connectString, { session: client.session });
    assert.equal(await reader.get('/before'), 'kept');
    assert.equal(await reader.get('/after'), null);
    await reader.close();
    await again.close();
  });
});

test('a member whose disk fills up leaves; the ensemble goes on', async () => {
  const disk = fillingDisk();
  const settings = { tickTime: 500, initLimit: 20, syncLimit: 10 };
  const ensemble = await Ensemble.start({
    ...{ ...ALONE, size: 3, dataDir: null, settings },
    storage: (sid) => (sid === 1 ? { io: disk.io } : {}),
  });
  await ensemble.serving();
  const leader = await ensemble.waitForLeader();
  const healthy = ensemble.members.find((member) => member.sid === 2);
  assert.ok(healthy !== undefined && leader.sid !== 1);
  const client = await Client.connect(healthy.connectString);
  const fault = ensemble.faults();
  disk.fill();
  await client.create('/a', 'kept');
  assert.equal((await fault).name, 'OperatorError');
  await client.create('/b', 'kept');
  assert.equal(await client.get('/a'), 'kept');
  await client.close();
  await ensemble.close();
});

test('a client that connects and says nothing harms nobody', async () => {
  await scene(async ({ zk }) => {
    const silent = await dial(zk.connectString);
    const client = await Client.connect(zk.connectString);
    await client.create('/c');
    await client.close();
    silent.end();
    await once(silent, 'close');
  });
});
