/**
 * Runs of the real reducers in memory, each the same every time: the golden traces. The classic two
 * come first: the leader dies before a proposal commits, and after it sent commits.
 */
import type { Action } from '../../src/sim/action.js';
import { act } from '../../src/sim/action.js';
import type { Cluster } from '../../src/sim/cluster.js';
import { newCluster, nodeOf } from '../../src/sim/cluster.js';
import type { Sid } from '../../src/core/ids.js';
import { settle } from '../../src/sim/schedule.js';
import { CORNERS } from './corner-scenarios.js';
import {
  crash,
  drain,
  leaderOf,
  onlyAtLearner,
  others,
  PATIENCE,
  propose,
  scenario,
  settled,
  startAll,
  threeServers,
} from './scripting.js';
import type { Scenario } from './scripting.js';

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

/** One voter, a quorum by itself, in two epochs; its second log is what the first left on disk. */
function oneVoter(): Cluster {
  let cluster = propose(settled(startAll(newCluster({ voters: [1] }))), 2);
  cluster = act(cluster, { type: 'propose', sid: 1 as Sid });
  return propose(settled(startAll(crash(cluster, 1 as Sid, 1))), 1);
}

/** One voter leads; an observer joins before the epoch is durable, and outlives the leader. */
function oneVoterAndObserver(): Cluster {
  let cluster = settled(startAll(newCluster({ voters: [1], observers: [2] })));
  cluster = settled(startAll(crash(propose(cluster, 2), 1 as Sid)));
  cluster = propose(crash(propose(cluster, 1), 2 as Sid), 1);
  return propose(settled(startAll(cluster)), 1);
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
  scenario(
    'one-voter',
    'the only voter is a quorum: it chooses its epoch when it decides; it dies, and leads again',
    oneVoter,
  ),
  scenario(
    'one-voter-and-observer',
    'an observer follows the only voter, in two epochs',
    oneVoterAndObserver,
  ),
  ...CORNERS,
];
