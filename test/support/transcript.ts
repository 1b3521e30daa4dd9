/**
 * What one server said to a scripted client, as lines that can be compared with another server's.
 *
 * Normalised, and nothing else: zxids count from the start of the script; session ids are S1, S2, … as they appear;
 * times are left out; passwords are only measured; children are sorted, as their order is free.
 */
import { Buffer } from 'node:buffer';
import {
  connectFrame,
  frame,
  FrameSocket,
  parseReply,
  Reader,
  Writer,
  type ConnectOptions,
  type Reply,
} from './raw-client.js';

export type Decode = (r: Reader, script: Script) => string;

const text = (bytes: Buffer | null): string =>
  bytes === null
    ? 'null'
    : bytes.length > 80
      ? `<${bytes.length} bytes>`
      : JSON.stringify(bytes.toString('latin1'));

export const decode = {
  nothing: (r) => (r.rest().length === 0 ? '' : `unexpected ${r.rest().toString('hex')}`),
  path: (r) => text(r.buffer()),
  code: (r) => `${r.int()}${r.rest().length === 0 ? '' : ` and ${r.rest().toString('hex')}`}`,
  stat: (r, s) => s.stat(r),
  pathStat: (r, s) => `${text(r.buffer())} ${s.stat(r)}`,
  dataStat: (r, s) => `${text(r.buffer())} ${s.stat(r)}`,
  children: (r) =>
    list(r, () => text(r.buffer()))
      .sort()
      .join(','),
  childrenStat: (r, s) =>
    `${list(r, () => text(r.buffer()))
      .sort()
      .join(',')} ${s.stat(r)}`,
  aclStat: (r, s) =>
    `${list(r, () => `${r.int()}:${r.string()}:${r.string()}`).join(',')} ${s.stat(r)}`,
  multiRead: (r, s) => {
    const parts: string[] = [];
    for (;;) {
      const [type, done, err] = [r.int(), r.bool(), r.int()];
      if (done) return [...parts, `end(${type},${err})`].join(' ; ');
      if (type === -1) parts.push(`error(${err}): ${r.int()}`);
      else if (type === 4) parts.push(`getData(${err}): ${text(r.buffer())} ${s.stat(r)}`);
      else if (type === 8) parts.push(`getChildren(${err}): ${decode.children(r)}`);
      else parts.push(`op ${type}(${err})`);
    }
  },
  multi: (r, s) => {
    const parts: string[] = [];
    for (;;) {
      const [type, done, err] = [r.int(), r.bool(), r.int()];
      if (done) return [...parts, `end(${type},${err})`].join(' ; ');
      if (type === -1) parts.push(`error(${err}): ${r.int()}`);
      else if (type === 1) parts.push(`create(${err}): ${text(r.buffer())}`);
      else if (type === 15) parts.push(`create2(${err}): ${text(r.buffer())} ${s.stat(r)}`);
      else if (type === 5) parts.push(`setData(${err}): ${s.stat(r)}`);
      else parts.push(`op ${type}(${err})`);
    }
  },
} satisfies Record<string, Decode>;

const list = <T>(r: Reader, one: () => T): T[] => {
  const length = r.int();
  return Array.from({ length: Math.max(0, length) }, one);
};

/** Longer than all scripts together: no session of a dead connection expires, and takes a zxid, amid a later one. */
const SESSION_MS = 60_000;

/** One run of a script against one server. */
export class Script {
  readonly lines: string[] = [];
  private readonly sessions = new Map<bigint, string>();
  private readonly open: FrameSocket[] = [];
  private base = 0n;
  constructor(
    readonly host: string,
    readonly port: number,
    /** A path that this script has for itself. */
    readonly root: string,
  ) {}
  note(line: string): void {
    this.lines.push(line);
  }
  zxid(zxid: bigint): string {
    return zxid <= 0n ? String(zxid) : `z${zxid - this.base}`;
  }
  owner(session: bigint): string {
    if (session === 0n) return '0';
    const known = this.sessions.get(session) ?? `S${this.sessions.size + 1}`;
    this.sessions.set(session, known);
    return known;
  }
  stat(r: Reader): string {
    const [c, m] = [this.zxid(r.long()), this.zxid(r.long())];
    r.long();
    r.long();
    const versions = `v${r.int()} c${r.int()} a${r.int()}`;
    const owner = this.owner(r.long());
    const sizes = `len${r.int()} n${r.int()}`;
    return `[${c} ${m} ${this.zxid(r.long())} ${versions} ${sizes} ${owner}]`;
  }
  async socket(): Promise<FrameSocket> {
    const socket = await FrameSocket.open(this.host, this.port);
    this.open.push(socket);
    return socket;
  }
  /** A connection and its session; notes what the server answered. */
  async session(options: ConnectOptions = {}): Promise<Session> {
    const session = new Session(this, await this.socket());
    await session.handshake(connectFrame({ timeout: SESSION_MS, ...options }));
    return session;
  }
  /** Zxids count from here; makes the script's root. */
  async begin(): Promise<Session> {
    const session = new Session(this, await this.socket());
    await session.handshake(connectFrame({ timeout: SESSION_MS }), false);
    const reply = await session.exchange(1, createBody(this.root, null));
    this.base = reply?.zxid ?? 0n;
    return session;
  }
  end(): void {
    for (const socket of this.open) socket.destroy();
  }
}

