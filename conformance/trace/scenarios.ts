/**
 * Runs of the real reducers in memory, each the same every time: the golden traces. The classic two
 * come first: the leader dies before a proposal commits, and after it sent commits.
 */
import type { Sid } from '../../src/core/ids.js';
import { act } from '../../src/sim/action.js';
import type { Action } from '../../src/sim/action.js';
import type { Cluster } from '../../src/sim/cluster.js';
import { newCluster, nodeOf } from '../../src/sim/cluster.js';
import { isSettled, progress, settle } from '../../src/sim/schedule.js';
import { traceOf } from './from-sim.js';
import type { TraceLine } from './schema.js';

export interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly run: () => readonly TraceLine[];
}

/** Long enough for an election after every timeout. */
const PATIENCE = 60_000;

function startAll(cluster: Cluster): Cluster {
  let next = cluster;
  for (const [sid, node] of cluster.nodes) {
    if (node.state === null) next = act(next, { type: 'start', sid });
  }
  return next;
}

function settled(cluster: Cluster): Cluster {
  const next = settle(cluster, isSettled, PATIENCE);
  if (!isSettled(next)) throw new Error('the ensemble does not settle');
  return next;
}

function leaderOf(cluster: Cluster): Sid {
  for (const [sid, { role, state }] of cluster.nodes) {
    if (state !== null && role?.kind === 'leading' && role.serving) return sid;
  }
  throw new Error('no leader');
}

function propose(cluster: Cluster, times: number): Cluster {
  let next = cluster;
  for (let i = 0; i < times; i++) {
    next = settled(act(next, { type: 'propose', sid: leaderOf(next) }));
  }
  return next;
}

function crash(cluster: Cluster, sid: Sid, written = 0): Cluster {
  return act(cluster, { type: 'crash', sid, written });
}

/** Everything that may happen by itself, of the kinds allowed, until nothing of them is left. */
function drain(cluster: Cluster, allowed: (action: Action, cluster: Cluster) => boolean): Cluster {
  let next = cluster;
  for (;;) {
    const action = progress(next).find((a) => allowed(a, next));
    if (action === undefined) return next;
    next = act(next, action);
  }
}

/** Packets that reach `sid` as a learner, and what it writes. */
function onlyAtLearner(sid: Sid) {
  return (action: Action, cluster: Cluster): boolean =>
    (action.type === 'persist' && action.sid === sid) ||
    (action.type === 'deliver' &&
      action.to === 'learner' &&
      cluster.links.get(action.link)?.learner === sid);
}

function others(cluster: Cluster, sid: Sid): readonly [Sid, Sid] {
  const [a, b] = [...cluster.nodes.keys()].filter((s) => s !== sid);
  if (a === undefined || b === undefined) throw new Error('three servers are needed');
  return [a, b];
}

function threeServers(commitLogCount = 500): Cluster {
  return settled(startAll(newCluster({ voters: [1, 2, 3], config: { commitLogCount } })));
}

/** The proposal reaches one follower's disk; the leader dies before it hears of it. */
function leaderDiesBeforeCommit(): Cluster {
  let cluster = propose(threeServers(), 2);
  const leader = leaderOf(cluster);
  const [follower] = others(cluster, leader);
  cluster = act(cluster, { type: 'propose', sid: leader });
  cluster = drain(cluster, onlyAtLearner(follower));
  cluster = settled(crash(cluster, leader));
  cluster = propose(cluster, 1);
  return propose(settled(act(cluster, { type: 'start', sid: leader })), 1);
}

/** A quorum has acknowledged, the COMMITs are sent, one follower reads its own; the leader dies. */
function leaderDiesAfterCommit(): Cluster {
  let cluster = propose(threeServers(), 2);
  const leader = leaderOf(cluster);
  const [reads, misses] = others(cluster, leader);
  cluster = act(cluster, { type: 'propose', sid: leader });
  const atMisses = onlyAtLearner(misses);
  cluster = drain(cluster, (action, c) => !atMisses(action, c));
  const { lastCommitted } = nodeOf(cluster, reads).state!.log;
  if (lastCommitted <= nodeOf(cluster, misses).state!.log.lastCommitted) {
    throw new Error('the follower has not read its COMMIT');
  }
  cluster = settled(crash(cluster, leader, 1));
  cluster = propose(cluster, 1);
  return propose(settled(act(cluster, { type: 'start', sid: leader })), 1);
}

/** What only the dead leader has on its disk is cut off when it comes back: TRUNC. */
function oldLeaderIsTruncated(): Cluster {
  let cluster = propose(threeServers(), 1);
  const leader = leaderOf(cluster);
  cluster = act(cluster, { type: 'propose', sid: leader });
  cluster = act(cluster, { type: 'persist', sid: leader, count: 1 });
  cluster = settled(crash(cluster, leader));
  cluster = propose(cluster, 2);
  return propose(settled(act(cluster, { type: 'start', sid: leader })), 1);
}

