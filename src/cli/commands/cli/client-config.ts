/**
 * The properties of Apache's client (`ZKClientConfig`) as options of ours: those of the file that
 * `-client-configuration` names, and before it those of `JVMFLAGS` and `CLIENT_JVMFLAGS`. Key and
 * trust stores are PEM, PKCS #12 or JKS.
 */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { ClientOptions } from '../../../client/index.js';
import {
  clientDefinitions,
  parseClientConfig,
  type ClientConfig,
} from '../../../config/client-config.js';
import { ConfigError } from '../../../config/server-config.js';
import type { ClientTlsConfig } from '../../../config/tls-config.js';
import { loadKeyStore, loadTrustStore } from '../../../shell/key-store/load.js';
import { OperatorError } from '../../../shell/operator-error.js';
import { UsageError } from '../../command.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param file null: only what the environment says.
 * @throws {UsageError} for a file or a value that cannot be used.
 */
export function readClientConfig(file: string | null, env: Environment = {}): ClientOptions {
  return told('cli', () => {
    const { tls, requestTimeout, maxBuffer } = parse(file, env, false);
    return {
      ...(tls === null ? {} : { tls: connectionOptions(tls) }),
      ...(requestTimeout === null ? {} : { requestTimeout }),
      ...(maxBuffer === null ? {} : { maxBuffer }),
    };
  });
}

/**
 * The TLS properties alone, for `zab COMMAND` that speaks HTTPS.
 * @throws {UsageError} for a file or a value that cannot be used.
 */
export function readTlsOptions(
  command: string,
  file: string | null,
  env: Environment,
): ConnectionOptions {
  return told(command, () => {
    const { tls } = parse(file, env, true);
    return tls === null ? {} : connectionOptions(tls);
  });
}

function parse(file: string | null, env: Environment, secure: boolean): ClientConfig {
  const text = file === null ? '' : readText(file);
  return parseClientConfig(text, file ?? 'JVMFLAGS', clientDefinitions(env), secure);
}

/** What is wrong, as the user's fault. */
function told<A>(command: string, read: () => A): A {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof OperatorError) {
      throw new UsageError(`zab ${command}: ${error.message}`);
    }
    throw error;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file}: ${(error as Error).message}`);
  }
}

/** @throws {OperatorError} if a store cannot be read. */
function connectionOptions(tls: ClientTlsConfig): ConnectionOptions {
  const { keyStore, trustStore, minVersion, maxVersion, ciphers, verifyServerHost } = tls;
  const own = keyStore === null ? null : loadKeyStore(keyStore);
  return {
    ...(own === null
      ? {}
      : {
          key: own.key.export({ type: 'pkcs8', format: 'pem' }),
          cert: own.chain.map(String).join('\n'),
        }),
    ...(trustStore === null ? {} : { ca: loadTrustStore(trustStore).map(String) }),
    ...{ minVersion, maxVersion },
    ...(ciphers === null ? {} : { ciphers }),
    ...(verifyServerHost ? {} : { checkServerIdentity: () => undefined }),
  };
}
