/**
 * The clocks of sessions (Apache: `SessionTrackerImpl`, `LearnerSessionTracker`, `ExpiryQueue`).
 *
 * The leader expires: a session's end is rounded up to the next tick, and all sessions of a tick
 * end together. Each session stands in a bucket; a touch only moves the session's own end, and
 * the bucket puts it where it belongs when its time has come, so a touch costs one map write and
 * only once a tick. A learner notes which sessions it has heard of since the last PING and reports
 * them in the answer.
 *
 * A *mark* says up to when a connection's session is touched, so that a request has one number to
 * compare: the rounded end of the session on a leader, the count of PINGs on a learner.
 */
import { Map as PersistentMap, Set as PersistentSet } from 'immutable';
import type { Millis, PeerConn, SessionId } from '../core/ids.js';
import type { SessionTouch } from '../core/message.js';
import { ErrorCode } from '../core/error-code.js';

/** Who may write for a session: clients of this server, or a learner by its connection. */
export type Owner = PeerConn | 'self';

export interface Tracked {
  readonly timeout: Millis;
  /** When it ends unless touched: a multiple of the tick. */
  readonly end: Millis;
  /** null until its first write after a change of leader. */
  readonly owner: Owner | null;
  /** Its closing transaction is under way: neither touches nor requests any more. */
  readonly closing: boolean;
}

export interface SessionClocks {
  /** Leader: every session there is, the ones being created included. */
  readonly tracked: PersistentMap<SessionId, Tracked>;
  /** Leader: each session stands in a bucket that is not after its end. */
  readonly buckets: PersistentMap<Millis, PersistentSet<SessionId>>;
  /** Learner: touched since the last PING. */
  readonly touched: PersistentMap<SessionId, Millis>;
  /** Learner: PINGs answered so far. */
  readonly pings: number;
}

const NOBODY = PersistentSet<SessionId>();

export const NO_SESSIONS: SessionClocks = {
  tracked: PersistentMap(),
  buckets: PersistentMap(),
  touched: PersistentMap(),
  pings: 0,
};

/** Ids of sessions are a server's id, 40 bits of its wall clock in ms, and a 16-bit count on. */
export function firstSessionId(sid: number, wallClock: Millis): SessionId {
  const clock = BigInt.asUintN(64, BigInt(wallClock) << 24n) >> 8n;
  const id = BigInt.asIntN(64, clock | (BigInt(sid) << 56n));
  // Long.MIN_VALUE is the owner of containers; 0 asks for a new session.
  return (id === -0x8000_0000_0000_0000n || id === 0n ? id + 1n : id) as SessionId;
}

export function nextSessionId(id: SessionId): SessionId {
  return BigInt.asIntN(64, id + 1n) as SessionId;
}

/** When a session touched at `now` ends: its timeout later, rounded up to the next tick. */
export function endOf(now: Millis, timeout: Millis, tick: Millis): Millis {
  return (Math.floor((now + timeout) / tick) + 1) * tick;
}

/** A new session, or a new term of leadership for an old one. An owner is kept if null is given. */
export function track(
  clocks: SessionClocks,
  id: SessionId,
  timeout: Millis,
  end: Millis,
  owner: Owner | null,
): SessionClocks {
  const known = clocks.tracked.get(id);
  if (known !== undefined) {
    const kept = owner ?? known.owner;
    return { ...clocks, tracked: clocks.tracked.set(id, { ...known, timeout, end, owner: kept }) };
  }
  return {
    ...clocks,
    tracked: clocks.tracked.set(id, { timeout, end, owner, closing: false }),
    buckets: addToBucket(clocks.buckets, id, end),
  };
}

function addToBucket(
  buckets: SessionClocks['buckets'],
  id: SessionId,
  end: Millis,
): SessionClocks['buckets'] {
  return buckets.set(end, (buckets.get(end) ?? NOBODY).add(id));
}

