import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CoreConfig } from '../../src/core/event.js';
import type { ClientConn, SessionId, Sid } from '../../src/core/ids.js';
import type { ClientRequest } from '../../src/core/request.js';
import { ZXID_ZERO } from '../../src/core/zxid.js';
import {
  initialMember,
  stepMember,
  type CoreStep,
  type MemberEffect,
  type MemberEvent,
  type MemberState,
} from '../../src/server/member.js';
import { sessionPassword } from '../../src/server/session-password.js';
import { getNode } from '../../src/tree/tree.js';
import { CONFIG, WALL_CLOCK, connectRequest, create, getData, setData } from './harness.js';

const CORE: CoreConfig = {
  sid: 1 as Sid,
  voters: [1 as Sid],
  observers: [],
  standalone: true,
  tickTime: 2000,
  initLimit: 10,
  syncLimit: 5,
  finalizeWait: 200,
  commitLogCount: 500,
};

interface Standalone {
  state: MemberState;
  now: number;
  /** Tickets of durable writes asked for and not answered. */
  tickets: number[];
  steps: CoreStep[];
}

/** Feeds one event: the effects without the durable writes. */
function feed(s: Standalone, event: MemberEvent): MemberEffect[] {
  const { state, effects, steps } = stepMember(s.state, event);
  s.state = state;
  s.steps.push(...steps);
  return effects.filter((effect) => {
    if (effect.type === 'persist') s.tickets.push(effect.ticket);
    return effect.type !== 'persist';
  });
}

function start(): Standalone {
  const s: Standalone = { state: initialMember(CORE, CONFIG), now: 1000, tickets: [], steps: [] };
  const effects = [
    ...feed(s, { type: 'serviceStart', now: s.now, wallClock: WALL_CLOCK, snapshot: null }),
    ...feed(s, {
      type: 'start',
      now: s.now,
      disk: { acceptedEpoch: 0, currentEpoch: 0, snapshotZxid: ZXID_ZERO, log: [] },
    }),
  ];
  assert.deepEqual(effects, []);
  assert.ok(s.state.service.role.serving);
  return s;
}

/** All that was asked for is on the disk. */
function persist(s: Standalone): MemberEffect[] {
  const ticket = s.tickets.at(-1);
  s.tickets = [];
  return ticket === undefined ? [] : feed(s, { type: 'persisted', ticket });
}

function send(s: Standalone, xid: number, request: ClientRequest): MemberEffect[] {
  return feed(s, { type: 'clientRequest', conn: CONN, xid, request, now: s.now });
}

const CONN = 1 as ClientConn;

function connect(s: Standalone): MemberEffect[] {
  feed(s, { type: 'clientOpened', conn: CONN, ip: '127.0.0.1', now: s.now });
  const request = connectRequest();
  const asked = feed(s, { type: 'clientConnect', conn: CONN, request, now: s.now });
  assert.deepEqual(
    asked.map(({ type }) => type),
    ['deadline'],
  );
  return persist(s);
}

test('a standalone member serves: connect, create, read, ping, close', () => {
  const s = start();
  const [connected] = connect(s);
  assert.ok(connected?.type === 'connectReply');
  assert.equal(connected.response.timeout, 10_000);
  assert.deepEqual(send(s, 1, create('/a')), []);
  assert.deepEqual(send(s, 2, getData('/a')), []);
  const replies = persist(s);
  assert.deepEqual(
    replies.map((effect) => (effect.type === 'reply' ? [effect.xid, effect.err] : effect)),
    [
      [1, 0],
      [2, 0],
    ],
  );
  const [ping] = send(s, -2, { op: 'ping' });
  assert.ok(ping?.type === 'reply' && ping.zxid === 2);
  assert.deepEqual(send(s, 3, { op: 'closeSession' }), []);
  assert.deepEqual(
    persist(s).map(({ type }) => type),
    ['reply', 'clientClose'],
  );
  assert.equal(s.state.service.tree.sessions.size, 0);
});

