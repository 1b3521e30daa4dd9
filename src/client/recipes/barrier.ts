/**
 * Barriers, with Curator's layouts: `DistributedBarrier` (one node) and `DistributedDoubleBarrier`
 * (`ready` and an ephemeral for each member; kazoo's `DoubleBarrier` has the same).
 */
import { randomUUID } from 'node:crypto';
import { NodeExistsError, NoNodeError } from '../errors.js';
import { childOf, parentOf } from '../paths.js';
import type { ZooKeeper } from '../zookeeper.js';
import {
  childrenOf,
  deleteForSure,
  ensureFolder,
  repeat,
  untilGone,
  untilThere,
} from './support.js';
import type { WaitOptions } from './support.js';

/** Closed while its node is there. */
export class Barrier {
  constructor(
    private readonly zk: ZooKeeper,
    readonly path: string,
  ) {}

  /** Closes it; does nothing if it is closed. */
  async set(): Promise<void> {
    await ensureFolder(this.zk, parentOf(this.path));
    await createOnce(this.zk, this.path);
  }

  /** Opens it, for all who wait. */
  remove(): Promise<void> {
    return deleteForSure(this.zk, this.path);
  }

  /** Resolves when it is open. */
  wait(options: WaitOptions = {}): Promise<void> {
    return untilGone(this.zk, this.path, options);
  }
}

async function createOnce(zk: ZooKeeper, path: string, ephemeral = false): Promise<void> {
  try {
    await repeat(zk, () => zk.create(path, null, ephemeral ? { mode: 'ephemeral' } : {}));
  } catch (error) {
    if (!(error instanceof NodeExistsError)) throw error;
  }
}

const READY = 'ready';

/** Nobody is in before all have come, nobody is out before all have left. */
export class DoubleBarrier {
  private readonly own: string;
  private readonly ready: string;

  /** @param count how many members there are. */
  constructor(
    private readonly zk: ZooKeeper,
    readonly path: string,
    private readonly count: number,
  ) {
    if (!Number.isInteger(count) || count < 1) throw new TypeError(`a barrier of ${count} members`);
    this.own = childOf(path, randomUUID());
    this.ready = childOf(path, READY);
  }

  private async members(): Promise<readonly string[]> {
    const names = await repeat(this.zk, () => childrenOf(this.zk, this.path));
    return names.filter((name) => name !== READY).map((name) => childOf(this.path, name));
  }

  /** Resolves when `count` members have entered. */
  async enter(options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    await ensureFolder(this.zk, this.path);
    await createOnce(this.zk, this.own, true);
    try {
      if ((await this.members()).length >= this.count) await createOnce(this.zk, this.ready);
      await untilThere(this.zk, this.ready, options);
    } catch (error) {
      await deleteForSure(this.zk, this.own);
      throw error;
    }
  }

  /** Resolves when all members have left. The first in order goes last, so that each has one to wait for. */
  async leave(options: WaitOptions = {}): Promise<void> {
    for (;;) {
      const members = [...(await this.members())].sort();
      const [first, ...others] = members;
      if (first === undefined) break;
      if (first !== this.own) {
        await deleteForSure(this.zk, this.own);
        await untilGone(this.zk, first, options);
      } else if (others.length > 0) await untilGone(this.zk, others.at(-1)!, options);
      else await deleteForSure(this.zk, this.own);
    }
    try {
      await repeat(this.zk, () => this.zk.delete(this.ready));
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
    }
  }
}
