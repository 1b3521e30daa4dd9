/** Every property can fail: a state that breaks it is reported by its name, a sound one is not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../conformance/package-root.js';
import { listOf, toArray } from '../../src/core/chunked.js';
import { historyOf } from '../../src/core/history.js';
import type { Ghost, ServerView } from '../../src/core/invariants.js';
import { checkServer, checkServers, observe } from '../../src/core/invariants.js';
import type { CoreState } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { makeZxid } from '../../src/core/zxid.js';
import { act } from '../../src/sim/action.js';
import { actWatched, viewsOf, watch } from '../../src/sim/check.js';
import { newCluster } from '../../src/sim/cluster.js';
import { CALM, heal, isSettled, pickAction, settle } from '../../src/sim/schedule.js';
import { sid, txnOf } from '../support/one-server.js';

/** Three servers, server 3 leads epoch 1, two transactions delivered by all. */
function sound(): { views: ServerView[]; ghost: Ghost } {
  let watched = watch(newCluster({ voters: [1, 2, 3] }));
  for (const n of [1, 2, 3]) watched = actWatched(watched, { type: 'start', sid: sid(n) });
  const calm = settle(watched.cluster, isSettled, 5000);
  let cluster = act(act(calm, { type: 'propose', sid: sid(3) }), { type: 'propose', sid: sid(3) });
  cluster = settle(cluster, isSettled, 5000);
  const views = viewsOf(cluster);
  const initial = { sid: sid(3), initial: [] };
  const ghost = {
    committed: views[0]!.applied,
    established: new Map([[1, initial]]),
    proposed: new Map(),
  };
  return { views, ghost };
}

const { views, ghost } = sound();
const [one, , three] = views as [ServerView, ServerView, ServerView];

function changed(view: ServerView, change: (state: CoreState) => CoreState): ServerView {
  return { ...view, state: change(view.state!) };
}

function withLogOf(view: ServerView, change: Partial<CoreState['log']>): ServerView {
  return changed(view, (state) => ({ ...state, log: { ...state.log, ...change } }));
}

function withHistory(view: ServerView, txns: readonly Txn[]): ServerView {
  return withLogOf(view, { history: historyOf(0 as Zxid, txns) });
}

function violates(name: string, found: readonly string[]): void {
  assert.ok(
    found.some((line) => line.startsWith(`${name}:`)),
    `${name} expected: ${found.join('; ')}`,
  );
}

const all = (changedView: ServerView): string[] =>
  checkServers(
    views.map((view) => (view.sid === changedView.sid ? changedView : view)),
    ghost,
  );

test('a sound ensemble violates nothing', () => {
  assert.deepEqual(checkServers(views, ghost), []);
  assert.deepEqual(checkServers([{ ...one, state: null }, ...views.slice(1)], ghost), []);
});

test('properties of one server', () => {
  const { disk } = one;
  const log = toArray(one.state!.log.history.entries);
  const backwards = { base: 0 as Zxid, last: log[0]!.zxid, entries: listOf([...log].reverse()) };
  const pending = { ticket: 7, write: { op: 'currentEpoch' as const, epoch: 1 }, ackOn: null };
  const cases: [string, ServerView][] = [
    ['EpochOrder', { ...one, disk: { ...disk, currentEpoch: 9 } }],
    ['EpochOrder', changed(one, (s) => ({ ...s, epochs: { ...s.epochs, current: 9 } }))],
    ['TypeOK', { ...one, disk: { ...disk, acceptedEpoch: 9 } }],
    ['LogsIncrease', { ...one, disk: { ...disk, log: [...disk.log].reverse() } }],
    ['LogsIncrease', withLogOf(one, { history: backwards })],
    ['TypeOK', withLogOf(one, { lastCommitted: makeZxid(2, 1) })],
    ['TypeOK', withLogOf(one, { committed: 1 })],
    ['TypeOK', withLogOf(one, { lastCommitted: -1 as Zxid })],
    ['TypeOK', withLogOf(one, { uninstalled: { zxid: makeZxid(1, 1), image: null } })],
    ['TypeOK', withLogOf(one, { queue: listOf([pending]), nextTicket: 3 })],
  ];
  for (const [name, view] of cases) violates(name, checkServer(view));
});

