/**
 * One server: a member, its ports, its files and its clock (Apache: `QuorumPeer`,
 * `ZooKeeperServerMain`). It is opened in the order ports, files, member; it ends by `stop`, by
 * `kill`, or by a fault of its own: a disk that fails, a broken invariant.
 */
import type { Readable } from 'node:stream';
import type { Address, ServerConfig } from '../config/server-config.js';
import type { PeerConn, SessionId } from '../core/ids.js';
import { zxidToHex, type Zxid } from '../core/zxid.js';
import { initialMember, type MemberEffect, type MemberState } from '../server/member.js';
import { treeOf } from '../tree/image.js';
import type { Tree } from '../tree/tree.js';
import { Alarm } from './alarm.js';
import type { ClientEntrance } from './client-entrance.js';
import { ClientPort } from './client-port.js';
import { monotonicNow, wallClock } from './clock.js';
import { MemberDriver } from './driver.js';
import type { ElectionPort } from './election-port.js';
import { bindServerPorts, closeListeners, type ServerListeners } from './listeners.js';
import { SILENT, type Logger } from './logger.js';
import { OperatorError } from './operator-error.js';
import { coreConfig, serviceConfig, voterCount } from './member-config.js';
import { Operator } from './operator/operator.js';
import { answerWord } from './operator/word-answers.js';
import { Flusher } from './outbox.js';
import type { ObserverMaster } from './observer-master.js';
import { openPeerPorts } from './peer-ports.js';
import type { QuorumPort } from './quorum-port.js';
import { gateLimits } from './request-gate.js';
import { ConnectionThrottle } from './connection-throttle.js';
import type { PeerTransport } from './peer-transport.js';
import {
  clientEntrances,
  openSecurity,
  peerTransport,
  watchKeyMaterial,
  type ServerSecurity,
} from './server-security.js';
import type { TakenSnapshot } from './operator/admin-data.js';
import { receiveSnapshot } from './storage/restore.js';
import { ServerDisk } from './server-disk.js';
import type { Recovered } from './storage/recovery.js';
import type { StorageConfig } from './storage/open-storage.js';
import { StorageError } from './storage/storage-error.js';
import type { OpenTrace, TraceSink } from './trace-sink.js';

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
    server = new Server({
      ...{ config, listeners, security, log },
      openTrace: options.openTrace ?? null,
      onRole: options.onRole ?? (() => undefined),
      storage: options.storage ?? {},
    });
    await server.open();
    return server;
  } catch (error) {
    await server?.kill();
    await closeListeners(listeners);
    throw error instanceof StorageError ? new OperatorError(error.message) : error;
  }
}

