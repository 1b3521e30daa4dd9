/**
 * The service reducer: what one server does for its clients around the core.
 *
 * Client requests and the core's upcalls in; replies, watch events and the core's events out, in
 * the order in which they must be carried out.
 */
import type { Role } from '../core/effect.js';
import type { Millis, PeerConn, SessionId } from '../core/ids.js';
import type { SnapshotImage } from '../core/image.js';
import type { PingPacket, Snapshot } from '../core/message.js';
import { makeZxid } from '../core/zxid.js';
import { withConfigNode } from '../tree/config-node.js';
import { emptyTree, type Tree } from '../tree/tree.js';
import { collect, nextCollection, startCollection } from './containers.js';
import { onAuthenticated, onClosed, onConnect, onOpened, onRevalidated } from './connect.js';
import { digestsFrom } from './digests.js';
import type { ServiceEffect, ServiceEvent } from './events.js';
import { emptyFifo } from './fifo.js';
import { deliver } from './final.js';
import { apartIn, beginReadOnly, endLocal, expireLocals, isLocal } from './local-sessions.js';
import { onForwarded, onRevalidate, propose, submit } from './propose.js';
import { closeConn } from './replies.js';
import { onRequest, onSynced } from './request-queue.js';
import {
  NO_SESSIONS,
  endOf,
  firstSessionId,
  nextDue,
  startClocks,
  takeExpired,
  takeTouches,
  touch,
} from './sessions.js';
import {
  isLeading,
  nothingAhead,
  wallClock,
  withNow,
  type Out,
  type ServiceState,
} from './state.js';

/** One step. `state` comes back as it is if nothing of it changes, as after a read. */
export function serviceStep(
  state: ServiceState,
  event: ServiceEvent,
): readonly [ServiceState, readonly ServiceEffect[]] {
  const out: Out = [];
  const after = step(state, event, out);
  const sameDeadline =
    after.sessions.buckets === state.sessions.buckets &&
    after.tree.containers === state.tree.containers &&
    after.tree.ttls === state.tree.ttls &&
    after.apart === state.apart &&
    after.collection === state.collection;
  return [sameDeadline ? after : remind(after, out), out];
}

function step(state: ServiceState, event: ServiceEvent, out: Out): ServiceState {
  switch (event.type) {
    case 'clientRequest':
      return onRequest(state, event, out);
    case 'deliver':
      return deliver(state, event.txn, out);
    case 'clientOpened':
      return onOpened(state, event);
    case 'clientAuthenticated':
      return onAuthenticated(state, event);
    case 'clientConnect':
      return onConnect(state, event, out);
    case 'clientClosed':
      return onClosed(state, event.conn);
    case 'serviceTick':
      return onTick(withNow(state, event.now), out);
    case 'request':
      return onForwarded(state, event.conn, event.packet, out);
    case 'revalidate':
      return event.conn === null
        ? onRevalidated(state, event.packet, out)
        : onRevalidate(state, event.conn, event.packet, out);
    case 'pinged':
      return onPinged(state, event.conn, event.packet, out);
    case 'synced':
      return onSynced(state, out);
    case 'learnerGone':
      // Its sessions come back through another server, or their time runs out.
      return state;
    case 'role':
      return onRole(state, event.role, out);
    case 'installed':
      return withTree(state, event.snapshot);
    case 'expireSession':
      return expire(withNow(state, event.now), event.sessionId, out);
    case 'serviceStart':
      return withTree(
        {
          ...state,
          now: event.now,
          wallOffset: event.wallClock - event.now,
          nextSessionId: firstSessionId(state.config.sid, event.wallClock),
        },
        event.snapshot,
        event.stated,
      );
    default:
      return unreachable(event);
  }
}

function unreachable(event: never): never {
  throw new Error(`event of unknown type: ${JSON.stringify(event)}`);
}

/**
 * Deliveries go on from `snapshot`, whose image is a tree; null: an empty one. The configuration
 * that it holds is another server's, or an older one of this one: each writes its own there
 * (ZOOKEEPER-2819).
 */
