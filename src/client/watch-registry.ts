/**
 * The watches that this client has left on servers: who is told of which event, and what must be
 * set again on another server (Apache: `ZKWatchManager`). Paths here are below the chroot.
 */
import { parentOf } from './paths.js';
import type { WatchedEvent, Watcher, WatcherType } from './types.js';

type Table = Map<string, Set<Watcher>>;
export type TableName = 'data' | 'exist' | 'child' | 'persistent' | 'recursive';

/** Paths to set again, by table. */
export type WatchedPaths = Readonly<Record<TableName, readonly string[]>>;

/** Which tables a removal is about. */
const TABLES: Readonly<Record<WatcherType, readonly TableName[]>> = {
  data: ['data', 'exist'],
  children: ['child'],
  persistent: ['persistent'],
  'persistent-recursive': ['recursive'],
  any: ['data', 'exist', 'child', 'persistent', 'recursive'],
};

const REMOVED: Readonly<Record<TableName, WatchedEvent['type']>> = {
  data: 'DataWatchRemoved',
  exist: 'DataWatchRemoved',
  child: 'ChildWatchRemoved',
  persistent: 'PersistentWatchRemoved',
  recursive: 'PersistentWatchRemoved',
};

export interface Removal {
  readonly watcher: Watcher;
  readonly type: WatchedEvent['type'];
}

/** Owned by one session. */
export class WatchRegistry {
  private readonly tables: Readonly<Record<TableName, Table>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };

  add(table: TableName, path: string, watcher: Watcher): void {
    const watchers = this.tables[table].get(path);
    if (watchers === undefined) this.tables[table].set(path, new Set([watcher]));
    else watchers.add(watcher);
  }

  /** The watchers that an event is for; one-shot ones are forgotten. */
  take(event: WatchedEvent): ReadonlySet<Watcher> {
    const told = new Set<Watcher>();
    switch (event.type) {
      case 'NodeCreated':
      case 'NodeDataChanged':
        this.takeOneShot(told, event.path, ['data', 'exist']);
        break;
      case 'NodeChildrenChanged':
        this.takeOneShot(told, event.path, ['child']);
        break;
      case 'NodeDeleted':
        this.takeOneShot(told, event.path, ['data', 'exist', 'child']);
        break;
      default:
        return told;
    }
    for (const watcher of this.tables.persistent.get(event.path) ?? []) told.add(watcher);
    if (event.type !== 'NodeChildrenChanged') this.addRecursive(told, event.path);
    return told;
  }

  private takeOneShot(told: Set<Watcher>, path: string, names: readonly TableName[]): void {
    for (const name of names) {
      for (const watcher of this.tables[name].get(path) ?? []) told.add(watcher);
      this.tables[name].delete(path);
    }
  }

  private addRecursive(told: Set<Watcher>, path: string): void {
    if (this.tables.recursive.size === 0) return;
    for (let at = path; ; at = parentOf(at)) {
      for (const watcher of this.tables.recursive.get(at) ?? []) told.add(watcher);
      if (at === '/') return;
    }
  }

  /** Does any watcher of these kinds remain at `path`, beside `except`? */
  has(path: string, type: WatcherType, except?: Watcher): boolean {
    return TABLES[type].some((name) => {
      const watchers = this.tables[name].get(path);
      if (watchers === undefined) return false;
      return except === undefined || !watchers.has(except) || watchers.size > 1;
    });
  }

  holds(path: string, type: WatcherType, watcher: Watcher): boolean {
    return TABLES[type].some((name) => this.tables[name].get(path)?.has(watcher) === true);
  }

  /** Forgets the watcher, or all of them, and says who is to be told what. */
  remove(path: string, type: WatcherType, watcher?: Watcher): readonly Removal[] {
    const removals: Removal[] = [];
    for (const name of TABLES[type]) {
      const watchers = this.tables[name].get(path);
      if (watchers === undefined) continue;
      for (const one of watcher === undefined ? [...watchers] : [watcher]) {
        if (!watchers.delete(one)) continue;
        removals.push({ watcher: one, type: REMOVED[name] });
      }
      if (watchers.size === 0) this.tables[name].delete(path);
    }
    return removals;
  }

  paths(): WatchedPaths {
    const keys = (name: TableName): readonly string[] => [...this.tables[name].keys()];
    return {
      data: keys('data'),
      exist: keys('exist'),
      child: keys('child'),
      persistent: keys('persistent'),
      recursive: keys('recursive'),
    };
  }

  /** Every watcher once; nothing is left. */
  clear(): ReadonlySet<Watcher> {
    const all = new Set<Watcher>();
    for (const table of Object.values(this.tables)) {
      for (const watchers of table.values()) for (const watcher of watchers) all.add(watcher);
      table.clear();
    }
    return all;
  }
}

/** As long as this, and a path longer, is one setWatches (Apache: SET_WATCHES_MAX_LENGTH). */
const BATCH_LENGTH_MAX = 128 * 1024;

/** Batches of watched paths, each small enough for one request. */
export function watchBatches(paths: WatchedPaths): readonly WatchedPaths[] {
  const batches: Record<TableName, string[]>[] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const name of ['data', 'exist', 'child', 'persistent', 'recursive'] as const) {
    for (const path of paths[name]) {
      if (length >= BATCH_LENGTH_MAX) {
        batches.push({ data: [], exist: [], child: [], persistent: [], recursive: [] });
        length = 0;
      }
      batches.at(-1)![name].push(path);
      length += path.length;
    }
  }
  return batches;
}
