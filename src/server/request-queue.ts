/**
 * The requests of a connection, answered in the order in which they came (Apache:
 * `CommitProcessor`).
 *
 * Writes and syncs go on their way at once, one behind the other. What comes after them on the
 * same connection waits for their answers; on a connection that waits for nothing a read is
 * answered directly. auth stands outside: it is answered at once, and counts for what comes later.
 */
import { ErrorCode } from '../core/error-code.js';
import type { Millis } from '../core/ids.js';
import type { AuthRequest, ClientRequest, PathRequest } from '../core/request.js';
import { ZXID_ZERO } from '../core/zxid.js';
import { authenticate } from './auth.js';
import { eagerRefusal } from './eager-acl.js';
import type { ClientEvent } from './events.js';
import { peek, push, shift } from './fifo.js';
import { replyBody } from './outcome.js';
import { RECONFIG } from './prep.js';
import { needsGlobal, touchLocal, upgrade } from './local-sessions.js';
import { submit } from './propose.js';
import { answerRead } from './reads.js';
import { closeConn, refuseOperation, reply } from './replies.js';
import { endOf, note, touch } from './sessions.js';
import {
  isLeading,
  withAwaited,
  withAwaitedSyncs,
  withConn,
  withNow,
  withQueue,
  type Connection,
  type Outcome,
  type Out,
  type Pending,
  type ServiceState,
} from './state.js';

export type RequestEvent = Extract<ClientEvent, { readonly type: 'clientRequest' }>;

/** How a request is dealt with; `refused`: not an operation for clients. */
function kindOf(request: ClientRequest): Pending['kind'] | 'auth' | 'refused' {
  const { op } = request;
  switch (op) {
    case 'getData':
    case 'exists':
    case 'getChildren':
    case 'getChildren2':
    case 'getACL':
    case 'ping':
    case 'setWatches':
    case 'setWatches2':
    case 'addWatch':
    case 'checkWatches':
    case 'removeWatches':
    case 'multiRead':
    case 'getEphemerals':
    case 'getAllChildrenNumber':
    case 'whoAmI':
    case 'unreadable':
      return 'read';
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'deleteContainer':
    case 'setData':
    case 'setACL':
    case 'multi':
    case 'closeSession':
      return 'write';
    case 'sync':
      return 'sync';
    case 'auth':
      return 'auth';
    case 'unknown':
      // Reconfiguration is known and switched off, which the leader says.
      return request.opcode === RECONFIG ? 'write' : 'refused';
    case 'check':
    case 'createSession':
      return 'refused';
    default:
      return unreachable(op);
  }
}

function unreachable(op: never): never {
  throw new Error(`request of unknown kind: ${String(op)}`);
}

/** A frame of a client after its ConnectRequest. */
export function onRequest(state: ServiceState, event: RequestEvent, out: Out): ServiceState {
  const connection = state.clients.conns.get(event.conn);
  // Closed by this side meanwhile.
  if (connection === undefined) return state;
  switch (connection.phase) {
    case 'open':
      return accept(state, connection, event, out);
    case 'connecting':
      return withConn(state, { ...connection, held: push(connection.held, event) });
    case 'new':
      return closeConn(state, connection, 'request before ConnectRequest', out);
  }
}

