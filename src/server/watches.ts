/**
 * The watches of this server's connections, as one immutable value (Apache: `WatchManager` twice,
 * for data and for children; `DataTree.addWatch`, `DataTree.setWatches`).
 *
 * Four tables, each a set of (path, connection). A standard watch, `data` or `child`, fires once
 * and is gone. A `persistent` one hears what both of these hear, a `recursive` one what `data`
 * watches of its path and of every path below hear; both stay. (Apache keeps modes of a watch in
 * two tables: a persistent one stands in both, a recursive one in that of data.) Nothing is kept of
 * a path or a connection without watches. A change looks at its path and at the paths above it:
 * what it costs does not grow with the number of watches elsewhere.
 *
 * Deviation: of the connections that hear of a change, the older one is told first; Apache's
 * order is that of a hash set.
 */
import { Map as PersistentMap } from 'immutable';
import type { ClientConn } from '../core/ids.js';
import type { SetWatchesRequest } from '../core/request.js';
import type { Change } from '../tree/change.js';
import {
  type NameSet,
  NO_NAMES,
  addName,
  countNames,
  eachName,
  removeName,
} from '../tree/name-set.js';
import { parentOf } from '../tree/paths.js';
import { type StringMap, emptyMap, entriesOf, getAt } from '../tree/string-map.js';
import { removeAt, replaceAt, setAt } from '../tree/string-map.js';
import { getNode, type Tree } from '../tree/tree.js';

/** getData and exists watch `data`, getChildren watches `child`, addWatch the others. */
export type WatchKind = 'data' | 'child' | 'persistent' | 'recursive';

export const WATCH_KINDS: readonly WatchKind[] = ['data', 'child', 'persistent', 'recursive'];

interface Watches {
  /** Who watches a path, ascending. */
  readonly byPath: StringMap<readonly ClientConn[]>;
  readonly byConn: PersistentMap<ClientConn, NameSet>;
}

export type WatchTable = Readonly<Record<WatchKind, Watches>>;

/** Event types on the wire (Apache: `Watcher.Event.EventType`). */
export const WatchEventType = {
  created: 1,
  deleted: 2,
  data: 3,
  children: 4,
} as const satisfies Record<Change['type'], number>;

/** Tell `conn` that something happened at `path`. */
export interface WatchEvent {
  readonly conn: ClientConn;
  /** One of {@link WatchEventType}. */
  readonly event: number;
  readonly path: string;
}

const NONE: Watches = { byPath: emptyMap(), byConn: PersistentMap() };

const NO_WATCHES: WatchTable = { data: NONE, child: NONE, persistent: NONE, recursive: NONE };
const NOBODY: readonly ClientConn[] = [];

export function emptyWatches(): WatchTable {
  return NO_WATCHES;
}

/** Which of the tables here make up each of Apache's two. */
const APACHE_TABLES: Readonly<Record<'data' | 'child', readonly WatchKind[]>> = {
  data: ['data', 'persistent', 'recursive'],
  child: ['child', 'persistent'],
};

/** Who watches each path, as one of Apache's two tables has it: each connection once. */
export function watchersByPath(
  table: WatchTable,
  of: 'data' | 'child',
): ReadonlyMap<string, readonly ClientConn[]> {
  const found = new Map<string, readonly ClientConn[]>();
  for (const kind of APACHE_TABLES[of]) {
    for (const [path, conns] of entriesOf(table[kind].byPath)) {
      found.set(path, merged([found.get(path) ?? NOBODY, conns]));
    }
  }
  return found;
}

/** How many watches there are, as Apache counts them in its two tables. */
export function countWatches(table: WatchTable): number {
  let count = 0;
  for (const of of ['data', 'child'] as const) {
    for (const conns of watchersByPath(table, of).values()) count += conns.length;
  }
  return count;
}

/** The table with a watch of `conn` at `path`; the same table if it had that. */
export function addWatch(
  table: WatchTable,
  kind: WatchKind,
  path: string,
  conn: ClientConn,
): WatchTable {
  const { byPath, byConn } = table[kind];
  const before = byConn.get(conn) ?? NO_NAMES;
  const paths = addName(before, path);
  if (paths === before) return table;
  const conns = withMember(getAt(byPath, path) ?? [], conn);
  return {
    ...table,
    [kind]: { byPath: setAt(byPath, path, conns), byConn: byConn.set(conn, paths) },
  };
}

/** `conns` with `conn`, which is mostly the newest and goes to the end. */
function withMember(conns: readonly ClientConn[], conn: ClientConn): readonly ClientConn[] {
  const at = conns.findLastIndex((other) => other < conn) + 1;
  return conns.toSpliced(at, 0, conn);
}

/** Does `conn` watch `path` in that table? */
export function hasWatch(
  table: WatchTable,
  kind: WatchKind,
  path: string,
  conn: ClientConn,
): boolean {
  return getAt(table[kind].byPath, path)?.includes(conn) ?? false;
}

/** The table without the watch of `conn` at `path`; the same table if there is none. */
export function removeWatch(
  table: WatchTable,
  kind: WatchKind,
  path: string,
  conn: ClientConn,
): WatchTable {
  if (!hasWatch(table, kind, path, conn)) return table;
  const { byPath, byConn } = table[kind];
  const conns = getAt(byPath, path)!.filter((other) => other !== conn);
  const paths = removeName(byConn.get(conn)!, path);
  return {
    ...table,
    [kind]: {
      byPath: conns.length === 0 ? removeAt(byPath, path) : replaceAt(byPath, path, conns),
      byConn: countNames(paths) === 0 ? byConn.remove(conn) : byConn.set(conn, paths),
    },
  };
}

