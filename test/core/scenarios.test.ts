/** What the protocol does in the situations that have a name, on whole ensembles in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toArray } from '../../src/core/chunked.js';
import { classify } from '../../src/core/classify.js';
import type { Sid } from '../../src/core/ids.js';
import { counterOf, epochOf } from '../../src/core/zxid.js';
import { act } from '../../src/sim/action.js';
import type { Action } from '../../src/sim/action.js';
import { actWatched, watch } from '../../src/sim/check.js';
import type { Watched } from '../../src/sim/check.js';
import type { Cluster, ClusterOptions } from '../../src/sim/cluster.js';
import { newCluster, nodeOf } from '../../src/sim/cluster.js';
import { earliestTicks, isSettled, progress } from '../../src/sim/schedule.js';
import { settleWatched } from '../../src/sim/settle.js';

const sid = (n: number): Sid => n as Sid;
const THREE = { voters: [1, 2, 3] };

function run(watched: Watched, ...actions: readonly Action[]): Watched {
  return actions.reduce(actWatched, watched);
}

/** Lets everything happen, the earliest deadline last, until `done`. */
function until(watched: Watched, done: (cluster: Cluster) => boolean): Watched {
  const there = settleWatched(watched, { ms: Infinity, actions: 5000 }, done);
  assert.ok(there, 'does not get there');
  return there;
}

function started(options: ClusterOptions, ...sids: readonly number[]): Watched {
  const all = sids.length > 0 ? sids : [...options.voters, ...(options.observers ?? [])];
  const starts = all.map((n): Action => ({ type: 'start', sid: sid(n) }));
  return until(run(watch(newCluster(options)), ...starts), isSettled);
}

const propose = (n: number): Action => ({ type: 'propose', sid: sid(n) });
const crash = (n: number, written = 0): Action => ({ type: 'crash', sid: sid(n), written });
const start = (n: number): Action => ({ type: 'start', sid: sid(n) });
const isolate = (n: number): Action => ({ type: 'isolate', sid: sid(n) });
const rejoin = (n: number): Action => ({ type: 'rejoin', sid: sid(n) });

/** What was sent by `from`, by packet type, from step number `since` on. */
function sent(cluster: Cluster, from: number, since = 0): string[] {
  return toArray(cluster.steps, since)
    .filter((step) => step.sid === from)
    .flatMap(({ effects }) => effects)
    .flatMap((effect) => {
      if (effect.type === 'send') return [effect.packet.type];
      return effect.type === 'sendSnapshot' ? ['SNAP'] : [];
    });
}

const applied = (cluster: Cluster, n: number): number => nodeOf(cluster, sid(n)).applied.length;
const leads = (n: number) => (cluster: Cluster) => {
  const role = nodeOf(cluster, sid(n)).role;
  return role?.kind === 'leading' && role.serving;
};

test('three servers elect the highest sid, and a proposal is delivered by all', () => {
  const { cluster } = until(run(started(THREE), propose(3)), isSettled);
  for (const n of [1, 2, 3]) {
    const { role } = nodeOf(cluster, sid(n));
    assert.deepEqual([role?.leader, role?.serving, role?.epoch], [3, true, 1]);
    assert.equal(applied(cluster, n), 1);
  }
});

test('the longest history wins the election, whatever the sid', () => {
  let w = until(run(started(THREE, 1, 2), propose(2), propose(2)), isSettled);
  w = run(w, crash(1), crash(2), start(1), start(2), start(3));
  w = until(w, isSettled);
  assert.equal(nodeOf(w.cluster, sid(3)).role?.leader, 2);
  assert.deepEqual([applied(w.cluster, 3), nodeOf(w.cluster, sid(3)).role?.epoch], [2, 2]);
});

test('DIFF: a late joiner gets what it misses, committed or under way', () => {
  let w = until(run(started(THREE, 1, 2), propose(2), propose(2)), isSettled);
  const since = w.cluster.steps.length;
  w = until(run(w, start(3), propose(2)), isSettled);
  const packets = sent(w.cluster, 2, since);
  assert.ok(packets.includes('DIFF') && !packets.includes('SNAP'));
  assert.equal(applied(w.cluster, 3), 3);
});