/** A request of an open connection: answered, under way, or waiting behind others. */
export function accept(
  state: ServiceState,
  connection: Connection,
  event: RequestEvent,
  out: Out,
): ServiceState {
  const { xid, request, now } = event;
  const isOwn = connection.local && request.op === 'closeSession';
  const kind = isOwn ? 'read' : kindOf(request);
  if (kind === 'auth') return addAuth(state, connection, xid, request as AuthRequest, out);
  if (!mayAsk(state, connection)) return refuseUnproved(state, connection, xid, out);
  const touched = touchedBy(state, connection, now);
  // A closing session: Apache drops its requests, its connection ends with the transaction.
  if (touched === null) return state;
  const current = touched === state ? connection : touched.clients.conns.get(connection.conn)!;
  if (kind === 'refused') return refuseOperation(touched, current, xid, out);
  const { identities } = current;
  if (touched.apart.readOnly && isWrite(kind, request)) {
    reply(out, current.conn, xid, touched.tree.lastZxid, ErrorCode.NOTREADONLY, null);
    return touched;
  }
  if (kind === 'write') {
    const code = eagerRefusal(touched, request, identities);
    if (code !== ErrorCode.OK) return refuseInTurn(touched, current, event, code, out);
  }
  const refused = current.local && kind === 'write' && needsGlobal(request);
  if (refused && state.config.features.localSessionsUpgrading) {
    const upgraded = upgrade(withNow(touched, now), current, out);
    return accept(upgraded, upgraded.clients.conns.get(current.conn)!, event, out);
  }
  const failure = refused ? ErrorCode.EPHEMERALONLOCALSESSION : ErrorCode.OK;
  const pending: Pending = { kind, xid, request, identities, failure };
  if (kind === 'read' && current.queue.size === 0) {
    return answerRead(touched, current, pending, out);
  }
  const { queue, outcomes, syncsDone } = current;
  const queued = withConn(
    withNow(touched, now),
    withQueue(current, push(queue, pending), outcomes, syncsDone),
  );
  switch (kind) {
    case 'read':
      return queued;
    case 'write':
      return sendWrite(queued, current, pending, out);
    case 'sync':
      return sendSync(queued, current, pending, out);
  }
}

/** An answer with `failure`, when what came before is answered. */
function refuseInTurn(
  state: ServiceState,
  connection: Connection,
  { xid, request, now }: RequestEvent,
  failure: number,
  out: Out,
): ServiceState {
  const { identities, queue, outcomes, syncsDone } = connection;
  const pending: Pending = { kind: 'read', xid, request, identities, failure };
  if (queue.size === 0) return answerRead(state, connection, pending, out);
  const queued = withQueue(connection, push(queue, pending), outcomes, syncsDone);
  return withConn(withNow(state, now), queued);
}

/** Opcodes of {@link kindOf}'s writes, and of sync: what a read-only server does not even read. */
const WRITING: ReadonlySet<number> = new Set([1, 2, 5, 7, 9, 13, 14, 15, RECONFIG, 19, 20, 21]);

function isWrite(kind: Pending['kind'], request: ClientRequest): boolean {
  return request.op === 'unreadable' ? WRITING.has(request.opcode) : kind !== 'read';
}

/** Has the client proved what the configuration asks of every client? */
function mayAsk({ config }: ServiceState, { identities }: Connection): boolean {
  const { enforcedSchemes } = config;
  if (enforcedSchemes === null) return true;
  return identities.some(({ scheme }) => enforcedSchemes.has(scheme));
}

/** It has not: it is told so, whatever it asks, and its connection ends. */
function refuseUnproved(
  state: ServiceState,
  connection: Connection,
  xid: number,
  out: Out,
): ServiceState {
  const { conn } = connection;
  reply(out, conn, xid, ZXID_ZERO, ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH, null);
  return closeConn(state, connection, 'not authenticated as it must be', out);
}

/**
 * The state in which the connection's session is alive for its timeout from `now`; the same state
 * if it is touched up to there already. null: the session is closing or gone.
 */
function touchedBy(state: ServiceState, connection: Connection, now: Millis): ServiceState | null {
  if (connection.local) return touchLocal(state, connection, now);
  const { sessionId, timeout, touchMark } = connection;
  if (!isLeading(state)) {
    const mark = state.sessions.pings;
    if (mark === touchMark) return state;
    const sessions = note(state.sessions, sessionId, timeout);
    return withConn({ ...state, sessions }, { ...connection, touchMark: mark });
  }
  const end = endOf(now, timeout, state.config.tickTime);
  if (end === touchMark) return state;
  const sessions = touch(state.sessions, sessionId, end);
  if (sessions === null) return null;
  return withConn({ ...state, sessions }, { ...connection, touchMark: end });
}

function addAuth(
  state: ServiceState,
  connection: Connection,
  xid: number,
  request: AuthRequest,
  out: Out,
): ServiceState {
  const { conn, ip } = connection;
  const identities = authenticate(connection.identities, request, ip, state.config);
  if (identities === null) {
    reply(out, conn, xid, ZXID_ZERO, ErrorCode.AUTHFAILED, null);
    return closeConn(state, connection, 'authentication failed', out);
  }
  reply(out, conn, xid, ZXID_ZERO, ErrorCode.OK, null);
  return withConn(state, { ...connection, identities });
}

