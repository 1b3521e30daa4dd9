/** The client: a session with an ensemble, and every operation of ZooKeeper 3.9 on it. */
import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import { ErrorCode } from '../core/error-code.js';
import { parseConnectString } from './connect-string.js';
import { ClientClosedError, ConnectionLossError, NoNodeError } from './errors.js';
import { SessionExpiredError } from './errors.js';
import { readMany } from './multi-read.js';
import type { MultiReadOp, MultiReadResults } from './multi-read.js';
import type { ClientOptions, ConnectOptions, Created, DataInput, NodeAcl } from './options.js';
import type { NodeChildren, ReconfigOptions, RemoveWatchesOptions } from './options.js';
import { checkPath, fromServer, toServer } from './paths.js';
import { bytesOf, createRequest, dataRequest, nodeData } from './requests.js';
import { removeWatches } from './remove-watches.js';
import { Session } from './session.js';
import { Transaction } from './transaction.js';
import { WATCHER_TYPES } from './types.js';
import type { Acl, CallOptions, ClientState, CreateOptions, Identity, NodeData } from './types.js';
import type { ReadOptions, Stat, VersionOptions, WatchedEvent, Watcher } from './types.js';
import type { WatcherType } from './types.js';
import { childrenChanges, dataChanges, persistentEvents, stateChanges } from './watch-streams.js';
import { statOf } from './wire.js';
import type { WireReply, WireRequest } from './wire.js';

interface ClientEvents {
  /** Every change of `state`; the reason of a lost connection or a final state. */
  state: [state: ClientState, reason: Error | null];
}

const SESSION_TIMEOUT = 30_000;
const MAX_BUFFER = 64 * 1024 * 1024;
const CONFIG_NODE = '/zookeeper/config';

/**
 * A client of a ZooKeeper ensemble, ours or Apache's. Errors: {@link ZooKeeperError}s of the
 * server's codes; TypeErrors for arguments that are never sent; the reason of an AbortSignal.
 *
 * Replies and watch events come in the order of the server's stream.
 */
export class ZooKeeper extends EventEmitter<ClientEvents> implements AsyncDisposable {
  private readonly session: Session;
  /** Prepended to every path that is sent, taken off those that come back; empty for none. */
  readonly chroot: string;

  /**
   * A client that connects in the background; `ZooKeeper.connect` waits for it.
   * @param connectString `host:port,host:port/chroot`
   */
  constructor(connectString: string, options: ClientOptions = {}) {
    super();
    // Each lock, cache and iterator listens.
    this.setMaxListeners(0);
    const { hosts, chroot } = parseConnectString(connectString);
    const { sessionTimeout = SESSION_TIMEOUT, requestTimeout = 0 } = options;
    if (!(sessionTimeout > 0)) throw new TypeError('sessionTimeout must be above 0');
    this.chroot = chroot;
    this.session = new Session(
      {
        hosts,
        sessionTimeout,
        requestTimeout,
        readOnly: options.readOnly ?? false,
        maxFrame: options.maxBuffer ?? MAX_BUFFER,
        tls: options.tls ?? null,
        sasl: options.sasl ?? null,
        failFast: options.failFast ?? false,
        resume: options.session ?? null,
      },
      {
        state: (state, reason) => this.emit('state', state, reason),
        toUser: (path) => fromServer(chroot, path),
      },
    );
    // Refusal ends the session, which every request tells.
    for (const { scheme, auth } of options.auth ?? []) {
      this.addAuth(scheme, auth).catch(() => undefined);
    }
  }

