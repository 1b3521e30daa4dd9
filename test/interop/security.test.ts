/**
 * TLS and SASL with the Java client and with kazoo, against Apache's server and ours: the same.
 * About 25 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apacheJars } from '../support/apache.js';
import { projectRoot, provision, run } from '../support/provision.js';
import { startSecured, type SecuredServer } from '../support/secured-server.js';

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

/** One of each kind. */
const SUPER_USERS = ['X509AuthenticationProvider.superUser=CN=root', 'superUser=root'];

async function javaClient(secured: SecuredServer): Promise<string> {
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
    await using secured = await startSecured(kind, { jaas: JAAS, extra: SUPER_USERS });
    assert.equal((await javaClient(secured)).trim(), JAVA_FINDS.trim());
  });
}