/** The clocks of a server that begins to lead: every session has its full timeout from now. */
export function startClocks(
  sessions: Iterable<readonly [SessionId, Millis]>,
  now: Millis,
  tick: Millis,
): SessionClocks {
  const tracked: [SessionId, Tracked][] = [];
  const buckets = new Map<Millis, SessionId[]>();
  for (const [id, timeout] of sessions) {
    const end = endOf(now, timeout, tick);
    tracked.push([id, { timeout, end, owner: null, closing: false }]);
    const bucket = buckets.get(end);
    if (bucket === undefined) buckets.set(end, [id]);
    else bucket.push(id);
  }
  return {
    ...NO_SESSIONS,
    tracked: PersistentMap(tracked),
    buckets: PersistentMap([...buckets].map(([end, ids]) => [end, PersistentSet(ids)])),
  };
}

/** Leader: alive until `end`. null: there is no such session, or it is closing. */
export function touch(clocks: SessionClocks, id: SessionId, end: Millis): SessionClocks | null {
  const session = clocks.tracked.get(id);
  if (session === undefined || session.closing) return null;
  if (session.end === end) return clocks;
  // A shorter timeout may end it before its bucket is due.
  const buckets = end < session.end ? addToBucket(clocks.buckets, id, end) : clocks.buckets;
  return { ...clocks, tracked: clocks.tracked.set(id, { ...session, end }), buckets };
}

/** Learner: heard of. */
export function note(clocks: SessionClocks, id: SessionId, timeout: Millis): SessionClocks {
  return { ...clocks, touched: clocks.touched.set(id, timeout) };
}

/** Learner: what to report in the answer to a PING, and the clocks after it. */
export function takeTouches(
  clocks: SessionClocks,
): readonly [SessionClocks, readonly SessionTouch[]] {
  const touches: SessionTouch[] = [];
  for (const [sessionId, timeout] of clocks.touched) touches.push({ sessionId, timeout });
  return [{ ...clocks, touched: NO_SESSIONS.touched, pings: clocks.pings + 1 }, touches];
}

/** The session's closing transaction is under way. */
export function markClosing(clocks: SessionClocks, id: SessionId): SessionClocks {
  const session = clocks.tracked.get(id);
  if (session === undefined || session.closing) return clocks;
  return { ...clocks, tracked: clocks.tracked.set(id, { ...session, closing: true }) };
}

/** The session is gone; its place in a bucket goes when that is due. */
export function forget(clocks: SessionClocks, id: SessionId): SessionClocks {
  if (!clocks.tracked.has(id) && !clocks.touched.has(id)) return clocks;
  return {
    ...clocks,
    tracked: clocks.tracked.remove(id),
    touched: clocks.touched.remove(id),
  };
}

export function setOwner(clocks: SessionClocks, id: SessionId, owner: Owner): SessionClocks {
  const session = clocks.tracked.get(id);
  if (session === undefined || session.owner === owner) return clocks;
  return { ...clocks, tracked: clocks.tracked.set(id, { ...session, owner }) };
}

/**
 * May `owner` write for the session (Apache: `checkSession`)? 0, SESSIONEXPIRED or SESSIONMOVED.
 * A session without an owner takes the first that asks: {@link setOwner} if this is 0.
 */
export function checkSession(clocks: SessionClocks, id: SessionId, owner: Owner): number {
  const session = clocks.tracked.get(id);
  if (session === undefined || session.closing) return ErrorCode.SESSIONEXPIRED;
  if (session.owner === null || session.owner === owner) return ErrorCode.OK;
  return ErrorCode.SESSIONMOVED;
}

/** Leader: sessions whose end has come, and the clocks without the buckets that are due. */
export function takeExpired(
  clocks: SessionClocks,
  now: Millis,
): readonly [SessionClocks, readonly SessionId[]] {
  const due = [...clocks.buckets.keys()].filter((end) => end <= now).sort((a, b) => a - b);
  if (due.length === 0) return [clocks, []];
  const expired = new Set<SessionId>();
  let buckets = clocks.buckets;
  for (const end of due) {
    for (const id of buckets.get(end)!) {
      const session = clocks.tracked.get(id);
      if (session === undefined || session.closing) continue;
      if (session.end <= now) expired.add(id);
      else buckets = addToBucket(buckets, id, session.end);
    }
    buckets = buckets.remove(end);
  }
  return [{ ...clocks, buckets }, [...expired]];
}

/** When {@link takeExpired} has something to do next; null: no session. */
export function nextDue(clocks: SessionClocks): Millis | null {
  let due: Millis | null = null;
  for (const end of clocks.buckets.keys()) if (due === null || end < due) due = end;
  return due;
}
