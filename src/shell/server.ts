/**
 * One server: a member, its ports, its files and its clock (Apache: `QuorumPeer`,
 * `ZooKeeperServerMain`). It is opened in the order ports, files, member; it ends by `stop`, by
 * `kill`, or by a fault of its own: a disk that fails, a broken invariant.
 */
import type { Address, ServerConfig } from '../config/server-config.js';
import { configText } from '../config/config-text.js';
import type { PeerConn, SessionId } from '../core/ids.js';
import { serverStateOf } from '../core/state.js';
import {
  initialMember,
  snapshotReady,
  type MemberEffect,
  type MemberState,
} from '../server/member.js';
import { imageOf, treeOf } from '../tree/image.js';
import type { Tree } from '../tree/tree.js';
import { Alarm } from './alarm.js';
import { ClientPort } from './client-port.js';
import { monotonicNow, wallClock } from './clock.js';
import { MemberDriver } from './driver.js';
import { ElectionPort } from './election-port.js';
import { bindServerPorts, closeListeners, ownPeer, type ServerListeners } from './listeners.js';
import { SILENT, type Logger } from './logger.js';
import { OperatorError } from './operator-error.js';
import { coreConfig, serviceConfig } from './member-config.js';
import { Operator } from './operator/operator.js';
import { answerWord } from './operator/word-answers.js';
import { Flusher } from './outbox.js';
import { QuorumPort } from './quorum-port.js';
import type { PeerTransport } from './peer-transport.js';
import {
  clientEntrances,
  openSecurity,
  peerTransport,
  type ServerSecurity,
} from './server-security.js';
import type { Recovered } from './storage/recovery.js';
import { openStorage, type StorageConfig } from './storage/open-storage.js';
import type { Storage } from './storage/storage.js';
import { StorageError } from './storage/storage-error.js';
import type { OpenTrace, TraceSink } from './trace-sink.js';

/** A transaction is larger than the request that it comes from: headers, paths, ACLs. */
const PACKET_EXTRA_BYTES = 1 << 20;

export type ServerMode = 'looking' | 'leading' | 'following' | 'observing';

export interface ServerOptions {
  /** Ports that are bound already; else they are bound as the configuration says. */
  readonly listeners?: ServerListeners;
  readonly log?: Logger;
  readonly openTrace?: OpenTrace | null;
  /** The server leads, follows or serves, or no longer does. */
  readonly onRole?: () => void;
  /** For tests: another disk. */
  readonly storage?: Pick<StorageConfig, 'io' | 'random'>;
}

/**
 * Starts a server. It accepts connections when this resolves; `serving` says when it answers them.
 * @throws {OperatorError} if a port or the data folder cannot be had, or the files are damaged.
 */
export async function startServer(
  config: ServerConfig,
  options: ServerOptions = {},
): Promise<Server> {
  const log = options.log ?? SILENT;
  const listeners = options.listeners ?? (await bindServerPorts(config));
  let server: Server | null = null;
  try {
    const security = openSecurity(config, log);
    const { recovered, storage } = await openStorage(
      { ...storageConfig(config), ...options.storage },
      {
        onPersisted: (ticket) => server?.persisted(ticket),
        onFailure: (error) => server?.failed(new OperatorError(error.message)),
      },
    );
    for (const note of recovered.notes) log.warn(note);
    server = new Server({
      ...{ config, listeners, security, storage, log },
      openTrace: options.openTrace ?? null,
      onRole: options.onRole ?? (() => undefined),
    });
    server.start(recovered);
    return server;
  } catch (error) {
    await closeListeners(listeners);
    throw error instanceof StorageError ? new OperatorError(error.message) : error;
  }
}

function storageConfig(config: ServerConfig): StorageConfig {
  const { dataDir, dataLogDir, forceSync, preAllocSizeKb, snapCount, snapSizeBytes } = config;
  return {
    dataDir,
    dataLogDir,
    fsync: forceSync,
    preAllocSizeKb,
    snapCount,
    snapSizeLimitKb: Number.isFinite(snapSizeBytes) ? snapSizeBytes / 1024 : 0,
    imageOf: ({ image }) => imageOf(image as Tree),
  };
}

interface Parts {
  readonly config: ServerConfig;
  readonly listeners: ServerListeners;
  readonly security: ServerSecurity;
  readonly storage: Storage;
  readonly log: Logger;
  readonly openTrace: OpenTrace | null;
  readonly onRole: () => void;
}