function withTree(
  state: ServiceState,
  snapshot: Snapshot | null,
  stated?: SnapshotImage['digest'],
): ServiceState {
  const { configNode, features } = state.config;
  const given = snapshot === null ? emptyTree(features.digest) : (snapshot.image as Tree);
  const tree = configNode === null ? given : withConfigNode(given, configNode, wallClock(state));
  return {
    ...state,
    tree,
    digests: digestsFrom(state.digests, tree, stated),
    ahead: nothingAhead(tree, state.ahead.zxid),
  };
}

/**
 * Serving begins: a leader winds up every session's clock and numbers on from the log's end.
 * Serving ends: connections, their watches and what was proposed go. Its transactions may still be
 * delivered later, by whoever leads then.
 */
function onRole(state: ServiceState, role: Role, out: Out): ServiceState {
  const continues = role.serving && state.role.serving && role.epoch === state.role.epoch;
  if (continues) return { ...state, role };
  let after = state;
  // A client that comes while nobody is served has sent nothing yet: it may stay until it does.
  const served = state.role.serving || state.apart.readOnly;
  for (const connection of served ? state.clients.conns.values() : []) {
    after = closeConn(after, connection, 'the server has stopped serving', out);
  }
  const leading = role.serving && role.kind === 'leading';
  const start = makeZxid(role.epoch, 0);
  return {
    ...after,
    role,
    apart: apartIn(role, after.now, after.config),
    sessions: leading
      ? startClocks(after.tree.sessions, after.now, after.config.tickTime)
      : NO_SESSIONS,
    clients: {
      conns: after.clients.conns,
      awaited: emptyFifo(),
      awaitedSyncs: emptyFifo(),
    },
    collection: leading ? startCollection(after.now, after.config.features) : null,
    ahead: nothingAhead(after.tree, role.lastZxid > start ? role.lastZxid : start),
  };
}

/** A learner's report of sessions it has heard of, or the leader's PING that asks for one. */
function onPinged(
  state: ServiceState,
  conn: PeerConn | null,
  packet: PingPacket,
  out: Out,
): ServiceState {
  if (conn === null) {
    const [clocks, touches] = takeTouches(state.sessions);
    out.push({ type: 'core', event: { type: 'pong', sessions: touches } });
    return { ...state, sessions: clocks };
  }
  if (!isLeading(state)) return state;
  let { sessions } = state;
  for (const { sessionId, timeout } of packet.sessions) {
    const end = endOf(state.now, timeout, state.config.tickTime);
    sessions = touch(sessions, sessionId, end) ?? sessions;
  }
  return { ...state, sessions };
}

/** Leader: sessions whose time is up end by their closing transactions. */
function onTick(state: ServiceState, out: Out): ServiceState {
  const [sessions, expired] = takeExpired(state.sessions, state.now);
  let after: ServiceState = { ...state, sessions };
  for (const sessionId of expired) after = expire(after, sessionId, out);
  return collect(beginReadOnly(expireLocals(after, out)), out);
}

/**
 * The leader ends a session by its closing transaction. A learner asks the leader for that, as if
 * the client had: a closeSession needs no owner.
 */
function expire(state: ServiceState, sessionId: SessionId, out: Out): ServiceState {
  if (isLocal(state, sessionId)) return endLocal(state, sessionId, out);
  const request = { op: 'closeSession' } as const;
  if (!isLeading(state)) {
    return state.role.serving ? submit(state, sessionId, 0, request, [], out) : state;
  }
  const session = state.sessions.tracked.get(sessionId);
  if (session === undefined || session.closing) return state;
  return propose(state, { sessionId, cxid: 0, request, identities: [], owner: 'self' }, out);
}

/** Asks to be woken when the next sessions or containers may have to go. */
function remind(state: ServiceState, out: Out): ServiceState {
  const { sessions, readOnlyAt } = state.apart;
  const ofEnsemble = earlier(nextDue(state.sessions), nextCollection(state));
  const at = earlier(ofEnsemble, earlier(nextDue(sessions), readOnlyAt));
  if (at === state.deadline) return state;
  out.push({ type: 'serviceDeadline', at });
  return { ...state, deadline: at };
}

function earlier(a: Millis | null, b: Millis | null): Millis | null {
  if (a === null) return b;
  return b === null || a < b ? a : b;
}
