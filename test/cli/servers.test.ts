/** `zab start` and `zab server`, as processes. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ZooKeeperServer } from '../../src/testing/index.js';
import { Client } from '../e2e/client.js';
import {
  keytool,
  makeKeyMaterial,
  PASSWORD,
  tlsLines,
  type KeyMaterial,
} from '../support/key-material.js';
import { freePorts } from '../support/server-process.js';
import { MAIN, Zab, zab, type Outcome } from './process.js';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zab-cli-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const READY = /^ready (127\.0\.0\.1:\d+(?:,127\.0\.0\.1:\d+)*)$/;

function addresses(line: string): readonly string[] {
  const match = READY.exec(line);
  assert.ok(match !== null, line);
  return (match[1] ?? '').split(',');
}

test('zab start: three servers, ready when all of them serve; SIGTERM ends them', async () => {
  const start = new Zab('start', '--port', '0');
  const servers = addresses(await start.firstLine());
  assert.equal(servers.length, 3);
  for (const [i, address] of servers.entries()) {
    const client = await Client.connect(address);
    await client.create(`/n${i}`);
    await client.close();
  }
  const { code, stderr } = await start.signal('SIGTERM');
  assert.deepEqual([code, stderr], [0, '']);
});

/** The client's stores in each format, and what names their properties. */
async function clientStores(folder: string, { pem, trust }: KeyMaterial) {
  const stores = { pem: [pem.client, trust] } as Record<string, readonly [string, string]>;
  for (const [ending, type] of [
    ['p12', 'PKCS12'],
    ['jks', 'JKS'],
  ] as const) {
    const [own, trusted] = [join(folder, `own.${ending}`), join(folder, `trust.${ending}`)];
    const opened = (file: string) => ['-keystore', file, '-storepass', PASSWORD];
    await keytool(
      ...['-importcert', '-noprompt', '-alias', 'authority', '-file', trust],
      ...['-storetype', type, ...opened(trusted)],
    );
    await keytool(
      ...['-genkeypair', '-alias', 'own', '-keyalg', 'EC', '-dname', 'CN=own'],
      ...['-keypass', PASSWORD, '-storetype', type, ...opened(own)],
    );
    stores[ending] = [own, trusted];
  }
  return stores;
}

test('zab start --secure: TLS beside each port; zab cli with stores of every format', async () => {
  await inFolder(async (folder) => {
    const keys = makeKeyMaterial(folder);
    const config = join(folder, 'shared.cfg');
    // What keytool makes is signed by itself, so nobody would trust it.
    writeFileSync(config, [...tlsLines('ssl.', keys), 'ssl.clientAuth=none'].join('\n'));
    const options = ['--size', '2', '--port', '0', '--secure', '--config', config];
    const start = new Zab('start', ...options, '-Dzookeeper.extendedTypesEnabled=true');
    const first = await start.firstLine();
    const secure = /^secure (\S+)$/.exec(first)?.[1]?.split(',') ?? [];
    assert.equal(secure.length, 2, first);
    const stores = await clientStores(folder, keys);
    for (const [ending, [own, trusted]] of Object.entries(stores)) {
      const file = join(folder, `${ending}.properties`);
      const password = ending === 'pem' ? [] : [`zookeeper.ssl.keyStore.password=${PASSWORD}`];
      const given = ['zookeeper.client.secure=true', `zookeeper.ssl.keyStore.location=${own}`];
      const trust = [`zookeeper.ssl.trustStore.location=${trusted}`];
      if (ending !== 'pem') trust.push(`zookeeper.ssl.trustStore.password=${PASSWORD}`);
      writeFileSync(file, [...given, ...password, ...trust].join('\n'));
      const node = `/${ending}`;
      const server = ['-server', secure[0] ?? '', '-client-configuration', file];
      const made = await zab('cli', ...server, 'create', '-t', '60000', node, ending);
      assert.deepEqual([made.code, made.stderr], [0, `Created ${node}\n`]);
    }
    const distrusting = join(folder, 'wrong.properties');
    writeFileSync(distrusting, `zookeeper.ssl.keyStore.location=${join(folder, 'none.jks')}`);
    const secured = ['-Dzookeeper.client.secure=true'].join(' ');
    const { code, stderr } = await withFlags(secured, ['-client-configuration', distrusting, 'ls']);
    assert.deepEqual([code, /none\.jks: no such file/.test(stderr)], [2, true], stderr);
    assert.equal((await start.signal('SIGTERM')).code, 0);
  });
});

