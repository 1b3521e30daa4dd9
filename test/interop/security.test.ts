/**
 * TLS and SASL with the Java client and with kazoo, against Apache's server and ours: the same.
 * About 25 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apacheJars } from '../support/apache.js';
import { memberCommand, type Kind } from '../support/cluster.js';
import { makeKeyMaterial, tlsLines } from '../support/key-material.js';
import { projectRoot, provision, run } from '../support/provision.js';
import { dropFolder, freePorts, makeFolder, ServerProcess } from '../support/server-process.js';
import { testJvm } from '../support/apache.js';
import { testCfg, writeZooCfg } from '../support/zoo-cfg.js';

const AUTH = 'org.apache.zookeeper.server.auth';
const JAAS = `
Server { org.apache.zookeeper.server.auth.DigestLoginModule required
  user_super="secret of super" user_bob="bob's \\"secret\\", äöü" user_root="root secret"; };
Bob { org.apache.zookeeper.server.auth.DigestLoginModule required
  username="bob" password="bob's \\"secret\\", äöü"; };
WrongBob { org.apache.zookeeper.server.auth.DigestLoginModule required
  username="bob" password="secret"; };
Nobody { org.apache.zookeeper.server.auth.DigestLoginModule required
  username="nobody" password="secret"; };
Root { org.apache.zookeeper.server.auth.DigestLoginModule required
  username="root" password="root secret"; };
`;

interface Secured extends AsyncDisposable {
  readonly plain: number;
  readonly secure: number;
  readonly folder: string;
}

/** A standalone server with both ports, users, and a super user of each kind. */
async function start(kind: Kind, extra: readonly string[] = []): Promise<Secured> {
  const folder = makeFolder(`zab-secured-${kind}-`);
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
      ...['X509AuthenticationProvider.superUser=CN=root', 'superUser=root'],
      ...extra,
    ],
  });
  const property = `-Djava.security.auth.login.config=${jaas}`;
  const jvm = [...testJvm, property];
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
  return { plain: client, secure, folder, [Symbol.asyncDispose]: end };
}

async function javaClient(secured: Secured): Promise<string> {
  const source = join(projectRoot, 'test', 'interop', 'security', 'Security.java');
  const jars = join(await apacheJars(), '*');
  const recipe = readFileSync(source, 'utf8') + jars;
  const classes = await provision('java-security', recipe, async (into) => {
    const purpose = 'the Java client for the TLS and SASL tests';
    await run('javac', ['-encoding', 'UTF-8', '-cp', jars, '-d', into, source], { purpose });
  });
  const { plain, secure, folder } = secured;
  return run(
    'java',
    [
      ...[
        '-XX:TieredStopAtLevel=1',
        '-Xmx128m',
        '-Dfile.encoding=UTF-8',
        '-Dzookeeper.fips-mode=false',
      ],
      `-Djava.security.auth.login.config=${join(folder, 'jaas.conf')}`,
      ...['-cp', `${classes}:${jars}`, 'Security', String(plain), String(secure), folder],
    ],
    { purpose: 'the Java client' },
  );
}

const JAVA_FINDS = `
certificate in PEM	ip:127.0.0.1 x509:CN=client one,OU=a\\,b,O=zab,C=DE / x509:CN=client one,OU=a\\,b,O=zab,C=DE / /x509
x509 id in an ACL	NOAUTH / NOAUTH
x509 id that is none	INVALIDACL
certificate of the super user	ip:127.0.0.1 super: x509:CN=root / digest:a:b / /root
certificate of a stranger	Disconnected
certificate that has expired	Disconnected
no certificate	Disconnected
a plain client on the secure port	Disconnected
a TLS client on the plain port	Disconnected
SASL	ip:127.0.0.1 sasl:bob / sasl:bob / /sasl
SASL with a wrong password	AuthFailed
SASL of nobody	AuthFailed
SASL of the super user	ip:127.0.0.1 sasl:root super: / sasl:bob / /byroot
SASL id that is none	INVALIDACL
no SASL	ip:127.0.0.1 / NOAUTH / NOAUTH
`;

for (const kind of ['apache', 'zab'] as const) {
  test(`the Java client, TLS and SASL: ${kind}`, async () => {
    await using secured = await start(kind);
    assert.equal((await javaClient(secured)).trim(), JAVA_FINDS.trim());
  });
}