test('a read does not reach the core, nor does it change the member', () => {
  const s = start();
  connect(s);
  send(s, 1, getData('/'));
  const before = s.state;
  s.steps = [];
  const [reply] = send(s, 2, getData('/'));
  assert.ok(reply?.type === 'reply');
  assert.equal(s.state, before);
  assert.deepEqual(s.steps, []);
});

test('core steps are handed out with the states around them', () => {
  const s = start();
  connect(s);
  s.steps = [];
  const before = s.state.core;
  send(s, 1, create('/a'));
  send(s, 2, create('/b'));
  persist(s);
  assert.deepEqual(
    s.steps.map(({ event }) => event.type),
    ['propose', 'propose', 'persisted'],
  );
  assert.equal(s.steps[0]?.before, before);
  assert.equal(s.steps[0].after, s.steps[1]?.before);
  assert.equal(s.steps[2]?.after, s.state.core);
  assert.deepEqual(
    s.steps[2]?.effects.map(({ type }) => type),
    ['deliver', 'deliver'],
  );
});

test('a tick reaches the part whose deadline has come, and the deadline is asked for again', () => {
  const s = start();
  connect(s);
  const { deadline } = s.state;
  assert.ok(deadline !== null);
  // A timer that fires too early must not be the last one.
  assert.deepEqual(feed(s, { type: 'tick', now: deadline - 1 }), [
    { type: 'deadline', at: deadline },
  ]);
  s.now = deadline;
  assert.deepEqual(feed(s, { type: 'tick', now: s.now }), []);
  const effects = persist(s);
  assert.deepEqual(
    effects.map(({ type }) => type),
    ['clientClose'],
  );
  assert.equal(s.state.deadline, null);
});

test('expireSession is an event of the member', () => {
  const s = start();
  const [connected] = connect(s);
  assert.ok(connected?.type === 'connectReply');
  const { sessionId } = connected.response;
  feed(s, { type: 'expireSession', sessionId, now: s.now });
  assert.deepEqual(
    persist(s).map(({ type }) => type),
    ['clientClose'],
  );
});

test('a restart delivers the log and resumes sessions with it', () => {
  const s = start();
  const [connected] = connect(s);
  assert.ok(connected?.type === 'connectReply');
  const { sessionId } = connected.response;
  send(s, 1, create('/a', 1));
  send(s, 2, setData('/a', 'kept'));
  persist(s);
  const log = s.steps.flatMap(({ effects }) =>
    effects.flatMap((effect) => (effect.type === 'deliver' ? [effect.txn] : [])),
  );
  assert.equal(log.length, 3);
  const again = start0(log.slice(0));
  assert.equal(again.state.service.tree.lastZxid, 3);
  assert.equal(getNode(again.state.service.tree, '/a')?.ephemeralOwner, sessionId);
  feed(again, { type: 'clientOpened', conn: CONN, ip: '127.0.0.1', now: 0 });
  const request = connectRequest({ sessionId, password: sessionPassword(sessionId as SessionId) });
  const effects = feed(again, { type: 'clientConnect', conn: CONN, request, now: 0 });
  assert.equal(effects[0]?.type, 'connectReply');
  feed(again, {
    type: 'clientRequest',
    conn: CONN,
    xid: 1,
    request: create('/b'),
    now: 0,
  });
  assert.equal(persist(again)[0]?.type, 'reply');
  assert.equal(again.state.service.tree.lastZxid, 4);
});

function start0(log: Extract<MemberEvent, { type: 'start' }>['disk']['log']): Standalone {
  const s: Standalone = { state: initialMember(CORE, CONFIG), now: 0, tickets: [], steps: [] };
  feed(s, { type: 'serviceStart', now: 0, wallClock: WALL_CLOCK + 5000, snapshot: null });
  const disk = { acceptedEpoch: 0, currentEpoch: 0, snapshotZxid: ZXID_ZERO, log };
  feed(s, { type: 'start', now: 0, disk });
  return s;
}