function withFlags(flags: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, CLIENT_JVMFLAGS: flags };
    const child = execFile(process.execPath, [MAIN, 'cli', ...args], { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

test('zab start: what cannot stand in --config, or is wrong there', async () => {
  await inFolder(async (folder) => {
    const config = join(folder, 'shared.cfg');
    const refused = async (text: string, words: RegExp, ...more: readonly string[]) => {
      writeFileSync(config, text);
      const { code, stdout, stderr } = await zab('start', '--config', config, ...more);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, words);
    };
    await refused('tickTime=1000\nclientPort=1', /shared\.cfg:2: clientPort: each server/);
    await refused('server.1=a:1:2', /shared\.cfg:1: server\.1: each server/);
    await refused('\ntickTime=soon', /shared\.cfg:2: tickTime: 'soon'/);
    await refused('', /ssl\.keyStore\.location is not set/, '--secure');
    assert.equal((await zab('start', '--config', join(folder, 'none'))).code, 2);
  });
});

test('zab start without --data leaves nothing behind', async () => {
  const before = new Set(readdirSync(tmpdir()));
  const start = new Zab('start', '--size', '1', '--port', '0', '--json');
  const { ready } = JSON.parse(await start.firstLine()) as { readonly ready: string };
  assert.equal(addresses(`ready ${ready}`).length, 1);
  const made = () =>
    readdirSync(tmpdir()).filter(
      (name) => !before.has(name) && existsSync(join(tmpdir(), name, 'server-1', 'version-2')),
    );
  const [folder] = made();
  assert.ok(folder !== undefined);
  assert.equal((await start.signal('SIGINT')).code, 0);
  assert.ok(!existsSync(join(tmpdir(), folder)));
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`zab start, ended by ${signal} while it starts, leaves nothing behind`, async () => {
    await inFolder(async (folder) => {
      const child = spawn(process.execPath, [MAIN, 'start', '--port', '0'], {
        stdio: 'ignore',
        env: { ...process.env, TMPDIR: folder },
      });
      const exited = once(child, 'exit');
      // As soon as there is anything to leave behind.
      while (readdirSync(folder).length === 0) await new Promise((r) => setImmediate(r));
      child.kill(signal);
      assert.deepEqual(await exited, [0, null]);
      assert.deepEqual(readdirSync(folder), []);
    });
  });
}

test('zab start --until-eof ends when what started it is gone, even by kill -9', async () => {
  await inFolder(async (folder) => {
    const args = ['start', '--size=1', '--port=0', '--until-eof'];
    const parent = `
      const { spawn } = require('node:child_process');
      spawn(process.execPath, ${JSON.stringify([MAIN, ...args])}, { stdio: ['pipe', 'inherit', 'inherit'] });
    `;
    const child = spawn(process.execPath, ['-e', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: folder },
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(addresses(line.toString().trim()).length, 1);
    assert.equal(readdirSync(folder).length, 1);
    const closed = once(child.stdout.resume(), 'close');
    child.kill('SIGKILL');
    // The server holds the other end of this pipe: it closes when that has ended too.
    await closed;
    assert.deepEqual(readdirSync(folder), []);
  });
});

test('zab start --data keeps the data; --observers adds servers that observe', async () => {
  await inFolder(async (folder) => {
    const args = ['start', '--port=0', '--size=2', '--observers=1', '--data', folder];
    const first = new Zab(...args);
    const [address = ''] = addresses(await first.firstLine());
    const client = await Client.connect(address);
    await client.create('/kept', 'kept');
    await client.close();
    await first.signal('SIGTERM');
    const second = new Zab(...args);
    const servers = addresses(await second.firstLine());
    assert.equal(servers.length, 3);
    const again = await Client.connect(servers[2] ?? '');
    await again.sync();
    assert.equal(await again.get('/kept'), 'kept');
    await again.close();
    assert.equal((await second.signal('SIGTERM')).code, 0);
  });
});

test('zab start --port P takes P and the ports after it; one in use is named', async () => {
  for (;;) {
    const [port = 0] = await freePorts(1);
    const start = new Zab('start', '--port', String(port), '--size', '2');
    const line = await start.firstLine().catch(() => null);
    // Somebody else has the next one: another try.
    if (line === null) continue;
    assert.deepEqual(addresses(line), [`127.0.0.1:${port}`, `127.0.0.1:${port + 1}`]);
    assert.deepEqual(await zab('start', '--port', String(port + 1), '--size', '1'), {
      code: 2,
      stdout: '',
      stderr: `client port 127.0.0.1:${port + 1} is in use\n`,
    });
    await start.signal('SIGTERM');
    return;
  }
});

test('zab start --data FILE', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    assert.deepEqual(await zab('start', '--port', '0', '--size', '1', '--data', file), {
      code: 2,
      stdout: '',
      stderr: `data folder ${join(file, 'server-1')} cannot be used (ENOTDIR)\n`,
    });
  });
});

