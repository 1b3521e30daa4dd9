/**
 * Properties of a ZooKeeper client (Apache: `ZKClientConfig`, `ClientX509Util`), as `zkCli.sh
 * -client-configuration FILE` and `CLIENT_JVMFLAGS` give them. What a client here has no use for,
 * as Java's threads and Kerberos, is passed over.
 */
import { bool, integer, javaInteger } from './codecs.js';
import { Reader, entriesOf, type Entry } from './reader.js';
import { CLIENT_TLS } from './security-settings.js';
import { ConfigError } from './server-config.js';
import { readGroup, setting } from './setting.js';
import { parseDefinition, withoutPrefix } from './system-properties.js';
import { clientTlsConfig, type ClientTlsConfig } from './tls-config.js';

const INT_MAX = 0x7fff_ffff;

const CLIENT = {
  secure: setting('client.secure', bool, false),
  /** ms; 0: for ever. */
  requestTimeout: setting('request.timeout', integer(0, INT_MAX), 0),
  maxBuffer: setting('jute.maxbuffer', javaInteger, 0),
};

export interface ClientConfig {
  /** null: plain connections. */
  readonly tls: ClientTlsConfig | null;
  /** ms; null: not said. */
  readonly requestTimeout: number | null;
  /** Largest frame, bytes; null: not said. */
  readonly maxBuffer: number | null;
}

/** Properties by `-DNAME=VALUE` words, `JVMFLAGS` first, as zkCli.sh gives them to its JVM. */
export function clientDefinitions(
  env: Readonly<Record<string, string | undefined>>,
): readonly Entry[] {
  return ['JVMFLAGS', 'CLIENT_JVMFLAGS'].flatMap((name) =>
    (env[name] ?? '')
      .split(/\s+/)
      .filter((word) => word.startsWith('-D'))
      .map((word) => {
        const [key, value] = parseDefinition(word.slice(2));
        return { key, value, line: 0, file: name };
      }),
  );
}

/**
 * @param text the file's; it counts before `definitions`.
 * @param secureAnyway TLS even if `client.secure` does not say so.
 * @throws {ConfigError} with a line for each problem.
 */
export function parseClientConfig(
  text: string,
  file: string,
  definitions: readonly Entry[],
  secureAnyway = false,
): ClientConfig {
  const reader = new Reader('', file);
  for (const entry of [...definitions, ...entriesOf(text, file)]) {
    const key = withoutPrefix(entry.key);
    if (key !== null) reader.put({ ...entry, key });
  }
  const { secure, requestTimeout, maxBuffer } = readGroup(reader, CLIENT);
  const keys = readGroup(reader, CLIENT_TLS);
  const tls =
    secure || secureAnyway
      ? clientTlsConfig(keys, (key, reason) => reader.whole(`zookeeper.${key} ${reason}`))
      : null;
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return {
    tls,
    requestTimeout: requestTimeout === 0 ? null : requestTimeout,
    maxBuffer: maxBuffer <= 0 ? null : maxBuffer,
  };
}