test('properties of all servers', () => {
  const [first, second] = one.applied as [Txn, Txn];
  const other = { ...second, cxid: 99 };
  const third = txnOf(makeZxid(1, 3));
  violates('Agreement', all({ ...one, applied: [first, other] }));
  violates('Integrity', all({ ...one, applied: [first] }));
  violates('LogMatching', all(withHistory(one, [first, other])));
  violates('LogMatching', all({ ...one, disk: { ...one.disk, log: [second] } }));
  violates('FollowsLeader', all(withHistory(one, [first, second, third])));
  violates('FollowsLeader', all(withLogOf(one, { lastCommitted: makeZxid(1, 9) })));
  const lost = views.map((view) => ({ ...view, disk: { ...view.disk, log: [first] } }));
  violates('CommittedIsDurable', checkServers(lost, ghost));
  const early = { ...ghost, established: new Map([[1, { sid: sid(3), initial: [third.zxid] }]]) };
  violates('EpochImpliesHistory', checkServers(views, early));
});

test('properties from step to step', () => {
  const before = three.state!;
  const synchronizes = {
    ...before,
    peer: { ...before.peer, zab: 'SYNCHRONIZATION' },
  } as unknown as CoreState;
  const check = (from: CoreState, view: ServerView, was: Ghost = ghost): string[] =>
    observe(was, from, view)[1];
  assert.deepEqual(check(before, three), []);
  violates('Leadership', check(synchronizes, three));
  violates('DeliversBeforeBroadcast', check(synchronizes, withLogOf(three, { lastCommitted: 0 as Zxid })));
  const none = { ...ghost, established: new Map() };
  violates('LeaderCompleteness', check(synchronizes, { ...three, applied: [] }, none));
  const older = new Map([[0, { sid: sid(1), initial: [makeZxid(0, 9)] }]]);
  violates('InitialHistoriesExtend', check(synchronizes, three, { ...ghost, established: older }));
  const otherEpochs = { ...before, epochs: { ...before.epochs, accepted: 9 } };
  violates('MonotoneEpochs', check(otherEpochs, three));
  const further = { ...before, log: { ...before.log, lastCommitted: makeZxid(9, 9) } };
  violates('MonotoneCommit', check(further, three));
  const proposed = new Map([[1, [makeZxid(1, 7)]]]);
  violates('LocalPrimaryOrder', check(before, three, { ...ghost, proposed }));
  const [first, second] = three.applied as [Txn, Txn];
  const fork = [{ ...first, cxid: 99 }];
  violates('Agreement', check(before, three, { ...ghost, committed: fork }));
  const gap = withHistory(three, [first, second, txnOf(makeZxid(1, 5))]);
  violates('LocalPrimaryOrder', check(before, gap));
  assert.deepEqual(observe(ghost, before, { ...three, state: null }), [ghost, []]);
});

test('a watched ensemble throws at the first violation', () => {
  const cluster = settle(heal(newCluster({ voters: [1, 2, 3] })), isSettled, 5000);
  const nodes = new Map(cluster.nodes);
  const node = nodes.get(sid(3))!;
  nodes.set(sid(3), { ...node, disk: { ...node.disk, currentEpoch: 0 } });
  const broken = watch({ ...cluster, nodes });
  assert.throws(() => actWatched(broken, { type: 'propose', sid: sid(3) }), /TypeOK.*server 3/);
});

test('the properties have the names of the specification', () => {
  const defined = readFileSync(join(packageRoot(), 'spec', 'Properties.tla'), 'utf8');
  const sources = ['src/core/invariants.ts', 'src/sim/check.ts'].map((path) =>
    readFileSync(join(packageRoot(), path), 'utf8'),
  );
  const names = new Set(
    [...sources.join('\n').matchAll(/['`]([A-Z]\w+): /g)].map(([, name]) => name),
  );
  assert.ok(names.size >= 15, [...names].join(' '));
  for (const name of names) assert.match(defined, new RegExp(`^${name} ==`, 'm'));
});

test('one seed is one run', () => {
  const runOf = (seed: number): string => {
    let cluster = heal(newCluster({ voters: [1, 2, 3] }));
    let next = seed;
    const actions: string[] = [];
    for (let i = 0; i < 50; i++) {
      const [action, later] = pickAction(cluster, CALM, next);
      next = later;
      actions.push(JSON.stringify(action));
      if (action !== null) cluster = act(cluster, action);
    }
    return actions.join();
  };
  assert.equal(runOf(7), runOf(7));
  assert.notEqual(runOf(7), runOf(8));
});
