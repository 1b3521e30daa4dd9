/**
 * What goes to a client connection, and its end.
 */
import { ErrorCode } from '../core/error-code.js';
import type { ClientConn } from '../core/ids.js';
import type { ReplyBody } from '../jute/reply.js';
import { ZXID_NONE, type Zxid } from '../core/zxid.js';
import type { Connection, Out, ServiceState } from './state.js';
import { removeConn } from './watches.js';

/** A reply with the server's last processed zxid. */
export function reply(
  out: Out,
  conn: ClientConn,
  xid: number,
  zxid: Zxid,
  err: number,
  body: ReplyBody | null,
): void {
  out.push({ type: 'reply', conn, xid, zxid, err, body });
}

/** Closes a connection from this side. What it has sent already still leads to its transactions. */
export function closeConn(
  state: ServiceState,
  connection: Connection,
  reason: string,
  out: Out,
): ServiceState {
  out.push({ type: 'clientClose', conn: connection.conn, reason });
  return dropConn(state, connection.conn);
}

/** Forgets a connection and its watches. Its session lives on. */
export function dropConn(state: ServiceState, conn: ClientConn): ServiceState {
  const connection = state.clients.conns.get(conn);
  if (connection === undefined) return state;
  const { sessionId } = connection;
  const connOfSession =
    state.connOfSession.get(sessionId) === conn
      ? state.connOfSession.remove(sessionId)
      : state.connOfSession;
  return {
    ...state,
    clients: { ...state.clients, conns: state.clients.conns.remove(conn) },
    connOfSession,
    watches: removeConn(state.watches, conn),
  };
}

/** An operation that this server does not have: answered at once, out of turn, and the end. */
export function refuseOperation(
  state: ServiceState,
  connection: Connection,
  xid: number,
  out: Out,
): ServiceState {
  reply(out, connection.conn, xid, ZXID_NONE, ErrorCode.UNIMPLEMENTED, null);
  return closeConn(state, connection, 'unknown operation', out);
}
