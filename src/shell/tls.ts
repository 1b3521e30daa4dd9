/**
 * TLS on the ports of a server (Apache: `X509Util`, `SSLContextAndOptions`, `UnifiedServerSocket`,
 * `DualModeSslHandler`): contexts from key stores, the accepting and the dialling side, and ports
 * that take TLS and plain connections alike by their first byte.
 *
 * Deviation: the files are read when the server starts, and a fault in them ends it with a message;
 * Apache's server runs on and fails every connection.
 */
import { lookupService } from 'node:dns/promises';
import type { Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  createServer,
  type PeerCertificate,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { constants, type X509Certificate } from 'node:crypto';
import type { TlsConfig } from '../config/tls-config.js';
import type { Address } from '../config/server-config.js';
import { plainIp } from './address.js';
import { loadKeyStore, loadTrustStore } from './key-store/load.js';
import type { Logger } from './logger.js';
import { OperatorError } from './operator-error.js';

/** First byte of a TLS connection: a record of type handshake. */
const HANDSHAKE_RECORD = 0x16;
/** Netty's. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Key material of a server, read and checked. */
export class TlsContext {
  readonly config: TlsConfig;
  #options: SecureContextOptions;

  /** @throws {OperatorError} if a key store cannot be used. */
  constructor(config: TlsConfig, log: Logger) {
    this.config = config;
    this.#options = contextOptions(config, log);
  }

  get options(): SecureContextOptions {
    return this.#options;
  }

  /** Reads the files again. @throws {OperatorError} as they were; then what was read before counts. */
  reload(log: Logger): void {
    this.#options = contextOptions(this.config, log);
  }
}

function contextOptions(config: TlsConfig, log: Logger): SecureContextOptions {
  const { keyStore, trustStore, minVersion, maxVersion, ciphers } = config;
  const { key, chain } = loadKeyStore(keyStore);
  const trusted = trustStore === null ? null : loadTrustStore(trustStore);
  warnOfExpiry(chain, keyStore.location, log);
  const options: SecureContextOptions = {
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    cert: chain.map(String).join('\n'),
    ...(trusted === null ? {} : { ca: trusted.map(String) }),
    minVersion,
    maxVersion,
    ...(ciphers === null ? {} : { ciphers }),
    // A session that is resumed would come without the client's certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  try {
    createSecureContext(options);
  } catch (error) {
    const { message } = error as Error;
    throw new OperatorError(`key store ${keyStore.location}: cannot be used (${message})`);
  }
  return options;
}

function warnOfExpiry(chain: readonly X509Certificate[], store: string, log: Logger): void {
  for (const certificate of chain) {
    const { subject, validFrom, validTo } = certificate;
    const now = Date.now();
    const facts = { store, subject: subject.replaceAll('\n', ','), validFrom, validTo };
    if (now > Date.parse(validTo)) log.warn('certificate has expired', facts);
    else if (now < Date.parse(validFrom)) log.warn('certificate is not valid yet', facts);
  }
}

/** A connection after its handshake; null: the other side has shown no certificate. */
export type SecureHandler = (socket: TLSSocket, certificate: X509Certificate | null) => void;

/** Turns accepted connections into TLS ones. */
export class TlsAcceptor {
  readonly #context: TlsContext;
  readonly #log: Logger;
  readonly #server: Server;

  /** @param what names the port in the log. */
  constructor(context: TlsContext, what: string, log: Logger, onSecure: SecureHandler) {
    this.#context = context;
    this.#log = log;
    const { config, options } = context;
    this.#server = createServer({
      ...options,
      requestCert: config.clientAuth !== 'none',
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    this.#server.on('secureConnection', (socket) => {
      socket.on('error', () => undefined);
      void this.#shaken(socket, what, onSecure);
    });
    this.#server.on('tlsClientError', (error, socket) => {
      this.#refuse(socket, what, handshakeFault(error));
    });
  }

  /** `socket` has been accepted, and nothing was read from it that it does not hold. */
  readonly take = (socket: Socket): void => {
    this.#server.emit('connection', socket);
  };

  /** New connections use what the context holds now. */
  renew(): void {
    this.#server.setSecureContext(this.#context.options);
  }

  async #shaken(socket: TLSSocket, what: string, onSecure: SecureHandler): Promise<void> {
    const { clientAuth, verifyClientHost, reverseLookup } = this.#context.config;
    const certificate = clientAuth === 'none' ? undefined : socket.getPeerX509Certificate();
    if (certificate === undefined) {
      if (clientAuth === 'need') this.#refuse(socket, what, 'no certificate was shown');
      else onSecure(socket, null);
      return;
    }
    if (!socket.authorized) {
      this.#refuse(socket, what, `certificate refused: ${String(socket.authorizationError)}`);
      return;
    }
    if (verifyClientHost) {
      socket.pause();
      const ip = plainIp(socket.remoteAddress ?? '');
      const named = await namesHost(certificate, [ip], reverseLookup ? ip : null);
      if (!named) {
        this.#refuse(socket, what, `certificate does not name ${ip}`);
        return;
      }
    }
    onSecure(socket, certificate);
  }

  #refuse(socket: TLSSocket | Socket, what: string, reason: string): void {
    const from = `${plainIp(socket.remoteAddress ?? '')}:${socket.remotePort ?? 0}`;
    const facts = { from: socket.remotePort === undefined ? 'gone' : from, reason };
    this.#log.warn(`TLS connection to ${what} refused`, facts);
    socket.destroy();
  }
}

