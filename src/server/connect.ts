/**
 * A client's ConnectRequest: a new session, or one that it has already, from this server or from
 * another (Apache: `ZooKeeperServer.processConnectRequest`, `Learner.validateSession`).
 *
 * Deviation: Apache closes an older connection of the session before it looks at the password;
 * here only one who knows the password can end another's connection.
 */
import { ErrorCode } from '../core/error-code.js';
import type { Millis, SessionId } from '../core/ids.js';
import type { RevalidatePacket } from '../core/message.js';
import type { ConnectRequest } from '../core/request.js';
import type { ClientEvent, ServiceConfig } from './events.js';
import { emptyFifo, push, toArray } from './fifo.js';
import { initialIdentities, withIdentities } from './auth.js';
import { submit } from './propose.js';
import { beginsLocal, isLocal, trackLocal } from './local-sessions.js';
import { closeConn, dropConn, reply } from './replies.js';
import { accept } from './request-queue.js';
import { PASSWORD_LENGTH, isSessionPassword, sessionPassword } from './session-password.js';
import { endOf, nextSessionId, setOwner, touch } from './sessions.js';
import {
  connectionOf,
  isLeading,
  lastSeenLimit,
  withAwaited,
  withConn,
  withNow,
  type Connection,
  type Out,
  type ServiceState,
} from './state.js';

type Opened = Extract<ClientEvent, { readonly type: 'clientOpened' }>;
type Authenticated = Extract<ClientEvent, { readonly type: 'clientAuthenticated' }>;
type Connect = Extract<ClientEvent, { readonly type: 'clientConnect' }>;

const NO_SESSION = 0n as SessionId;

export function onOpened(state: ServiceState, { conn, ip, identities }: Opened): ServiceState {
  return withConn(state, {
    conn,
    ip,
    phase: 'new',
    sessionId: NO_SESSION,
    timeout: 0,
    hasReadOnly: true,
    local: false,
    identities: initialIdentities(ip, identities),
    touchMark: -1,
    queue: emptyFifo(),
    outcomes: emptyFifo(),
    syncsDone: 0,
    held: emptyFifo(),
  });
}

/** Counts for what the connection asks from now on. */
export function onAuthenticated(
  state: ServiceState,
  { conn, identities }: Authenticated,
): ServiceState {
  const connection = state.clients.conns.get(conn);
  if (connection === undefined) return state;
  const all = withIdentities(connection.identities, identities);
  return withConn(state, { ...connection, identities: all });
}

/** The socket is gone; the session lives until it expires. */
export function onClosed(state: ServiceState, conn: Connection['conn']): ServiceState {
  return dropConn(state, conn);
}

export function onConnect(state: ServiceState, event: Connect, out: Out): ServiceState {
  const connection = state.clients.conns.get(event.conn);
  if (connection === undefined) return state;
  const { request, now } = event;
  const reason = reasonToClose(state, connection, request);
  if (reason !== null) return closeConn(state, connection, reason, out);
  const connecting: Connection = {
    ...connection,
    phase: 'connecting',
    timeout: negotiate(request.timeout, state.config),
    hasReadOnly: request.hasReadOnly,
  };
  const current = withNow(state, now);
  return request.sessionId === NO_SESSION
    ? createSession(current, connecting, out)
    : resumeSession(current, connecting, request, out);
}

/** Reasons to close without an answer: the client should try another server. */
function reasonToClose(
  state: ServiceState,
  { phase }: Connection,
  { lastZxidSeen, readOnly, sessionId }: ConnectRequest,
): string | null {
  if (phase !== 'new') return 'second ConnectRequest';
  const { apart } = state;
  if (!state.role.serving && !apart.readOnly) return 'not serving';
  if (apart.readOnly && !readOnly) return 'client is not read-only, this server is';
  if (lastZxidSeen > lastSeenLimit(state)) return 'client has seen a newer state';
  if (apart.readOnly && state.tree.sessions.has(sessionId)) return 'session of the ensemble';
  return null;
}

function negotiate(timeout: Millis, config: ServiceConfig): Millis {
  return Math.min(Math.max(timeout, config.minSessionTimeout), config.maxSessionTimeout);
}

