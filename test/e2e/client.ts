/** A tiny ZooKeeper client on the project's own codecs: requests and replies as values. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { SessionId } from '../../src/core/ids.js';
import type { ClientRequest, ConnectRequest } from '../../src/core/request.js';
import { ZXID_ZERO, type Zxid } from '../../src/core/zxid.js';
import { decodeConnectResponse, encodeConnectRequest } from '../../src/jute/connect.js';
import { frameState, splitFrames } from '../../src/jute/frames.js';
import { decodeReply, type ReplyBody, type WatchEvent } from '../../src/jute/reply.js';
import { encodeRequest } from '../../src/jute/request.js';
import { createWriter } from '../../src/jute/writer.js';
import { Inbox } from '../support/inbox.js';

const FRAME_MAX = 64 << 20;
const OPEN_ACL = [{ perms: 31, scheme: 'world', id: 'anyone' }];
const SPECIAL_XIDS: Readonly<Record<string, number>> = {
  ping: -2,
  auth: -4,
  setWatches: -8,
};

export interface Session {
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
  readonly timeout: number;
}

export interface Answer {
  readonly err: number;
  readonly zxid: Zxid;
  readonly body: ReplyBody;
}

/** The server has closed the connection. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

interface Asked {
  readonly op: ClientRequest['op'];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export class Client {
  readonly socket: Socket;
  readonly session: Session;
  readonly events = new Inbox<WatchEvent>();
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  lastZxid = ZXID_ZERO;
  readonly #writer = createWriter();
  readonly #asked = new Map<number, Asked[]>();
  #frames = frameState(FRAME_MAX);
  #nextXid = 1;

  private constructor(socket: Socket, session: Session, rest: readonly Buffer[]) {
    this.socket = socket;
    this.session = session;
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        for (const asked of [...this.#asked.values()].flat()) {
          asked.reject(new Disconnected(`no answer to ${asked.op}`));
        }
        this.#asked.clear();
        resolve();
      };
      if (socket.destroyed) end();
      else socket.once('close', end);
    });
    for (const frame of rest) this.#frame(frame);
    socket.on('data', (chunk) => {
      const { state, frames, error } = splitFrames(this.#frames, chunk);
      this.#frames = state;
      if (error !== null) throw error;
      for (const frame of frames) this.#frame(frame);
    });
  }

  /**
   * Connects and sets a session up; with `session` the one that there was.
   * @throws {Disconnected} if the server closes without an answer
   */
  static async connect(
    address: string,
    options: Partial<ConnectRequest> & { readonly session?: Session } = {},
  ): Promise<Client> {
    const { session, ...fields } = options;
    const socket = await dial(address);
    socket.write(
      encodeConnectRequest(createWriter(1024), {
        protocolVersion: 0,
        lastZxidSeen: ZXID_ZERO,
        timeout: 10_000,
        sessionId: session?.sessionId ?? (0n as SessionId),
        password: session?.password ?? Buffer.alloc(16),
        readOnly: false,
        hasReadOnly: true,
        ...fields,
      }),
    );
    const [first, ...rest] = await firstFrames(socket);
    if (first === undefined) throw new Disconnected('no answer to connect');
    const { sessionId, password, timeout } = decodeConnectResponse(first);
    return new Client(socket, { sessionId, password: password ?? Buffer.alloc(0), timeout }, rest);
  }

  /** @throws {Disconnected} if the connection ends before the answer */
  request(request: ClientRequest): Promise<Answer> {
    const xid = SPECIAL_XIDS[request.op] ?? this.#nextXid++;
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) {
        reject(new Disconnected(`no connection for ${request.op}`));
        return;
      }
      const asked = this.#asked.get(xid) ?? [];
      asked.push({ op: request.op, resolve, reject });
      this.#asked.set(xid, asked);
      this.socket.write(encodeRequest(this.#writer, xid, request));
    });
  }

  /** As `request`, and an error code is thrown. */
  async ok(request: ClientRequest): Promise<ReplyBody> {
    const { err, body } = await this.request(request);
    if (err !== 0) throw new Error(`${request.op}: error ${err}`);
    return body;
  }

  /** @returns the path created */
  async create(path: string, data: string | Uint8Array = '', flags = 0): Promise<string> {
    const bytes = Buffer.from(data);
    const body = await this.ok({ op: 'create', path, data: bytes, acl: OPEN_ACL, flags });
    if (body.type !== 'path') throw new Error(`create was answered with ${body.type}`);
    return body.path;
  }

  async set(path: string, data: string | Uint8Array, version = -1): Promise<void> {
    await this.ok({ op: 'setData', path, data: Buffer.from(data), version });
  }

  /** The node's data as text; null if there is no such node. */
  async get(path: string, watch = false): Promise<string | null> {
    const { err, body } = await this.request({ op: 'getData', path, watch });
    if (err === -101) return null;
    if (err !== 0 || body.type !== 'data') throw new Error(`getData: error ${err}`);
    return Buffer.from(body.data ?? []).toString();
  }

  async children(path: string): Promise<readonly string[]> {
    const body = await this.ok({ op: 'getChildren', path, watch: false });
    if (body.type !== 'children') throw new Error(`getChildren was answered with ${body.type}`);
    return body.children;
  }

  async sync(path = '/'): Promise<void> {
    await this.ok({ op: 'sync', path });
  }

  /** Ends the session and waits for the server to close. */
  async close(): Promise<void> {
    if (!this.socket.destroyed) await this.request({ op: 'closeSession' }).catch(() => undefined);
    this.drop();
    await this.closed;
  }

  /** Ends the connection, not the session. */
  drop(): void {
    this.socket.destroy();
  }

  #frame(frame: Buffer): void {
    const decoded = decodeReply(frame, (xid) => this.#asked.get(xid)?.[0]?.op);
    if (decoded.type === 'event') {
      this.events.push(decoded.event);
      return;
    }
    const { xid, zxid, err } = decoded.header;
    const queue = this.#asked.get(xid);
    const asked = queue?.shift();
    if (queue?.length === 0) this.#asked.delete(xid);
    if (zxid > this.lastZxid) this.lastZxid = zxid;
    asked?.resolve({ err, zxid, body: decoded.body });
  }
}

