/**
 * A session with an ensemble: connects, asks, and resumes on another server after a loss (Apache:
 * `ClientCnxn`). Paths here are the server's.
 *
 * - Requests are answered in the order in which they were asked; a reply to anything else ends the
 *   connection. A lost connection rejects what was sent and not answered ({@link ConnectionLossError});
 *   nothing is sent twice. What was not sent yet waits for the next connection, at most a session
 *   timeout (Apache rejects it at the next failed attempt).
 * - A new connection authenticates, sets the watches again, and only then sends requests.
 * - The end of a session is told once: state, pending requests, watchers.
 */
import { Buffer } from 'node:buffer';
import { ErrorCode } from '../core/error-code.js';
import type { SessionId } from '../core/ids.js';
import { ZXID_ZERO } from '../core/zxid.js';
import type { Zxid } from '../core/zxid.js';
import { decodeConnectResponse, encodeConnectRequest } from '../jute/connect.js';
import { Xid } from '../jute/opcode.js';
import { createWriter } from '../jute/writer.js';
import { Auths } from './auths.js';
import { Backoff } from './backoff.js';
import { HostList } from './connect-string.js';
import type { Host } from './connect-string.js';
import { Connection } from './connection.js';
import { Delivery } from './delivery.js';
import { AuthFailedError, ClientClosedError, ConnectionLossError, errorOf } from './errors.js';
import { SessionExpiredError } from './errors.js';
import type { ZooKeeperError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { Pending } from './pending.js';
import { ReadWriteProbe } from './read-write-probe.js';
import { SaslExchange } from './sasl.js';
import { again, callAll } from './session-end.js';
import type { SessionHooks, SessionOptions } from './session-options.js';
import type { CallOptions, ClientState, WatchedEvent } from './types.js';
import { WatchRegistry, watchBatches } from './watch-registry.js';
import { decode, encode } from './wire.js';
import type { WireOp, WireReply, WireRequest } from './wire.js';

const NO_PASSWORD = Buffer.alloc(16);
const XID_MAX = 0x7fff_ffff;
const CLOSE_PATIENCE = 2_000;

export class Session {
  readonly watches = new WatchRegistry();
  state: ClientState = 'connecting';
  id = 0n;
  password: Buffer = NO_PASSWORD;
  /** Milliseconds, as the server granted it; as asked for before that. */
  timeout: number;
  lastZxid: Zxid = ZXID_ZERO;
  /** Why there is no connection: the last one's end. */
  lastFailure: Error | null = null;

  private readonly hosts: HostList;
  private readonly writer = createWriter();
  private readonly delivery = new Delivery();
  private readonly heartbeat: Heartbeat;
  private readonly probe: ReadWriteProbe;
  private connection: Connection | null = null;
  /** Requests may be sent: the session stands, and authentication and watches went ahead. */
  private ready = false;
  private established = false;
  private seenReadWrite: boolean;
  private xid = 0;
  private queue: Pending[] = [];
  private inflight: Pending[] = [];
  private readonly auths = new Auths((request) => {
    this.send(Xid.auth, request);
  });
  private sasl: SaslExchange | null = null;
  private redial: NodeJS.Timeout | null = null;
  private heardAt = performance.now();
  private readonly backoff = new Backoff();
  private final: ZooKeeperError | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly options: SessionOptions,
    private readonly hooks: SessionHooks,
  ) {
    this.timeout = options.sessionTimeout;
    this.hosts = new HostList(options.hosts);
    this.id = options.resume?.id ?? 0n;
    this.password = Buffer.from(options.resume?.password ?? NO_PASSWORD);
    this.seenReadWrite = options.resume !== null;
    this.heartbeat = new Heartbeat(
      () => {
        this.send(Xid.ping, { op: 'ping' });
      },
      (ms) => this.connection?.end(new Error(`nothing heard of the server for ${ms} ms`)),
    );
    this.probe = new ReadWriteProbe((host) => {
      this.hosts.prefer(host);
      this.connection?.end(new Error('a read-write server was found'));
    });
    this.dial();
  }

  /** The server that this session talks to; null while there is none. */
  get server(): string | null {
    return this.established ? (this.connection?.remote ?? null) : null;
  }

  get isOver(): boolean {
    return this.final !== null;
  }

  /** Asks; `onReply` is called while the reply is read, before any later event is. */
  request(
    request: WireRequest,
    path: string | null,
    call: CallOptions = {},
    onReply: (code: number) => void = () => undefined,
  ): Promise<WireReply> {
    const error = this.final ?? (this.closing === null ? null : new ClientClosedError(path));
    if (error !== null) return Promise.reject(this.final === null ? error : again(error, path));
    const pending = new Pending(request, path, onReply);
    return this.enqueue(pending, call);
  }

  private enqueue(pending: Pending, call: CallOptions): Promise<WireReply> {
    const promise = pending.start(call.signal, call.timeout ?? this.options.requestTimeout);
    if (pending.settled) return promise;
    this.queue.push(pending);
    if (!this.ready) {
      pending.limit(this.timeout, () => new ConnectionLossError(pending.path, false));
    }
    this.flush();
    return promise;
  }

  private flush(): void {
    if (!this.ready || this.queue.length === 0) return;
    const queue = this.queue;
    this.queue = [];
    for (const pending of queue) {
      if (pending.settled) continue;
      this.xid = this.xid === XID_MAX ? 1 : this.xid + 1;
      try {
        this.send(this.xid, pending.request);
      } catch (error) {
        // Arguments of wrong types: nothing was sent.
        pending.reject(error);
        continue;
      }
      pending.sent(this.xid);
      this.inflight.push(pending);
    }
  }

  private send(xid: number, request: WireRequest): void {
    this.connection?.write(encode(this.writer, xid, request));
    this.heartbeat.sent();
  }

  /** Authenticates this connection and all later ones. */
  addAuth(scheme: string, auth: Uint8Array | null): Promise<void> {
    if (this.final !== null) return Promise.reject(this.final);
    return this.auths.add(scheme, auth, this.ready);
  }

  /** Other servers from now on; stays where it is if that is one of them. */
  useHosts(hosts: readonly Host[]): void {
    const current = this.hosts.current();
    this.hosts.replace(hosts);
    const kept = hosts.some((h) => h.host === current?.host && h.port === current.port);
    if (!kept) this.connection?.end(new Error('the server is no longer one of the hosts'));
  }

  private dial(): void {
    this.redial = null;
    const { tls, maxFrame, sessionTimeout } = this.options;
    const connectTimeout = Math.max(Math.floor(sessionTimeout / this.hosts.size), 1_000);
    const connection = new Connection(
      this.hosts.next(),
      { tls, maxFrame, connectTimeout },
      {
        opened: () => {
          this.handshake(connection);
        },
        frame: (body) => {
          this.read(body);
        },
        ended: (reason) => {
          this.lost(reason);
        },
      },
    );
    this.connection = connection;
  }

  private handshake(connection: Connection): void {
    this.backoff.opened();
    this.heartbeat.start(this.options.sessionTimeout, false);
    connection.write(
      encodeConnectRequest(this.writer, {
        protocolVersion: 0,
        lastZxidSeen: this.lastZxid,
        timeout: this.options.sessionTimeout,
        sessionId: (this.seenReadWrite ? this.id : 0n) as SessionId,
        password: this.password,
        readOnly: this.options.readOnly,
        hasReadOnly: true,
      }),
    );
  }

  /** ms from now until a whole session timeout will have passed without a word from a server. */
  get untilPresumedLost(): number {
    return Math.max(0, this.heardAt + this.timeout - performance.now());
  }

  private read(body: Buffer): void {
    this.heardAt = performance.now();
    this.heartbeat.heard();
    try {
      if (this.established) this.readReply(body);
      else this.readConnected(body);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      this.connection?.end(reason);
    }
  }

  private readConnected(body: Buffer): void {
    const answer = decodeConnectResponse(body);
    if (answer.timeout <= 0 || answer.sessionId === 0n) {
      this.finish('expired', new SessionExpiredError());
      return;
    }
    this.established = true;
    this.id = answer.sessionId;
    this.password = Buffer.from(answer.password ?? NO_PASSWORD);
    this.timeout = answer.timeout;
    if (!answer.readOnly) this.seenReadWrite = true;
    this.hosts.succeeded();
    this.heartbeat.start(answer.timeout, true);
    const state = answer.readOnly ? 'connected-read-only' : 'connected';
    if (this.options.sasl === null) {
      this.prime(state);
      return;
    }
    this.sasl = new SaslExchange(this.options.sasl);
    this.send(0, { op: 'sasl', token: Buffer.alloc(0) });
    this.saslState = state;
  }

  private saslState: ClientState = 'connected';

  private readSasl(code: number, body: WireReply): void {
    if (code !== ErrorCode.OK || body.type !== 'sasl') {
      this.finish('auth-failed', new AuthFailedError());
      return;
    }
    const token = this.sasl!.answer(body.token ?? Buffer.alloc(0));
    if (token === 'failed') this.finish('auth-failed', new AuthFailedError());
    else if (token === 'done') {
      this.sasl = null;
      this.prime(this.saslState);
    } else this.send(0, { op: 'sasl', token });
  }

  /** All that goes ahead of requests on a new connection. */
  private prime(state: ClientState): void {
    this.auths.sendAll();
    for (const batch of watchBatches(this.watches.paths())) {
      const both = batch.persistent.length + batch.recursive.length > 0;
      this.send(Xid.setWatches, {
        op: both ? 'setWatches2' : 'setWatches',
        relativeZxid: this.lastZxid,
        data: batch.data,
        exist: batch.exist,
        child: batch.child,
        persistent: batch.persistent,
        persistentRecursive: batch.recursive,
      });
    }
    this.ready = true;
    this.flush();
    this.enter(state, null);
    if (state === 'connected-read-only') this.probe.start(this.hosts, this.options.tls !== null);
  }

  private enter(state: ClientState, reason: Error | null): void {
    if (this.state === state) return;
    this.state = state;
    this.delivery.event(() => {
      this.hooks.state(state, reason);
    });
  }

  private readReply(frame: Buffer): void {
    const incoming = decode(frame, (xid) => this.opOf(xid));
    if (incoming.type === 'event') {
      this.tell(incoming.event);
      return;
    }
    const { header, body } = incoming;
    if (header.xid === Xid.ping || header.xid === Xid.setWatches) return;
    if (header.xid === Xid.auth) {
      this.readAuth(header.err);
      return;
    }
    if (this.sasl !== null) {
      this.readSasl(header.err, body);
      return;
    }
    const pending = this.inflight.shift();
    if (pending?.xid !== header.xid) {
      if (pending !== undefined) this.inflight.unshift(pending);
      throw new Error(`xid out of order: ${header.xid}, not ${pending?.xid ?? 'any'}`);
    }
    if (header.zxid > 0) this.lastZxid = header.zxid;
    pending.onReply(header.err);
    this.delivery.reply(() => {
      if (header.err === ErrorCode.OK) pending.resolve(body);
      else pending.reject(errorOf(header.err, pending.path));
    });
  }

  private opOf(xid: number): WireOp | null {
    if (xid < 0) return null;
    if (this.sasl !== null) return 'sasl';
    const [first] = this.inflight;
    return first?.xid === xid ? first.request.op : null;
  }

  private readAuth(code: number): void {
    const told = this.auths.answered();
    if (code === ErrorCode.OK) this.delivery.reply(told);
    else this.finish('auth-failed', new AuthFailedError());
  }

  private tell(event: WatchedEvent): void {
    const watchers = this.watches.take(event);
    if (watchers.size === 0) return;
    const told = { ...event, path: this.hooks.toUser(event.path) };
    this.delivery.event(() => {
      callAll(watchers, told);
    });
  }

  /** For events that the client itself makes, in the order of the stream. */
  later(run: () => void): void {
    this.delivery.event(run);
  }

  private lost(reason: Error): void {
    const wasClosing = this.closing !== null && this.inflight.some((p) => p.isClose);
    this.connection = null;
    this.ready = false;
    this.established = false;
    this.sasl = null;
    this.heartbeat.stop();
    this.probe.stop();
    this.lastFailure = reason;
    const inflight = this.inflight;
    this.inflight = [];
    for (const pending of inflight) {
      this.delivery.reply(() => {
        pending.reject(new ConnectionLossError(pending.path, true));
      });
    }
    if (this.final !== null || wasClosing) return;
    if (this.options.failFast) this.rejectQueue();
    this.enter('connecting', reason);
    const wait = this.backoff.next(this.hosts.size);
    this.redial = setTimeout(() => {
      this.dial();
    }, wait);
  }

  private rejectQueue(): void {
    const queue = this.queue;
    this.queue = [];
    for (const pending of queue) pending.reject(new ConnectionLossError(pending.path, false));
  }

  /** Ends the session on the server, after all that was asked before. Never rejects. */
  close(): Promise<void> {
    if (this.final !== null) return Promise.resolve();
    this.closing ??= this.sayGoodbye();
    return this.closing;
  }

  /** Leaves the session on the server, which keeps it until it times out. */
  detach(): void {
    this.finish('closed', new ClientClosedError());
  }

  private async sayGoodbye(): Promise<void> {
    if (this.id !== 0n) {
      const pending = new Pending({ op: 'closeSession' }, null, () => undefined);
      const patience = this.ready ? this.timeout : Math.min(this.timeout, CLOSE_PATIENCE);
      await this.enqueue(pending, { timeout: patience }).catch(() => undefined);
    }
    this.finish('closed', new ClientClosedError());
    // Whoever waits for this finds all of it told.
    await new Promise<void>((resolve) => {
      this.delivery.event(resolve);
    });
  }

  private finish(state: 'expired' | 'auth-failed' | 'closed', error: ZooKeeperError): void {
    if (this.final !== null) return;
    this.final = error;
    if (this.redial !== null) clearTimeout(this.redial);
    const rejected = [...this.inflight, ...this.queue];
    this.inflight = [];
    this.queue = [];
    this.connection?.end(error);
    for (const pending of rejected) {
      this.delivery.reply(() => {
        pending.reject(again(error, pending.path));
      });
    }
    this.delivery.reply(() => {
      this.auths.reject(error);
    });
    const watchers = this.watches.clear();
    const states = { expired: 'Expired', 'auth-failed': 'AuthFailed', closed: 'Closed' } as const;
    const event = { type: 'None', state: states[state], path: '', zxid: -1n } as const;
    this.enter(state, error);
    this.delivery.event(() => {
      callAll(watchers, event);
    });
  }
}