/** OpenSSL's words for what people do most often, in plain ones. */
function handshakeFault(error: NodeJS.ErrnoException): string {
  const { code } = error;
  if (code === 'ECONNRESET') return 'the other side closed it during the handshake';
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_HTTP_REQUEST') {
    return 'a plain connection on a TLS port, or another version of TLS';
  }
  return error.message.replaceAll(/^[0-9A-F]+:|\s+$/g, '');
}

/**
 * Decides by the first byte of a connection whether it speaks TLS, which leaves with `onTls`, or
 * not; who says nothing for `timeout` ms is hung up on.
 */
export function detectTls(
  socket: Socket,
  timeout: number,
  onTls: (socket: Socket) => void,
  onPlain: (socket: Socket) => void,
): void {
  const onError = (): void => undefined;
  socket.on('error', onError);
  socket.setTimeout(timeout, () => socket.destroy());
  socket.once('readable', () => {
    const first: unknown = socket.read();
    if (!Buffer.isBuffer(first)) {
      socket.destroy();
      return;
    }
    socket.setTimeout(0);
    socket.removeAllListeners('timeout');
    socket.unshift(first);
    if (first[0] === HANDSHAKE_RECORD) onTls(socket);
    else onPlain(socket);
    socket.off('error', onError);
  });
}

/**
 * Dials. `onConnect` is called when the handshake is done and the other side is who it should be;
 * before that the socket can only close.
 */
export function connectTls(
  context: TlsContext,
  address: Address,
  onConnect: () => void,
): TLSSocket {
  const { config, options } = context;
  const socket = connect({
    ...options,
    ...address,
    // By hand below: Apache compares the address as well as the name.
    checkServerIdentity: () => undefined,
    rejectUnauthorized: true,
  });
  socket.setNoDelay(true);
  socket.once('secureConnect', () => {
    if (config.verifyServerHost) {
      const certificate = socket.getPeerX509Certificate();
      const hosts = [plainIp(socket.remoteAddress ?? ''), address.host];
      if (certificate === undefined || !hosts.some((host) => names(certificate, host))) {
        socket.destroy(new Error(`certificate names neither ${hosts.join(' nor ')}`));
        return;
      }
    }
    onConnect();
  });
  return socket;
}

async function namesHost(
  certificate: X509Certificate,
  hosts: readonly string[],
  lookUp: string | null,
): Promise<boolean> {
  if (hosts.some((host) => names(certificate, host))) return true;
  if (lookUp === null) return false;
  try {
    const { hostname } = await lookupService(lookUp, 0);
    return names(certificate, hostname);
  } catch {
    return false;
  }
}

function names(certificate: X509Certificate, host: string): boolean {
  const legacy = certificate.toLegacyObject() as PeerCertificate;
  return checkServerIdentity(host, legacy) === undefined;
}
