/**
 * SASL DIGEST-MD5 on the client ports (Apache: `ZooKeeperServer.processSasl`,
 * `SaslServerCallbackHandler`, `ServerCnxnFactory.configureSaslLogin`). Users stand in the section
 * `Server` of a JAAS file as options `user_NAME="password"`, or in the configuration as
 * `sasl.user.NAME=password`.
 *
 * Deviation: names are taken as they are; Apache makes short names of Kerberos' by its rules.
 */
import { ErrorCode } from '../../core/error-code.js';
import type { Identity } from '../../core/txn.js';
import type { ServerConfig } from '../../config/server-config.js';
import type { Logger } from '../logger.js';
import { OperatorError } from '../operator-error.js';
import { DigestServer, SaslError } from './digest-md5.js';
import { readJaas } from './jaas.js';

const SERVER_NAME = 'zk-sasl-md5';
const USER_OPTION = 'user_';
const USER_PROPERTY = 'zookeeper.sasl.user.';
const SUPER_USER_PROPERTY = /^zookeeper\.superUser(?:\..*)?$/;
const SUPER = 'super';

/** What a client that sends a SASL token is told. */
export interface SaslAnswer {
  readonly err: number;
  readonly token: Buffer | null;
  /** Who it has proved to be. */
  readonly identities: readonly Identity[];
  /** Its connection ends, for this reason. */
  readonly refused: string | null;
}

/** Of a server that has no users, as Apache's says it. */
export const NO_SASL: SaslAnswer = {
  err: ErrorCode.OK,
  token: null,
  identities: [],
  refused: null,
};

export class ClientSasl {
  readonly #users: ReadonlyMap<string, string> | null;
  readonly #superUsers: ReadonlySet<string>;
  readonly #superPassword: string | null;
  readonly #errorOfFailure: number | null;

  /** @throws {OperatorError} if the JAAS file cannot be read or has no such section. */
  constructor(config: ServerConfig, enforced: ReadonlySet<string> | null, log: Logger) {
    const { security, properties } = config;
    this.#users = usersOf(config, log);
    this.#superPassword = security.saslSuperPassword;
    const names = Object.keys(properties).filter((name) => SUPER_USER_PROPERTY.test(name));
    this.#superUsers = new Set(names.map((name) => properties[name] ?? ''));
    const required = enforced?.has('sasl') === true;
    this.#errorOfFailure = required
      ? ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH
      : security.allowSaslFailedClients
        ? null
        : ErrorCode.AUTHFAILED;
  }

  /** The server's side of an authentication; null: no users are known. */
  begin(): DigestServer | null {
    const users = this.#users;
    if (users === null) return null;
    const passwordOf = (user: string): string | null => {
      const password = users.get(user) ?? null;
      return user === SUPER && password !== null ? (this.#superPassword ?? password) : password;
    };
    return new DigestServer({ serverName: SERVER_NAME, passwordOf });
  }

  /** The answer to a token of a connection whose authentication is `exchange`. */
  answer(exchange: DigestServer | null, token: Buffer): SaslAnswer {
    if (exchange === null) return NO_SASL;
    try {
      const answer = exchange.evaluate(token);
      const { user } = exchange;
      return { ...NO_SASL, token: answer, identities: user === null ? [] : this.#identities(user) };
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      const err = this.#errorOfFailure;
      return err === null ? NO_SASL : { ...NO_SASL, err, refused: `SASL: ${error.message}` };
    }
  }

  #identities(user: string): readonly Identity[] {
    const own: Identity = { scheme: 'sasl', id: user };
    return this.#superUsers.has(user) ? [own, { scheme: SUPER, id: '' }] : [own];
  }
}

/** null: neither a JAAS section nor a user in the configuration. */
function usersOf(
  { security, properties }: ServerConfig,
  log: Logger,
): ReadonlyMap<string, string> | null {
  const users = new Map<string, string>();
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith(USER_PROPERTY)) users.set(name.slice(USER_PROPERTY.length), value);
  }
  const { jaasFile, saslServerConfig } = security;
  if (jaasFile === null) return users.size === 0 ? null : users;
  const modules = readJaas(jaasFile).get(saslServerConfig);
  if (modules === undefined) {
    // Without the section Apache's server goes without SASL, unless the section was named.
    if (saslServerConfig !== 'Server') {
      throw new OperatorError(`JAAS file ${jaasFile}: there is no section '${saslServerConfig}'`);
    }
    log.warn('no SASL: the JAAS file has no such section', { jaasFile, section: saslServerConfig });
    return users.size === 0 ? null : users;
  }
  for (const { name, options } of modules) {
    if (/Krb5LoginModule$/.test(name)) {
      throw new OperatorError(`JAAS file ${jaasFile}: Kerberos is not supported: ${name}`);
    }
    for (const [option, value] of Object.entries(options)) {
      if (option.startsWith(USER_OPTION)) users.set(option.slice(USER_OPTION.length), value);
    }
  }
  return users;
}
