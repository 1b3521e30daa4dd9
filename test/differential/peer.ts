/** One client of a program: its connection, its session, and what it was sent, in the order in which it came. */
import { Buffer } from 'node:buffer';
import { SaslExchange } from '../../src/client/sasl.js';
import { connectFrame, frame, FrameSocket, Writer } from '../support/raw-client.js';
import type { ConnectOptions, Reply } from '../support/raw-client.js';
import { encode, xidOf } from './encode.js';
import type { Handshake, Request } from './program.js';
import { isEvent, parseReply, readHandshake, showEvent, showReply, type Names } from './show.js';

/** Its opcode. */
const SASL = 102;
/** Longer than any program: no session of a connection that was cut ends amid it. */
export const SESSION_MS = 60_000;
/** No answer in this time is none at all. */
const PATIENCE_MS = 30_000;

/** A line of what a client was sent. */
export interface Line {
  /** The step in which it was read. */
  readonly step: number;
  readonly text: string;
  /** Of an event: its zxid. */
  readonly event?: bigint;
}

export interface Session {
  readonly id: bigint;
  readonly password: Buffer;
}

type Frame = Buffer | null | 'nothing';

export class Peer {
  readonly lines: Line[] = [];
  session: Session | null = null;
  /** The zxid of the last reply: what a client tells when it comes back. */
  seen = 0n;
  #socket: FrameSocket | null = null;
  #xid = 0;
  #step = 0;

  constructor(
    readonly address: string,
    private readonly names: Names,
  ) {}

  get connected(): boolean {
    return this.#socket !== null;
  }
  at(step: number): void {
    this.#step = step;
  }
  note(text: string, event?: bigint): void {
    this.lines.push({ step: this.#step, text, ...(event === undefined ? {} : { event }) });
  }
  drop(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  async #frame(): Promise<Frame> {
    const socket = this.#socket;
    if (socket === null) return null;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Frame>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS, 'nothing');
    });
    const came = await Promise.race([socket.next(), late]);
    clearTimeout(timer);
    return came;
  }

  /** The connection has ended, or does not answer: it is not used any more. */
  #over(how: null | 'nothing', what: string): void {
    this.note(`${what}: ${how === null ? 'closed' : 'no answer'}`);
    this.drop();
  }

  /** Connects and asks for a session: whether it has one. */
  async handshake(options: ConnectOptions, how: Handshake): Promise<boolean> {
    this.drop();
    const [host = '', port = ''] = this.address.split(':');
    this.#socket = await FrameSocket.open(host, Number(port));
    this.#xid = 0;
    const whole = connectFrame({
      timeout: how.timeout ?? SESSION_MS,
      ...(how.readOnly === undefined ? {} : { readOnly: how.readOnly }),
      ...(how.protocolVersion === undefined ? {} : { protocolVersion: how.protocolVersion }),
      ...options,
    });
    this.#socket.send(how.old === true ? frame(whole.subarray(4, -1)) : whole);
    const answer = await this.#frame();
    if (answer === null || answer === 'nothing') {
      this.#over(answer, 'connect');
      return false;
    }
    const { sessionId, password, shown } = readHandshake(answer, this.names);
    this.note(`connect: ${shown}`);
    if (sessionId === 0n) {
      await this.untilClosed();
      return false;
    }
    this.session = { id: sessionId, password };
    return true;
  }

  /** Sends requests in one write; the zxid and error of the last answer, if there was one. */
  async ask(requests: readonly Request[]): Promise<Reply | null> {
    const sent = requests.map((request) => {
      const xid = xidOf(request) ?? ++this.#xid;
      return { request, bytes: encode(request, xid, this.names.meaning) };
    });
    this.#socket?.send(Buffer.concat(sent.map(({ bytes }) => bytes)));
    let last: Reply | null = null;
    for (const { request } of sent) {
      const name = request.op === 'mangled' ? `mangled ${request.request.op}` : request.op;
      last = await this.#answer(request, name);
      if (last === null) return null;
    }
    return last;
  }

  /** The next reply; the events before it are noted. */
  async #reply(name: string): Promise<Reply | null> {
    for (;;) {
      const bytes = await this.#frame();
      if (bytes === null || bytes === 'nothing') {
        this.#over(bytes, name);
        return null;
      }
      if (bytes.length < 16) {
        this.note(`${name}: a frame of ${bytes.length} bytes`);
        continue;
      }
      const reply = parseReply(bytes);
      if (!isEvent(reply)) return reply;
      this.note(showEvent(reply, this.names), reply.zxid);
    }
  }

  async #answer(request: Request, name: string): Promise<Reply | null> {
    const reply = await this.#reply(name);
    if (reply === null) return null;
    this.note(`${name}: ${showReply(request, reply, this.names)}`);
    if (reply.zxid > this.seen) this.seen = reply.zxid;
    return reply;
  }

  /** A request that is no part of the program: its answer is not noted, the events before it are. */
  async quietly(request: Request): Promise<bigint | null> {
    this.#socket?.send(encode(request, xidOf(request) ?? 0x4000_0000, this.names.meaning));
    for (;;) {
      const bytes = await this.#frame();
      if (bytes === null || bytes === 'nothing') return null;
      const reply = parseReply(bytes);
      if (!isEvent(reply)) return reply.zxid;
      this.note(showEvent(reply, this.names), reply.zxid);
    }
  }

  /** SASL DIGEST-MD5; challenge and proof have another nonce each time, and are only named. */
  async login(username: string, password: string): Promise<void> {
    const exchange = new SaslExchange({ username, password });
    let token: Buffer | 'done' | 'failed' = Buffer.alloc(0);
    while (typeof token !== 'string') {
      const sent = new Writer().int(++this.#xid).int(SASL).buffer(token);
      this.#socket?.send(frame(sent.bytes()));
      const reply = await this.#reply('login');
      if (reply === null) return;
      const { xid, err, zxid, body } = reply;
      token = err === 0 ? exchange.answer(body.subarray(4)) : 'failed';
      const said =
        token === 'failed' ? body.toString('hex') : token === 'done' ? 'proof' : 'challenge';
      this.note(`login: xid ${xid} err ${err} ${this.names.zxid(zxid)} ${said}`.trimEnd());
      if (err !== 0) await this.untilClosed();
    }
  }

  /** Bytes that are no request: what comes until the connection ends. */
  async bytes(bytes: Buffer): Promise<void> {
    this.#socket?.send(bytes);
    await this.untilClosed();
  }

  /** Whatever comes until the server closes. */
  async untilClosed(): Promise<void> {
    while (this.#socket !== null) {
      const bytes = await this.#frame();
      if (bytes === null || bytes === 'nothing') {
        this.#over(bytes, 'then');
        return;
      }
      const reply = parseReply(bytes);
      if (isEvent(reply)) this.note(showEvent(reply, this.names), reply.zxid);
      else this.note(`then: ${showReply({ op: 'ping' }, reply, this.names)}`);
    }
  }
}
