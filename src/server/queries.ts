/**
 * What operators ask of a server's state: sessions and their ends, ephemerals, watches. Nothing
 * here is on the path of a request (Apache: `SessionTrackerImpl.dumpSessions`,
 * `DataTree.getEphemerals`, `WatchManager.getWatches`).
 */
import type { ClientConn, Millis, SessionId } from '../core/ids.js';
import type { MemberState } from './member.js';
import { serverStateOf, type Handler } from '../core/state.js';
import { countNames, eachName } from '../tree/name-set.js';
import { ephemeralsOf, type Tree } from '../tree/tree.js';
import { isLeading, type ServiceState } from './state.js';
import { countWatches, type WatchTable } from './watches.js';

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Leader: when sessions end unless they are heard of, ascending, with those that end then. */
export function sessionsByEnd(
  state: ServiceState,
): readonly (readonly [end: Millis, ids: readonly SessionId[]])[] {
  const ends = new Map<Millis, SessionId[]>();
  for (const [id, { end, closing }] of state.sessions.tracked) {
    if (closing) continue;
    const ids = ends.get(end);
    if (ids === undefined) ends.set(end, [id]);
    else ids.push(id);
  }
  return [...ends].sort(([a], [b]) => a - b);
}

/** Does this server keep the sessions' clocks? */
export function keepsClocks(state: ServiceState): boolean {
  return isLeading(state);
}

/** Every session there is with its timeout, by id. */
export function sessionsById({
  sessions,
}: Tree): readonly (readonly [id: SessionId, timeout: Millis])[] {
  return [...sessions].sort(([a], [b]) => compare(a, b));
}

/** Ephemerals of each session that has some, by id. */
export function ephemeralsBySession(
  tree: Tree,
): readonly (readonly [id: SessionId, paths: readonly string[]])[] {
  return [...tree.ephemerals.keys()].sort(compare).map((id) => [id, ephemeralsOf(tree, id)]);
}

export function countEphemerals(tree: Tree): number {
  let count = 0;
  for (const paths of tree.ephemerals.values()) count += countNames(paths);
  return count;
}

/** One connection's watches, as Apache's table of data watches has them. */
export interface WatchedPaths {
  readonly conn: ClientConn;
  readonly sessionId: SessionId;
  /** Sorted. */
  readonly paths: readonly string[];
}

/** The kinds of watches that Apache keeps in the table that `wchs`, `wchc` and `wchp` show. */
const DATA_KINDS: readonly string[] = ['data', 'persistent', 'recursive'];

/** Watches by connection, the oldest first. Those of getChildren are not among them, as in Apache. */
export function watchesByConnection({ watches, clients }: ServiceState): readonly WatchedPaths[] {
  const found = new Map<ClientConn, Set<string>>();
  for (const [kind, { byConn }] of Object.entries(watches)) {
    if (!DATA_KINDS.includes(kind)) continue;
    for (const [conn, names] of byConn) {
      const paths = found.get(conn) ?? new Set();
      for (const path of eachName(names)) paths.add(path);
      found.set(conn, paths);
    }
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([conn, paths]) => ({
      conn,
      sessionId: clients.conns.get(conn)?.sessionId ?? (0n as SessionId),
      paths: [...paths].sort(),
    }));
}

/** The same by path, sorted. */
export function watchesByPath(
  state: ServiceState,
): readonly (readonly [path: string, ids: readonly SessionId[]])[] {
  const found = new Map<string, SessionId[]>();
  for (const { sessionId, paths } of watchesByConnection(state)) {
    for (const path of paths) {
      const ids = found.get(path);
      if (ids === undefined) found.set(path, [sessionId]);
      else ids.push(sessionId);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** All watches, of children as well. */
export function watchCount(watches: WatchTable): number {
  return countWatches(watches);
}

/** A leader's learners that it has heard FOLLOWERINFO or OBSERVERINFO of; nobody else's. */
export function learnersOf({ core }: MemberState): readonly Handler[] {
  if (serverStateOf(core) !== 'LEADING' || core.peer.state !== 'LEADING') return [];
  return core.peer.handlers.filter(({ sid }) => sid !== null);
}

/** Is the learner sent what is proposed? */
export function isSynced({ stage }: Handler): boolean {
  return stage === 'syncing' || stage === 'acked' || stage === 'serving';
}

/** Syncs that wait for what was proposed before them. */
export function pendingSyncs({ core: { peer } }: MemberState): number {
  const waits =
    (peer.state === 'LEADING' && peer.zab === 'BROADCAST') || peer.state === 'STANDALONE';
  return waits ? peer.syncs.length : 0;
}