function writeConfig(folder: string, ...lines: readonly string[]): string {
  const file = join(folder, 'zoo.cfg');
  const common = [`dataDir=${join(folder, 'data')}`, 'clientPortAddress=127.0.0.1'];
  writeFileSync(file, [...common, ...lines, ''].join('\n'));
  return file;
}

test('zab server: a standalone server from a zoo.cfg; an unknown key is a warning', async () => {
  await inFolder(async (folder) => {
    const file = writeConfig(folder, 'clientPort=0', 'tickTime=500', 'tickTme=500');
    const server = new Zab('server', file, '--log', 'warn');
    const [address = ''] = addresses(await server.firstLine());
    const client = await Client.connect(address);
    await client.create('/a');
    await client.close();
    const { code, stderr } = await server.signal('SIGTERM');
    assert.equal(code, 0);
    assert.match(stderr, /^\S+ WARN {2}\[0\] .*zoo\.cfg:5: tickTme: unknown key, has no effect\n$/);
  });
});

test('zab server: every problem of the configuration is one line', async () => {
  await inFolder(async (folder) => {
    const servers = [1, 2, 3].map((sid) => `server.${sid}=127.0.0.1:${sid}1:${sid}2`);
    const file = writeConfig(folder, 'clientPort=x', 'initLimit=5', ...servers);
    const outcome = await zab('server', file);
    assert.deepEqual([outcome.code, outcome.stdout], [2, '']);
    assert.deepEqual(outcome.stderr.split('\n'), [
      `${file}:3: clientPort: 'x' is not a whole number from 0 to 65535`,
      `${join(folder, 'data')}/myid: myid file is missing`,
      `${file}: syncLimit is not set`,
      '',
    ]);
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'myid'), 'one\n');
    const garbage = await zab('server', writeConfig(folder, 'clientPort=0', ...servers));
    assert.equal(
      garbage.stderr.split('\n')[0],
      `${join(folder, 'data')}/myid: server id 'one' is not a whole number from 0 to 255`,
    );
  });
});

test('zab server: a port in use is named', async () => {
  await using zk = await ZooKeeperServer.start();
  await inFolder(async (folder) => {
    const file = writeConfig(folder, `clientPort=${zk.port}`);
    const stderr = `client port 127.0.0.1:${zk.port} is in use\n`;
    assert.deepEqual(await zab('server', file), { code: 2, stdout: '', stderr });
  });
});
