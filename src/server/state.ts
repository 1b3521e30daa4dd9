/**
 * The state of the service reducer: the delivered tree, the clients' connections, their watches,
 * the sessions' clocks, and (on a leader) the transactions proposed but not delivered.
 *
 * A read on an idle connection leaves all of it as it is.
 */
import { Map as PersistentMap } from 'immutable';
import type { Role } from '../core/effect.js';
import type { ClientConn, Millis, SessionId } from '../core/ids.js';
import type { ClientRequest } from '../core/request.js';
import type { Identity } from '../core/txn.js';
import { ZXID_ZERO, makeZxid, type Zxid } from '../core/zxid.js';
import type { Applied } from '../tree/apply.js';
import { emptyTree, type Tree } from '../tree/tree.js';
import { NO_DIGESTS, type Digests } from './digests.js';
import type { ClientEvent, ServiceConfig, ServiceEffect } from './events.js';
import { emptyFifo, type Fifo } from './fifo.js';
import { NO_SESSIONS, type SessionClocks } from './sessions.js';
import { emptyWatches, type WatchTable } from './watches.js';

/** A request that a connection waits for or that waits behind such a one. */
export interface Pending {
  readonly kind: 'read' | 'write' | 'sync';
  readonly xid: number;
  readonly request: ClientRequest;
  /** The identities of the connection when the request arrived. */
  readonly identities: readonly Identity[];
  /**
   * Of a write: the code to answer with if the transaction fails; 0: the transaction's own. Of a
   * read: the code that a write is refused with here; 0: it is a read.
   */
  readonly failure: number;
}

/** The outcome of a write: what its reply will say. */
export interface Outcome {
  readonly applied: Applied;
}

export interface Connection {
  readonly conn: ClientConn;
  readonly ip: string;
  /**
   * `new`: no ConnectRequest yet. `connecting`: its session is being created or revalidated, and
   * requests are held. `open`: served. A connection that is closed here is dropped at once.
   */
  readonly phase: 'new' | 'connecting' | 'open';
  readonly sessionId: SessionId;
  /** Negotiated session timeout, ms. */
  readonly timeout: Millis;
  readonly hasReadOnly: boolean;
  /** Its session is known to this server only (see `local-sessions.ts`). */
  readonly local: boolean;
  readonly identities: readonly Identity[];
  /** The clock mark up to which its session is touched (see `sessions.ts`); −1: not at all. */
  readonly touchMark: number;
  /** Not answered yet, in the order of arrival. Never starts with a read. */
  readonly queue: Fifo<Pending>;
  /** Answers that are there before their turn: of writes, and how many of syncs. */
  readonly outcomes: Fifo<Outcome>;
  readonly syncsDone: number;
  /** What arrived while `connecting`. */
  readonly held: Fifo<Extract<ClientEvent, { readonly type: 'clientRequest' }>>;
}

/** A write of a client of this server, in the order in which their transactions will come. */
export interface Awaited {
  readonly conn: ClientConn;
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly request: ClientRequest;
  /** Known if this server has prepared the transaction itself. */
  readonly zxid: Zxid | null;
}

/** A sync of a client of this server, in the order in which the answers will come. */
export interface AwaitedSync {
  readonly conn: ClientConn;
  readonly sessionId: SessionId;
  readonly cxid: number;
}

/** A transaction that is proposed and not delivered, with the tree that it leads to. */
export interface Proposed {
  readonly zxid: Zxid;
  readonly applied: Applied;
}

/** What this server owes its clients: changes with every write of one of them. */
export interface Clients {
  readonly conns: PersistentMap<ClientConn, Connection>;
  readonly awaited: Fifo<Awaited>;
  readonly awaitedSyncs: Fifo<AwaitedSync>;
}

/** What a leader has proposed and not seen delivered. */
export interface Ahead {
  readonly outstanding: Fifo<Proposed>;
  /** The tree after the last proposal; the delivered one if nothing is outstanding. */
  readonly tree: Tree;
  /** The last zxid given out. */
  readonly zxid: Zxid;
}

/** Which containers and TTL nodes must go (see `containers.ts`). */
export interface Collection {
  /** When to look for them. */
  readonly lookAt: Millis;
  /** Paths that were found and are not deleted yet, and when the first may be. */
  readonly found: Fifo<string>;
  readonly deleteAt: Millis;
}

/** What a server has apart from its ensemble. */
export interface Apart {
  /** Clocks of the local sessions. */
  readonly sessions: SessionClocks;
  /** It has lost its ensemble and answers read-only clients. */
  readonly readOnly: boolean;
  /** When it begins to, unless there is a leader before; null: never. */
  readonly readOnlyAt: Millis | null;
}

export interface ServiceState {
  readonly config: ServiceConfig;
  /** Wall clock minus `now`, ms. */
  readonly wallOffset: Millis;
  readonly role: Role;
  readonly nextSessionId: SessionId;
  /** The deadline last asked for. */
  readonly deadline: Millis | null;
  /** Leader: what becomes of containers and TTL nodes; null: does not lead. */
  readonly collection: Collection | null;
  /** The connection of each session that is connecting or open here. */
  readonly connOfSession: PersistentMap<SessionId, ClientConn>;
  readonly watches: WatchTable;
  readonly sessions: SessionClocks;
  readonly apart: Apart;
  /** The latest time that has changed anything here. */
  readonly now: Millis;
  /** Everything delivered so far. */
  readonly tree: Tree;
  readonly digests: Digests;
  readonly clients: Clients;
  readonly ahead: Ahead;
}

