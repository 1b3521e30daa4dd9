/** Several servers as one thing. */
import type { SessionId } from '../core/ids.js';
import { Ensemble } from '../shell/ensemble.js';
import { Member } from './member.js';
import { ensembleOptions, type StartOptions } from './options.js';
import { openTraceFile, type TraceFile } from './trace-file.js';

export interface EnsembleStartOptions extends StartOptions {
  /** Voting servers; default 3. */
  readonly size?: number;
  /** Servers that do not vote; default 0. */
  readonly observers?: number;
}

export class ZooKeeperEnsemble implements AsyncDisposable {
  /** In the order of their ids; observers last. */
  readonly members: readonly Member[];
  readonly #ensemble: Ensemble;
  readonly #trace: TraceFile | null;

  private constructor(ensemble: Ensemble, trace: TraceFile | null) {
    this.#ensemble = ensemble;
    this.#trace = trace;
    this.members = ensemble.members.map((member) => new Member(member));
  }

  /**
   * Resolves when every server answers clients.
   * @throws {OperatorError} if a port or a folder cannot be had; then nothing is left behind.
   */
  static async start(options: EnsembleStartOptions = {}): Promise<ZooKeeperEnsemble> {
    const { size = 3, observers = 0 } = options;
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`size ${size}: 1 or more`);
    const trace = options.trace === undefined ? null : await openTraceFile(options.trace);
    let ensemble: Ensemble | null = null;
    try {
      ensemble = await Ensemble.start(
        ensembleOptions({ size, observers }, options, trace?.open ?? null),
      );
      await ensemble.serving();
      return new ZooKeeperEnsemble(ensemble, trace);
    } catch (error) {
      await ensemble?.close();
      trace?.close();
      throw error;
    }
  }

  /** `host:port,host:port,…` of every server, running or not, as clients take it. */
  get connectString(): string {
    return this.#ensemble.connectString;
  }

  /** The server that leads and answers clients now; null during an election. */
  leader(): Member | null {
    return this.members.find(({ mode, isServing }) => mode === 'leader' && isServing) ?? null;
  }

  /** Resolves with the leader as soon as there is one that answers clients. */
  async waitForLeader(): Promise<Member> {
    const leader = await this.#ensemble.waitForLeader();
    return this.members[this.#ensemble.members.indexOf(leader)] ?? this.waitForLeader();
  }

  /** Ends a client's session now, as its expiry would. Resolves when that is proposed. */
  async expireSession(sessionId: bigint): Promise<void> {
    const leader = await this.#ensemble.waitForLeader();
    leader.expireSession(sessionId as SessionId);
  }

  /** Stops every server in order and removes what was made for them. Safe to call twice. */
  async close(): Promise<void> {
    await this.#ensemble.close();
    this.#trace?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
