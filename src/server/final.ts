/**
 * A delivered transaction: the new tree, the watch events, and then the reply, if it was a client
 * of this server that asked for it (Apache: `FinalRequestProcessor`, `DataTree.processTxn`,
 * `NIOServerCnxn.process`).
 */
import type { ClientConn } from '../core/ids.js';
import type { Txn } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import { Perms } from '../tree/acl.js';
import { applyTxn, type Applied } from '../tree/apply.js';
import type { Change } from '../tree/change.js';
import { isAllowed } from './acl.js';
import { openSession, refuseSession } from './connect.js';
import { noted } from './digests.js';
import { peek, shift } from './fifo.js';
import { isAbout } from './outcome.js';
import { closeConn } from './replies.js';
import { settleWrite } from './request-queue.js';
import { endOf, forget, note, track } from './sessions.js';
import {
  connectionOf,
  isLeading,
  withAwaited,
  withWork,
  type Awaited,
  type Out,
  type ServiceState,
} from './state.js';
import { trigger } from './watches.js';

/** Upcall `deliver`: the next committed transaction, in zxid order. */
export function deliver(state: ServiceState, txn: Txn, out: Out): ServiceState {
  const applied = appliedOf(state, txn);
  const compared = withDigests(withApplied(state, applied), txn);
  const told = tellWatches(compared, applied.changes, txn.zxid, out);
  const tracked = withSessions(told, txn);
  const awaited = peek(tracked.clients.awaited);
  if (awaited === undefined || !isOf(txn, awaited)) return endSession(tracked, txn, out);
  const rest = withAwaited(tracked, shift(tracked.clients.awaited));
  const settled = settle(rest, awaited.conn, txn, applied, out);
  return endSession(settled, txn, out);
}

/** A leader has applied what it proposed when it proposed it. */
function appliedOf(state: ServiceState, txn: Txn): Applied {
  const proposed = peek(state.ahead.outstanding);
  if (proposed === undefined) return applyTxn(state.tree, txn);
  if (proposed.zxid !== txn.zxid) {
    throw new Error(`delivered ${txn.zxid}, but ${proposed.zxid} was proposed`);
  }
  return proposed.applied;
}

function withApplied(state: ServiceState, { tree }: Applied): ServiceState {
  const { now, clients, ahead } = state;
  const outstanding = shift(ahead.outstanding);
  const pending = outstanding.size === 0 ? tree : ahead.tree;
  return withWork(state, now, tree, clients, { outstanding, tree: pending, zxid: ahead.zxid });
}

function withDigests(state: ServiceState, txn: Txn): ServiceState {
  const digests = noted(state.digests, txn, state.tree);
  return digests === state.digests ? state : { ...state, digests };
}

/** Each event only to those who may read the node; a watch is used up all the same. */
function tellWatches(
  state: ServiceState,
  changes: readonly Change[],
  zxid: Zxid,
  out: Out,
): ServiceState {
  let { watches } = state;
  for (const change of changes) {
    const [rest, events] = trigger(watches, change);
    watches = rest;
    for (const { conn, event, path } of events) {
      const identities = state.clients.conns.get(conn)!.identities;
      if (!isAllowed(state.config.rules, change.acl, Perms.READ, identities)) continue;
      out.push({ type: 'watchEvent', conn, zxid, event, path });
    }
  }
  return watches === state.watches ? state : { ...state, watches };
}

/** Clocks of a session that begins or ends with this transaction. */
function withSessions(state: ServiceState, txn: Txn): ServiceState {
  const { sessions, now, config } = state;
  const { sessionId, body } = txn;
  if (body.type === 'closeSession') return { ...state, sessions: forget(sessions, sessionId) };
  if (body.type !== 'createSession') return state;
  if (!isLeading(state)) return { ...state, sessions: note(sessions, sessionId, body.timeout) };
  // A leader tracks what it proposes; this is for what it delivers of its predecessors.
  if (sessions.tracked.has(sessionId)) return state;
  const end = endOf(now, body.timeout, config.tickTime);
  return { ...state, sessions: track(sessions, sessionId, body.timeout, end, null) };
}

/**
 * Is `txn` what this write of a client of this server has become? A learner knows its own by
 * session and cxid, as Apache's does. A client that has moved here and counts its xids anew may
 * have left a request with the same cxid at another server: if that is visibly about something
 * else, it is not the answer (deviation: Apache takes it for one).
 */
function isOf(txn: Txn, awaited: Awaited): boolean {
  if (awaited.zxid !== null) return awaited.zxid === txn.zxid;
  if (awaited.sessionId !== txn.sessionId || awaited.cxid !== txn.cxid) return false;
  return isAbout(txn.body, awaited.request);
}

/** Answers the connection that waits, if it is still there. */
function settle(
  state: ServiceState,
  conn: ClientConn,
  txn: Txn,
  applied: Applied,
  out: Out,
): ServiceState {
  const connection = state.clients.conns.get(conn);
  if (connection === undefined) return state;
  if (connection.phase === 'open') return settleWrite(state, connection, { applied }, out);
  return txn.body.type === 'createSession'
    ? openSession(state, connection, out)
    : refuseSession(state, connection, out);
}

/** A session that ends otherwise than by its client's own request loses its connection here. */
function endSession(state: ServiceState, txn: Txn, out: Out): ServiceState {
  if (txn.body.type !== 'closeSession') return state;
  const connection = connectionOf(state, txn.sessionId);
  return connection === undefined
    ? state
    : closeConn(state, connection, 'session expired or closed', out);
}
