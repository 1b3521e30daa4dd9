/**
 * Several servers in this process, on one host, which agree on their ports before any of them
 * starts. What `zab start` runs, and what the test API wraps.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULTS, type PeerConfig, type ServerConfig } from '../config/server-config.js';
import type { SessionId, Sid } from '../core/ids.js';
import { addressText } from './address.js';
import { Listener } from './listener.js';
import { bindServerPorts, closeListeners, type ServerListeners } from './listeners.js';
import { SILENT, type Logger } from './logger.js';
import { OperatorError } from './operator-error.js';
import {
  startServer,
  type Ending,
  type Server,
  type ServerMode,
  type ServerOptions,
} from './server.js';
import type { OpenTrace } from './trace-sink.js';

export interface EnsembleOptions {
  /** Voting servers; 1 without observers is a standalone server. */
  readonly size: number;
  readonly observers: number;
  readonly host: string;
  /** Client port of the first server, the others take the next ones; 0: any free ones. */
  readonly port: number;
  /** Where each server's folder goes; null: a temporary folder, removed at the end. */
  readonly dataDir: string | null;
  /** A port for TLS clients beside each client port, any free one; with `settings.clientTls`. */
  readonly secure?: boolean;
  readonly settings: Partial<Omit<ServerConfig, 'dataDir' | 'client' | 'sid' | 'peers'>>;
  readonly log?: Logger;
  readonly openTrace?: OpenTrace | null;
  /** For tests: another disk for a server. */
  readonly storage?: (sid: Sid) => NonNullable<ServerOptions['storage']>;
}

/**
 * zoo_sample.cfg's times. No AdminServer unless it is asked for: ensembles of one machine would
 * fight for its port.
 */
const SAMPLE = {
  ...{ tickTime: 2000, initLimit: 10, syncLimit: 5 },
  admin: { ...DEFAULTS.admin, enabled: false },
};
const REBIND_TRIES = 50;
const REBIND_PAUSE_MS = 20;

export class Ensemble {
  readonly members: readonly EnsembleMember[];
  readonly #temporary: string | null;
  readonly #roleChanges: RoleChanges;

  private constructor(
    members: readonly EnsembleMember[],
    temporary: string | null,
    roleChanges: RoleChanges,
  ) {
    this.members = members;
    this.#temporary = temporary;
    this.#roleChanges = roleChanges;
  }

  /**
   * Starts every server; they serve when `serving` resolves.
   * @throws {OperatorError} if a port or a folder cannot be had; then nothing is left behind.
   */
  static async start(options: EnsembleOptions): Promise<Ensemble> {
    const temporary = options.dataDir === null ? await mkdtemp(join(tmpdir(), 'zab-')) : null;
    const root = options.dataDir ?? temporary ?? '';
    const bound: ServerListeners[] = [];
    const members: EnsembleMember[] = [];
    const roleChanges = new RoleChanges();
    try {
      await bindAll(options, bound);
      const configs = configure(options, root, bound);
      for (const [i, config] of configs.entries()) {
        members.push(new EnsembleMember(config, options, bound[i], roleChanges));
        await prepareFolder(config);
      }
      const ensemble = new Ensemble(members, temporary, roleChanges);
      // Not before the last one has started or failed: then all can be taken down.
      const starts = await Promise.allSettled(members.map((member) => member.start()));
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      return ensemble;
    } catch (error) {
      await Promise.all(members.map((member) => member.kill()));
      await Promise.all(bound.map(closeListeners));
      if (temporary !== null) await rm(temporary, { recursive: true, force: true });
      throw error;
    }
  }

  /** `host:port` of every server, as clients take it. */
  get connectString(): string {
    return this.members.map((member) => member.connectString).join(',');
  }

  /** Resolves when every server that runs serves. */
  async serving(): Promise<void> {
    await Promise.all(this.members.map((member) => member.serving()));
  }

  /** The server that leads and serves now; null if none does. A standalone server leads itself. */
  leader(): EnsembleMember | null {
    return this.members.find((member) => member.mode === 'leading' && member.isServing) ?? null;
  }

  /** Resolves with the leader as soon as there is one that serves. */
  async waitForLeader(): Promise<EnsembleMember> {
    for (;;) {
      const leader = this.leader();
      if (leader !== null) return leader;
      await this.#roleChanges.next();
    }
  }

  /** Resolves with the first end of any server that is not asked for, if there ever is one. */
  faults(): Promise<Error> {
    return new Promise((resolve) => {
      for (const member of this.members) {
        void member.ended()?.then((ending) => {
          if (ending.by === 'fault') resolve(ending.error);
        });
      }
    });
  }

  /** Stops every server in order, and removes what was made for them. */
  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    if (this.#temporary !== null) await rm(this.#temporary, { recursive: true, force: true });
  }
}

/** Wakes whoever waits for a server to become something else. */
class RoleChanges {
  #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  readonly notify = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  };
}

/** One server of the ensemble, running or not; its ports and its folder stay the same. */
export class EnsembleMember {
  readonly config: ServerConfig;
  readonly #options: EnsembleOptions;
  readonly #roleChanges: RoleChanges;
  #listeners: ServerListeners | null;
  #server: Server | null = null;
  /** The last one that was started, also if it has ended. */
  #started: Server | null = null;

