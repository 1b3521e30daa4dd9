/**
 * TLS, x509 identities and SASL DIGEST-MD5: the client (and `zab cli`) against our server and Apache's.
 * About 12 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AuthFailedError, ConnectionLossError, ZooKeeper } from '../../src/client/index.js';
import type { Kind } from '../support/cluster.js';
import { projectRoot } from '../support/provision.js';
import { startSecured } from '../support/secured-server.js';

const PASSWORD = 'bob\'s "secret", äöü';
const JAAS = `
Server { org.apache.zookeeper.server.auth.DigestLoginModule required
  user_bob="bob's \\"secret\\", äöü"; };
`;

interface Secured extends AsyncDisposable {
  readonly plain: string;
  readonly secure: string;
  readonly pem: (who: 'client' | 'stranger') => string;
  readonly trust: string;
  readonly folder: string;
}

async function start(kind: Kind): Promise<Secured> {
  const server = await startSecured(kind, { jaas: JAAS, jvm: ['-Dfile.encoding=UTF-8'] });
  const { plain, secure, keys, folder } = server;
  return {
    plain: `127.0.0.1:${plain}`,
    secure: `127.0.0.1:${secure}`,
    pem: (who) => readFileSync(keys.pem[who], 'utf8'),
    trust: readFileSync(keys.trust, 'utf8'),
    folder,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function tls(servers: Secured): Promise<void> {
  const key = servers.pem('client');
  const options = { tls: { ca: servers.trust, key, cert: key } };
  await using zk = await ZooKeeper.connect(servers.secure, options);
  await zk.create('/tls', 'x', { acl: [{ perms: 31, scheme: 'auth', id: '' }] });
  const who = await zk.whoAmI();
  assert.ok(
    who.some(({ scheme, id }) => scheme === 'x509' && id.startsWith('CN=client one')),
    JSON.stringify(who),
  );
  const stranger = servers.pem('stranger');
  for (const refused of [
    { tls: { key, cert: key } },
    { tls: { ca: servers.trust, key: stranger, cert: stranger } },
  ]) {
    const attempt = ZooKeeper.connect(servers.secure, { ...refused, connectTimeout: 1_500 });
    await assert.rejects(attempt, (error: unknown) => {
      assert.ok(error instanceof ConnectionLossError);
      assert.ok(error.cause instanceof Error, 'it says what the connection ended by');
      return true;
    });
  }
}

async function sasl(servers: Secured): Promise<void> {
  const credentials = { username: 'bob', password: PASSWORD };
  await using zk = await ZooKeeper.connect(servers.plain, { sasl: credentials });
  await zk.create('/bob', 'x', { acl: [{ perms: 31, scheme: 'sasl', id: 'bob' }] });
  const who = await zk.whoAmI();
  assert.ok(who.some(({ scheme, id }) => scheme === 'sasl' && id === 'bob'));
  assert.equal((await zk.getData('/bob')).data?.toString(), 'x');
  await using nobody = await ZooKeeper.connect(servers.plain);
  await assert.rejects(nobody.getData('/bob'), { name: 'NoAuthError' });
  const wrong = ZooKeeper.connect(servers.plain, { sasl: { username: 'bob', password: 'no' } });
  await assert.rejects(wrong, AuthFailedError);
}

async function cli(servers: Secured): Promise<void> {
  const file = join(servers.folder, 'client.properties');
  const lines = [
    'zookeeper.client.secure=true',
    `zookeeper.ssl.keyStore.location=${join(servers.folder, 'client.pem')}`,
    `zookeeper.ssl.trustStore.location=${join(servers.folder, 'trust.pem')}`,
  ];
  writeFileSync(file, lines.join('\n'));
  const main = join(projectRoot, 'dist', 'src', 'cli', 'main.js');
  const args = [
    main,
    'cli',
    '-server',
    servers.secure,
    '-client-configuration',
    file,
    'get',
    '/tls',
  ];
  const out = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
  assert.equal(out.trimEnd().split('\n').at(-1), 'x');
}

for (const kind of ['zab', 'apache'] as const) {
  test(`TLS and SASL: ${kind}`, { timeout: 240_000 }, async (t) => {
    await using servers = await start(kind);
    await t.test('TLS with a client certificate', () => tls(servers));
    await t.test('SASL DIGEST-MD5', () => sasl(servers));
    await t.test('zab cli over TLS', () => cli(servers));
  });
}
