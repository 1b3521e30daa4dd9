/** One server of a test's ensemble. */
import type { EnsembleMember } from '../shell/ensemble.js';

export type Mode = 'leader' | 'follower' | 'observer' | 'looking' | 'stopped';

const MODES = {
  leading: 'leader',
  following: 'follower',
  observing: 'observer',
  looking: 'looking',
  stopped: 'stopped',
} as const;

export class Member {
  readonly #member: EnsembleMember;

  /** @internal */
  constructor(member: EnsembleMember) {
    this.#member = member;
  }

  /** Its `myid`; 0 for a standalone server. */
  get id(): number {
    return this.#member.sid;
  }

  /** Where its clients connect, `host:port`; the same after a restart. */
  get connectString(): string {
    return this.#member.connectString;
  }

  get port(): number {
    return this.#member.config.client.port;
  }

  get dataDir(): string {
    return this.#member.config.dataDir;
  }

  /** What it is at this moment; a standalone server is a leader. */
  get mode(): Mode {
    return MODES[this.#member.mode];
  }

  get isServing(): boolean {
    return this.#member.isServing;
  }

  /** Ends in order. Does nothing if it does not run. */
  async stop(): Promise<void> {
    await this.#member.stop();
  }

  /** Ends as kill -9 would: connections drop, nothing more is written. */
  async kill(): Promise<void> {
    await this.#member.kill();
  }

  /**
   * Starts it on the same port and data, after a `stop` if it runs. Does not wait for an election:
   * see {@link waitUntilServing}.
   */
  async restart(): Promise<void> {
    await this.#member.stop();
    await this.#member.start();
  }

  /** Resolves when it answers clients; rejects if it ends before. */
  async waitUntilServing(): Promise<void> {
    await this.#member.serving();
  }
}