test('TRUNC: what a leader alone had logged is cut when it comes back', () => {
  let w = started(THREE);
  w = run(w, isolate(3), propose(3), propose(3), { type: 'persist', sid: sid(3), count: 2 });
  assert.equal(nodeOf(w.cluster, sid(3)).disk.log.length, 2);
  w = until(run(w, crash(3)), (cluster) => leads(2)(cluster) === true);
  w = until(run(w, propose(2)), isSettled);
  const since = w.cluster.steps.length;
  w = until(run(w, rejoin(3), start(3)), isSettled);
  assert.ok(sent(w.cluster, 2, since).includes('TRUNC'));
  assert.equal(nodeOf(w.cluster, sid(3)).disk.log.length, 1);
  assert.deepEqual(
    [1, 2, 3].map((n) => applied(w.cluster, n)),
    [1, 1, 1],
  );
});

test('SNAP: a learner behind all that is in memory gets the applied state', () => {
  const options = { ...THREE, config: { commitLogCount: 2 } };
  let w = started(options, 1, 2);
  for (let i = 0; i < 12; i++) w = until(run(w, propose(2)), isSettled);
  const since = w.cluster.steps.length;
  w = until(run(w, start(3)), isSettled);
  assert.ok(sent(w.cluster, 2, since).includes('SNAP'));
  const node = nodeOf(w.cluster, sid(3));
  assert.equal(applied(w.cluster, 3), 12);
  assert.equal(counterOf(node.disk.snapshot.zxid), 12);
  const effects = toArray(w.cluster.steps, since).flatMap((step) => step.effects);
  const kinds = effects.map(({ type }) => type);
  assert.ok(kinds.indexOf('installed') > 0, 'the snapshot is installed');
});

test('a snapshot that was received but not installed is passed on by the next leader', () => {
  const options = { ...THREE, config: { commitLogCount: 2 } };
  let w = started(options, 1, 2);
  for (let i = 0; i < 12; i++) w = until(run(w, propose(2)), isSettled);
  // Server 3 has the snapshot on disk, in memory only as history; then its leader dies.
  w = until(run(w, start(3)), ({ nodes }) => nodes.get(sid(3))!.disk.currentEpoch > 0);
  assert.notEqual(nodeOf(w.cluster, sid(3)).state!.log.uninstalled, null);
  w = run(w, crash(2), crash(1), start(1));
  w = until(w, isSettled);
  assert.deepEqual([applied(w.cluster, 1), applied(w.cluster, 3)], [12, 12]);
});

test('two leaders overlap; the older one commits nothing, and what it proposed is gone', () => {
  let w = started(THREE);
  w = until(run(w, propose(3)), isSettled);
  w = run(w, isolate(3), propose(3));
  // The followers give up first: the leader is told no time.
  const calm = ({ nodes }: Cluster) => nodes.get(sid(2))!.role?.serving === true;
  for (const n of [1, 2]) {
    const link = [...w.cluster.links.values()].find(({ learner }) => learner === n)!;
    w = run(w, { type: 'disconnect', link: link.id, side: 'learner' });
  }
  const others = (cluster: Cluster): Action[] =>
    [
      ...progress(cluster),
      ...earliestTicks(cluster),
      { type: 'tick' as const, sid: sid(2) },
    ].filter(
      (action) =>
        !('sid' in action && action.sid === 3) &&
        !('link' in action && touches3(cluster, action.link)),
    );
  const touches3 = (cluster: Cluster, id: number): boolean => {
    const link = cluster.links.get(id)!;
    return link.leader === 3 || link.learner === 3;
  };
  for (let i = 0; i < 500 && !(calm(w.cluster) && leads(2)(w.cluster)); i++) {
    w = run(w, others(w.cluster)[0]!);
  }
  assert.ok(leads(2)(w.cluster) && leads(3)(w.cluster), 'both lead');
  w = until(run(w, propose(2), propose(2), rejoin(3)), isSettled);
  assert.deepEqual(
    [1, 2, 3].map((n) => applied(w.cluster, n)),
    [3, 3, 3],
  );
  const epochs = toArray(nodeOf(w.cluster, sid(3)).applied).map(({ zxid }) => epochOf(zxid));
  assert.deepEqual(epochs, [1, 2, 2]);
});

