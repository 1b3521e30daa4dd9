/** A server that says what a test tells it to, frame by frame. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Inbox } from '../support/inbox.js';
import { Reader, Writer, frame } from '../support/raw-client.js';

export interface Connect {
  readonly lastZxid: bigint;
  readonly timeout: number;
  readonly sessionId: bigint;
  readonly password: Buffer | null;
  readonly readOnly: boolean;
}

export interface Asked {
  readonly xid: number;
  readonly op: number;
  readonly body: Reader;
}

export interface FakeOptions {
  readonly timeout?: number;
  readonly readOnly?: boolean;
  readonly sessionId?: bigint;
  /** Answers pings; default true. */
  readonly pongs?: boolean;
}

export const PASSWORD = Buffer.alloc(16, 7);

/** One connection of a client. */
export class FakePeer {
  readonly asked = new Inbox<Asked>();
  readonly pings = new Inbox<number>();
  connect: Connect | null = null;

  constructor(
    readonly socket: Socket,
    private readonly options: FakeOptions,
    private readonly connected: (peer: FakePeer) => void,
  ) {
    let pending = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (this.connect === null && pending.toString('latin1') === 'isro') {
        socket.end(options.readOnly === true ? 'ro' : 'rw');
        return;
      }
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const length = pending.readInt32BE(0);
        this.read(new Reader(pending.subarray(4, 4 + length)));
        pending = pending.subarray(4 + length);
      }
    });
  }

  private read(r: Reader): void {
    if (this.connect === null) {
      r.int();
      const lastZxid = r.long();
      const timeout = r.int();
      const sessionId = r.long();
      const password = r.buffer();
      this.connect = { lastZxid, timeout, sessionId, password, readOnly: r.bool() };
      const answer = new Writer()
        .int(0)
        .int(this.options.timeout ?? 10_000)
        .long(this.options.sessionId ?? 42n)
        .buffer(PASSWORD)
        .bool(this.options.readOnly ?? false);
      this.socket.write(frame(answer.bytes()));
      this.connected(this);
      return;
    }
    const xid = r.int();
    const op = r.int();
    if (xid !== -2) {
      this.asked.push({ xid, op, body: r });
      return;
    }
    this.pings.push(op);
    if (this.options.pongs !== false) this.reply(-2, { zxid: 0n });
  }

  reply(
    xid: number,
    { zxid = 1n, err = 0, body = Buffer.alloc(0) }: { zxid?: bigint; err?: number; body?: Buffer },
  ): void {
    this.socket.write(frame(new Writer().int(xid).long(zxid).int(err).raw(body).bytes()));
  }
}

export class FakeServer implements AsyncDisposable {
  readonly peers = new Inbox<FakePeer>();
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(options: FakeOptions = {}): Promise<FakeServer> {
    const server = createServer();
    const fake = new FakeServer(server);
    server.on('connection', (socket) => {
      fake.sockets.add(socket);
      new FakePeer(socket, options, fake.peers.push);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
