/**
 * Leader election, with Curator's layouts: `LeaderLatch` (`_c_GUID-latch-N`) and `LeaderSelector`
 * (`_c_GUID-lock-N`); a contender's data is its id.
 */
import { hostname } from 'node:os';
import type { ZooKeeper } from '../zookeeper.js';
import type { Ownership } from './ownership.js';
import { acquire, contenders, inLine } from './queue.js';
import type { WaitOptions } from './support.js';

export interface Participant {
  readonly id: string;
  readonly isLeader: boolean;
}

export interface ElectionOptions {
  /** How others see this participant; default: host name and process id. */
  readonly id?: string;
}

class Election {
  readonly id: string;

  constructor(
    protected readonly zk: ZooKeeper,
    readonly path: string,
    protected readonly mark: string,
    options: ElectionOptions,
  ) {
    this.id = options.id ?? `${hostname()}-${process.pid}`;
  }

  protected stand(options: WaitOptions): Promise<Ownership> {
    return acquire(this.zk, this.path, inLine(this.mark), { ...options, data: this.id });
  }

  /** The leader first, then those who would follow it, in order. */
  async participants(): Promise<readonly Participant[]> {
    const all = await contenders(this.zk, this.path, [this.mark]);
    return all.map(({ data }, i) => ({ id: data?.toString('utf8') ?? '', isLeader: i === 0 }));
  }

  /** null while nobody stands. */
  async leader(): Promise<string | null> {
    return (await this.participants())[0]?.id ?? null;
  }
}

/** Leads from its turn on until it resigns or its session ends. */
export class LeaderLatch extends Election {
  constructor(zk: ZooKeeper, path: string, options: ElectionOptions = {}) {
    super(zk, path, 'latch-', options);
  }

  /** Resolves when this participant leads; the leadership's `signal` tells its end. */
  lead(options: WaitOptions = {}): Promise<Ownership> {
    return this.stand(options);
  }
}

/** Leads for as long as a function runs, then lets the next one. */
export class LeaderSelector extends Election {
  constructor(zk: ZooKeeper, path: string, options: ElectionOptions = {}) {
    super(zk, path, 'lock-', options);
  }

  /** Waits for the leadership and runs `body` with it; its signal is aborted when it is lost. */
  async run<A>(
    body: (signal: AbortSignal) => Promise<A> | A,
    options: WaitOptions = {},
  ): Promise<A> {
    const leadership = await this.stand(options);
    try {
      return await body(leadership.signal);
    } finally {
      await leadership.release();
    }
  }
}
