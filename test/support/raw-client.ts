/**
 * A tiny ZooKeeper client over a bare socket, for tests that must see every frame. It shares no code
 * with `src/jute`, so that a mistake there cannot hide itself; layouts: zookeeper.jute.
 */
import { Buffer } from 'node:buffer';
import { createConnection, type Socket } from 'node:net';

export class Writer {
  private readonly parts: Buffer[] = [];
  int(value: number): this {
    const b = Buffer.allocUnsafe(4);
    b.writeInt32BE(value | 0);
    this.parts.push(b);
    return this;
  }
  long(value: bigint): this {
    const b = Buffer.allocUnsafe(8);
    b.writeBigInt64BE(BigInt.asIntN(64, value));
    this.parts.push(b);
    return this;
  }
  bool(value: boolean): this {
    this.parts.push(Buffer.of(value ? 1 : 0));
    return this;
  }
  /** null is length −1, which is not the same as empty. */
  buffer(value: Uint8Array | string | null): this {
    if (value === null) return this.int(-1);
    const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
    this.int(bytes.length);
    this.parts.push(bytes);
    return this;
  }
  strings(values: readonly string[]): this {
    this.int(values.length);
    for (const value of values) this.buffer(value);
    return this;
  }
  raw(bytes: Uint8Array): this {
    this.parts.push(Buffer.from(bytes));
    return this;
  }
  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

export class Reader {
  private at = 0;
  constructor(private readonly from: Buffer) {}
  int(): number {
    this.at += 4;
    return this.from.readInt32BE(this.at - 4);
  }
  long(): bigint {
    this.at += 8;
    return this.from.readBigInt64BE(this.at - 8);
  }
  bool(): boolean {
    this.at += 1;
    return this.from.readUInt8(this.at - 1) !== 0;
  }
  buffer(): Buffer | null {
    const length = this.int();
    if (length < 0) return null;
    this.at += length;
    return this.from.subarray(this.at - length, this.at);
  }
  string(): string | null {
    return this.buffer()?.toString() ?? null;
  }
  rest(): Buffer {
    return this.from.subarray(this.at);
  }
}

export const frame = (body: Uint8Array): Buffer => new Writer().buffer(body).bytes();

export interface ConnectOptions {
  readonly timeout?: number;
  readonly lastZxidSeen?: bigint;
  readonly sessionId?: bigint;
  readonly password?: Uint8Array | null;
  readonly readOnly?: boolean;
  readonly protocolVersion?: number;
}
export interface ConnectResponse {
  readonly protocolVersion: number;
  readonly timeout: number;
  readonly sessionId: bigint;
  readonly password: Buffer | null;
  readonly frameLength: number;
}
export interface Reply {
  readonly xid: number;
  readonly zxid: bigint;
  readonly err: number;
  readonly body: Buffer;
}

export const connectFrame = (o: ConnectOptions = {}): Buffer => {
  const w = new Writer()
    .int(o.protocolVersion ?? 0)
    .long(o.lastZxidSeen ?? 0n)
    .int(o.timeout ?? 10_000)
    .long(o.sessionId ?? 0n)
    .buffer(o.password === undefined ? Buffer.alloc(16) : o.password);
  return frame((o.readOnly === undefined ? w.bool(false) : w.bool(o.readOnly)).bytes());
};

/** A socket cut into frames. `next` resolves with null when the server has closed. */
export class FrameSocket {
  private pending: Buffer = Buffer.alloc(0);
  private readonly frames: Buffer[] = [];
  private waiting: ((frame: Buffer | null) => void) | null = null;
  private ended = false;
  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.take(chunk);
    });
    const end = (): void => {
      this.ended = true;
      this.waiting?.(null);
      this.waiting = null;
    };
    socket.on('close', end);
    socket.on('end', end);
    socket.on('error', end);
  }
  /** Rejects when nobody listens there. */
  static open(host: string, port: number): Promise<FrameSocket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new FrameSocket(socket));
      });
    });
  }
  private take(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (this.pending.length >= 4) {
      const length = this.pending.readInt32BE(0);
      if (this.pending.length < 4 + length) return;
      const whole = this.pending.subarray(4, 4 + length);
      this.pending = this.pending.subarray(4 + length);
      const waiting = this.waiting;
      this.waiting = null;
      if (waiting === null) this.frames.push(whole);
      else waiting(whole);
    }
  }
  send(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }
  next(): Promise<Buffer | null> {
    const ready = this.frames.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.ended) return Promise.resolve(null);
    return new Promise((resolve) => (this.waiting = resolve));
  }
  destroy(): void {
    this.socket.destroy();
  }
}

export const parseReply = (bytes: Buffer): Reply => {
  const r = new Reader(bytes);
  return { xid: r.int(), zxid: r.long(), err: r.int(), body: r.rest() };
};

/** A session over one connection; the caller numbers nothing and sees replies and events apart. */
export class RawClient {
  private xid = 0;
  readonly events: Reply[] = [];
  private constructor(
    readonly frames: FrameSocket,
    readonly session: ConnectResponse,
  ) {}
  /** null: the server closed without an answer. */
  static async connect(
    host: string,
    port: number,
    options: ConnectOptions = {},
  ): Promise<RawClient | null> {
    const frames = await FrameSocket.open(host, port);
    frames.send(connectFrame(options));
    const answer = await frames.next();
    if (answer === null) {
      frames.destroy();
      return null;
    }
    const r = new Reader(answer);
    return new RawClient(frames, {
      protocolVersion: r.int(),
      timeout: r.int(),
      sessionId: r.long(),
      password: r.buffer(),
      frameLength: answer.length,
    });
  }
  /** Send without waiting; the xid used. */
  post(op: number, body: Uint8Array = Buffer.alloc(0), xid = ++this.xid): number {
    this.frames.send(frame(new Writer().int(xid).int(op).raw(body).bytes()));
    return xid;
  }
  /** The next reply, events put aside; null when the server has closed. */
  async reply(): Promise<Reply | null> {
    for (;;) {
      const bytes = await this.frames.next();
      if (bytes === null) return null;
      const reply = parseReply(bytes);
      if (reply.xid !== -1) return reply;
      this.events.push(reply);
    }
  }
  call(op: number, body?: Uint8Array, xid?: number): Promise<Reply | null> {
    if (xid === undefined) this.post(op, body);
    else this.post(op, body, xid);
    return this.reply();
  }
  /** closeSession, then the end of the stream. */
  async close(): Promise<void> {
    this.post(-11);
    while ((await this.frames.next()) !== null);
    this.frames.destroy();
  }
  destroy(): void {
    this.frames.destroy();
  }
}
