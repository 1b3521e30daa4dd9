/**
 * AdminServer by HTTPS, and `zab snapshot` and `zab restore` on it, of ours and of Apache's.
 * About 15 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { ZooKeeper } from '../../../src/client/index.js';
import { MAIN, type Outcome } from '../../cli/process.js';
import { makeKeyMaterial, tlsLines, type KeyMaterial } from '../../support/key-material.js';
import { dropFolder, makeFolder } from '../../support/server-process.js';
import { KINDS, launch, spawnAll, type Servers } from './pair.js';

const folder = makeFolder('zab-https-');
let keys: KeyMaterial;
/** HTTP and HTTPS on one port; HTTPS alone, for who shows a certificate. */
let unified: readonly Servers[] = [];
let forced: readonly Servers[] = [];

before(async () => {
  keys = makeKeyMaterial(folder);
  const stores = tlsLines('ssl.quorum.', keys);
  const strict = [
    ...['admin.forceHttps=true', 'admin.needClientAuth=true'],
    ...tlsLines('ssl.', keys),
    'authProvider.x509=org.apache.zookeeper.server.auth.X509AuthenticationProvider',
  ];
  unified = await Promise.all(
    KINDS.map((kind) => launch(kind, 1, 0, [...stores, 'admin.portUnification=true'])),
  );
  forced = await Promise.all(KINDS.map((kind) => launch(kind, 1, 0, [...stores, ...strict])));
  await Promise.all([...unified, ...forced].map(spawnAll));
});
after(async () => {
  for (const servers of [...unified, ...forced]) await servers[Symbol.asyncDispose]();
  dropFolder(folder);
});

const adminOf = ({ members }: Servers): number => members[0]!.admin;

interface Asked {
  readonly status: number | null;
  readonly strict: string | undefined;
  readonly body: string;
}

/** A GET; status null: no HTTP came of it. @param tls null: plain */
const ask = (
  port: number,
  command: string,
  tls: ConnectionOptions | null,
  auth?: string,
): Promise<Asked> =>
  new Promise((resolve) => {
    const headers = auth === undefined ? {} : { authorization: auth };
    // Jetty sends away who asks for another host than its certificate names.
    const where = { host: 'localhost', port, path: `/commands/${command}`, agent: false } as const;
    const options = { ...where, family: 4, headers };
    const sent = tls === null ? requestHttp(options) : requestHttps({ ...options, ...tls });
    sent.once('error', () => resolve({ status: null, strict: undefined, body: '' }));
    sent.once('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      response.on('error', () => resolve({ status: null, strict: undefined, body: '' }));
      response.on('end', () => {
        const strict = response.headers['strict-transport-security'];
        resolve({ status: response.statusCode ?? 0, strict, body });
      });
    });
    sent.end();
  });

const trusting = (): ConnectionOptions => ({ ca: readFileSync(keys.trust) });
const shown = (who: 'client' | 'stranger'): ConnectionOptions => {
  const pem = readFileSync(keys.pem[who]);
  return { ...trusting(), key: pem, cert: pem };
};

/** On both; what the first came to is the second's. */
const same = async (
  both: readonly Servers[],
  run: (port: number) => Promise<Asked>,
): Promise<Asked> => {
  const [apache, zab] = await Promise.all(both.map((servers) => run(adminOf(servers))));
  assert.deepEqual(zab, apache);
  return zab!;
};

test('one port takes HTTP and HTTPS', async () => {
  const plain = await same(unified, (port) => ask(port, 'ruok', null));
  assert.deepEqual([plain.status, plain.strict], [200, undefined]);
  const secure = await same(unified, (port) => ask(port, 'ruok', trusting()));
  assert.deepEqual([secure.status, secure.strict], [200, 'max-age=86400; includeSubDomains']);
  assert.equal(secure.body, plain.body);
});

test('HTTPS alone, for those who show a certificate', async () => {
  assert.equal((await same(forced, (port) => ask(port, 'ruok', null))).status, null);
  assert.equal((await same(forced, (port) => ask(port, 'ruok', trusting()))).status, null);
  assert.equal((await same(forced, (port) => ask(port, 'ruok', shown('stranger')))).status, null);
  assert.equal((await same(forced, (port) => ask(port, 'ruok', shown('client')))).status, 200);
});

