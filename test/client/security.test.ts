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
import { testJvm } from '../support/apache.js';
import { memberCommand, type Kind } from '../support/cluster.js';
import { makeKeyMaterial, tlsLines } from '../support/key-material.js';
import { projectRoot } from '../support/provision.js';
import { dropFolder, freePorts, makeFolder, ServerProcess } from '../support/server-process.js';
import { testCfg, writeZooCfg } from '../support/zoo-cfg.js';

const AUTH = 'org.apache.zookeeper.server.auth';
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
  const folder = makeFolder(`zab-client-secured-${kind}-`);
  const keys = makeKeyMaterial(folder);
  const jaas = join(folder, 'jaas.conf');
  writeFileSync(jaas, JAAS);
  const [client = 0, quorum = 0, election = 0, secure = 0] = await freePorts(4);
  const member = { sid: 1, client, quorum, election };
  const file = writeZooCfg(folder, member, [member], {
    ...testCfg,
    extra: [
      ...[`secureClientPort=${secure}`, 'secureClientPortAddress=127.0.0.1'],
      ...tlsLines('ssl.', keys),
      'serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory',
      `authProvider.sasl=${AUTH}.SASLAuthenticationProvider`,
    ],
  });
  const property = `-Djava.security.auth.login.config=${jaas}`;
  const jvm = [...testJvm, property, '-Dfile.encoding=UTF-8'];
  const command = await memberCommand({ kind, shape: 'standalone', jvm }, file, 1);
  const args = kind === 'zab' ? [...command.args, property] : command.args;
  const server = new ServerProcess(`${kind} server`, client, { ...command, args });
  server.spawn();
  const end = async (): Promise<void> => {
    await server.kill();
    dropFolder(folder);
  };
  try {
    await server.serving();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    plain: `127.0.0.1:${client}`,
    secure: `127.0.0.1:${secure}`,
    pem: (who) => readFileSync(keys.pem[who], 'utf8'),
    trust: readFileSync(keys.trust, 'utf8'),
    folder,
    [Symbol.asyncDispose]: end,
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