/** A bare connection. */
export async function dial(address: string): Promise<Socket> {
  const colon = address.lastIndexOf(':');
  const socket = connect({
    host: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
    noDelay: true,
  });
  await once(socket, 'connect');
  // A reset is an end like any other.
  socket.on('error', () => undefined);
  return socket;
}

/** Everything that comes until the other side closes. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

function firstFrames(socket: Socket): Promise<readonly Buffer[]> {
  return new Promise((resolve) => {
    let frames = frameState(FRAME_MAX);
    const onClose = (): void => resolve([]);
    const onData = (chunk: Buffer): void => {
      const split = splitFrames(frames, chunk);
      frames = split.state;
      if (split.frames.length === 0) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(split.frames);
    };
    socket.on('data', onData);
    socket.once('close', onClose);
  });
}

async function isLeader(address: string): Promise<boolean> {
  const socket = await dial(address);
  socket.write('srvr');
  return /^Mode: leader$/m.test((await readAll(socket)).toString());
}

/** The address of the member that says that it leads; asks until one does. */
export async function leaderOf(addresses: readonly string[]): Promise<string> {
  for (;;) {
    for (const address of addresses) {
      if (await isLeader(address).catch(() => false)) return address;
    }
  }
}

/** Writes and reads sent at once, in turn: every read must see the write before it. */
export async function eachReadSeesItsWrite(
  client: Client,
  path: string,
  times: number,
): Promise<void> {
  const answers: (string | null)[] = [];
  const expected: string[] = [];
  const asked: Promise<unknown>[] = [];
  for (let i = 1; i <= times; i++) {
    asked.push(client.set(path, String(i)));
    asked.push(client.get(path).then((data) => answers.push(data)));
    expected.push(String(i));
  }
  await Promise.all(asked);
  assert.deepEqual(answers, expected);
}