test('a certificate is an identity to AdminServer', async () => {
  const as = (auth: string, body = true) =>
    same(forced, async (port) => {
      const answer = await ask(port, 'snapshot?streaming=false', shown('client'), auth);
      return body ? answer : { ...answer, body: '' };
    });
  assert.equal((await as('x509')).status, 200);
  assert.equal((await as('sasl x')).status, 401);
  const plain = await same(unified, (port) =>
    ask(port, 'snapshot?streaming=false', trusting(), 'x509'),
  );
  assert.equal(plain.status, 401);
});

const zab = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { env: { ...process.env, ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

test('zab snapshot and zab restore', async (t) => {
  const properties = join(folder, 'client.properties');
  writeFileSync(
    properties,
    `zookeeper.ssl.keyStore.location=${keys.pem.client}\n` +
      `zookeeper.ssl.trustStore.location=${keys.trust}\n`,
  );
  for (const servers of forced) {
    await t.test(servers.kind, async () => {
      const member = servers.members[0]!;
      const secure = [
        ...['--admin', `https://localhost:${member.admin}/commands`],
        ...['--client-configuration', properties],
      ];
      const file = join(folder, `${servers.kind}.snapshot`);
      const zk = await ZooKeeper.connect(`127.0.0.1:${member.ports.client}`);
      await zk.create('/kept', 'kept');
      const taken = await zab({ ZAB_ADMIN_AUTH: 'x509' }, 'snapshot', file, '--json', ...secure);
      assert.deepEqual([taken.code, taken.stderr], [0, '']);
      const told = JSON.parse(taken.stdout) as {
        readonly bytes: number;
        readonly lastZxid: string;
      };
      const bytes = readFileSync(file);
      assert.equal(told.bytes, bytes.length);
      assert.equal(bytes.subarray(0, 4).toString(), 'ZKSN');
      const again = await zab({}, 'snapshot', file, ...secure, '--auth', 'x509');
      assert.deepEqual([again.code, /exists/.test(again.stderr)], [2, true]);
      const piped = await zab({}, 'snapshot', '-', ...secure, '--auth', 'x509');
      assert.deepEqual([piped.code, piped.stdout.startsWith('ZKSN')], [0, true]);
      const nobody = await zab({}, 'snapshot', file, '--force', ...secure);
      assert.deepEqual([nobody.code, /Auth info is missing/.test(nobody.stderr)], [1, true]);
      assert.equal(readFileSync(file).equals(bytes), true, 'a refusal leaves the file alone');
      await zk.create('/later', 'gone after the restore');
      const asked = await zab({}, 'restore', file, ...secure, '--auth', 'x509');
      assert.deepEqual([asked.code, /--force/.test(asked.stderr)], [2, true]);
      const done = await zab({}, 'restore', file, '--force', ...secure, '--auth', 'x509');
      assert.deepEqual(done, {
        code: 0,
        stdout: `restored, last zxid ${told.lastZxid}\n`,
        stderr: '',
      });
      await zk.close();
      const reader = await ZooKeeper.connect(`127.0.0.1:${member.ports.client}`);
      assert.equal((await reader.getData('/kept')).data?.toString(), 'kept');
      assert.equal(await reader.exists('/later'), null);
      await reader.close();
    });
  }
});

test('what cannot be used is one line and exit code 2', async () => {
  const file = join(folder, 'none');
  for (const args of [
    ['snapshot'],
    ['snapshot', file, '--admin', 'nonsense'],
    ['snapshot', file, '--admin', 'http://127.0.0.1:1/commands'],
    ['snapshot', file, '--admin', 'ftp://127.0.0.1'],
    ['snapshot', file, 'more'],
    ['snapshot', file, '--admin', 'https://127.0.0.1:1', '--client-configuration', file],
    ['restore', file, '--force'],
    ['restore', folder, '--force'],
    ['restore'],
  ]) {
    const { code, stdout, stderr } = await zab({}, ...args);
    assert.deepEqual(
      [code, stdout, stderr.trimEnd().split('\n').length],
      [2, '', 1],
      args.join(' '),
    );
  }
});