test('an observer is informed, never asked', () => {
  let w = started({ voters: [1, 2, 3], observers: [4] });
  const since = w.cluster.steps.length;
  w = until(run(w, propose(3), propose(3)), isSettled);
  assert.deepEqual(sent(w.cluster, 4, since), []);
  assert.equal(applied(w.cluster, 4), 2);
  assert.ok(sent(w.cluster, 3, since).includes('INFORM'));
  // Two of the three voters gone: an observer is no replacement.
  w = run(w, crash(1), crash(2), propose(3));
  w = until(w, ({ nodes }) => nodes.get(sid(3))!.role?.kind === 'looking');
  assert.equal(w.ghost.committed.length, 2);
});

test('a follower acknowledges in order, each only when it is durable', () => {
  let w = run(started(THREE), propose(3), propose(3), propose(3));
  const link = [...w.cluster.links.values()].find(({ learner }) => learner === 1)!;
  const read: Action = { type: 'deliver', link: link.id, to: 'learner' };
  const since = w.cluster.steps.length;
  w = run(w, read, read, read);
  assert.deepEqual(sent(w.cluster, 1, since), []);
  w = run(w, { type: 'persist', sid: sid(1), count: 2 });
  assert.deepEqual(sent(w.cluster, 1, since), ['ACK', 'ACK']);
  w = run(w, { type: 'persist', sid: sid(1), count: 1 });
  const acks = w.cluster.links.get(link.id)!.toLeader;
  assert.deepEqual(
    acks.map((packet) => packet.type === 'ACK' && counterOf(packet.zxid)),
    [1, 2, 3],
  );
});

test('a restarted server has its log, and delivers it only with a leader', () => {
  let w = until(run(started(THREE), propose(3), propose(3)), isSettled);
  w = run(w, crash(1), crash(2), crash(3), start(1));
  const alone = nodeOf(w.cluster, sid(1));
  assert.equal(alone.state!.log.history.entries.length, 2);
  assert.equal(alone.applied.length, 0);
  w = until(run(w, start(2)), isSettled);
  assert.deepEqual([applied(w.cluster, 1), applied(w.cluster, 2)], [2, 2]);
});

test('a proposal that no quorum has may survive its leader, in the log that wins', () => {
  let w = run(started(THREE), propose(3));
  const link = [...w.cluster.links.values()].find(({ learner }) => learner === 2)!;
  w = run(w, { type: 'deliver', link: link.id, to: 'learner' });
  w = run(w, { type: 'persist', sid: sid(2), count: 1 }, crash(3));
  w = until(w, (cluster) => isSettled(cluster));
  assert.equal(nodeOf(w.cluster, sid(1)).role?.leader, 2);
  assert.deepEqual([applied(w.cluster, 1), applied(w.cluster, 2)], [1, 1]);
});

test('standalone: established at once, what is durable is committed, zxids count on', () => {
  const options = { voters: [7], standalone: true };
  let cluster = act(newCluster(options), start(7));
  const { role } = nodeOf(cluster, sid(7));
  assert.deepEqual([role?.kind, role?.serving, role?.epoch], ['leading', true, 0]);
  cluster = act(act(cluster, propose(7)), propose(7));
  assert.equal(applied(cluster, 7), 0);
  cluster = act(cluster, { type: 'persist', sid: sid(7), count: 2 });
  assert.equal(applied(cluster, 7), 2);
  cluster = act(act(cluster, propose(7)), crash(7, 1));
  cluster = act(cluster, start(7));
  assert.equal(applied(cluster, 7), 3);
  assert.equal(nodeOf(cluster, sid(7)).role?.lastZxid, 3);
  const names = toArray(cluster.steps).map(({ before, event }) => classify(before, event));
  assert.deepEqual(names.slice(0, 4), [
    'Restart',
    'LeaderPropose',
    'LeaderPropose',
    'LeaderPersistLog',
  ]);
});
