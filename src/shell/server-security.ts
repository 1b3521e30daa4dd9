/**
 * What of a server's configuration protects its ports, opened: key material read, entrances of the
 * client ports made (Apache: `QuorumPeer`, `NettyServerCnxnFactory`, `X509AuthenticationProvider`).
 */
import { unwatchFile, watchFile } from 'node:fs';
import type { ServerConfig } from '../config/server-config.js';
import { tlsConfig, tlsNeeds, type TlsKeys } from '../config/tls-config.js';
import type { Identity } from '../core/txn.js';
import { plainEntrance, secureEntrance, type ClientEntrance } from './client-entrance.js';
import { enforcedSchemes } from './auth-config.js';
import { subjectName } from './key-store/distinguished-name.js';
import type { ServerListeners } from './listeners.js';
import type { Logger } from './logger.js';
import { OperatorError } from './operator-error.js';
import { PLAIN_TRANSPORT, secureTransport, type PeerTransport } from './peer-transport.js';
import { ClientSasl } from './sasl/client-sasl.js';
import { quorumAuth, type QuorumAuth } from './sasl/quorum-auth.js';
import { TlsContext } from './tls.js';

export interface ServerSecurity {
  /** null: no TLS on any client port. */
  readonly client: TlsContext | null;
  /** null: no TLS between servers. */
  readonly quorum: TlsContext | null;
  readonly sasl: ClientSasl;
  /** What servers prove to each other. */
  readonly peers: QuorumAuth;
}

/** @throws {OperatorError} if a key store cannot be used. */
export function openSecurity(config: ServerConfig, log: Logger): ServerSecurity {
  const { security } = config;
  const needs = tlsNeeds(config);
  const open = (prefix: 'ssl.' | 'ssl.quorum.', keys: TlsKeys): TlsContext => {
    const problems: string[] = [];
    const tls = tlsConfig(prefix, keys, security.fipsMode, (key, reason) => {
      problems.push(`${key} ${reason}`);
    });
    if (tls === null) throw new OperatorError(problems.join('\n'));
    return new TlsContext(tls, log);
  };
  return {
    client: needs.client ? open('ssl.', config.clientTls) : null,
    quorum: needs.quorum && !config.standalone ? open('ssl.quorum.', config.quorumTls) : null,
    sasl: new ClientSasl(config, enforcedSchemes(config), log),
    peers: quorumAuth(config, log),
  };
}

/** How often files are looked at that are read again when they change. */
const WATCH_MS = 1000;

/**
 * Reads key material again when its files change, where the configuration says so (`client.certReload`,
 * `sslQuorumReloadCertFiles`); what cannot be read leaves it as it was.
 * @param renew has new connections use it.
 * @returns what ends it.
 */
export function watchKeyMaterial(
  { client, quorum }: ServerSecurity,
  renew: () => void,
  log: Logger,
): () => void {
  const ends = [client, quorum].flatMap((context) => {
    if (context === null || !context.config.reload) return [];
    const { keyStore, trustStore } = context.config;
    const again = (): void => {
      try {
        context.reload(log);
        renew();
        log.info('key material read again', { keyStore: keyStore.location });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.error('key material stays as it was', { reason });
      }
    };
    const files = [keyStore, ...(trustStore === null ? [] : [trustStore])];
    return files.map(({ location }) => {
      watchFile(location, { interval: WATCH_MS, persistent: false }, again);
      return () => unwatchFile(location, again);
    });
  });
  return () => ends.forEach((end) => end());
}

export function peerTransport(
  { security }: ServerConfig,
  context: TlsContext | null,
  log: Logger,
): PeerTransport {
  if (context === null) return PLAIN_TRANSPORT;
  const { sslQuorum: dialsTls, quorumPortUnification } = security;
  return secureTransport({
    context,
    dialsTls,
    takesPlain: quorumPortUnification || !dialsTls,
    log,
  });
}

export function clientEntrances(
  config: ServerConfig,
  listeners: ServerListeners,
  context: TlsContext | null,
  log: Logger,
): readonly ClientEntrance[] {
  const { x509SuperUser, clientPortUnification } = config.security;
  const entrances: ClientEntrance[] = [];
  const options = {
    log,
    identitiesOf: (certificate: Buffer) => x509Identities(certificate, x509SuperUser),
  };
  const { client, secure } = listeners;
  if (client !== null) {
    entrances.push(
      clientPortUnification && context !== null
        ? secureEntrance(client, 'plain', { ...options, context, unified: true })
        : plainEntrance(client),
    );
  }
  if (secure !== null && context !== null) {
    entrances.push(secureEntrance(secure, 'secure', { ...options, context, unified: false }));
  }
  return entrances;
}

/** Whoever a verified certificate (DER) is: its subject, and `super` if that is the super user. */
export function x509Identities(certificate: Buffer, superUser: string | null): readonly Identity[] {
  const id = subjectName(certificate);
  const own: Identity = { scheme: 'x509', id };
  return id === superUser ? [{ scheme: 'super', id }, own] : [own];
}