interface Parts {
  readonly config: ServerConfig;
  readonly listeners: ServerListeners;
  readonly security: ServerSecurity;
  /** What tests change about the disk. */
  readonly storage: NonNullable<ServerOptions['storage']>;
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
  readonly #observerMaster: ObserverMaster | null;
  readonly #transport: PeerTransport;
  readonly #entrances: readonly ClientEntrance[];
  readonly #endKeyWatch: () => void;
  readonly #alarm: Alarm;
  readonly #operator: Operator;
  readonly #disk: ServerDisk;
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
    this.#disk = new ServerDisk({
      ...{ config, log, changes: parts.storage, metrics: this.#operator.metrics },
      state: () => this.#driver.state,
      onPersisted: (ticket) => this.persisted(ticket),
      onFailure: (error) => this.failed(new OperatorError(error.message)),
      onSlow: () => {
        this.#operator.slowFsyncs += 1;
      },
    });
    const flusher = new Flusher();
    this.#transport = peerTransport(config, parts.security.quorum, log);
    this.#entrances = clientEntrances(config, listeners, parts.security.client, log);
    const renew = (): void => {
      for (const entrance of this.#entrances) entrance.renew();
      this.#transport.renew();
    };
    this.#endKeyWatch = watchKeyMaterial(parts.security, renew, log);
    this.#clients = this.#openClientPort(flusher);
    const ports = openPeerPorts({
      ...{ config, listeners, transport: this.#transport, flusher, log },
      auth: parts.security.peers,
      state: () => this.#driver.state,
      post: (event) => this.#driver.post(event),
    });
    this.#quorum = ports.quorum;
    this.#election = ports.election;
    this.#observerMaster = ports.observerMaster;
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

  /** Everything delivered here so far. */
  get tree(): Tree {
    return this.#driver.state.service.tree;
  }

  /** Where the AdminServer listens; null: it does not. */
  get adminPort(): number | null {
    return this.#operator.adminPort;
  }

  /** Where Prometheus reads; null: nowhere. */
  get metricsPort(): number | null {
    return this.#operator.metricsPort;
  }

  /** Opens the disk and the operators' ports, and gives the member what the disk holds. */
  async open(): Promise<void> {
    const recovered = await this.#disk.open();
    await this.#operator.open();
    this.#start(recovered);
    this.#disk.startPurging();
  }

  #start({ image, disk }: Recovered): void {
    const now = monotonicNow();
    const { digestEnabled } = this.#parts.config.disk;
    const snapshot =
      image === null ? null : { zxid: image.zxid, image: treeOf(image, digestEnabled) };
    const stated = image?.digest ?? null;
    this.#driver.post({ type: 'serviceStart', now, wallClock: wallClock(), snapshot, stated });
    this.#driver.post({ type: 'start', now, disk });
  }

  /** Removes older snapshots than the newest `retain` (3 at least), and logs none of those needs. */
  purge(retain: number): Promise<void> {
    return this.#disk.purge(retain);
  }

  /**
   * Writes a snapshot of what is committed now, beside everything else.
   * @throws if the server ends before
   */
  takeSnapshot(): Promise<TakenSnapshot> {
    return this.#disk.takeSnapshot();
  }

  /**
   * Takes the snapshot that `input` holds for the server's whole state, and starts anew from it:
   * every connection ends, and what was there before is gone.
   * @throws if it is no such snapshot; then nothing has changed
   */
  async restore(input: Readable): Promise<Zxid> {
    const { config, log } = this.#parts;
    const received = await receiveSnapshot(config, input);
    log.warn('restoring from a snapshot', { zxid: zxidToHex(received.zxid) });
    this.#driver.stop();
    this.#alarm.stop();
    this.#drop();
    try {
      const recovered = await this.#disk.replace(received);
      this.#drop();
      this.#driver.restart(initialMember(coreConfig(config), serviceConfig(config)));
      this.#start(recovered);
    } catch (error) {
      this.failed(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
    return received.zxid;
  }

  /** Ends every connection of clients and servers. */
  #drop(): void {
    this.#clients.hangUpAll('the server restores a snapshot');
    this.#quorum?.dropAll();
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
    this.#endKeyWatch();
    this.#notServed(ending.by === 'fault' ? ending.error : new Error('the server was stopped'));
    const closing = [
      this.#clients.close(),
      this.#quorum?.close(),
      this.#election?.close(),
      this.#observerMaster?.close(),
    ];
    const outcome = this.#disk.end(ending.by === 'stop');
    await Promise.all([...closing, outcome, this.#operator.close()]);
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
        return this.#disk.submit(effect.ticket, effect.write);
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
    const { role } = state.service;
    if (role.kind !== this.#mode || role.serving !== this.#isServing) {
      this.#operator.roleChanged(role.kind !== this.#mode, role.serving);
      this.#mode = role.kind;
      this.#isServing = role.serving;
      const { kind, serving, leader, epoch } = role;
      this.#parts.log.info('role', { kind, serving, leader, epoch });
      if (serving) this.#served();
      this.#quorum?.decided();
      this.#observerMaster?.dropAll();
      this.#parts.onRole();
    }
    this.#disk.stepped(state);
  }

  #openTrace(): TraceSink | null {
    const { openTrace, config } = this.#parts;
    if (openTrace === null) return null;
    const connectionName = (conn: PeerConn): string => this.#quorum?.nameOf(conn) ?? '';
    return openTrace({ sid: config.sid, connectionName });
  }

  #createOperator(): Operator {
    const { config, listeners, log } = this.#parts;
    return new Operator({
      config,
      clients: () => this.#clients,
      member: () => this.#driver.state,
      ports: () => ({
        client: listeners.client?.port ?? -1,
        secure: listeners.secure?.port ?? -1,
      }),
      quorum: () => this.#quorum,
      log,
      takeSnapshot: () => this.takeSnapshot(),
      restore: (input) => this.restore(input),
    });
  }

  #openClientPort(flusher: Flusher): ClientPort {
    const { config, security, log } = this.#parts;
    return new ClientPort({
      ...config,
      sasl: security.sasl,
      gate: gateLimits(config.limits, voterCount(config)),
      throttle: new ConnectionThrottle(config.limits, monotonicNow()),
      localSessions: config.features.localSessionsEnabled,
      entrances: this.#entrances,
      flusher,
      log,
      now: monotonicNow,
      greetingTimeout: config.limits.sessionlessCnxnTimeout,
      onEvent: (event) => this.#driver.post(event),
      lastZxid: () => this.#driver.state.service.tree.lastZxid,
      metrics: this.#operator.metrics,
      ...(config.audit.enabled ? { onAnswered: this.#operator.answered.bind(this.#operator) } : {}),
      onWord: (word, argument) => answerWord(word, argument, this.#operator),
    });
  }
}