function sendWrite(
  state: ServiceState,
  { conn, sessionId }: Connection,
  { xid, request, identities, failure }: Pending,
  out: Out,
): ServiceState {
  const sent = submit(state, sessionId, xid, request, identities, out, failure);
  const zxid = isLeading(sent) ? sent.ahead.zxid : null;
  const awaited = { conn, sessionId, cxid: xid, request, zxid };
  return withAwaited(sent, push(sent.clients.awaited, awaited));
}

/** A sync comes back when all that the leader had proposed before it has been delivered here. */
function sendSync(
  state: ServiceState,
  { conn, sessionId }: Connection,
  { xid, request, identities }: Pending,
  out: Out,
): ServiceState {
  const cxid = xid;
  if (isLeading(state)) {
    const { path } = request as PathRequest;
    const packet = { type: 'SYNC', sessionId, cxid, path } as const;
    out.push({ type: 'core', event: { type: 'sync', conn: null, packet } });
  } else {
    const forwarded = { sessionId, cxid, request, identities };
    const packet = { type: 'REQUEST', request: forwarded } as const;
    out.push({ type: 'core', event: { type: 'forward', packet } });
  }
  return withAwaitedSyncs(state, push(state.clients.awaitedSyncs, { conn, sessionId, cxid }));
}

/** A write of the connection has been delivered: the answer to the first one that waits. */
export function settleWrite(
  state: ServiceState,
  connection: Connection,
  outcome: Outcome,
  out: Out,
): ServiceState {
  const { queue, outcomes, syncsDone } = connection;
  return drain(state, withQueue(connection, queue, push(outcomes, outcome), syncsDone), out);
}

/** The leader's answer to the oldest sync of this server's clients. */
export function onSynced(state: ServiceState, out: Out): ServiceState {
  const sync = peek(state.clients.awaitedSyncs);
  if (sync === undefined) return state;
  const rest = withAwaitedSyncs(state, shift(state.clients.awaitedSyncs));
  const connection = rest.clients.conns.get(sync.conn);
  if (connection === undefined) return rest;
  return drain(rest, { ...connection, syncsDone: connection.syncsDone + 1 }, out);
}

/** Answers from the front of the queue as far as there are answers. */
function drain(state: ServiceState, connection: Connection, out: Out): ServiceState {
  let after = state;
  let current = connection;
  for (;;) {
    const head = peek(current.queue);
    if (head === undefined) break;
    const { outcomes, syncsDone } = current;
    const queue = shift(current.queue);
    if (head.kind === 'read') {
      after = answerRead(after, current, head, out);
      // A local session has ended.
      if (head.request.op === 'closeSession') return after;
      current = withQueue(current, queue, outcomes, syncsDone);
    } else if (head.kind === 'sync') {
      if (syncsDone === 0) break;
      const { path } = head.request as PathRequest;
      const zxid = after.tree.lastZxid;
      reply(out, current.conn, head.xid, zxid, ErrorCode.OK, { type: 'path', path });
      current = withQueue(current, queue, outcomes, syncsDone - 1);
    } else {
      const outcome = peek(outcomes);
      if (outcome === undefined) break;
      current = withQueue(current, queue, shift(outcomes), syncsDone);
      if (!answerWrite(after, current, head, outcome, out)) {
        return closeConn(after, current, 'session moved', out);
      }
      if (head.request.op === 'closeSession') {
        return closeConn(after, current, 'session closed by the client', out);
      }
    }
  }
  return withConn(after, current);
}

/** False: SESSIONMOVED, which ends the connection instead (ZOOKEEPER-710). */
function answerWrite(
  state: ServiceState,
  { conn }: Connection,
  { xid, request, failure }: Pending,
  { applied }: Outcome,
  out: Out,
): boolean {
  const { result } = applied;
  const moved = result.results?.some(({ err }) => err === ErrorCode.SESSIONMOVED) ?? false;
  if (moved || result.err === ErrorCode.SESSIONMOVED) return false;
  // A failed multi says so in its body.
  const failed = result.err === ErrorCode.OK ? ErrorCode.OK : failure || result.err;
  const err = result.type === 'multi' ? ErrorCode.OK : failed;
  const body = err === ErrorCode.OK ? replyBody(request.op, result) : null;
  reply(out, conn, xid, state.tree.lastZxid, err, body);
  return true;
}
