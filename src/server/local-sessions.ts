/**
 * Sessions that only their own server knows (Apache: `LocalSessionTracker`,
 * `UpgradeableSessionTracker`, `QuorumZooKeeperServer.checkUpgradeSession`), and the read-only mode
 * of a server that has lost its ensemble, whose sessions are such ones (`ReadOnlyZooKeeperServer`).
 *
 * A local session costs no transaction: it begins, is touched and ends here, and moves nowhere. The
 * first ephemeral that it asks for makes a global one of it, if the configuration says so. A
 * standalone server has none.
 */
import { ErrorCode } from '../core/error-code.js';
import type { Role } from '../core/effect.js';
import type { Millis, SessionId } from '../core/ids.js';
import type { ClientRequest, MultiOpRequest } from '../core/request.js';
import { asPart } from './prep.js';
import { submit } from './propose.js';
import { closeConn, reply } from './replies.js';
import { NO_SESSIONS, endOf, forget, note, takeExpired, touch } from './sessions.js';
import { track, type SessionClocks } from './sessions.js';
import { connectionOf, isLeading, withConn, type Apart } from './state.js';
import type { Connection, Out, ServiceState } from './state.js';

/** Shortest time without a leader after which a server is taken to be cut off (Apache), ms. */
const GRACE_MIN: Millis = 2000;

/** What a server of this role has for itself: a new term begins without local sessions. */
export function apartIn(role: Role, now: Millis, config: ServiceState['config']): Apart {
  const waits = role.kind === 'looking' && config.features.readOnlyMode;
  const readOnlyAt = waits ? now + Math.max(GRACE_MIN, config.tickTime) : null;
  return { sessions: NO_SESSIONS, readOnly: false, readOnlyAt };
}

/** It is time: who accepts to read only is served from now on. Before: the time is `now`. */
export function beginReadOnly(state: ServiceState): ServiceState {
  const { apart, now } = state;
  if (apart.readOnlyAt === null || now < apart.readOnlyAt) return state;
  return { ...state, apart: { ...apart, readOnly: true, readOnlyAt: null } };
}

/** Does a new session stay here? */
export function beginsLocal({ config, role, apart }: ServiceState): boolean {
  return config.features.localSessions && (role.epoch > 0 || apart.readOnly);
}

export function isLocal({ apart }: ServiceState, sessionId: SessionId): boolean {
  return apart.sessions.tracked.has(sessionId);
}

function withLocals(state: ServiceState, sessions: SessionClocks): ServiceState {
  return { ...state, apart: { ...state.apart, sessions } };
}

/** Begins, or goes on, for its timeout from now. */
export function trackLocal(
  state: ServiceState,
  sessionId: SessionId,
  timeout: Millis,
): ServiceState {
  const end = endOf(state.now, timeout, state.config.tickTime);
  const touched = touch(state.apart.sessions, sessionId, end);
  if (touched !== null) return withLocals(state, touched);
  return withLocals(state, track(state.apart.sessions, sessionId, timeout, end, 'self'));
}

/** As a request of its connection touches a session; null: there is no such local session. */
export function touchLocal(
  state: ServiceState,
  connection: Connection,
  now: Millis,
): ServiceState | null {
  const { sessionId, timeout, touchMark } = connection;
  const end = endOf(now, timeout, state.config.tickTime);
  if (end === touchMark) return state;
  const sessions = touch(state.apart.sessions, sessionId, end);
  if (sessions === null) return null;
  return withConn(withLocals(state, sessions), { ...connection, touchMark: end });
}

/** The client ends its local session: nothing but this server needs to know. */
export function closeLocal(
  state: ServiceState,
  connection: Connection,
  xid: number,
  out: Out,
): ServiceState {
  reply(out, connection.conn, xid, state.tree.lastZxid, ErrorCode.OK, null);
  const closed = closeConn(state, connection, 'session closed by the client', out);
  return withLocals(closed, forget(closed.apart.sessions, connection.sessionId));
}

/** Ends one from this side, with its connection. */
export function endLocal(state: ServiceState, sessionId: SessionId, out: Out): ServiceState {
  const connection = connectionOf(state, sessionId);
  const closed =
    connection === undefined ? state : closeConn(state, connection, 'session expired', out);
  return withLocals(closed, forget(closed.apart.sessions, sessionId));
}

/** Those whose time is up. */
export function expireLocals(state: ServiceState, out: Out): ServiceState {
  const [sessions, expired] = takeExpired(state.apart.sessions, state.now);
  if (sessions === state.apart.sessions) return state;
  return expired.reduce((after, id) => endLocal(after, id, out), withLocals(state, sessions));
}

const EPHEMERAL_FLAGS: ReadonlySet<number> = new Set([1, 3]);

function makesEphemeral(request: ClientRequest | MultiOpRequest): boolean {
  const isCreate = request.op === 'create' || request.op === 'create2';
  return isCreate && EPHEMERAL_FLAGS.has(request.flags);
}

/** Does the request ask for an ephemeral, which only a global session may have? A multi that cannot be read asks for nothing. */
export function needsGlobal(request: ClientRequest): boolean {
  if (request.op !== 'multi') return makesEphemeral(request);
  const parts = request.ops.map(asPart);
  return !parts.includes(null) && parts.some((part) => part !== null && makesEphemeral(part));
}

/** The session becomes a global one: a transaction creates it, under the id that it has. */
export function upgrade(state: ServiceState, connection: Connection, out: Out): ServiceState {
  const { sessionId, timeout } = connection;
  const left = withLocals(state, forget(state.apart.sessions, sessionId));
  const global = withConn(left, { ...connection, local: false, touchMark: -1 });
  const sent = submit(global, sessionId, 0, { op: 'createSession', timeout }, [], out);
  if (isLeading(sent)) return sent;
  return { ...sent, sessions: note(sent.sessions, sessionId, timeout) };
}
