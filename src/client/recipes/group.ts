/** Group membership: an ephemeral for each member, named by its id (Curator: `GroupMember`). */
import { NodeExistsError, NoNodeError } from '../errors.js';
import { childOf } from '../paths.js';
import type { Data } from '../types.js';
import type { DataInput } from '../options.js';
import type { ZooKeeper } from '../zookeeper.js';
import { Ownership } from './ownership.js';
import { childrenOf, ensureFolder, repeat, untilGone } from './support.js';
import type { WaitOptions } from './support.js';

export class Group {
  constructor(
    private readonly zk: ZooKeeper,
    readonly path: string,
  ) {}

  /**
   * Becomes a member; waits while another session has the id (the own one of before a restart, until
   * it times out). The membership's `release` leaves, its `signal` tells that it is lost.
   */
  async join(id: string, data: DataInput = null, options: WaitOptions = {}): Promise<Ownership> {
    if (id === '' || id.includes('/')) throw new TypeError(`not a member's id: ${id}`);
    const path = childOf(this.path, id);
    for (;;) {
      options.signal?.throwIfAborted();
      try {
        await repeat(this.zk, () => this.zk.create(path, data, { mode: 'ephemeral' }), options);
        return new Ownership(this.zk, path);
      } catch (error) {
        if (error instanceof NoNodeError) await ensureFolder(this.zk, this.path);
        else if (!(error instanceof NodeExistsError)) throw error;
        // A create whose reply was lost left it: then it is this session's.
        else if (await this.isOwn(path)) return new Ownership(this.zk, path);
        else await untilGone(this.zk, path, options);
      }
    }
  }

  private async isOwn(path: string): Promise<boolean> {
    const stat = await repeat(this.zk, () => this.zk.exists(path));
    return stat?.ephemeralOwner === this.zk.sessionId;
  }

  /** Ids and what each member says of itself. */
  async members(): Promise<ReadonlyMap<string, Data>> {
    const members = new Map<string, Data>();
    for (const id of await repeat(this.zk, () => childrenOf(this.zk, this.path))) {
      try {
        const path = childOf(this.path, id);
        members.set(id, (await repeat(this.zk, () => this.zk.getData(path))).data);
      } catch (error) {
        if (!(error instanceof NoNodeError)) throw error;
      }
    }
    return members;
  }

  /** The ids now and whenever members come or go. */
  async *changes(options: WaitOptions = {}): AsyncGenerator<readonly string[], void, void> {
    for await (const names of this.zk.childrenChanges(this.path, options)) {
      yield [...(names ?? [])].sort();
    }
  }
}
