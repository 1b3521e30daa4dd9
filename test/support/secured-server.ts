/** A server with a plain port and one behind TLS, whose users log in by SASL DIGEST-MD5. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testJvm } from './apache.js';
import { memberCommand, type Kind } from './cluster.js';
import { makeKeyMaterial, tlsLines, type KeyMaterial } from './key-material.js';
import { dropFolder, freePorts, makeFolder, ServerProcess } from './server-process.js';
import { testCfg, writeZooCfg } from './zoo-cfg.js';

const AUTH = 'org.apache.zookeeper.server.auth';

export interface SecuredServer extends AsyncDisposable {
  /** Ports of 127.0.0.1. */
  readonly plain: number;
  readonly secure: number;
  readonly keys: KeyMaterial;
  /** Holds the keys, and the JAAS file as `jaas.conf`. */
  readonly folder: string;
}

export interface SecuredOptions {
  /** The JAAS file. */
  readonly jaas: string;
  /** More lines of its zoo.cfg. */
  readonly extra?: readonly string[];
  /** More options of Apache's JVM. */
  readonly jvm?: readonly string[];
}

/** A standalone server, which serves. */
export async function startSecured(
  kind: Kind,
  { jaas: users, extra = [], jvm = [] }: SecuredOptions,
): Promise<SecuredServer> {
  const folder = makeFolder(`zab-secured-${kind}-`);
  const keys = makeKeyMaterial(folder);
  const jaas = join(folder, 'jaas.conf');
  writeFileSync(jaas, users);
  const [client = 0, quorum = 0, election = 0, secure = 0] = await freePorts(4);
  const member = { sid: 1, client, quorum, election };
  const file = writeZooCfg(folder, member, [member], {
    ...testCfg,
    extra: [
      ...[`secureClientPort=${secure}`, 'secureClientPortAddress=127.0.0.1'],
      ...tlsLines('ssl.', keys),
      'serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory',
      `authProvider.sasl=${AUTH}.SASLAuthenticationProvider`,
      ...extra,
    ],
  });
  const property = `-Djava.security.auth.login.config=${jaas}`;
  const java = { kind, shape: 'standalone', jvm: [...testJvm, property, ...jvm] } as const;
  const command = await memberCommand(java, file, 1);
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
  return { plain: client, secure, keys, folder, [Symbol.asyncDispose]: end };
}