/** The answer follows when the session's transaction is delivered; a local session needs none. */
function createSession(state: ServiceState, connection: Connection, out: Out): ServiceState {
  const { conn, timeout, identities } = connection;
  const sessionId = state.nextSessionId;
  const named: ServiceState = {
    ...withSession(state, { ...connection, sessionId }),
    nextSessionId: nextSessionId(sessionId),
  };
  if (beginsLocal(state)) {
    const tracked = trackLocal(named, sessionId, timeout);
    return openSession(tracked, { ...connection, sessionId, local: true }, out);
  }
  if (state.apart.readOnly) {
    // As Apache: not the answer that a client expects there, and nothing after it.
    reply(out, conn, 0, state.tree.lastZxid, ErrorCode.NOTREADONLY, null);
    return named;
  }
  const request = { op: 'createSession', timeout } as const;
  const sent = submit(named, sessionId, 0, request, identities, out);
  const zxid = isLeading(sent) ? sent.ahead.zxid : null;
  const awaited = { conn, sessionId, cxid: 0, request, zxid };
  return withAwaited(sent, push(sent.clients.awaited, awaited));
}

function withSession(state: ServiceState, connection: Connection): ServiceState {
  const { conn, sessionId } = connection;
  const connOfSession = state.connOfSession.set(sessionId, conn);
  return withConn({ ...state, connOfSession }, connection);
}

function resumeSession(
  state: ServiceState,
  connection: Connection,
  { sessionId, password }: ConnectRequest,
  out: Out,
): ServiceState {
  if (!isSessionPassword(sessionId, password)) return refuseSession(state, connection, out);
  const taken = withSession(closeOlder(state, sessionId, out), { ...connection, sessionId });
  const current = { ...connection, sessionId };
  const { timeout } = connection;
  if (isLocal(taken, sessionId)) {
    return openSession(trackLocal(taken, sessionId, timeout), { ...current, local: true }, out);
  }
  if (taken.apart.readOnly) return refuseSession(taken, current, out);
  if (!isLeading(state)) {
    const packet: RevalidatePacket = { type: 'REVALIDATE', sessionId, timeout };
    out.push({ type: 'core', event: { type: 'forward', packet } });
    return taken;
  }
  const end = endOf(taken.now, timeout, taken.config.tickTime);
  const touched = touch(taken.sessions, sessionId, end);
  if (touched === null) return refuseSession(taken, current, out);
  return openSession({ ...taken, sessions: setOwner(touched, sessionId, 'self') }, current, out);
}

/** A session has one connection: the client has left the older one. */
function closeOlder(state: ServiceState, sessionId: SessionId, out: Out): ServiceState {
  const connection = connectionOf(state, sessionId);
  return connection === undefined
    ? state
    : closeConn(state, connection, 'client has reconnected', out);
}

/** The leader's answer to a learner's REVALIDATE. */
export function onRevalidated(
  state: ServiceState,
  packet: RevalidatePacket,
  out: Out,
): ServiceState {
  const connection = connectionOf(state, packet.sessionId);
  // The client may have left meanwhile, or a second answer come for a second attempt.
  if (connection?.phase !== 'connecting') return state;
  return packet.valid === true
    ? openSession(state, connection, out)
    : refuseSession(state, connection, out);
}

/** The session is there: the answer, then whatever the client has sent already. */
export function openSession(state: ServiceState, connection: Connection, out: Out): ServiceState {
  const { conn, sessionId, timeout, hasReadOnly, held } = connection;
  const password = sessionPassword(sessionId);
  const response = { timeout, sessionId, password, readOnly: state.apart.readOnly };
  out.push({ type: 'connectReply', conn, response, hasReadOnly });
  let after = withConn(state, { ...connection, phase: 'open', held: emptyFifo() });
  for (const event of toArray(held)) {
    const current = after.clients.conns.get(conn);
    if (current === undefined) break;
    after = accept(after, current, { ...event, now: after.now }, out);
  }
  return after;
}

/** Unknown, expired, closing or not the client's own: it must begin a new one. */
export function refuseSession(state: ServiceState, connection: Connection, out: Out): ServiceState {
  const { conn, hasReadOnly } = connection;
  const password = new Uint8Array(PASSWORD_LENGTH);
  const { readOnly } = state.apart;
  const response = { timeout: 0, sessionId: NO_SESSION, password, readOnly };
  out.push({ type: 'connectReply', conn, response, hasReadOnly });
  return closeConn(state, connection, 'session expired', out);
}
