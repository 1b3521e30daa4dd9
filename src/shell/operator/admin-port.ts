/**
 * The port of AdminServer: HTTP, HTTPS (`admin.forceHttps`), or both by a connection's first byte
 * (`admin.portUnification`), with the key material of `ssl.quorum.` (Apache: `JettyAdminServer`,
 * `UnifiedConnectionFactory`).
 */
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import {
  createServer as createTcp,
  type AddressInfo,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import type { ServerConfig } from '../../config/server-config.js';
import { tlsConfig, type TlsKeys } from '../../config/tls-config.js';
import type { Logger } from '../logger.js';
import { OperatorError } from '../operator-error.js';
import { TlsContext, detectTls } from '../tls.js';

export interface AdminTls {
  readonly context: TlsContext;
  /** A client without a certificate is no client. */
  readonly needClientAuth: boolean;
  /** Plain connections as well. */
  readonly plainToo: boolean;
}

/**
 * What HTTPS takes; null: the configuration asks for none.
 * @throws {OperatorError} if a key store cannot be used.
 */
export function adminTls(config: ServerConfig, log: Logger): AdminTls | null {
  const { portUnification, forceHttps, needClientAuth } = config.admin;
  if (!portUnification && !forceHttps) return null;
  const problems: string[] = [];
  // Of those keys Jetty is given the stores only.
  const stores: TlsKeys = {
    ...config.quorumTls,
    ...{ protocol: null, enabledProtocols: [], cipherSuites: [], contextSupplierClass: null },
    ...{ crl: false, ocsp: false },
    clientAuth: needClientAuth ? 'need' : 'none',
  };
  const tls = tlsConfig('ssl.quorum.', stores, config.security.fipsMode, (key, reason) => {
    problems.push(`${key} ${reason}`);
  });
  if (tls === null) throw new OperatorError(problems.join('; '));
  return { context: new TlsContext(tls, log), needClientAuth, plainToo: !forceHttps };
}

export interface AdminPortOptions {
  readonly host: string;
  readonly port: number;
  /** ms that a connection may say nothing. */
  readonly idleTimeout: number;
  readonly tls: AdminTls | null;
  readonly handler: RequestListener;
}

export class AdminPort {
  readonly port: number;
  readonly #listening: NetServer;
  readonly #servers: readonly Server[];
  readonly #undecided: ReadonlySet<Socket>;

  private constructor(
    listening: NetServer,
    servers: readonly Server[],
    undecided: ReadonlySet<Socket>,
  ) {
    this.#listening = listening;
    this.#servers = servers;
    this.#undecided = undecided;
    this.port = (listening.address() as AddressInfo).port;
  }

  /** @throws what the system says if the port cannot be had */
  static open(options: AdminPortOptions): Promise<AdminPort> {
    const { host, port, idleTimeout, tls, handler } = options;
    const plain = tls === null || tls.plainToo ? createHttp(handler) : null;
    const secure = tls === null ? null : createSecure(tls, handler);
    const servers = [plain, secure].filter((server) => server !== null);
    for (const server of servers) {
      server.keepAliveTimeout = idleTimeout;
      server.timeout = idleTimeout;
    }
    const undecided = new Set<Socket>();
    const listening =
      plain !== null && secure !== null
        ? createTcp((socket) => {
            undecided.add(socket);
            const to = (server: Server) => () => {
              undecided.delete(socket);
              server.emit('connection', socket);
            };
            socket.once('close', () => undecided.delete(socket));
            detectTls(socket, idleTimeout, to(secure), to(plain));
          })
        : servers[0]!;
    return new Promise((resolve, reject) => {
      listening.once('error', reject);
      const where = host === '0.0.0.0' ? { port } : { host, port };
      listening.listen({ ...where, exclusive: true }, () => {
        listening.off('error', reject);
        listening.on('error', () => undefined);
        resolve(new AdminPort(listening, servers, undecided));
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#listening.close(() => resolve());
      for (const socket of this.#undecided) socket.destroy();
      for (const server of this.#servers) server.closeAllConnections();
    });
  }
}

/** One day, as Jetty is told there. */
const STRICT = 'max-age=86400; includeSubDomains';

function createSecure({ context, needClientAuth }: AdminTls, handler: RequestListener): Server {
  const server = createHttps(
    { ...context.options, requestCert: needClientAuth, rejectUnauthorized: needClientAuth },
    (request, response) => {
      response.setHeader('Strict-Transport-Security', STRICT);
      handler(request, response);
    },
  );
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
}
