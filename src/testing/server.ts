/** One standalone server. */
import type { SessionId } from '../core/ids.js';
import { Ensemble, type EnsembleMember } from '../shell/ensemble.js';
import { ensembleOptions, type StartOptions } from './options.js';
import { openTraceFile, type TraceFile } from './trace-file.js';

export class ZooKeeperServer implements AsyncDisposable {
  readonly #ensemble: Ensemble;
  readonly #member: EnsembleMember;
  readonly #trace: TraceFile | null;

  private constructor(ensemble: Ensemble, member: EnsembleMember, trace: TraceFile | null) {
    this.#ensemble = ensemble;
    this.#member = member;
    this.#trace = trace;
  }

  /**
   * Resolves when it answers clients.
   * @throws {OperatorError} if the port or the folder cannot be had; then nothing is left behind.
   */
  static async start(options: StartOptions = {}): Promise<ZooKeeperServer> {
    const trace = options.trace === undefined ? null : await openTraceFile(options.trace);
    let ensemble: Ensemble | null = null;
    try {
      const alone = { size: 1, observers: 0 };
      ensemble = await Ensemble.start(ensembleOptions(alone, options, trace?.open ?? null));
      const [member] = ensemble.members;
      if (member === undefined) throw new Error('an ensemble of one has a member');
      await ensemble.serving();
      return new ZooKeeperServer(ensemble, member, trace);
    } catch (error) {
      await ensemble?.close();
      trace?.close();
      throw error;
    }
  }

  /** `host:port`; the same after a restart. */
  get connectString(): string {
    return this.#ensemble.connectString;
  }

  get port(): number {
    return this.#member.config.client.port;
  }

  get dataDir(): string {
    return this.#member.config.dataDir;
  }

  get isServing(): boolean {
    return this.#member.isServing;
  }

  /** Ends in order, and keeps port and data. Does nothing if it does not run. */
  async stop(): Promise<void> {
    await this.#member.stop();
  }

  /** Ends as kill -9 would: connections drop, nothing more is written. */
  async kill(): Promise<void> {
    await this.#member.kill();
  }

  /** Starts it on the same port and data, after a `stop` if it runs; resolves when it serves. */
  async restart(): Promise<void> {
    await this.#member.stop();
    await this.#member.start();
    await this.#member.serving();
  }

  /** Ends a client's session now, as its expiry would. */
  async expireSession(sessionId: bigint): Promise<void> {
    await this.#member.serving();
    this.#member.expireSession(sessionId as SessionId);
  }

  /** Stops it and removes what was made for it. Safe to call twice. */
  async close(): Promise<void> {
    await this.#ensemble.close();
    this.#trace?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