  constructor(
    config: ServerConfig,
    options: EnsembleOptions,
    listeners: ServerListeners | undefined,
    roleChanges: RoleChanges,
  ) {
    this.config = config;
    this.#roleChanges = roleChanges;
    this.#options = options;
    this.#listeners = listeners ?? null;
  }

  get sid(): Sid {
    return this.config.sid;
  }

  get connectString(): string {
    return addressText(this.config.client);
  }

  /** null: it does not run. */
  get server(): Server | null {
    return this.#server;
  }

  get mode(): ServerMode | 'stopped' {
    return this.#server?.mode ?? 'stopped';
  }

  get isServing(): boolean {
    return this.#server?.isServing ?? false;
  }

  /** Resolves when it answers clients; rejects if it ends before, or does not run. */
  async serving(): Promise<void> {
    if (this.#started === null) throw new Error(`server ${this.sid} does not run`);
    await this.#started.serving;
  }

  /** How the server that was started last ends; null: none was. */
  ended(): Promise<Ending> | null {
    return this.#started?.ended ?? null;
  }

  /** @throws {OperatorError} if its ports were taken meanwhile, or its files are damaged. */
  async start(): Promise<void> {
    if (this.#server !== null) throw new Error(`server ${this.sid} runs already`);
    const { log = SILENT, openTrace = null, storage } = this.#options;
    const listeners = this.#listeners ?? (await this.#rebind());
    this.#listeners = null;
    const server = await startServer(this.config, {
      listeners,
      log: log.child(String(this.sid)),
      openTrace,
      onRole: this.#roleChanges.notify,
      ...(storage === undefined ? {} : { storage: storage(this.sid) }),
    });
    this.#server = server;
    this.#started = server;
    void server.ended.then(() => {
      if (this.#server === server) this.#server = null;
    });
  }

  async stop(): Promise<Ending | null> {
    return this.#end((server) => server.stop());
  }

  async kill(): Promise<Ending | null> {
    return this.#end((server) => server.kill());
  }

  /** Ends a session at once; only a leader can. */
  expireSession(sessionId: SessionId): void {
    this.#server?.expireSession(sessionId);
  }

  async #end(how: (server: Server) => Promise<void>): Promise<Ending | null> {
    const server = this.#server;
    if (server === null) return null;
    await how(server);
    this.#server = null;
    return server.ended;
  }

  /**
   * Its ports were free a moment ago and nobody else was told of them, but the system may have lent
   * one to an outgoing connection: that is waited out.
   */
  async #rebind(): Promise<ServerListeners> {
    for (let tries = 1; ; tries++) {
      try {
        return await bindServerPorts(this.config);
      } catch (error) {
        if (!(error instanceof OperatorError) || tries === REBIND_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, REBIND_PAUSE_MS));
      }
    }
  }
}

async function bindAll(options: EnsembleOptions, bound: ServerListeners[]): Promise<void> {
  const { size, observers, host, port } = options;
  const alone = isStandalone(options);
  for (let i = 0; i < size + observers; i++) {
    const clientPort = port === 0 ? 0 : port + i;
    const client = await Listener.bind({ host, port: clientPort }, 'client port');
    const secure =
      options.secure === true ? await Listener.bind({ host, port: 0 }, 'secure client port') : null;
    const peer = async (what: string): Promise<Listener | null> =>
      alone ? null : Listener.bind({ host, port: 0 }, what);
    bound.push({
      client,
      secure,
      quorum: await peer('quorum port'),
      election: await peer('election port'),
    });
  }
}

function isStandalone({ size, observers }: EnsembleOptions): boolean {
  return size === 1 && observers === 0;
}

function configure(
  options: EnsembleOptions,
  root: string,
  bound: readonly ServerListeners[],
): readonly ServerConfig[] {
  const { host, size, settings } = options;
  const standalone = isStandalone(options);
  const peers = bound.map(({ client, quorum, election }, i): PeerConfig => ({
    sid: (i + 1) as Sid,
    quorum: { host, port: quorum?.port ?? 0 },
    election: { host, port: election?.port ?? 0 },
    role: i < size ? 'participant' : 'observer',
    client: { host, port: client?.port ?? 0 },
  }));
  const times = { ...DEFAULTS, ...SAMPLE, ...settings };
  return peers.map(({ sid, client }, i) => {
    const secure = bound[i]?.secure ?? null;
    const dataDir = join(root, `server-${sid}`);
    return {
      minSessionTimeout: 2 * times.tickTime,
      maxSessionTimeout: 20 * times.tickTime,
      ...times,
      dataDir,
      dataLogDir: dataDir,
      client: client ?? { host, port: 0 },
      secureClient: secure === null ? null : { host, port: secure.port },
      sid: standalone ? (0 as Sid) : sid,
      standalone,
      peers: standalone ? [] : peers,
    };
  });
}

/** The folder with its `myid`, so that `zab server` could run on it as well. */
async function prepareFolder({ dataDir, sid, standalone }: ServerConfig): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    if (!standalone) await writeFile(join(dataDir, 'myid'), `${sid}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OperatorError(`data folder ${dataDir} cannot be used (${code ?? String(error)})`);
  }
}
