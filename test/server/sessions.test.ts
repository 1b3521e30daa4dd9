import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ErrorCode } from '../../src/core/error-code.js';
import type { SessionId } from '../../src/core/ids.js';
import {
  NO_SESSIONS,
  checkSession,
  endOf,
  firstSessionId,
  forget,
  markClosing,
  nextDue,
  nextSessionId,
  note,
  setOwner,
  startClocks,
  takeExpired,
  takeTouches,
  touch,
  track,
  type SessionClocks,
} from '../../src/server/sessions.js';
import { peer } from './harness.js';

const S = 1n as SessionId;

test('session ids: the server, 40 bits of its clock, and a count; never 0 or Long.MIN_VALUE', () => {
  assert.equal(firstSessionId(1, 0x18b_cfe5_6800), 0x018b_cfe5_6800_0000n);
  assert.equal(firstSessionId(0, 0), 1n);
  assert.equal(firstSessionId(128, 0), -0x8000_0000_0000_0000n + 1n);
  assert.equal(BigInt.asUintN(64, firstSessionId(255, 5)) >> 56n, 255n);
  assert.equal(nextSessionId(0x7fff_ffff_ffff_ffffn as SessionId), -0x8000_0000_0000_0000n);
});

test('a session ends at the first tick after its timeout', () => {
  assert.equal(endOf(0, 4000, 2000), 6000);
  assert.equal(endOf(1, 4000, 2000), 6000);
  assert.equal(endOf(1999, 4000, 2000), 6000);
  assert.equal(endOf(2000, 4000, 2000), 8000);
});

test('touched sessions stay, others go, and none goes twice', () => {
  let clocks = startClocks(
    [
      [1n as SessionId, 4000],
      [2n as SessionId, 4000],
      [3n as SessionId, 8000],
    ],
    0,
    2000,
  );
  assert.equal(nextDue(clocks), 6000);
  clocks = touch(clocks, 2n as SessionId, endOf(3000, 4000, 2000))!;
  let expired: readonly SessionId[];
  [clocks, expired] = takeExpired(clocks, 5999);
  assert.deepEqual(expired, []);
  [clocks, expired] = takeExpired(clocks, 6000);
  assert.deepEqual(expired, [1n]);
  assert.equal(nextDue(clocks), 8000);
  [clocks, expired] = takeExpired(clocks, 20_000);
  assert.deepEqual([...expired].sort(), [2n, 3n]);
  assert.equal(nextDue(clocks), null);
  assert.deepEqual(takeExpired(clocks, 30_000), [clocks, []]);
});

test('a session that is touched with a shorter timeout ends earlier', () => {
  let clocks = track(NO_SESSIONS, S, 20_000, endOf(0, 20_000, 2000), 'self');
  clocks = touch(clocks, S, endOf(0, 4000, 2000))!;
  assert.equal(nextDue(clocks), 6000);
  const [after, expired] = takeExpired(clocks, 6000);
  assert.deepEqual(expired, [S]);
  assert.deepEqual(takeExpired(forget(after, S), 30_000)[1], []);
});

test('a closing session is not touched, not expired and not written for', () => {
  const open = track(NO_SESSIONS, S, 4000, 6000, 'self');
  assert.equal(checkSession(open, S, 'self'), ErrorCode.OK);
  const closing = markClosing(open, S);
  assert.equal(touch(closing, S, 8000), null);
  assert.equal(checkSession(closing, S, 'self'), ErrorCode.SESSIONEXPIRED);
  assert.deepEqual(takeExpired(closing, 9000)[1], []);
  assert.equal(markClosing(closing, S), closing);
  assert.equal(markClosing(NO_SESSIONS, S), NO_SESSIONS);
  assert.equal(touch(NO_SESSIONS, S, 8000), null);
});

test('a session without an owner takes the first that writes; another is told SESSIONMOVED', () => {
  let clocks = startClocks([[S, 4000]], 0, 2000);
  assert.equal(checkSession(clocks, S, peer(1)), ErrorCode.OK);
  clocks = setOwner(clocks, S, peer(1));
  assert.equal(setOwner(clocks, S, peer(1)), clocks);
  assert.equal(checkSession(clocks, S, 'self'), ErrorCode.SESSIONMOVED);
  assert.equal(checkSession(clocks, S, peer(1)), ErrorCode.OK);
  assert.equal(setOwner(clocks, 9n as SessionId, 'self'), clocks);
  assert.equal(track(clocks, S, 4000, 8000, null).tracked.get(S)?.owner, 1);
});

test('a learner reports each session once a PING', () => {
  let clocks: SessionClocks = note(note(NO_SESSIONS, S, 4000), S, 4000);
  clocks = forget(note(clocks, 2n as SessionId, 8000), 2n as SessionId);
  const [after, touches] = takeTouches(clocks);
  assert.deepEqual(touches, [{ sessionId: S, timeout: 4000 }]);
  assert.deepEqual(takeTouches(after)[1], []);
  assert.equal(forget(after, S), after);
});

test('expiry against a naive model: never early, and at the tick that is due', () => {
  const step = fc.record({
    id: fc.integer({ min: 1, max: 4 }),
    timeout: fc.integer({ min: 1, max: 9000 }),
    wait: fc.integer({ min: 0, max: 3000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const tick = 1000;
      let clocks = NO_SESSIONS;
      let now = 0;
      const ends = new Map<SessionId, number>();
      for (const { id, timeout, wait } of steps) {
        const sessionId = BigInt(id) as SessionId;
        const end = endOf(now, timeout, tick);
        clocks = ends.has(sessionId)
          ? touch(clocks, sessionId, end)!
          : track(clocks, sessionId, timeout, end, 'self');
        ends.set(sessionId, end);
        now += wait;
        const [after, expired] = takeExpired(clocks, now);
        const due = [...ends].filter(([, at]) => at <= now).map(([gone]) => gone);
        assert.deepEqual([...expired].sort(), due.sort());
        clocks = after;
        for (const gone of due) {
          ends.delete(gone);
          clocks = forget(clocks, gone);
        }
        const next = nextDue(clocks);
        const earliest = Math.min(...ends.values());
        assert.ok(ends.size === 0 ? true : next !== null && next <= earliest);
      }
    }),
  );
});
