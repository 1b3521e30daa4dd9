/**
 * A subtree kept in memory, and its changes as they come. With a persistent recursive watch
 * (ZooKeeper ≥ 3.6, as Curator's `CuratorCache`), else with one-shot watches on every node (as its
 * older `TreeCache`).
 *
 * Why it is right: a server's replies and events come in the order of its transactions, and are taken
 * in that order here. A read shows the node as it is at that point; a later change is told after it.
 * What changes while no server is connected is found by reading the whole subtree anew: persistent
 * watches are not told of it.
 */
import { AsyncQueue } from '../async-queue.js';
import {
  ConnectionLossError,
  NoNodeError,
  SessionExpiredError,
  UnimplementedError,
} from '../errors.js';
import { ZooKeeperError } from '../errors.js';
import { childOf } from '../paths.js';
import type { ClientState, Data, ReadOptions, Stat, WatchedEvent } from '../types.js';
import type { ZooKeeper } from '../zookeeper.js';

export interface CachedNode {
  readonly path: string;
  readonly data: Data;
  readonly stat: Stat;
}

export interface CacheChange {
  readonly type: 'created' | 'changed' | 'deleted';
  readonly path: string;
  /** As it is now; as it was, if it was deleted. */
  readonly node: CachedNode;
}

export interface TreeCacheOptions {
  /** Default `auto`: persistent if the server knows it. */
  readonly watches?: 'auto' | 'one-shot';
}

/** The nodes from `path` down. */
export class TreeCache implements AsyncDisposable {
  private readonly nodes = new Map<string, CachedNode>();
  private readonly readers = new Set<AsyncQueue<CacheChange>>();
  private mode: 'persistent' | 'one-shot' = 'persistent';
  private closed = false;
  /** Paths that were found while the subtree is read; null while it is not. */
  private found: Set<string> | null = null;
  private loading: Promise<void> | null = null;
  private again = false;

  private constructor(
    private readonly zk: ZooKeeper,
    readonly path: string,
  ) {}

  /** Resolves when the subtree has been read. It may be empty: the root is waited for. */
  static async start(
    zk: ZooKeeper,
    path: string,
    options: TreeCacheOptions = {},
  ): Promise<TreeCache> {
    const cache = new TreeCache(zk, path);
    try {
      await cache.watch(options.watches ?? 'auto');
      zk.on('state', cache.onState);
      await cache.load();
      return cache;
    } catch (error) {
      await cache.close();
      throw error;
    }
  }

  private async watch(wanted: 'auto' | 'one-shot'): Promise<void> {
    if (wanted === 'one-shot') this.mode = 'one-shot';
    while (this.mode === 'persistent') {
      try {
        await this.zk.addWatch(this.path, this.onEvent, { recursive: true });
        return;
      } catch (error) {
        if (error instanceof UnimplementedError) this.mode = 'one-shot';
        else if (!(error instanceof ConnectionLossError)) throw error;
        // A server that does not know the request may close the connection over it.
        await this.zk.connected();
      }
    }
  }

  get(path: string): CachedNode | undefined {
    return this.nodes.get(path);
  }

  get size(): number {
    return this.nodes.size;
  }