/** How a server ended: by its owner's wish, or by a fault. */
export type Ending =
  { readonly by: 'stop' | 'kill' } | { readonly by: 'fault'; readonly error: Error };

export class Server {
  /** Where clients connect: by TLS, if there is no other port. */
  readonly address: Address;
  /** Where clients connect by TLS; null: nowhere. */
  readonly secureAddress: Address | null;
  /** Resolves when clients are first answered; rejects if the server ends before. */
  readonly serving: Promise<void>;
  /** Resolves when nothing of the server is left: no port, no file, no timer. */
  readonly ended: Promise<Ending>;
  readonly #parts: Parts;
  readonly #driver: MemberDriver;
  readonly #clients: ClientPort;
  readonly #quorum: QuorumPort | null;
  readonly #election: ElectionPort | null;
  readonly #transport: PeerTransport;
  readonly #alarm: Alarm;
  readonly #operator: Operator;
  #mode: ServerMode = 'looking';
  #isServing = false;
  #ending = false;
  #served!: () => void;
  #notServed!: (error: Error) => void;
  #gone!: (ending: Ending) => void;

  /** @see startServer */
  constructor(parts: Parts) {
    this.#parts = parts;
    const { config, listeners, log } = parts;
    const { client, secure } = listeners;
    this.secureAddress = secure === null ? null : { host: secure.host, port: secure.port };
    this.address = client === null ? config.client : { host: client.host, port: client.port };
    this.serving = new Promise((resolve, reject) => {
      this.#served = resolve;
      this.#notServed = reject;
    });
    // Whoever does not ask whether it serves need not hear that it never will.
    this.serving.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      this.#gone = resolve;
    });
    this.#operator = this.#createOperator();
    const flusher = new Flusher();
    this.#transport = peerTransport(config, parts.security.quorum, log);
    this.#clients = this.#openClientPort(flusher);
    this.#quorum = this.#openQuorumPort(flusher);
    this.#election = this.#openElectionPort();
    this.#alarm = new Alarm(() => this.#driver.post({ type: 'tick', now: monotonicNow() }));
    this.#driver = new MemberDriver({
      initial: initialMember(coreConfig(config), serviceConfig(config)),
      trace: this.#openTrace(),
      perform: (effect) => this.#perform(effect),
      observe: (step) => this.#operator.stepped(step),
      after: (state) => this.#stepped(state),
      onBroken: (error) => {
        log.error(error.message);
        this.failed(error);
      },
    });
  }

  get mode(): ServerMode {
    return this.#mode;
  }

  /** Does it answer clients at this moment? */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Gives the member what the disk holds. */
  start(recovered: Recovered): void {
    const now = monotonicNow();
    const { image, disk } = recovered;
    const snapshot = image === null ? null : { zxid: image.zxid, image: treeOf(image) };
    this.#driver.post({ type: 'serviceStart', now, wallClock: wallClock(), snapshot });
    this.#driver.post({ type: 'start', now, disk });
  }

  /** Ends a client's session now, by its closing transaction; only a leader can. */
  expireSession(sessionId: SessionId): void {
    this.#driver.post({ type: 'expireSession', sessionId, now: monotonicNow() });
  }

  /** Ends in order: what was accepted is on disk, and the files are closed, when this resolves. */
  async stop(): Promise<void> {
    await this.#end({ by: 'stop' });
  }

  /** Ends as kill -9 does, but for the process: connections drop, nothing more is written. */
  async kill(): Promise<void> {
    await this.#end({ by: 'kill' });
  }

  /** Every write up to `ticket` is on disk. */
  persisted(ticket: number): void {
    this.#driver.post({ type: 'persisted', ticket, now: monotonicNow() });
  }

  /** Something broke that the server cannot go on without. */
  failed(error: Error): void {
    this.#parts.log.error('server stops', { reason: error.message });
    void this.#end({ by: 'fault', error });
  }

  async #end(ending: Ending): Promise<void> {
    if (this.#ending) {
      await this.ended;
      return;
    }
    this.#ending = true;
    this.#isServing = false;
    this.#driver.stop();
    this.#alarm.stop();
    this.#notServed(ending.by === 'fault' ? ending.error : new Error('the server was stopped'));
    const { storage } = this.#parts;
    const closing = [this.#clients.close(), this.#quorum?.close(), this.#election?.close()];
    const outcome = ending.by === 'stop' ? storage.close() : storage.abandon();
    await Promise.all([...closing, outcome]);
    this.#gone(ending);
  }

  #perform(effect: MemberEffect): void {
    switch (effect.type) {
      case 'reply':
      case 'connectReply':
      case 'watchEvent':
      case 'clientClose':
        return this.#clients.perform(effect);
      case 'persist':
        return this.#parts.storage.submit(effect.ticket, effect.write);
      case 'send':
        return this.#quorum?.send(effect.conn, effect.packet);
      case 'close':
        return this.#quorum?.hangUp(effect.conn, effect.reason);
      case 'dial':
        return this.#quorum?.dial(effect.sid);
      case 'notify':
        return this.#election?.send(effect.to, effect.notification);
      case 'deadline':
        return this.#alarm.set(effect.at);
      default: {
        const never: never = effect;
        throw new Error(`unreachable: ${JSON.stringify(never)}`);
      }
    }
  }

  #stepped(state: MemberState): void {
    const { role, tree } = state.service;
    if (role.kind !== this.#mode || role.serving !== this.#isServing) {
      this.#operator.roleChanged(role.kind !== this.#mode, role.serving);
      this.#mode = role.kind;
      this.#isServing = role.serving;
      const { kind, serving, leader, epoch } = role;
      this.#parts.log.info('role', { kind, serving, leader, epoch });
      if (serving) this.#served();
      this.#parts.onRole();
    }
    const { storage } = this.#parts;
    if (storage.snapshotDue() && snapshotReady(state)) void storage.snapshot(imageOf(tree));
  }

  #openTrace(): TraceSink | null {
    const { openTrace, config } = this.#parts;
    if (openTrace === null) return null;
    const connectionName = (conn: PeerConn): string => this.#quorum?.nameOf(conn) ?? '';
    return openTrace({ sid: config.sid, connectionName });
  }

  #createOperator(): Operator {
    const { config, listeners } = this.#parts;
    return new Operator({
      config,
      clients: () => this.#clients,
      member: () => this.#driver.state,
      ports: () => ({
        client: listeners.client?.port ?? -1,
        secure: listeners.secure?.port ?? -1,
      }),
      slowFsyncs: () => 0,
      lastSnapshot: () => null,
      learnerAddress: (conn) => this.#quorum?.nameOf(conn as PeerConn) ?? '',
    });
  }

  #openClientPort(flusher: Flusher): ClientPort {
    const { config, listeners, security, log } = this.#parts;
    return new ClientPort({
      ...config,
      entrances: clientEntrances(config, listeners, security.client, log),
      flusher,
      log,
      now: monotonicNow,
      greetingTimeout: config.limits.sessionlessCnxnTimeout,
      onEvent: (event) => this.#driver.post(event),
      lastZxid: () => this.#driver.state.service.tree.lastZxid,
      metrics: this.#operator.metrics,
      onWord: (word, argument) => answerWord(word, argument, this.#operator),
    });
  }

  #openQuorumPort(flusher: Flusher): QuorumPort | null {
    const { config, listeners, log } = this.#parts;
    if (listeners.quorum === null) return null;
    return new QuorumPort({
      listener: listeners.quorum,
      transport: this.#transport,
      peers: new Map(config.peers.map(({ sid, quorum }) => [sid, quorum])),
      flusher,
      log,
      now: monotonicNow,
      connectTimeout: config.tickTime * config.syncLimit,
      packetMax: config.juteMaxBuffer + PACKET_EXTRA_BYTES,
      isLeading: () => serverStateOf(this.#driver.state.core) === 'LEADING',
      imageToState: treeOf,
      stateToImage: (tree) => imageOf(tree as Tree),
      onEvent: (event) => this.#driver.post(event),
    });
  }

  #openElectionPort(): ElectionPort | null {
    const { config, listeners, log } = this.#parts;
    const own = ownPeer(config);
    if (own === null || listeners.election === null) return null;
    return new ElectionPort({
      sid: config.sid,
      peers: config.peers.filter(({ sid }) => sid !== config.sid),
      address: own.election,
      configText: Buffer.from(configText(config.peers)),
      listener: listeners.election,
      transport: this.#transport,
      log,
      onNotification: (from, notification) =>
        this.#driver.post({ type: 'notification', from, notification, now: monotonicNow() }),
    });
  }
}
