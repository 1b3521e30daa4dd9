/** What a server makes of peers that break the protocol, of silence and of noise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classify } from '../../src/core/classify.js';
import type { CoreEvent } from '../../src/core/event.js';
import { checkServer } from '../../src/core/invariants.js';
import type { Packet } from '../../src/core/message.js';
import { initialState, reduce } from '../../src/core/reduce.js';
import type { CoreState } from '../../src/core/state.js';
import { serverStateOf, zabStateOf } from '../../src/core/state.js';
import { STEP_NAMES } from '../../src/core/step.js';
import type { Txn } from '../../src/core/txn.js';
import type { ServerState } from '../../src/core/vote.js';
import type { Zxid } from '../../src/core/zxid.js';
import { EPOCH_MAX, makeZxid, ZXID_ZERO } from '../../src/core/zxid.js';

import {
  boot,
  closes,
  configOf,
  conn,
  feed,
  info,
  leader,
  learner,
  opened,
  persisted,
  plain,
  packet,
  says,
  serving,
  sid,
  txnOf,
  typesOf,
  zxid,
} from '../support/one-server.js';

test('a leader closes a connection that brings what must not come', () => {
  const proposed = feed(leader(), { type: 'propose', txn: txnOf(zxid(1, 1)) }).state;
  const fresh = feed(proposed, opened(12, 'leader')).state;
  const cases: [CoreState, number, Packet, RegExp][] = [
    [proposed, 11, plain('ACK', zxid(1, 2)), /not proposed/],
    [proposed, 11, info(1), /twice/],
    [proposed, 11, { type: 'LEADERINFO', epoch: 3 }, /LEADERINFO from a learner/],
    [proposed, 11, { type: 'ACKEPOCH', currentEpoch: 0, lastZxid: ZXID_ZERO }, /ACKEPOCH/],
    [fresh, 12, plain('ACK', zxid(1, 0)), /before NEWLEADER/],
    [fresh, 12, info(9), /not in the ensemble/],
    [fresh, 12, info(3), /this one/],
    [fresh, 12, { ...info(4), type: 'FOLLOWERINFO' } as Packet, /no voter/],
    [fresh, 12, { ...info(2), protocolVersion: 1 } as Packet, /protocol 1/],
    [fresh, 12, info(2, EPOCH_MAX), /leaves no epoch/],
    [fresh, 12, info(2, -1), /leaves no epoch/],
    [fresh, 12, { type: 'REQUEST', request: {} as never }, /REQUEST/],
    [fresh, 12, { type: 'REVALIDATE', sessionId: 1n as never, timeout: 1 }, /REVALIDATE/],
  ];
  for (const [state, c, p, reason] of cases) {
    const run = feed(state, packet(c, p));
    assert.match(closes(run) ?? 'not closed', reason);
    assert.ok(run.names[0] === 'LeaderCloseConnection' || run.names[0] === null);
    assert.equal(zabStateOf(run.state), 'BROADCAST', 'the leader goes on');
  }
});

test('a wrong acknowledgement of NEWLEADER ends the connection', () => {
  const syncing = feed(
    leader(),
    opened(12, 'leader'),
    packet(12, info(2)),
    packet(12, { type: 'ACKEPOCH', currentEpoch: 0, lastZxid: ZXID_ZERO }),
  );
  assert.deepEqual(
    typesOf(syncing),
    ['DIFF', 'NEWLEADER', 'deadline'].slice(0, syncing.effects.length),
  );
  assert.match(closes(feed(syncing.state, packet(12, plain('ACK', zxid(2, 0))))) ?? '', /is due/);
});

test('a follower that is ahead of the leader is turned away', () => {
  const electing = feed(
    initialState(configOf(3)),
    boot({ currentEpoch: 1, acceptedEpoch: 1, log: [txnOf(zxid(1, 1))] }),
    says(1, 3, 'LOOKING', { zxid: zxid(1, 1), peerEpoch: 1 }),
    says(2, 3, 'LOOKING', { zxid: zxid(1, 1), peerEpoch: 1 }),
    opened(11, 'leader'),
    packet(11, info(1, 1)),
    persisted(1),
  ).state;
  for (const [currentEpoch, last, ahead] of [
    [1, zxid(1, 2), true],
    [2, ZXID_ZERO, true],
    [1, zxid(1, 1), false],
    [0, zxid(1, 9), false],
  ] as const) {
    const run = feed(electing, packet(11, { type: 'ACKEPOCH', currentEpoch, lastZxid: last }));
    assert.equal(closes(run) !== undefined, ahead);
    assert.equal(
      run.effects.some((effect) => effect.type === 'persist'),
      !ahead,
    );
  }
});

test('a learner gives up a leader that sends what must not come', () => {
  const kept = feed(learner(), packet(21, plain('DIFF', ZXID_ZERO))).state;
  const synced = feed(kept, packet(21, plain('NEWLEADER', zxid(1, 0)))).state;
  const observer = feed(learner(4), packet(21, plain('DIFF', ZXID_ZERO))).state;
  const proposal = (z: Zxid): Packet => ({ type: 'PROPOSAL', txn: txnOf(z) });
  const inform = (z: Zxid): Packet => ({ type: 'INFORM', txn: txnOf(z) });
  const waiting = feed(
    initialState(configOf(1)),
    boot(),
    says(2, 3, 'FOLLOWING'),
    says(3, 3, 'LEADING'),
    opened(21, 'learner'),
    packet(21, { type: 'LEADERINFO', epoch: 1 }),
  ).state;
  const cases: [CoreState, Packet][] = [
    [waiting, plain('DIFF', ZXID_ZERO)],
    [learner(), proposal(zxid(1, 1))],
    [learner(), plain('TRUNC', zxid(1, 1))],
    [kept, plain('NEWLEADER', zxid(2, 0))],
    [kept, plain('COMMIT', zxid(1, 1))],
    [kept, plain('DIFF', ZXID_ZERO)],
    [kept, inform(zxid(1, 1))],
    [feed(kept, packet(21, proposal(zxid(1, 1)))).state, proposal(zxid(1, 3))],
    [synced, plain('UPTODATE', zxid(1, 0))],
    [synced, proposal(zxid(1, 2))],
    [synced, plain('COMMIT', zxid(1, 1))],
    [synced, inform(zxid(1, 1))],
    [feed(observer, packet(21, plain('NEWLEADER', zxid(1, 0)))).state, proposal(zxid(1, 1))],
    [serving(), proposal(zxid(1, 2))],
    [serving(), plain('COMMIT', zxid(1, 1))],
    [serving(), inform(zxid(1, 1))],
    [serving(4), proposal(zxid(1, 1))],
    [serving(4), inform(zxid(1, 2))],
    [serving(), info(3)],
  ];
  for (const [state, p] of cases) {
    const run = feed(state, packet(21, p));
    assert.deepEqual(run.names, ['FollowerShutdown'], p.type);
    assert.ok(closes(run) !== undefined);
    assert.equal(serverStateOf(run.state), 'LOOKING');
  }
});

test('a cut or a snapshot that would undo what was delivered is refused', () => {
  const delivered = feed(
    serving(),
    packet(21, { type: 'PROPOSAL', txn: txnOf(zxid(1, 1)) }),
    packet(21, plain('COMMIT', zxid(1, 1))),
    { type: 'closed', conn: conn(21), now: 2 },
    says(2, 3, 'FOLLOWING'),
    says(3, 3, 'LEADING'),
    opened(22, 'learner'),
    packet(22, { type: 'LEADERINFO', epoch: 2 }),
    persisted(4),
  );
  assert.deepEqual(typesOf(delivered), ['ACKEPOCH'], 'no ACK to an older connection');
  const snapshot = { zxid: ZXID_ZERO, image: null };
  for (const p of [plain('TRUNC', ZXID_ZERO), { type: 'SNAP' as const, snapshot }]) {
    assert.deepEqual(feed(delivered.state, packet(22, p)).names, ['FollowerShutdown']);
  }
});

test('a learner that connects anew takes the place of its older connection', () => {
  const anew = feed(leader(), opened(12, 'leader'), packet(12, info(1, 1)));
  assert.deepEqual(typesOf(anew).slice(0, 3), ['close', 'learnerGone', 'LEADERINFO']);
  assert.deepEqual(feed(anew.state, packet(11, plain('ACK', zxid(1, 1)))).names, [null]);
});

test('silence: a leader drops learners one by one, then gives up without a quorum', () => {
  const idle = feed(leader(), opened(12, 'leader', 200));
  const quiet = feed(idle.state, { type: 'tick', now: 501 });
  assert.deepEqual(quiet.names, ['LeaderShutdown']);
  assert.match(closes(quiet) ?? '', /no quorum/);
  const alive = feed(idle.state, packet(11, { type: 'PING', zxid: ZXID_ZERO, sessions: [] }, 1200));
  const dropped = feed(alive.state, { type: 'tick', now: 1200 });
  assert.match(closes(dropped) ?? '', /silent/);
  assert.deepEqual(dropped.names, [null], 'nothing was read from it yet');
  const left = feed(serving(), { type: 'tick', now: 501 });
  assert.match(closes(left) ?? '', /nothing from the leader/);
  assert.deepEqual(left.names, ['FollowerShutdown']);
});

test('connections that nobody wants are closed, dials that nobody waits for are ignored', () => {
  const looking = feed(initialState(configOf(1)), boot()).state;
  assert.match(closes(feed(looking, opened(5, 'leader'))) ?? '', /does not lead/);
  assert.match(closes(feed(looking, opened(5, 'learner'))) ?? '', /not wanted/);
  const failed: CoreEvent = { type: 'dialFailed', sid: sid(3), now: 1 };
  assert.deepEqual(feed(looking, failed).effects, []);
  const dialling = feed(looking, says(2, 3, 'FOLLOWING'), says(3, 3, 'LEADING')).state;
  assert.deepEqual(feed(dialling, { ...failed, sid: sid(2) }).effects, []);
  const redial = feed(dialling, failed);
  assert.deepEqual(redial.effects, [{ type: 'deadline', at: 21 }]);
  assert.deepEqual(feed(redial.state, failed).effects, []);
  const again = feed(redial.state, { type: 'tick', now: 21 });
  assert.deepEqual(again.effects[0], { type: 'dial', sid: 3 });
  const gone = feed(again.state, opened(21, 'learner'), {
    type: 'closed',
    conn: conn(21),
    now: 30,
  });
  assert.deepEqual(gone.effects, [{ type: 'deadline', at: 70 }]);
  const over = feed(gone.state, { type: 'tick', now: 1001 });
  assert.deepEqual(over.names, ['FollowerShutdown']);
});

test('a learner whose leader goes on refusing looks for a leader again, long before initLimit', () => {
  const looking = feed(initialState(configOf(1)), boot()).state;
  let { state } = feed(looking, says(2, 3, 'FOLLOWING'), says(3, 3, 'LEADING'));
  const dials: number[] = [0];
  for (let now = 0; state.peer.state === 'FOLLOWING';) {
    const refused = feed(state, { type: 'dialFailed', sid: sid(3), now });
    if (refused.state.peer.state !== 'FOLLOWING') {
      assert.deepEqual(refused.names, ['FollowerShutdown']);
      assert.equal(refused.state.peer.state, 'LOOKING');
      break;
    }
    now = refused.state.deadline!;
    dials.push(now);
    state = feed(refused.state, { type: 'tick', now }).state;
  }
  assert.deepEqual(dials, [0, 20, 60, 140, 300, 620]);
});

const sids = fc.integer({ min: 0, max: 5 }).map(sid);
const zxids = fc.tuple(fc.nat(3), fc.nat(3)).map(([e, c]) => makeZxid(e, c));
const conns = fc.constantFrom(11, 12, 21, 22);
const events: fc.Arbitrary<CoreEvent> = fc.oneof(
  fc.record({ type: fc.constant('tick' as const), now: fc.nat(3000) }),
  fc
    .tuple(sids, sids, fc.constantFrom<ServerState>('LOOKING', 'FOLLOWING', 'LEADING'), zxids)
    .map(([from, to, state, z]) => says(from, to, state, { zxid: z })),
  fc.tuple(conns, fc.boolean()).map(([c, l]) => opened(c, l ? 'leader' : 'learner')),
  conns.map((c): CoreEvent => ({ type: 'closed', conn: conn(c), now: 9 })),
  sids.map((s): CoreEvent => ({ type: 'dialFailed', sid: s, now: 9 })),
  fc.tuple(conns, sids, fc.nat(3)).map(([c, s, e]) => packet(c, info(s, e))),
  fc.tuple(conns, fc.nat(3)).map(([c, epoch]) => packet(c, { type: 'LEADERINFO', epoch })),
  fc
    .tuple(conns, fc.integer({ min: -1, max: 3 }), zxids)
    .map(([c, currentEpoch, lastZxid]) => packet(c, { type: 'ACKEPOCH', currentEpoch, lastZxid })),
  fc
    .tuple(conns, fc.constantFrom('DIFF', 'TRUNC', 'COMMIT', 'NEWLEADER', 'UPTODATE', 'ACK'), zxids)
    .map(([c, type, z]) => packet(c, plain(type as 'DIFF', z))),
  fc
    .tuple(conns, fc.constantFrom('PROPOSAL', 'INFORM'), zxids)
    .map(([c, type, z]) => packet(c, { type: type as 'INFORM', txn: txnOf(z) })),
  fc
    .tuple(conns, zxids)
    .map(([c, z]) => packet(c, { type: 'SNAP', snapshot: { zxid: z, image: 0 } })),
);

test('no sequence of events from outside breaks a server', () => {
  const starts = [
    feed(initialState(configOf(1)), boot()).state,
    leader(),
    learner(),
    serving(),
    serving(4),
    feed(leader(), { type: 'propose', txn: txnOf(zxid(1, 1)) }).state,
  ];
  const names = new Set<string | null>([...STEP_NAMES, null]);
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.array(events, { maxLength: 30 }), (first, list) => {
      let state = first;
      let disk = {
        acceptedEpoch: state.epochs.durableAccepted,
        currentEpoch: state.epochs.durableCurrent,
        snapshotZxid: ZXID_ZERO,
        log: [] as Txn[],
      };
      for (const event of list) {
        assert.ok(names.has(classify(state, event)));
        const [next, effects] = reduce(state, event);
        state = next;
        const ticket = effects.findLast((effect) => effect.type === 'persist')?.ticket;
        if (ticket !== undefined && ticket % 2 === 0) [state] = reduce(state, persisted(ticket));
        const { durableAccepted: acceptedEpoch, durableCurrent: currentEpoch } = state.epochs;
        disk = { ...disk, acceptedEpoch, currentEpoch };
        const view = { sid: sid(1), votes: true, state, disk, applied: [] };
        assert.deepEqual(checkServer(view), []);
      }
    }),
    { numRuns: 500 },
  );
});