  /** All nodes, in the order of their paths. */
  all(): readonly CachedNode[] {
    return [...this.nodes.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** The names of the children of a node of the cache. */
  children(path: string): readonly string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    const names: string[] = [];
    for (const known of this.nodes.keys()) {
      const name = known.startsWith(prefix) ? known.slice(prefix.length) : '';
      if (name !== '' && !name.includes('/')) names.push(name);
    }
    return names.sort();
  }

  /** Every change from now on. Ends with `close`, throws at the end of the session. */
  changes(): AsyncIterableIterator<CacheChange> {
    const queue: AsyncQueue<CacheChange> = new AsyncQueue(() => this.readers.delete(queue));
    this.readers.add(queue);
    if (this.closed) queue.end();
    return queue;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.end(null);
    if (this.mode === 'persistent') {
      const options = { type: 'persistent-recursive', watcher: this.onEvent, local: true } as const;
      await this.zk.removeWatches(this.path, options).catch(() => undefined);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private end(error: Error | null): void {
    if (this.closed) return;
    this.closed = true;
    this.zk.off('state', this.onState);
    for (const reader of [...this.readers]) {
      if (error === null) reader.end();
      else reader.fail(error);
    }
    for (const path of this.nodes.keys()) this.forget(path);
    this.forget(this.path);
  }

  private forget(path: string): void {
    if (this.mode === 'one-shot') {
      this.zk.forget(path, 'data', this.onEvent);
      this.zk.forget(path, 'children', this.onEvent);
    }
  }

  private readonly onState = (state: ClientState): void => {
    if (state === 'connected' || state === 'connected-read-only') void this.load();
    else if (state === 'closed') this.end(null);
    else if (state !== 'connecting') this.end(new SessionExpiredError(this.path));
  };

  private readonly onEvent = (event: WatchedEvent): void => {
    if (this.closed) return;
    const { type, path } = event;
    if (type === 'NodeDeleted') {
      this.remove(path);
      // The root may come again, and what is not there has no other watch.
      if (this.mode === 'one-shot' && path === this.path) void this.ask(() => this.arm());
    } else if (type === 'NodeCreated' && this.mode === 'one-shot') {
      void this.ask(() => this.read(path));
    } else if (type === 'NodeCreated' || type === 'NodeDataChanged') {
      void this.ask(() => this.readData(path));
    } else if (type === 'NodeChildrenChanged' && this.mode === 'one-shot') {
      void this.ask(() => this.readChildren(path));
    }
  };

  private options(): ReadOptions {
    return this.mode === 'one-shot' ? { watcher: this.onEvent } : {};
  }

  /** After a lost connection everything is read anew, so a read that fails by it needs no repeat. */
  private async ask(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }

  /** Reads all; one that runs is followed by another. */
  private load(): Promise<void> {
    if (this.loading !== null) {
      this.again = true;
      return this.loading;
    }
    this.loading = this.loadAll().finally(() => {
      this.loading = null;
    });
    this.loading.catch(() => undefined);
    return this.loading;
  }

  private async loadAll(): Promise<void> {
    do {
      this.again = false;
      this.found = new Set();
      try {
        await this.read(this.path);
        if (this.mode === 'one-shot' && !this.nodes.has(this.path)) await this.arm();
        for (const path of [...this.nodes.keys()]) if (!this.found.has(path)) this.remove(path);
      } catch (error) {
        if (!(error instanceof ConnectionLossError)) throw error;
        this.again = true;
        await this.zk.connected();
      } finally {
        this.found = null;
      }
    } while (this.isBehind());
  }

  private isBehind(): boolean {
    return this.again && !this.closed;
  }

  private async arm(): Promise<void> {
    const stat = await this.zk.exists(this.path, this.options());
    if (stat !== null) await this.read(this.path);
  }

  private async read(path: string): Promise<void> {
    await Promise.all([this.readData(path), this.readChildren(path)]);
  }

  private async readData(path: string): Promise<void> {
    try {
      const { data, stat } = await this.zk.getData(path, this.options());
      this.put({ path, data, stat });
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      this.remove(path);
    }
  }

  private async readChildren(path: string): Promise<void> {
    let names: readonly string[];
    try {
      names = await this.zk.getChildren(path, this.options());
    } catch (error) {
      if (error instanceof NoNodeError) return;
      throw error;
    }
    const unread = names
      .map((name) => childOf(path, name))
      .filter((child) => this.found !== null || !this.nodes.has(child));
    await Promise.all(unread.map((child) => this.read(child)));
  }

  private put(node: CachedNode): void {
    if (this.closed) return;
    this.found?.add(node.path);
    const old = this.nodes.get(node.path);
    this.nodes.set(node.path, node);
    if (old === undefined || old.stat.czxid !== node.stat.czxid) this.tell('created', node);
    else if (old.stat.mzxid !== node.stat.mzxid) this.tell('changed', node);
  }

  private remove(path: string): void {
    this.found?.delete(path);
    const node = this.nodes.get(path);
    if (node === undefined) return;
    this.nodes.delete(path);
    this.tell('deleted', node);
  }

  private tell(type: CacheChange['type'], node: CachedNode): void {
    for (const reader of this.readers) reader.push({ type, path: node.path, node });
  }
}