/** A follower that missed more than the leader keeps in memory gets a snapshot, then restarts. */
function snapshotForLateFollower(): Cluster {
  let cluster = threeServers(2);
  const leader = leaderOf(cluster);
  const [late] = others(cluster, leader);
  cluster = propose(crash(cluster, late), 6);
  cluster = settled(act(cluster, { type: 'start', sid: late }));
  cluster = propose(cluster, 1);
  cluster = act(cluster, { type: 'snapshot', sid: late });
  cluster = propose(cluster, 1);
  cluster = settled(crash(cluster, late, 0));
  return propose(settled(act(cluster, { type: 'start', sid: late })), 1);
}

/** An observer is told what is committed, and outlives the leader. */
function observerIsInformed(): Cluster {
  let cluster = settled(startAll(newCluster({ voters: [1, 2, 3], observers: [4] })));
  cluster = propose(cluster, 2);
  const leader = leaderOf(cluster);
  cluster = settled(crash(cluster, leader));
  cluster = propose(cluster, 1);
  return propose(settled(act(cluster, { type: 'start', sid: leader })), 1);
}

/** A leader that loses both connections gives up; one follower that loses its own comes back. */
function connectionsBreak(): Cluster {
  let cluster = propose(threeServers(), 1);
  const [link] = [...cluster.links.keys()];
  if (link === undefined) throw new Error('no connection');
  cluster = propose(settled(act(cluster, { type: 'disconnect', link, side: 'learner' })), 1);
  for (const id of [...cluster.links.keys()]) {
    if (cluster.links.get(id)?.leaderOpen === true) {
      cluster = act(cluster, { type: 'disconnect', link: id, side: 'leader' });
    }
  }
  return propose(settled(cluster), 1);
}

/** Proposals and COMMITs reach a follower between NEWLEADER and UPTODATE: its disk is slow. */
function proposalsWhileSynchronizing(): Cluster {
  let cluster = propose(threeServers(), 1);
  const leader = leaderOf(cluster);
  const [late] = others(cluster, leader);
  cluster = propose(crash(cluster, late), 1);
  cluster = act(cluster, { type: 'start', sid: late });
  const inSync = (c: Cluster) => {
    const peer = nodeOf(c, late).state?.peer;
    return peer !== undefined && 'syncCommitted' in peer;
  };
  cluster = settle(cluster, inSync, PATIENCE);
  if (!inSync(cluster)) throw new Error('the follower does not synchronize');
  const notItsDisk = (action: Action) => action.type !== 'persist' || action.sid !== late;
  for (let i = 0; i < 2; i++) {
    cluster = drain(act(cluster, { type: 'propose', sid: leader }), notItsDisk);
  }
  return propose(settled(cluster), 1);
}

/** A server that is alone asks again and again; the others are started later. */
function aloneAtFirst(): Cluster {
  let cluster = act(newCluster({ voters: [1, 2, 3] }), { type: 'start', sid: 1 as Sid });
  for (let i = 0; i < 4; i++) cluster = act(cluster, { type: 'tick', sid: 1 as Sid });
  return propose(settled(startAll(cluster)), 1);
}

function scenario(name: string, what: string, run: () => Cluster): Scenario {
  return { name, what, run: () => traceOf(run()) };
}

export const SCENARIOS: readonly Scenario[] = [
  scenario(
    'leader-dies-before-commit',
    'the leader dies when its proposal is on one follower’s disk and nobody has committed it',
    leaderDiesBeforeCommit,
  ),
  scenario(
    'leader-dies-after-commit',
    'the leader dies when it has sent COMMITs and one follower has read its own',
    leaderDiesAfterCommit,
  ),
  scenario(
    'old-leader-truncated',
    'an entry that only the dead leader had is cut off when it comes back (TRUNC)',
    oldLeaderIsTruncated,
  ),
  scenario(
    'snapshot-for-late-follower',
    'a follower that missed too much gets a snapshot (SNAP), takes its own, and restarts',
    snapshotForLateFollower,
  ),
  scenario(
    'observer-informed',
    'an observer follows two leaders, one after the other (INFORM)',
    observerIsInformed,
  ),
  scenario(
    'connections-break',
    'a follower’s connection breaks at one side, then all of the leader’s at its side',
    connectionsBreak,
  ),
  scenario(
    'proposals-while-synchronizing',
    'PROPOSALs and COMMITs reach a follower after NEWLEADER and before UPTODATE',
    proposalsWhileSynchronizing,
  ),
  scenario(
    'alone-at-first',
    'one server asks for votes again and again before the others start',
    aloneAtFirst,
  ),
];