export const OPEN_ACL: readonly (readonly [number, string, string])[] = [[31, 'world', 'anyone']];

export const aclBody = (
  w: Writer,
  acl: readonly (readonly [number, string, string])[] | null,
): Writer => {
  w.int(acl === null ? -1 : acl.length);
  for (const [perms, scheme, id] of acl ?? []) w.int(perms).buffer(scheme).buffer(id);
  return w;
};
export const createBody = (
  path: string | Uint8Array | null,
  data: string | null,
  flags = 0,
  acl: Parameters<typeof aclBody>[1] = OPEN_ACL,
): Buffer => aclBody(new Writer().buffer(path).buffer(data), acl).int(flags).bytes();

export const ttlBody = (
  path: string,
  flags: number,
  ttl: bigint,
  acl?: [number, string, string][],
): Buffer =>
  new Writer()
    .raw(createBody(path, 'x', flags, acl))
    .long(ttl)
    .bytes();

/** One client connection of a script. */
export class Session {
  private xid = 0;
  id = 0n;
  password: Buffer = Buffer.alloc(0);
  constructor(
    private readonly script: Script,
    readonly socket: FrameSocket,
  ) {}
  async handshake(bytes: Uint8Array, noted = true): Promise<void> {
    this.socket.send(bytes);
    const answer = await this.socket.next();
    if (answer === null) {
      this.script.note('connect: closed');
      return;
    }
    const r = new Reader(answer);
    const [version, timeout] = [r.int(), r.int()];
    this.id = r.long();
    this.password = r.buffer() ?? Buffer.alloc(0);
    const owner = this.script.owner(this.id);
    const zero = this.password.every((b) => b === 0) ? ' all zero' : '';
    if (!noted) return;
    this.script.note(
      `connect: v${version} timeout ${timeout} ${owner} password ${this.password.length}${zero} frame ${answer.length}`,
    );
  }
  /** Send a request; the next frame that is no event, events noted in their place; null at the end. */
  async exchange(op: number, body: Uint8Array, xid = ++this.xid): Promise<Reply | null> {
    this.socket.send(frame(new Writer().int(xid).int(op).raw(body).bytes()));
    return this.reply();
  }
  async reply(): Promise<Reply | null> {
    for (;;) {
      const bytes = await this.socket.next();
      if (bytes === null) return null;
      const reply = parseReply(bytes);
      // A reply to a request with xid −1 has the header of an event, and no event's body.
      if (reply.xid !== -1 || reply.body.length < 12) return reply;
      this.noteEvent(reply);
    }
  }
  /** Wait for an event that nobody has asked for, and note it. */
  async event(): Promise<void> {
    const bytes = await this.socket.next();
    if (bytes === null) this.script.note('  closed');
    else this.noteEvent(parseReply(bytes));
  }
  private noteEvent(event: Reply): void {
    const r = new Reader(event.body);
    const [type, state, path] = [r.int(), r.int(), r.string()];
    this.script.note(
      `  event ${type} state ${state} ${path} ${this.script.zxid(event.zxid)} err ${event.err}`,
    );
  }
  /** A request and its reply in one line. */
  async call(
    what: string,
    op: number,
    body: Uint8Array,
    as: Decode = decode.nothing,
    xid?: number,
  ): Promise<void> {
    this.show(what, await this.exchange(op, body, xid), as);
  }
  show(what: string, reply: Reply | null, as: Decode = decode.nothing): void {
    if (reply === null) {
      this.script.note(`${what}: closed`);
      return;
    }
    const head = `${what}: ${reply.xid < 0 ? `xid ${reply.xid} ` : ''}err ${reply.err} ${this.script.zxid(reply.zxid)}`;
    const r = new Reader(reply.body);
    let body: string;
    try {
      body = reply.body.length === 0 ? '' : as(r, this.script);
      if (r.rest().length > 0) body += ` + ${r.rest().length} more bytes`;
    } catch {
      body = `unreadable ${reply.body.toString('hex')}`;
    }
    this.script.note(`${head} ${body}`.trimEnd());
  }
  create(
    path: string | null,
    data: string | null = null,
    flags = 0,
    acl: Parameters<typeof aclBody>[1] = OPEN_ACL,
  ): Promise<void> {
    const shown = `create ${JSON.stringify(path)} flags ${flags}`;
    return this.call(shown, 1, createBody(path, data, flags, acl), decode.path);
  }
  create2(path: string, data: string | null = null, flags = 0): Promise<void> {
    return this.call(
      `create2 ${path} flags ${flags}`,
      15,
      createBody(path, data, flags),
      decode.pathStat,
    );
  }
  delete(path: string, version = -1): Promise<void> {
    const body = new Writer().buffer(path).int(version).bytes();
    return this.call(`delete ${JSON.stringify(path)} ${version}`, 2, body);
  }
  exists(path: string, watch = false): Promise<void> {
    const body = new Writer().buffer(path).bool(watch).bytes();
    return this.call(`exists ${JSON.stringify(path)} ${watch}`, 3, body, decode.stat);
  }
  get(path: string, watch = false): Promise<void> {
    const body = new Writer().buffer(path).bool(watch).bytes();
    return this.call(`getData ${JSON.stringify(path)} ${watch}`, 4, body, decode.dataStat);
  }
  set(path: string, data: string | null, version = -1): Promise<void> {
    const body = new Writer().buffer(path).buffer(data).int(version).bytes();
    return this.call(`setData ${JSON.stringify(path)} ${version}`, 5, body, decode.stat);
  }
  getAcl(path: string): Promise<void> {
    return this.call(
      `getACL ${JSON.stringify(path)}`,
      6,
      new Writer().buffer(path).bytes(),
      decode.aclStat,
    );
  }
  setAcl(path: string, acl: Parameters<typeof aclBody>[1], version = -1): Promise<void> {
    const body = aclBody(new Writer().buffer(path), acl).int(version).bytes();
    return this.call(
      `setACL ${JSON.stringify(path)} ${JSON.stringify(acl)} ${version}`,
      7,
      body,
      decode.stat,
    );
  }
  children(path: string, watch = false, op: 8 | 12 = 8): Promise<void> {
    const body = new Writer().buffer(path).bool(watch).bytes();
    const as = op === 8 ? decode.children : decode.childrenStat;
    return this.call(`getChildren(${op}) ${JSON.stringify(path)} ${watch}`, op, body, as);
  }
  sync(path: string): Promise<void> {
    return this.call(
      `sync ${JSON.stringify(path)}`,
      9,
      new Writer().buffer(path).bytes(),
      decode.path,
    );
  }
  multi(what: string, ops: readonly (readonly [number, Uint8Array])[]): Promise<void> {
    const w = new Writer();
    for (const [type, body] of ops) w.int(type).bool(false).int(-1).raw(body);
    return this.call(`multi ${what}`, 14, w.int(-1).bool(true).int(-1).bytes(), decode.multi);
  }
  auth(scheme: string, id: string | null): Promise<void> {
    const body = new Writer().int(0).buffer(scheme).buffer(id).bytes();
    return this.call(`auth ${scheme} ${id}`, 100, body, decode.nothing, -4);
  }
  setWatches(relative: bigint, data: string[], exist: string[], child: string[]): Promise<void> {
    const body = new Writer().long(relative).strings(data).strings(exist).strings(child).bytes();
    return this.call('setWatches', 101, body, decode.nothing, -8);
  }
  /** The two lists of persistent watches after the three of {@link setWatches}. */
  setWatches2(relative: bigint, lists: readonly (readonly string[])[]): Promise<void> {
    const w = new Writer().long(relative);
    for (const list of lists) w.strings(list);
    return this.call('setWatches2', 105, w.bytes(), decode.nothing, -8);
  }
  /** Mode 0: persistent, 1: persistent recursive. */
  addWatch(path: string, mode: number): Promise<void> {
    const body = new Writer().buffer(path).int(mode).bytes();
    return this.call(`addWatch ${JSON.stringify(path)} ${mode}`, 106, body, decode.code);
  }
  checkWatches(path: string, type: number): Promise<void> {
    const body = new Writer().buffer(path).int(type).bytes();
    return this.call(`checkWatches ${JSON.stringify(path)} ${type}`, 17, body);
  }
  removeWatches(path: string, type: number): Promise<void> {
    const body = new Writer().buffer(path).int(type).bytes();
    return this.call(`removeWatches ${JSON.stringify(path)} ${type}`, 18, body);
  }
  ping(): Promise<void> {
    return this.call('ping', 11, Buffer.alloc(0), decode.nothing, -2);
  }
  /** Whatever comes until the server closes; only for what makes it close. */
  async untilClosed(): Promise<void> {
    for (let reply = await this.reply(); reply !== null; reply = await this.reply()) {
      this.show('  then', reply);
    }
    this.script.note('  closed');
  }
  async close(): Promise<void> {
    await this.call('closeSession', -11, Buffer.alloc(0));
    await this.untilClosed();
  }
}
