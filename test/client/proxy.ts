/** A wire between a client and a server that can be cut, closed and made deaf on one side. */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export class Proxy implements AsyncDisposable {
  private readonly pairs = new Set<Pair>();
  private open = true;
  private muted = false;
  private waiters: (() => void)[] = [];

  private constructor(
    private readonly listener: Server,
    /** `host:port` of the server, one after the other for each connection. */
    private readonly targets: readonly string[],
  ) {
    listener.on('connection', (client) => {
      this.accept(client);
    });
  }

  static async start(connectString: string): Promise<Proxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return new Proxy(listener, connectString.split(','));
  }

  get address(): string {
    return `127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  private next = 0;

  private accept(client: Socket): void {
    if (!this.open) {
      client.destroy();
      return;
    }
    const target = this.targets[this.next++ % this.targets.length] ?? '';
    const [host = '', port = ''] = target.split(':');
    const server = createConnection({ host, port: Number(port) });
    const pair = { client, server };
    this.pairs.add(pair);
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk: Buffer) => {
      if (this.muted) this.lose();
      else client.write(chunk);
    });
    for (const socket of [client, server]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        client.destroy();
        server.destroy();
      });
    }
  }

  private lose(): void {
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  /** What the server says from now on is lost; resolves when it has said something. */
  mute(): Promise<void> {
    this.muted = true;
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** Ends all connections; with `open: false` none is taken until `heal`. */
  cut({ open = true }: { readonly open?: boolean } = {}): void {
    this.open = open;
    this.muted = false;
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
  }

  heal(): void {
    this.open = true;
    this.muted = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut({ open: false });
    await new Promise((resolve) => this.listener.close(resolve));
  }
}
