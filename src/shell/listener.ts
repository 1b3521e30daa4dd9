/**
 * A TCP port that this process listens on. Bound first and given its handler later, so that the
 * servers of one process can agree on free ports before any of them starts: until then, and after
 * `refuse`, whoever connects is hung up on, as if nothing listened yet.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Address } from '../config/server-config.js';
import { OperatorError } from './operator-error.js';

/** Node's own default. */
const BACKLOG = 511;

export type SocketHandler = (socket: Socket) => void;

export class Listener {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  #handler: SocketHandler | null = null;
  /** Ports that are this one as well, at other addresses. */
  readonly #more: Listener[] = [];

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.host = host;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      if (this.#handler === null) {
        socket.on('error', () => undefined);
        socket.destroy();
      } else this.#handler(socket);
    });
    // Out of file descriptors and the like: one accept fails, the port goes on.
    server.on('error', () => undefined);
  }

  /**
   * Listens on `address`; port 0 takes any free one.
   * @param what names the port in messages: `client port`, ….
   * @throws {OperatorError} if the port is in use or the address is not this machine's.
   */
  static bind(address: Address, what: string, asked = -1): Promise<Listener> {
    const { host, port } = address;
    const backlog = asked < 0 ? BACKLOG : asked;
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true });
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(bindError(error, `${what} ${host}:${port}`));
      });
      // Without a host Node takes `::`, which is every interface of both families, if there is one.
      const where = host === '0.0.0.0' ? { port } : { host, port };
      server.listen({ ...where, backlog, exclusive: true }, () => {
        server.removeAllListeners('error');
        resolve(new Listener(server, host));
      });
    });
  }

  /**
   * As {@link bind}, at several addresses of one port, the first of which it is known by.
   * @throws {OperatorError} if one of them cannot be had; then none is held.
   */
  static async bindAll(
    addresses: readonly [Address, ...Address[]],
    what: string,
  ): Promise<Listener> {
    const [first, ...others] = addresses;
    const listener = await Listener.bind(first, what);
    try {
      for (const address of others) listener.#more.push(await Listener.bind(address, what));
    } catch (error) {
      await listener.close();
      throw error;
    }
    return listener;
  }

  accept(handler: SocketHandler): void {
    this.#handler = handler;
    for (const other of this.#more) other.accept(handler);
  }

  /** Stops listening; connections that are open stay. */
  async close(): Promise<void> {
    this.#handler = null;
    await Promise.all(this.#more.map((other) => other.close()));
    await new Promise<void>((resolve) => {
      if (!this.#server.listening) resolve();
      else {
        // Connections have owners of their own: wait for the port only.
        this.#server.close();
        setImmediate(resolve);
      }
    });
  }
}

function bindError(error: NodeJS.ErrnoException, what: string): OperatorError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new OperatorError(`${what} is in use`);
    case 'EACCES':
      return new OperatorError(`${what} may not be opened by this user`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new OperatorError(`${what}: no such address on this machine`);
    default:
      return new OperatorError(`${what} cannot be opened (${error.code ?? error.message})`);
  }
}