/**
 * Effects of the step under way, in order. Helpers push to it: a step's own array, handed out when
 * the step is done.
 */
export type Out = ServiceEffect[];

const LOOKING: Role = {
  kind: 'looking',
  serving: false,
  epoch: 0,
  lastZxid: ZXID_ZERO,
  leader: null,
};

/** Nothing proposed beyond `tree`; the next zxid comes after `zxid`. */
export function nothingAhead(tree: Tree, zxid: Zxid): Ahead {
  return { outstanding: emptyFifo(), tree, zxid };
}

/** A service that knows nothing yet: event `serviceStart` gives it its clock and its tree. */
export function initialService(config: ServiceConfig): ServiceState {
  const tree = emptyTree(config.features.digest);
  return {
    config,
    wallOffset: 0,
    role: LOOKING,
    nextSessionId: 0n as SessionId,
    deadline: null,
    collection: null,
    connOfSession: PersistentMap(),
    watches: emptyWatches(),
    sessions: NO_SESSIONS,
    apart: { sessions: NO_SESSIONS, readOnly: false, readOnlyAt: null },
    now: 0,
    tree,
    digests: NO_DIGESTS,
    clients: { conns: PersistentMap(), awaited: emptyFifo(), awaitedSyncs: emptyFifo() },
    ahead: nothingAhead(tree, ZXID_ZERO),
  };
}

/** Does this server prepare writes itself: as the established leader, or standalone? */
export function isLeading(state: ServiceState): boolean {
  return state.role.serving && state.role.kind === 'leading';
}

/** The last zxid that a client may have seen here: an epoch begins with a zxid of no transaction. */
export function lastSeenLimit(state: ServiceState): Zxid {
  const epochStart = makeZxid(state.role.epoch, 0);
  return state.tree.lastZxid > epochStart ? state.tree.lastZxid : epochStart;
}

/** Wall clock, ms since 1970. */
export function wallClock(state: ServiceState): Millis {
  return state.now + state.wallOffset;
}

/**
 * The state with what changes with every write. Spelled out, as is all on the path of a write:
 * an object spread costs a microsecond, thirty times as much.
 */
export function withWork(
  state: ServiceState,
  now: Millis,
  tree: Tree,
  clients: Clients,
  ahead: Ahead,
): ServiceState {
  const { config, wallOffset, role, nextSessionId, deadline } = state;
  const { collection, connOfSession, watches, sessions, apart, digests } = state;
  return {
    config,
    wallOffset,
    role,
    nextSessionId,
    deadline,
    collection,
    connOfSession,
    watches,
    sessions,
    apart,
    now,
    tree,
    digests,
    clients,
    ahead,
  };
}

/** Time as of an event that carries none. */
export function withNow(state: ServiceState, now: Millis): ServiceState {
  if (state.now === now) return state;
  return withWork(state, now, state.tree, state.clients, state.ahead);
}

export function withConn(state: ServiceState, connection: Connection): ServiceState {
  const { conns, awaited, awaitedSyncs } = state.clients;
  const clients = { conns: conns.set(connection.conn, connection), awaited, awaitedSyncs };
  return withWork(state, state.now, state.tree, clients, state.ahead);
}

/** A write of a client of this server is on its way. */
export function withAwaited(state: ServiceState, awaited: Fifo<Awaited>): ServiceState {
  const { conns, awaitedSyncs } = state.clients;
  const clients = { conns, awaited, awaitedSyncs };
  return withWork(state, state.now, state.tree, clients, state.ahead);
}

export function withAwaitedSyncs(
  state: ServiceState,
  awaitedSyncs: Fifo<AwaitedSync>,
): ServiceState {
  const { conns, awaited } = state.clients;
  const clients = { conns, awaited, awaitedSyncs };
  return withWork(state, state.now, state.tree, clients, state.ahead);
}

export function withAhead(state: ServiceState, ahead: Ahead): ServiceState {
  return withWork(state, state.now, state.tree, state.clients, ahead);
}

/** A connection with other things to answer. */
export function withQueue(
  connection: Connection,
  queue: Fifo<Pending>,
  outcomes: Fifo<Outcome>,
  syncsDone: number,
): Connection {
  const { conn, ip, phase, sessionId, timeout } = connection;
  const { hasReadOnly, local, identities, touchMark, held } = connection;
  return {
    conn,
    ip,
    phase,
    sessionId,
    timeout,
    hasReadOnly,
    local,
    identities,
    touchMark,
    queue,
    outcomes,
    syncsDone,
    held,
  };
}

/** The connection that a session has here, if it has one. */
export function connectionOf(state: ServiceState, sessionId: SessionId): Connection | undefined {
  const conn = state.connOfSession.get(sessionId);
  return conn === undefined ? undefined : state.clients.conns.get(conn);
}