/** The table without anything of `conn`. */
export function removeConn(table: WatchTable, conn: ClientConn): WatchTable {
  if (!WATCH_KINDS.some((kind) => table[kind].byConn.has(conn))) return table;
  return {
    data: withoutConn(table.data, conn),
    child: withoutConn(table.child, conn),
    persistent: withoutConn(table.persistent, conn),
    recursive: withoutConn(table.recursive, conn),
  };
}

function withoutConn(watches: Watches, conn: ClientConn): Watches {
  const paths = watches.byConn.get(conn);
  if (paths === undefined) return watches;
  let { byPath } = watches;
  for (const path of eachName(paths)) {
    const conns = getAt(byPath, path)!.filter((other) => other !== conn);
    byPath = conns.length === 0 ? removeAt(byPath, path) : replaceAt(byPath, path, conns);
  }
  return { byPath, byConn: watches.byConn.remove(conn) };
}

/**
 * What `change` tells, and the table without the standard watches that told it. One event for each
 * connection; of a deleted node those who watch its data first, then those who watch its children
 * and were not told. The caller filters by `change.acl`: the watch of one who may not read is used
 * up all the same.
 */
export function trigger(
  table: WatchTable,
  change: Change,
): readonly [WatchTable, readonly WatchEvent[]] {
  const { type, path } = change;
  if (WATCH_KINDS.every((kind) => table[kind].byPath.size === 0)) return [table, []];
  const isOfChildren = type === 'children';
  const [data, dataConns] = isOfChildren ? untouched(table.data) : take(table.data, path);
  const [child, childConns] =
    isOfChildren || type === 'deleted' ? take(table.child, path) : untouched(table.child);
  const persistent = watchersAt(table.persistent, path);
  const first = isOfChildren
    ? merged([childConns, persistent])
    : merged([dataConns, persistent, ...watchersAbove(table.recursive, path)]);
  const conns = type === 'deleted' ? withOthers(first, childConns) : first;
  const event = WatchEventType[type];
  const isSame = data === table.data && child === table.child;
  const { persistent: stay, recursive } = table;
  const after = isSame ? table : { data, child, persistent: stay, recursive };
  return [after, conns.map((conn) => ({ conn, event, path }))];
}

function withOthers(
  first: readonly ClientConn[],
  more: readonly ClientConn[],
): readonly ClientConn[] {
  if (more.length === 0) return first;
  const heard = new Set(first);
  return [...first, ...more.filter((conn) => !heard.has(conn))];
}

function watchersAt({ byPath }: Watches, path: string): readonly ClientConn[] {
  return byPath.size === 0 ? NOBODY : (getAt(byPath, path) ?? NOBODY);
}

/** Who watches `path` and everything below it, or a path above it and everything below that. */
function watchersAbove(watches: Watches, path: string): readonly (readonly ClientConn[])[] {
  if (watches.byPath.size === 0) return [];
  const found: (readonly ClientConn[])[] = [];
  for (let at = path; ; at = parentOf(at)) {
    const conns = watchersAt(watches, at);
    if (conns.length > 0) found.push(conns);
    if (at === '/') return found;
  }
}

/** All of them, each once, ascending. */
function merged(lists: readonly (readonly ClientConn[])[]): readonly ClientConn[] {
  const filled = lists.filter((list) => list.length > 0);
  if (filled.length <= 1) return filled[0] ?? NOBODY;
  return [...new Set(filled.flat())].sort((a, b) => a - b);
}

type Taken = readonly [Watches, readonly ClientConn[]];

function untouched(watches: Watches): Taken {
  return [watches, []];
}

/** Removes every watch at `path`: the rest, and whose they were. */
function take(watches: Watches, path: string): Taken {
  const { byPath, byConn } = watches;
  if (byPath.size === 0) return [watches, []];
  const conns = getAt(byPath, path);
  if (conns === undefined) return [watches, []];
  const rest = byConn.withMutations((map) => {
    for (const conn of conns) {
      const paths = removeName(map.get(conn)!, path);
      if (countNames(paths) === 0) map.remove(conn);
      else map.set(conn, paths);
    }
  });
  return [{ byPath: removeAt(byPath, path), byConn: rest }, conns];
}

/**
 * A reconnected client's watches, set again: what it missed since `relativeZxid` it is told now
 * (with zxid −1 in the event's header, and whatever its rights), and only the rest is armed.
 * Persistent watches are armed and told nothing.
 */
export function catchUp(
  table: WatchTable,
  tree: Tree,
  conn: ClientConn,
  request: SetWatchesRequest,
): readonly [WatchTable, readonly WatchEvent[]] {
  const { relativeZxid } = request;
  const events: WatchEvent[] = [];
  let after = table;
  const settle = (kind: WatchKind, path: string, missed: Change['type'] | null): void => {
    if (missed === null) after = addWatch(after, kind, path, conn);
    else events.push({ conn, event: WatchEventType[missed], path });
  };
  for (const path of request.data) {
    const node = getNode(tree, path);
    if (node === undefined) settle('data', path, 'deleted');
    else settle('data', path, node.mzxid > relativeZxid ? 'data' : null);
  }
  for (const path of request.exist) {
    settle('data', path, getNode(tree, path) === undefined ? null : 'created');
  }
  for (const path of request.child) {
    const node = getNode(tree, path);
    if (node === undefined) settle('child', path, 'deleted');
    else settle('child', path, node.pzxid > relativeZxid ? 'children' : null);
  }
  for (const path of request.persistent) after = addWatch(after, 'persistent', path, conn);
  for (const path of request.persistentRecursive) after = addWatch(after, 'recursive', path, conn);
  return [after, events];
}
