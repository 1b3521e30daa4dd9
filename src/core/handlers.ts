/**
 * A leader's learners, one handler for each connection (Apache: `LearnerHandler`), and the heartbeat
 * to them.
 */
import type { CoreEffect } from './effect.js';
import type { Millis, PeerConn } from './ids.js';
import type { PingPacket } from './message.js';
import type { CoreState, Handler, Leader } from './state.js';
import { withPeer } from './state.js';
import { ZXID_ZERO } from './zxid.js';

/** The handler of a connection; undefined once it is closed. */
export function handlerOf(peer: Leader, conn: PeerConn): Handler | undefined {
  for (const handler of peer.handlers) if (handler.conn === conn) return handler;
  return undefined;
}

/** `peer` with `handler` in place of the one of the same connection. */
export function withHandler<L extends Leader>(peer: L, handler: Handler): L {
  const handlers = peer.handlers.map((other) => (other.conn === handler.conn ? handler : other));
  return { ...peer, handlers };
}

/**
 * `peer` without a learner's connection. Effects: `close` unless `reason` is null (it is closed
 * already), and `learnerGone` if the learner is known.
 */
export function forget<L extends Leader>(
  peer: L,
  handler: Handler,
  reason: string | null,
  out: CoreEffect[],
): L {
  const { conn } = handler;
  if (reason !== null) out.push({ type: 'close', conn, reason });
  if (handler.sid !== null) out.push({ type: 'learnerGone', conn });
  const handlers = peer.handlers.filter((other) => other.conn !== conn);
  if (peer.zab !== 'BROADCAST') return { ...peer, handlers };
  return { ...peer, handlers, syncs: peer.syncs.filter((sync) => sync.conn !== conn) };
}

/** A leader remembers a connection that nothing was read from yet. Invisible. */
export function acceptLearner(
  state: CoreState,
  peer: Leader,
  conn: PeerConn,
  now: Millis,
): CoreState {
  const handler: Handler = {
    conn,
    sid: null,
    voting: false,
    stage: 'opened',
    lastZxid: ZXID_ZERO,
    heardAt: now,
  };
  return withPeer(state, { ...peer, handlers: [...peer.handlers, handler] });
}

/** A leader's heartbeat, twice a tick, to those that get its proposals. Invisible. */
export function pingLearners(
  state: CoreState,
  peer: Leader,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  const packet: PingPacket = { type: 'PING', zxid: state.log.history.last, sessions: [] };
  if (peer.zab === 'BROADCAST') {
    for (const { conn, stage } of peer.handlers) {
      if (stage === 'serving') out.push({ type: 'send', conn, packet });
    }
  }
  return withPeer(state, { ...peer, pingAt: now + state.config.tickTime / 2 });
}
