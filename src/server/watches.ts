/**
 * The watches of this server's connections, as one immutable value (Apache: `WatchManager` twice,
 * for data and for children; `DataTree.setWatches`).
 *
 * A watch here is a standard one: it fires once and is gone. A connection watches a path at most
 * once in each of the two tables. Nothing is kept of a path or a connection without watches.
 *
 * Deviation: of the connections that watch the same path, the older one is told first; Apache's
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
import { type StringMap, emptyMap, getAt, removeAt, replaceAt, setAt } from '../tree/string-map.js';
import { getNode, type Tree } from '../tree/tree.js';

/** getData and exists watch `data`, getChildren watches `child`. */
export type WatchKind = 'data' | 'child';

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

export function emptyWatches(): WatchTable {
  return { data: NONE, child: NONE };
}

/** How many watches there are. */
export function countWatches(table: WatchTable): number {
  let count = 0;
  for (const { byConn } of [table.data, table.child]) {
    for (const paths of byConn.values()) count += countNames(paths);
  }
  return count;
}

/** How many paths have a watch in either table, one that is in both counted twice. */
export function countWatchedPaths(table: WatchTable): number {
  return table.data.byPath.size + table.child.byPath.size;
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
  const data = withoutConn(table.data, conn);
  const child = withoutConn(table.child, conn);
  return data === table.data && child === table.child ? table : { data, child };
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
 * What `change` tells, and the table without the watches that told it. One event for each
 * connection; of a deleted node the data watches first, then the child watches of the others.
 * The caller filters by `change.acl`: the watch of one who may not read is used up all the same.
 */
export function trigger(
  table: WatchTable,
  change: Change,
): readonly [WatchTable, readonly WatchEvent[]] {
  const { path } = change;
  const event = WatchEventType[change.type];
  const tell = (conns: readonly ClientConn[]): WatchEvent[] =>
    conns.map((conn) => ({ conn, event, path }));
  const [data, dataConns] =
    change.type === 'children' ? untouched(table.data) : take(table.data, path);
  const [child, childConns] =
    change.type === 'children' || change.type === 'deleted'
      ? take(table.child, path)
      : untouched(table.child);
  if (data === table.data && child === table.child) return [table, []];
  const heard = new Set(dataConns);
  const others = childConns.filter((conn) => !heard.has(conn));
  return [{ data, child }, [...tell(dataConns), ...tell(others)]];
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
  return [after, events];
}
