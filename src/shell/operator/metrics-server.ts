/**
 * The page that Prometheus reads, `/metrics` (Apache: `PrometheusMetricsProvider`). Unlike the
 * AdminServer's, its port must be had: who asks for metrics counts on them.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OperatorError } from '../operator-error.js';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export class MetricsServer {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @throws {OperatorError} if the port cannot be had. */
  static start(host: string, port: number, page: () => string): Promise<MetricsServer> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://metrics');
      if (pathname !== '/metrics') {
        response.writeHead(404);
        response.end();
        return;
      }
      const body = Buffer.from(page());
      response.writeHead(200, { 'Content-Type': CONTENT_TYPE, 'Content-Length': body.length });
      response.end(body);
    });
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const reason =
          error.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${error.code})`;
        reject(new OperatorError(`metrics port ${host}:${port} ${reason}`));
      });
      const where = host === '0.0.0.0' ? { port } : { host, port };
      server.listen({ ...where, exclusive: true }, () => {
        server.removeAllListeners('error');
        server.on('error', () => undefined);
        resolve(new MetricsServer(server));
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
