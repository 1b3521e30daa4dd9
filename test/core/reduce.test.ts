/** One server's reducer by itself: what it answers, and in which order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CoreEvent } from '../../src/core/event.js';
import type { Packet, SyncPacket } from '../../src/core/message.js';
import { initialState, reduce } from '../../src/core/reduce.js';
import { serverStateOf, zabStateOf } from '../../src/core/state.js';
import { INVISIBLE_STEPS, STEP_NAMES } from '../../src/core/step.js';
import type { Zxid } from '../../src/core/zxid.js';
import { COUNTER_MAX, ZXID_ZERO } from '../../src/core/zxid.js';

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

test('a server that has not started ignores the world and starts once', () => {
  const down = initialState(configOf(1));
  assert.equal(serverStateOf(down), 'LOOKING');
  const run = feed(down, says(2, 3, 'LOOKING'), { type: 'tick', now: 5 }, packet(1, info(1)));
  assert.deepEqual(run.names, [null, null, null]);
  assert.deepEqual(run.effects, []);
  const { state } = feed(down, boot());
  assert.throws(() => reduce(state, boot()), /started twice/);
});

test('a newcomer joins although leader and follower were elected on different votes', () => {
  // Found by a random schedule: otherwise nobody ever joins them (ZOOKEEPER-1732).
  const { state } = feed(
    initialState(configOf(1)),
    boot(),
    says(3, 2, 'FOLLOWING', { electionEpoch: 5, peerEpoch: 2 }),
    says(2, 2, 'LEADING', { electionEpoch: 6, peerEpoch: 3, zxid: zxid(3, 26) }),
  );
  assert.equal(serverStateOf(state), 'FOLLOWING');
  assert.equal(state.round, 6);
});

test('who serves answers a newcomer with the epoch that was established', () => {
  // The votes were of epoch 0. Apache's newcomers count equal ones (ZOOKEEPER-1732).
  for (const [state, expected] of [
    [leader(), 1],
    [serving(), 1],
    [learner(), 0],
  ] as const) {
    const { effects } = feed(state, says(2, 2, 'LOOKING'));
    const told = effects.map((effect) => effect.type === 'notify' && effect.notification);
    const peerEpochs = told.map((answer) => answer && [answer.leader, answer.peerEpoch]);
    assert.deepEqual(peerEpochs, [[sid(3), expected]]);
  }
});

test('nobody follows itself, a leader that does not say so, or a server that is no voter', () => {
  for (const events of [
    [says(2, 1, 'FOLLOWING'), says(3, 1, 'FOLLOWING'), says(2, 1, 'LEADING')],
    [says(2, 3, 'FOLLOWING', { electionEpoch: 9 }), says(3, 3, 'FOLLOWING', { electionEpoch: 9 })],
    [says(2, 4, 'LOOKING'), says(3, 4, 'LOOKING')],
    [says(4, 3, 'LOOKING'), says(4, 3, 'LEADING'), says(2, 3, 'OBSERVING')],
  ]) {
    const looking = initialState(configOf(1));
    const { state } = feed(looking, boot({ currentEpoch: 3, acceptedEpoch: 3 }), ...events);
    assert.notEqual(serverStateOf(state), 'FOLLOWING');
  }
});

test('finalizeWait: a quorum is enough, but a better vote may still come', () => {
  const looking = feed(initialState(configOf(1)), boot(), says(2, 2, 'LOOKING'));
  const { peer } = looking.state;
  assert.ok(peer.state === 'LOOKING' && peer.decideAt === 21);
  const better = feed(looking.state, says(3, 3, 'LOOKING'));
  assert.equal(serverStateOf(better.state), 'LOOKING');
  const decided = feed(looking.state, { type: 'tick', now: 25 });
  assert.deepEqual(decided.names, ['DecideLeader']);
  assert.deepEqual(decided.effects[0], { type: 'dial', sid: 2 });
});

test('resending waits twice as long each time, up to sixteen times', () => {
  let { state } = feed(initialState(configOf(1)), boot());
  const waits: number[] = [];
  for (let i = 0; i < 7; i++) {
    const now = state.deadline!;
    const run = feed(state, { type: 'tick', now });
    assert.deepEqual(run.names, ['ResendNotifications']);
    state = run.state;
    waits.push(state.deadline! - now);
  }
  assert.deepEqual(waits, [40, 80, 160, 320, 320, 320, 320]);
});

test('an epoch lower than the accepted one is refused, an equal one does not count again', () => {
  const connected = feed(
    initialState(configOf(1)),
    boot({ acceptedEpoch: 5 }),
    says(2, 3, 'FOLLOWING'),
    says(3, 3, 'LEADING'),
    opened(21, 'learner'),
  );
  const sentInfo = connected.effects[0];
  assert.ok(sentInfo?.type === 'send' && sentInfo.packet.type === 'FOLLOWERINFO');
  assert.equal(sentInfo.packet.acceptedEpoch, 5);
  const lower = feed(connected.state, packet(21, { type: 'LEADERINFO', epoch: 4 }));
  assert.deepEqual(lower.names, ['FollowerProcessLEADERINFO']);
  assert.match(closes(lower) ?? '', /epoch 4 is over/);
  assert.equal(serverStateOf(lower.state), 'LOOKING');
  const equal = feed(connected.state, packet(21, { type: 'LEADERINFO', epoch: 5 }));
  const ack = equal.effects[0];
  assert.ok(ack?.type === 'send' && ack.packet.type === 'ACKEPOCH');
  assert.equal(ack.packet.currentEpoch, -1);
});

test('NEWLEADER: history reaches the disk before currentEpoch, and ACK follows both', () => {
  const kept = feed(
    learner(1, { log: [txnOf(zxid(0, 1)), txnOf(zxid(0, 2))] }),
    packet(21, plain('TRUNC', zxid(0, 1))),
    packet(21, { type: 'PROPOSAL', txn: txnOf(zxid(1, 1)) }),
    packet(21, plain('COMMIT', zxid(1, 1))),
    packet(21, { type: 'PROPOSAL', txn: txnOf(zxid(1, 2)) }),
    packet(21, plain('NEWLEADER', zxid(1, 0))),
  );
  const writes = kept.effects.flatMap((e) => (e.type === 'persist' ? [e.write.op] : []));
  assert.deepEqual(writes, ['truncate', 'append', 'append', 'currentEpoch']);
  assert.deepEqual(typesOf(feed(kept.state, persisted(4))), []);
  const all = feed(
    kept.state,
    packet(21, { type: 'PROPOSAL', txn: txnOf(zxid(1, 3)) }),
    persisted(6),
  );
  const acks = all.effects.flatMap((e) =>
    e.type === 'send' && e.packet.type === 'ACK' ? [e.packet.zxid] : [],
  );
  assert.deepEqual(acks, [zxid(1, 0), zxid(1, 2), zxid(1, 3)]);
  const upToDate = feed(
    all.state,
    packet(21, plain('COMMIT', zxid(1, 2))),
    packet(21, plain('UPTODATE', ZXID_ZERO)),
  );
  assert.deepEqual(typesOf(upToDate), ['deliver', 'deliver', 'deliver', 'ACK', 'role', 'deadline']);
});

test('an Apache leader may INFORM an observer before NEWLEADER', () => {
  const kept = feed(
    learner(4),
    packet(21, plain('DIFF', ZXID_ZERO)),
    packet(21, { type: 'INFORM', txn: txnOf(zxid(1, 1)) }),
    packet(21, plain('NEWLEADER', zxid(1, 0))),
    packet(21, { type: 'INFORM', txn: txnOf(zxid(1, 2)) }),
    persisted(4),
  );
  assert.deepEqual(typesOf(kept), ['ACK'], 'of NEWLEADER alone');
  const up = feed(kept.state, packet(21, plain('UPTODATE', zxid(1, 0))));
  assert.deepEqual(typesOf(up).slice(0, 3), ['deliver', 'deliver', 'ACK']);
});

test('an Apache leader may send after SNAP what the snapshot has already', () => {
  const kept = feed(
    learner(1),
    packet(21, { type: 'SNAP', snapshot: { zxid: zxid(1, 2), image: 'the tree' } }),
    packet(21, { type: 'PROPOSAL', txn: txnOf(zxid(1, 1)) }),
    packet(21, plain('COMMIT', zxid(1, 1))),
    packet(21, { type: 'PROPOSAL', txn: txnOf(zxid(1, 2)) }),
    packet(21, { type: 'PROPOSAL', txn: txnOf(zxid(1, 3)) }),
    packet(21, plain('COMMIT', zxid(1, 2))),
    packet(21, plain('NEWLEADER', zxid(1, 0))),
  );
  assert.deepEqual(typesOf(kept), ['persist', 'persist', 'persist'], 'snapshot, 1:3, currentEpoch');
  const acked = feed(kept.state, persisted(2), persisted(3), persisted(4));
  assert.deepEqual(typesOf(acked), ['ACK', 'ACK']);
  const up = feed(acked.state, packet(21, plain('UPTODATE', -1 as never)));
  assert.deepEqual(typesOf(up).slice(0, 2), ['installed', 'ACK'], '1:3 is not committed');
  assert.equal(up.state.log.lastCommitted, zxid(1, 2));
});

test('a leader passes on a snapshot that it has not installed itself, and installs it to serve', () => {
  const snapshot = { zxid: zxid(0, 5), image: 'the tree' };
  const later = { electionEpoch: 2, zxid: zxid(0, 5), peerEpoch: 1 };
  const led = feed(
    learner(1),
    packet(21, { type: 'SNAP', snapshot }),
    packet(21, plain('NEWLEADER', zxid(1, 0))),
    persisted(3),
    { type: 'closed', conn: conn(21), now: 2 },
    says(2, 1, 'LOOKING', later),
    says(3, 1, 'LOOKING', later),
    opened(31, 'leader'),
    packet(31, info(2, 1)),
    persisted(4),
    packet(31, { type: 'ACKEPOCH', currentEpoch: 0, lastZxid: ZXID_ZERO }),
    persisted(5),
  );
  assert.deepEqual(led.effects.slice(0, 2), [
    { type: 'send', conn: 31, packet: { type: 'SNAP', snapshot } },
    { type: 'send', conn: 31, packet: plain('NEWLEADER', zxid(2, 0)) },
  ]);
  const served = feed(led.state, packet(31, plain('ACK', zxid(2, 0))));
  assert.deepEqual(served.effects[0], { type: 'installed', snapshot });
  assert.deepEqual(typesOf(served), ['installed', 'UPTODATE', 'role']);
});

test('a sync waits for what was proposed before it, and only for that', () => {
  const sync: SyncPacket = { type: 'SYNC', sessionId: 1n as never, cxid: 1, path: '/' };
  const own: CoreEvent = { type: 'sync', conn: null, packet: sync };
  const remote: CoreEvent = { type: 'sync', conn: conn(11), packet: sync };
  assert.deepEqual(typesOf(feed(leader(), own)), ['synced']);
  assert.deepEqual(typesOf(feed(leader(), remote)), ['SYNC']);
  assert.deepEqual(typesOf(feed(leader(), { ...remote, conn: conn(99) })), []);
  const proposed = feed(leader(), { type: 'propose', txn: txnOf(zxid(1, 1)) }, own, remote);
  assert.deepEqual(typesOf(proposed), []);
  const later = feed(
    proposed.state,
    { type: 'propose', txn: txnOf(zxid(1, 2)) },
    own,
    persisted(4),
  );
  const committed = feed(later.state, packet(11, plain('ACK', zxid(1, 1))));
  assert.deepEqual(typesOf(committed), ['deliver', 'COMMIT', 'synced', 'SYNC']);
  const both = feed(later.state, packet(11, plain('ACK', zxid(1, 2))));
  const second = ['deliver', 'COMMIT', 'synced'];
  assert.deepEqual(typesOf(both), ['deliver', 'COMMIT', 'synced', 'SYNC', ...second]);
  const gone = feed(proposed.state, { type: 'closed', conn: conn(11), now: 2 });
  assert.deepEqual(typesOf(gone)[0], 'learnerGone');
});

test('requests, revalidations and heartbeats pass through', () => {
  const revalidate: Packet = { type: 'REVALIDATE', sessionId: 1n as never, timeout: 5 };
  const request: Packet = { type: 'REQUEST', request: {} as never };
  const ping: Packet = { type: 'PING', zxid: ZXID_ZERO, sessions: [] };
  const sync: Packet = { type: 'SYNC', sessionId: 1n as never, cxid: 1, path: '/' };
  const lead = leader();
  for (const [p, effect] of [
    [revalidate, 'revalidate'],
    [request, 'request'],
    [ping, 'pinged'],
  ] as const) {
    assert.deepEqual(typesOf(feed(lead, packet(11, p))), [effect]);
  }
  for (const [p, effect] of [
    [revalidate, 'revalidate'],
    [sync, 'synced'],
    [ping, 'pinged'],
  ] as const) {
    assert.deepEqual(typesOf(feed(serving(), packet(21, p))), [effect]);
  }
  assert.deepEqual(typesOf(feed(serving(), { type: 'pong', sessions: [] })), ['PING']);
  assert.deepEqual(typesOf(feed(serving(), { type: 'forward', packet: request })), ['REQUEST']);
  assert.deepEqual(typesOf(feed(learner(), { type: 'forward', packet: request })), []);
  const answer: CoreEvent = { type: 'revalidated', conn: conn(11), packet: revalidate };
  assert.deepEqual(typesOf(feed(lead, answer)), ['REVALIDATE']);
  assert.deepEqual(typesOf(feed(lead, { ...answer, conn: conn(5) })), []);
  assert.deepEqual(typesOf(feed(lead, { type: 'tick', now: 60 })), ['PING', 'deadline']);
});

test('a proposal: wrong zxid throws, exhausted counter ends the epoch, no leader drops it', () => {
  const lead = leader();
  assert.throws(() => feed(lead, { type: 'propose', txn: txnOf(zxid(1, 2)) }), /expected/);
  const last: CoreEvent = { type: 'propose', txn: txnOf(zxid(1, COUNTER_MAX)) };
  const ended = feed(lead, last);
  assert.deepEqual(ended.names, ['LeaderShutdown']);
  assert.match(closes(ended) ?? '', /counter/);
  assert.deepEqual(feed(ended.state, last).names, [null]);
  assert.throws(() => feed(lead, persisted(99)), /not asked for/);
  assert.deepEqual(feed(lead, persisted(1)).names, [null], 'an answer twice');
});

test('standalone: a sync waits for the disk, the wrong zxid throws', () => {
  const alone = feed(initialState(configOf(1, { standalone: true })), boot()).state;
  const sync: SyncPacket = { type: 'SYNC', sessionId: 1n as never, cxid: 1, path: '/' };
  const ask: CoreEvent = { type: 'sync', conn: null, packet: sync };
  assert.deepEqual(typesOf(feed(alone, ask)), ['synced']);
  const waits = feed(alone, { type: 'propose', txn: txnOf(1 as Zxid) }, ask);
  assert.deepEqual(typesOf(waits), []);
  assert.deepEqual(typesOf(feed(waits.state, persisted(1))), ['deliver', 'synced']);
  const more = feed(waits.state, { type: 'propose', txn: txnOf(2 as Zxid) });
  assert.deepEqual(typesOf(feed(more.state, persisted(2))), ['deliver', 'synced', 'deliver']);
  assert.throws(() => feed(alone, { type: 'propose', txn: txnOf(2 as Zxid) }), /expected 1/);
  assert.deepEqual(feed(alone, says(2, 3, 'LOOKING'), packet(1, info(2))).effects, []);
});

test('one voter alone is established without anybody', () => {
  const config = configOf(1, { voters: [sid(1)], observers: [] });
  const run = feed(
    initialState(config),
    boot(),
    { type: 'tick', now: 0 },
    persisted(1),
    persisted(2),
  );
  assert.deepEqual(run.names.slice(1), [
    'DecideLeader',
    'LeaderPersistAcceptedEpoch',
    'LeaderPersistCurrentEpoch',
  ]);
  assert.equal(zabStateOf(run.state), 'BROADCAST');
  const proposed = feed(run.state, { type: 'propose', txn: txnOf(zxid(1, 1)) }, persisted(3));
  assert.deepEqual(typesOf(proposed), ['deliver']);
});

test('names of steps are distinct, visible or not', () => {
  const all: readonly string[] = [...STEP_NAMES, ...INVISIBLE_STEPS];
  assert.equal(new Set(all).size, all.length);
});
