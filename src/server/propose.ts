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
import { withDigest } from './digests.js';
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
import {
  connectionOf,
  isLeading,
  wallClock,
  withAhead,
  withConn,
  type Out,
  type ServiceState,
} from './state.js';

/** Where a write comes from, beside what a learner would forward of it. */
export interface Write extends ForwardedRequest {
  readonly owner: Owner;
  /** The code to fail with where a global session is needed; 0 and absent: as the session is. */
  readonly failure?: number;
}

/**
 * Leader: the transaction of `write` is proposed, with the next zxid, whatever comes of it.
 * Before: {@link isLeading}. After: the last that is outstanding is it.
 */
export function propose(state: ServiceState, write: Write, out: Out): ServiceState {
  const { request, sessionId, cxid, identities, owner } = write;
  const { ahead } = state;
  const zxid = (ahead.zxid + 1) as Zxid;
  const time = wallClock(state);
  const sessionErr = sessionError(state, sessionId, owner);
  const globalErr = write.failure || checkSession(state.sessions, sessionId, owner);
  const { rules, features } = state.config;
  const { tree } = ahead;
  const delivered = state.tree;
  const errs = { sessionErr, globalErr };
  const body = prepare(
    { tree, delivered, zxid, time, sessionId, ...errs, identities, rules, features },
    request,
  );
  const bare: Txn = { zxid, sessionId, cxid, time, body };
  const applied = applyTxn(ahead.tree, bare);
  const txn = withDigest(bare, applied.tree);
  out.push({ type: 'core', event: { type: 'propose', txn } });
  const outstanding = push(ahead.outstanding, { zxid, applied });
  const proposed = withAhead(state, { outstanding, tree: applied.tree, zxid });
  const sessions = clocksAfter(state, write, sessionErr);
  const tracked = sessions === state.sessions ? proposed : { ...proposed, sessions };
  return request.op === 'closeSession' ? stopTouching(tracked, sessionId) : tracked;
}

/**
 * May the session write (Apache: `LeaderSessionTracker.checkSession`)? With local sessions, one
 * that is not known here may be another server's local one.
 */
function sessionError(state: ServiceState, sessionId: SessionId, owner: Owner): number {
  const { sessions, config, apart } = state;
  const err = checkSession(sessions, sessionId, owner);
  const mayBeLocal = config.features.localSessions && state.role.epoch > 0;
  if (err === ErrorCode.OK || !mayBeLocal || sessions.tracked.has(sessionId)) return err;
  if (owner === 'self' && apart.sessions.tracked.has(sessionId)) return ErrorCode.OK;
  return serverOf(sessionId) === config.sid ? err : ErrorCode.OK;
}

/** The server that has handed out a session's id. */
function serverOf(sessionId: SessionId): number {
  return Number(BigInt.asUintN(8, sessionId >> 56n));
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
  const connection = connectionOf(state, sessionId);
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
  const { identities } = packet.request;
  return propose(state, { sessionId, cxid, request, identities, owner: conn }, out);
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
  failure = 0,
): ServiceState {
  if (isLeading(state)) {
    return propose(state, { sessionId, cxid, request, identities, owner: 'self', failure }, out);
  }
  const packet: RequestPacket = {
    type: 'REQUEST',
    request: { sessionId, cxid, request, identities },
  };
  out.push({ type: 'core', event: { type: 'forward', packet } });
  return state;
}