  /**
   * Resolves when a server answers.
   * @throws ConnectionLossError when none does within `connectTimeout`.
   */
  static async connect(connectString: string, options: ConnectOptions = {}): Promise<ZooKeeper> {
    const zk = new ZooKeeper(connectString, options);
    const timeout = options.connectTimeout ?? options.sessionTimeout ?? SESSION_TIMEOUT;
    const late = new AbortController();
    const timer = setTimeout(() => {
      const error = new ConnectionLossError(null, false);
      error.cause = zk.session.lastFailure;
      late.abort(error);
    }, timeout);
    try {
      const signals = options.signal === undefined ? [] : [options.signal];
      await zk.connected({ signal: AbortSignal.any([late.signal, ...signals]) });
      return zk;
    } catch (error) {
      await zk.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get state(): ClientState {
    return this.session.state;
  }
  /** 0n before the first connection. */
  get sessionId(): bigint {
    return this.session.id;
  }
  /** 16 bytes, with which another client may take the session over. */
  get sessionPassword(): Buffer {
    return Buffer.from(this.session.password);
  }
  /** Milliseconds, as granted by the server. */
  get sessionTimeout(): number {
    return this.session.timeout;
  }
  /** The newest transaction that a reply has shown. */
  get lastZxid(): bigint {
    return BigInt(this.session.lastZxid);
  }
  /** `host:port` of the server in use; null while there is none. */
  get server(): string | null {
    return this.session.server;
  }

  /** Whether the session has ended, for one of the final states. */
  get isOver(): boolean {
    return this.session.isOver;
  }

  /** Resolves when a server answers; at once if one does. @throws the end of the session. */
  async connected(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    for await (const state of this.states(options)) {
      if (state === 'connected' || state === 'connected-read-only') return;
      if (state === 'closed') throw new ClientClosedError();
      if (state === 'expired') throw new SessionExpiredError();
      if (state === 'auth-failed') await this.exists('/');
    }
  }

  /** The state now, then every change; ends after a final one. */
  states(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<ClientState> {
    return stateChanges(this, options.signal);
  }

  /** @internal ms until the ensemble may have ended the session for want of a word from here. */
  get untilPresumedLost(): number {
    return this.session.untilPresumedLost;
  }

  /** Replaces the hosts; the chroot stays. */
  updateHosts(connectString: string): void {
    this.session.useHosts(parseConnectString(connectString).hosts);
  }

  /** @internal Sends one request about `path` (a user's path, for messages). */
  async ask<T extends WireReply['type']>(
    type: T,
    request: WireRequest,
    path: string | null,
    call: CallOptions,
    onReply?: (code: number) => void,
  ): Promise<Extract<WireReply, { type: T }>> {
    const reply = await this.session.request(request, path, call, onReply);
    if (reply.type !== type) throw new Error(`unreachable: a reply of type ${reply.type}`);
    return reply as Extract<WireReply, { type: T }>;
  }

  /** @internal */
  serverPath(path: string, sequential = false): string {
    checkPath(path, sequential);
    return toServer(this.chroot, path);
  }

  /** @internal */
  userPath(path: string): string {
    return fromServer(this.chroot, path);
  }

  /**
   * Creates a node.
   * @returns its path, with the number that a sequential mode adds.
   * @throws NodeExistsError, NoNodeError (no parent), NoChildrenForEphemeralsError, …
   */
  async create(path: string, data: DataInput = null, options: CreateOptions = {}): Promise<string> {
    const request = createRequest(this, 'create', path, data, options);
    const type = request.op === 'create' ? 'path' : 'pathStat';
    return this.userPath((await this.ask(type, request, path, options)).path);
  }

  /** As `create`, with the new node's stat. */
  async create2(
    path: string,
    data: DataInput = null,
    options: CreateOptions = {},
  ): Promise<Created> {
    const request = createRequest(this, 'create2', path, data, options);
    const reply = await this.ask('pathStat', request, path, options);
    return { path: this.userPath(reply.path), stat: statOf(reply.stat) };
  }

  /** @throws NoNodeError, BadVersionError, NotEmptyError */
  async delete(path: string, options: VersionOptions = {}): Promise<void> {
    const { version = -1 } = options;
    const request = { op: 'delete', path: this.serverPath(path), version } as const;
    await this.ask('none', request, path, options);
  }

  /** The node's stat, null if there is none. A watch is left either way. */
  async exists(path: string, options: ReadOptions = {}): Promise<Stat | null> {
    const server = this.serverPath(path);
    const { watcher } = options;
    const onReply = (code: number): void => {
      if (watcher === undefined) return;
      if (code === ErrorCode.OK) this.session.watches.add('data', server, watcher);
      else if (code === ErrorCode.NONODE) this.session.watches.add('exist', server, watcher);
    };
    const request = { op: 'exists', path: server, watch: watcher !== undefined } as const;
    try {
      return statOf((await this.ask('stat', request, path, options, onReply)).stat);
    } catch (error) {
      if (error instanceof NoNodeError) return null;
      throw error;
    }
  }

  /** @throws NoNodeError, which leaves no watch. */
  async getData(path: string, options: ReadOptions = {}): Promise<NodeData> {
    const request = dataRequest(this.serverPath(path), options);
    const onReply = this.arm('data', request.path, options);
    return nodeData(await this.ask('data', request, path, options, onReply));
  }

  private arm(table: 'data' | 'child', server: string, { watcher }: ReadOptions) {
    return (code: number): void => {
      if (watcher !== undefined && code === ErrorCode.OK) {
        this.session.watches.add(table, server, watcher);
      }
    };
  }

  /** @throws NoNodeError, BadVersionError */
  async setData(path: string, data: DataInput, options: VersionOptions = {}): Promise<Stat> {
    const { version = -1 } = options;
    const bytes = bytesOf(data);
    const request = { op: 'setData', path: this.serverPath(path), data: bytes, version } as const;
    return statOf((await this.ask('stat', request, path, options)).stat);
  }

  async getACL(path: string, options: CallOptions = {}): Promise<NodeAcl> {
    const request = { op: 'getACL', path: this.serverPath(path) } as const;
    const reply = await this.ask('acl', request, path, options);
    return { acl: reply.acl, stat: statOf(reply.stat) };
  }

  /** @param options `version` is compared with the stat's `aversion`. */
  async setACL(path: string, acl: readonly Acl[], options: VersionOptions = {}): Promise<Stat> {
    const { version = -1 } = options;
    const request = { op: 'setACL', path: this.serverPath(path), acl, version } as const;
    return statOf((await this.ask('stat', request, path, options)).stat);
  }

  /** Names, not paths, in no order. */
  async getChildren(path: string, options: ReadOptions = {}): Promise<readonly string[]> {
    const server = this.serverPath(path);
    const watch = options.watcher !== undefined;
    const request = { op: 'getChildren', path: server, watch } as const;
    const onReply = this.arm('child', server, options);
    return (await this.ask('children', request, path, options, onReply)).children;
  }

  /** As `getChildren`, with the parent's stat. */
  async getChildrenWithStat(path: string, options: ReadOptions = {}): Promise<NodeChildren> {
    const server = this.serverPath(path);
    const watch = options.watcher !== undefined;
    const request = { op: 'getChildren2', path: server, watch } as const;
    const onReply = this.arm('child', server, options);
    const reply = await this.ask('childrenStat', request, path, options, onReply);
    return { children: reply.children, stat: statOf(reply.stat) };
  }

  /** How many nodes are below `path`, at any depth. ZooKeeper ≥ 3.6. */
  async getAllChildrenNumber(path: string, options: CallOptions = {}): Promise<number> {
    const request = { op: 'getAllChildrenNumber', path: this.serverPath(path) } as const;
    return (await this.ask('number', request, path, options)).value;
  }

  /** This session's ephemerals whose paths start with `prefix`. ZooKeeper ≥ 3.6. */
  async getEphemerals(prefix = '/', options: CallOptions = {}): Promise<readonly string[]> {
    const request = { op: 'getEphemerals', path: this.serverPath(prefix) } as const;
    const { paths } = await this.ask('ephemerals', request, prefix, options);
    return paths.map((path) => this.userPath(path));
  }

  /**
   * Waits until the server has applied what its leader had committed when the leader was asked.
   * Between two leaders that is not a quorum's word: see docs/client.md.
   */
  async sync(path = '/', options: CallOptions = {}): Promise<void> {
    await this.ask('path', { op: 'sync', path: this.serverPath(path) }, path, options);
  }

  /** A transaction: all of its operations or none. */
  transaction(): Transaction {
    return new Transaction(this, []);
  }

  /** Several reads in one request; each result is what it asked for, or its error. ≥ 3.6. */
  async multiRead<const O extends readonly MultiReadOp[]>(
    ops: O,
    options: CallOptions = {},
  ): Promise<MultiReadResults<O>> {
    return readMany(this, ops, options);
  }

  /** How this connection is known to the server. ZooKeeper ≥ 3.7. */
  async whoAmI(options: CallOptions = {}): Promise<readonly Identity[]> {
    return (await this.ask('whoAmI', { op: 'whoAmI' }, null, options)).identities;
  }

  /** Authenticates this session, now and on every later connection. @throws AuthFailedError */
  async addAuth(scheme: string, auth: string | Uint8Array): Promise<void> {
    await this.session.addAuth(scheme, bytesOf(auth));
  }

  /**
   * A persistent watch: `watcher` is called for every change of the node (and of its children's
   * list), or with `recursive` of any node from `path` down, until it is removed. ZooKeeper ≥ 3.6.
   */
  async addWatch(
    path: string,
    watcher: Watcher,
    options: CallOptions & { readonly recursive?: boolean } = {},
  ): Promise<void> {
    const server = this.serverPath(path);
    const { recursive = false } = options;
    const request = { op: 'addWatch', path: server, mode: recursive ? 1 : 0 } as const;
    await this.ask('error', request, path, options, (code) => {
      if (code !== ErrorCode.OK) return;
      this.session.watches.add(recursive ? 'recursive' : 'persistent', server, watcher);
    });
  }

  /**
   * Removes watches of this client, here and on the server; each watcher gets a `…WatchRemoved`.
   * @throws NoWatcherError if there is none such.
   */
  removeWatches(path: string, options: RemoveWatchesOptions = {}): Promise<void> {
    return removeWatches(this, this.session, path, options);
  }

  /** Asks whether this session has such a watch on the server. @throws NoWatcherError if not. */
  async checkWatches(path: string, type: WatcherType, options: CallOptions = {}): Promise<void> {
    const request = {
      op: 'checkWatches',
      path: this.serverPath(path),
      mode: WATCHER_TYPES[type],
    } as const;
    await this.ask('none', request, path, options);
  }

  /** @internal Forgets a watcher here; the server's next event finds nobody. */
  forget(path: string, type: WatcherType, watcher: Watcher): void {
    this.session.watches.remove(this.serverPath(path), type, watcher);
  }

  /**
   * A persistent watch as events to loop over; it stands when the promise resolves. Leaving the
   * loop removes it, `close` ends it, the end of the session makes it throw. ZooKeeper ≥ 3.6.
   */
  watch(
    path: string,
    options: CallOptions & { readonly recursive?: boolean } = {},
  ): Promise<AsyncIterableIterator<WatchedEvent>> {
    return persistentEvents(this, path, options);
  }

  /**
   * The node's data now and after every change, null while there is no node. Changes that follow
   * each other fast may be seen as one. By one-shot watches, so on any server.
   */
  dataChanges(
    path: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<NodeData | null, void, void> {
    return dataChanges(this, path, options.signal);
  }

  /** The names of the node's children now and after every change, null while there is no node. */
  childrenChanges(
    path: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<readonly string[] | null, void, void> {
    return childrenChanges(this, path, options.signal);
  }

  /** The ensemble's configuration (`/zookeeper/config`), whatever the chroot. */
  async getConfig(options: ReadOptions = {}): Promise<NodeData> {
    const onReply = this.arm('data', CONFIG_NODE, options);
    const request = dataRequest(CONFIG_NODE, options);
    return nodeData(await this.ask('data', request, CONFIG_NODE, options, onReply));
  }

  /** Changes the ensemble's members. @throws ReconfigDisabledError, NewConfigNoQuorumError, … */
  async reconfig(options: ReconfigOptions): Promise<NodeData> {
    const { joining = null, leaving = null, members = null, fromConfig = -1n } = options;
    const request = { op: 'reconfig', joining, leaving, members, fromConfig } as const;
    return nodeData(await this.ask('data', request, null, options));
  }

  /** Ends the session, after the answers to all that was asked. Ephemerals go at once. */
  close(): Promise<void> {
    return this.session.close();
  }

  /**
   * Ends this client and leaves the session, with its ephemerals, to whoever takes it over (option
   * `session`) before it times out.
   */
  detach(): void {
    this.session.detach();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
