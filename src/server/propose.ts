/**
 * A write on its way: prepared and proposed by the leader (and standalone), forwarded by a learner.
 *
 * What is proposed is applied to the pending tree at once. So the next request is checked against
 * it, and a commit only moves a reference (`final.ts`).
 */
import { ErrorCode } from '../core/error-code.js';
import type { PeerConn, SessionId } from '../core/ids.js';
import type { RequestPacket, RevalidatePacket } from '../core/message.js';
import type { ClientRequest, ForwardedRequest } from '../core/request.js';
import type { Txn } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import { applyTxn } from '../tree/apply.js';
import { push } from './fifo.js';
import { prepare } from './prep.js';
import {
  checkSession,
  endOf,
  markClosing,
  setOwner,
  touch,
  track,
  type Owner,
  type SessionClocks,
} from './sessions.js';
import { isLeading, wallClock, withConn, type Out, type ServiceState } from './state.js';

/** Where a write comes from, beside what a learner would forward of it. */
export interface Write extends ForwardedRequest {
  readonly owner: Owner;
}

/**
 * Leader: the transaction of `write` is proposed, with the next zxid, whatever comes of it.
 * Before: {@link isLeading}. After: the last of `outstanding` is it.
 */
export function propose(state: ServiceState, write: Write, out: Out): ServiceState {
  const { request, sessionId, cxid, identities, owner } = write;
  const zxid = (state.lastProposed + 1) as Zxid;
  const time = wallClock(state);
  const sessionErr = checkSession(state.sessions, sessionId, owner);
  const body = prepare(
    { tree: state.pending, zxid, time, sessionId, sessionErr, identities },
    request,
  );
  const txn: Txn = { zxid, sessionId, cxid, time, body };
  const applied = applyTxn(state.pending, txn);
  out.push({ type: 'core', event: { type: 'propose', txn } });
  const proposed: ServiceState = {
    ...state,
    sessions: clocksAfter(state, write, sessionErr),
    outstanding: push(state.outstanding, { zxid, applied }),
    pending: applied.tree,
    lastProposed: zxid,
  };
  return request.op === 'closeSession' ? stopTouching(proposed, sessionId) : proposed;
}

function clocksAfter(state: ServiceState, write: Write, sessionErr: number): SessionClocks {
  const { request, sessionId, owner } = write;
  switch (request.op) {
    case 'createSession': {
      const end = endOf(state.now, request.timeout, state.config.tickTime);
      return track(state.sessions, sessionId, request.timeout, end, owner);
    }
    case 'closeSession':
      return markClosing(state.sessions, sessionId);
    default:
      return sessionErr === ErrorCode.OK
        ? setOwner(state.sessions, sessionId, owner)
        : state.sessions;
  }
}

/** The next request of a closing session's connection must find out that it is closing. */
function stopTouching(state: ServiceState, sessionId: SessionId): ServiceState {
  const conn = state.connOfSession.get(sessionId);
  const connection = conn === undefined ? undefined : state.conns.get(conn);
  return connection === undefined ? state : withConn(state, { ...connection, touchMark: -1 });
}

/** Leader: what a learner forwards. Nothing else than writes and syncs is expected from it. */
export function onForwarded(
  state: ServiceState,
  conn: PeerConn,
  packet: RequestPacket,
  out: Out,
): ServiceState {
  if (!isLeading(state)) return state;
  const { request, sessionId, cxid } = packet.request;
  if (request.op === 'sync') {
    const sync = { type: 'SYNC', sessionId, cxid, path: request.path } as const;
    out.push({ type: 'core', event: { type: 'sync', conn, packet: sync } });
    return state;
  }
  return propose(state, { ...packet.request, owner: conn }, out);
}

/** Leader: is the session of a client that has come to a learner alive? Then it is the learner's. */
export function onRevalidate(
  state: ServiceState,
  conn: PeerConn,
  packet: RevalidatePacket,
  out: Out,
): ServiceState {
  if (!isLeading(state)) return state;
  const { sessionId, timeout } = packet;
  const touched = touch(
    state.sessions,
    sessionId,
    endOf(state.now, timeout, state.config.tickTime),
  );
  const answer: RevalidatePacket = { ...packet, valid: touched !== null };
  out.push({ type: 'core', event: { type: 'revalidated', conn, packet: answer } });
  return touched === null ? state : { ...state, sessions: setOwner(touched, sessionId, conn) };
}

/** Proposes (leader) or forwards (learner) a write of a client of this server. */
export function submit(
  state: ServiceState,
  sessionId: SessionId,
  cxid: number,
  request: ClientRequest,
  identities: ForwardedRequest['identities'],
  out: Out,
): ServiceState {
  const forwarded: ForwardedRequest = { sessionId, cxid, request, identities };
  if (isLeading(state)) return propose(state, { ...forwarded, owner: 'self' }, out);
  const packet: RequestPacket = { type: 'REQUEST', request: forwarded };
  out.push({ type: 'core', event: { type: 'forward', packet } });
  return state;
}
