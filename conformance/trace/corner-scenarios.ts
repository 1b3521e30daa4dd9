/**
 * Runs that reach the corners of the specification's actions: the branches that a run takes only if
 * something comes at the wrong moment. `zab validate traces/golden --coverage` says which are taken.
 */
import type { Sid } from '../../src/core/ids.js';
import { act } from '../../src/sim/action.js';
import type { Cluster } from '../../src/sim/cluster.js';
import { newCluster, nodeOf } from '../../src/sim/cluster.js';
import {
  asked,
  closeLink,
  crash,
  drain,
  isIn,
  linkFrom,
  noMail,
  notify,
  propose,
  runUntil,
  scenario,
  settled,
  slowDisks,
  start,
  startAll,
  threeServers,
  tickUntil,
} from './scripting.js';
import type { Allowed, Scenario } from './scripting.js';

const S1 = 1 as Sid;
const S2 = 2 as Sid;
const S3 = 3 as Sid;
const O4 = 4 as Sid;

/** The newest of three wins; nobody has started. */
function three(): Cluster {
  return newCluster({ voters: [1, 2, 3] });
}

/** The old leader is back, in round 1, while the others look for a leader in round 2. */
function olderRound(): Cluster {
  let cluster = propose(threeServers(), 1);
  cluster = crash(cluster, S3);
  const looking = [isIn(S1, 'LOOKING'), isIn(S2, 'LOOKING')];
  cluster = runUntil(cluster, (c) => looking.every((is) => is(c)), noMail(S1, S2));
  return propose(settled(start(cluster, S3)), 1);
}

/** An observer joins what has long been decided, and exchanges messages with voters that look. */
function lateObserver(): Cluster {
  const members = { voters: [1, 2, 3], observers: [4] };
  let cluster = settled(start(newCluster(members), S1, S2));
  cluster = start(propose(cluster, 1), S3, O4);
  // Server 3 hears of the observer first, which decides and answers what 3 asked it.
  for (const [from, to] of [
    [O4, S3],
    [O4, S1],
    [S1, O4],
    [O4, S2],
    [S2, O4],
    [S3, O4],
    [O4, S3],
  ] as const) {
    cluster = notify(cluster, from, to);
  }
  cluster = propose(settled(cluster), 1);
  // The observer looks again, in round 2; server 3, started anew, in round 1.
  cluster = start(crash(closeLink(cluster, O4, 'learner'), S3), S3);
  cluster = notify(notify(cluster, O4, S3), S3, O4);
  return propose(settled(cluster), 1);
}

/** The last vote that is missing is that of a server which has decided. */
function decidedVoteCompletes(): Cluster {
  let cluster = notify(startAll(three()), S3, S2);
  cluster = tickUntil(cluster, S2, isIn(S2, 'FOLLOWING'));
  cluster = act(cluster, { type: 'loseMail', from: S2, to: S1 });
  cluster = notify(notify(cluster, S3, S1), S1, S2);
  cluster = notify(cluster, S2, S1);
  return propose(settled(cluster), 1);
}

/** A learner dials anew before its leader has an epoch; the leader then closes the older end. */
function dialledAnew(): Cluster {
  const led = (c: Cluster) => asked(c, S3, 'acceptedEpoch') > 0;
  let cluster = runUntil(startAll(three()), led, slowDisks(S3));
  cluster = runUntil(
    cluster,
    (c) => linkFrom(c, S1) !== null && linkFrom(c, S2) !== null,
    slowDisks(S3),
  );
  for (const [learner, leaderCloses] of [
    [S1, true],
    [S2, false],
  ] as const) {
    const before = linkFrom(cluster, learner)!.id;
    const read = (c: Cluster) => linkFrom(c, learner)!.toLeader.length === 0;
    cluster = runUntil(cluster, read, slowDisks(S3));
    cluster = closeLink(cluster, learner, 'learner');
    const quiet: Allowed = (a) => a.type === 'tick' || a.type === 'connect' || a.type === 'notify';
    cluster = runUntil(cluster, (c) => (linkFrom(c, learner)?.id ?? 0) > before, quiet);
    if (leaderCloses) cluster = act(cluster, { type: 'disconnect', link: before, side: 'leader' });
  }
  return propose(settled(cluster), 1);
}

/** The leader reads the FOLLOWERINFO of a learner that has given up waiting for an answer. */
function learnerGone(): Cluster {
  let cluster = start(crash(propose(threeServers(), 1), S1), S1);
  const dialled = (c: Cluster) => (linkFrom(c, S1)?.toLeader.length ?? 0) > 0;
  cluster = runUntil(cluster, dialled, (a) => a.type !== 'deliver');
  const { id } = linkFrom(cluster, S1)!;
  cluster = tickUntil(cluster, S1, isIn(S1, 'LOOKING'));
  cluster = act(cluster, { type: 'deliver', link: id, to: 'leader' });
  return propose(settled(cluster), 1);
}

/** A slow disk: what was asked for before a shutdown is durable when its server leads again. */
function writesOfAnEarlierRole(): Cluster {
  const slow = slowDisks(S3);
  let cluster = runUntil(startAll(three()), (c) => asked(c, S3, 'acceptedEpoch') > 0, slow);
  cluster = crash(tickUntil(cluster, S3, isIn(S3, 'LOOKING')), S2);
  cluster = runUntil(cluster, isIn(S3, 'LEADING'), slow);
  cluster = act(cluster, { type: 'persist', sid: S3, count: 1 });
  // The same with currentEpoch.
  const reached = (c: Cluster) => asked(c, S3, 'currentEpoch') > 0;
  cluster = runUntil(cluster, reached);
  cluster = tickUntil(cluster, S3, isIn(S3, 'LOOKING'));
  cluster = runUntil(cluster, isIn(S3, 'LEADING'), slow);
  cluster = act(cluster, { type: 'persist', sid: S3, count: 1 });
  return propose(settled(start(cluster, S2)), 1);
}

/** A learner's connection ends while its epochs are on the way to its disk. */
function learnerWritesLate(): Cluster {
  const slow = slowDisks(S1);
  let cluster = runUntil(startAll(three()), (c) => asked(c, S1, 'acceptedEpoch') > 0, slow);
  cluster = closeLink(cluster, S1, 'learner');
  cluster = act(cluster, { type: 'persist', sid: S1, count: 1 });
  cluster = propose(settled(cluster), 1);
  cluster = start(propose(crash(cluster, S1), 1), S1);
  cluster = runUntil(cluster, (c) => asked(c, S1, 'currentEpoch') > 0, slow);
  cluster = closeLink(cluster, S1, 'learner');
  cluster = drain(cluster, (a) => a.type === 'persist' && a.sid === S1);
  return propose(settled(cluster), 1);
}

/** The leader is in its epoch while one learner has yet to acknowledge it. */
function lateAcknowledgement(): Cluster {
  const held = (c: Cluster) =>
    runUntil(c, isIn(S3, 'LEADING', 'SYNCHRONIZATION'), (action, now) => {
      if (action.type !== 'deliver' || action.to !== 'leader') return true;
      const link = now.links.get(action.link)!;
      return link.learner !== S1 || link.toLeader[0]?.type !== 'ACKEPOCH';
    });
  return propose(settled(held(startAll(three()))), 1);
}

/** A follower with a proposal on the way to its disk leads when that is written. */
function newLeaderWritesLate(): Cluster {
  let cluster = propose(threeServers(), 1);
  cluster = act(cluster, { type: 'propose', sid: S3 });
  cluster = runUntil(cluster, (c) => asked(c, S2, 'append') > 0, slowDisks(S1, S2, S3));
  cluster = crash(cluster, S3);
  cluster = runUntil(cluster, isIn(S2, 'LEADING'), slowDisks(S2));
  cluster = act(cluster, { type: 'persist', sid: S2, count: 1 });
  return propose(settled(start(cluster, S3)), 1);
}

/** A proposal is under way while followers synchronize: one that has it, one that has not. */
function synchronizedUnderWay(): Cluster {
  const slow = slowDisks(S1, S3);
  let cluster = act(propose(threeServers(), 1), { type: 'propose', sid: S3 });
  const acknowledged = (c: Cluster) => {
    const state = nodeOf(c, S3).state!;
    const { peer } = state;
    if (peer.state !== 'LEADING' || peer.zab !== 'BROADCAST') return false;
    return peer.acked[[S1, S2, S3].indexOf(S2)] === state.log.history.last;
  };
  cluster = runUntil(cluster, acknowledged, slow);
  cluster = closeLink(cluster, S2, 'learner');
  cluster = runUntil(cluster, isIn(S2, 'FOLLOWING', 'BROADCAST'), slow);
  cluster = drain(cluster, (a, c) => a.type === 'deliver' && a.to === 'leader' && slow(a, c));
  cluster = start(crash(cluster, S1), S1);
  cluster = runUntil(cluster, (c) => asked(c, S1, 'currentEpoch') > 0, slow);
  return propose(settled(cluster), 1);
}

/** Everything that a server has is cut off: its leader has nothing at all. */
function truncatedToNothing(): Cluster {
  let cluster = act(threeServers(), { type: 'propose', sid: S3 });
  cluster = act(cluster, { type: 'persist', sid: S3, count: 1 });
  for (const learner of [S1, S2]) cluster = closeLink(cluster, learner, 'learner');
  cluster = settled(crash(cluster, S3));
  return propose(settled(start(cluster, S3)), 1);
}

/** Of two servers the one with the longer log leads, whatever its id. */
function longerLogWins(): Cluster {
  let cluster = act(propose(threeServers(), 1), { type: 'propose', sid: S3 });
  cluster = crash(closeLink(cluster, S2, 'learner'), S3);
  cluster = propose(settled(cluster), 1);
  return propose(settled(start(cluster, S3)), 1);
}

/** What is committed reaches an observer after NEWLEADER and before UPTODATE. */
function informedInSync(): Cluster {
  let cluster = settled(startAll(newCluster({ voters: [1, 2, 3], observers: [4] })));
  cluster = propose(crash(propose(cluster, 1), O4), 1);
  cluster = start(cluster, O4);
  const inSync = (c: Cluster) => asked(c, O4, 'currentEpoch') + asked(c, O4, 'append') > 0;
  cluster = runUntil(cluster, inSync, slowDisks(O4));
  cluster = drain(act(cluster, { type: 'propose', sid: S3 }), slowDisks(O4));
  return propose(settled(cluster), 1);
}

/** The leader dies before anybody has reached it. */
function leaderUnreachable(): Cluster {
  const decided = [isIn(S1, 'FOLLOWING'), isIn(S2, 'FOLLOWING')];
  const done = (c: Cluster) => decided.every((is) => is(c));
  const cluster = runUntil(startAll(three()), done, (a) => a.type !== 'connect');
  return propose(settled(start(settled(crash(cluster, S3)), S3)), 1);
}

/** A server that has led alone, twice, has accepted a later epoch than the others establish. */
function laterEpochAccepted(): Cluster {
  let cluster = startAll(three());
  const epoch = (e: number) => (c: Cluster) => nodeOf(c, S3).disk.acceptedEpoch === e;
  const nobodyIsTold = (a: { type: string; to?: unknown }) =>
    a.type !== 'deliver' || a.to !== 'learner';
  for (const e of [1, 2]) {
    cluster = runUntil(cluster, epoch(e), nobodyIsTold);
    for (const learner of [S1, S2]) {
      if (linkFrom(cluster, learner) !== null) cluster = closeLink(cluster, learner, 'learner');
    }
    cluster = crash(cluster, S3);
    if (e === 1) cluster = start(cluster, S3);
  }
  cluster = propose(settled(cluster), 1);
  cluster = start(cluster, S3);
  cluster = runUntil(cluster, isIn(S3, 'FOLLOWING'));
  cluster = runUntil(cluster, isIn(S3, 'LOOKING'));
  cluster = settled(crash(cluster, S2));
  return propose(settled(start(cluster, S2)), 1);
}

export const CORNERS: readonly Scenario[] = [
  scenario(
    'older-round',
    'a server starts in round 1 while the others look for a leader in round 2',
    olderRound,
  ),
  scenario(
    'late-observer',
    'an observer hears from voters that have decided, and from one that looks as it does',
    lateObserver,
  ),
  scenario(
    'decided-vote-completes',
    'the vote that completes those of a round is that of a server which has decided',
    decidedVoteCompletes,
  ),
  scenario(
    'dialled-anew',
    'learners dial anew before there is an epoch; the leader closes the older connection, or drops it',
    dialledAnew,
  ),
  scenario(
    'learner-gone',
    'the leader reads FOLLOWERINFO of a learner that has given up',
    learnerGone,
  ),
  scenario(
    'writes-of-an-earlier-role',
    'a leader gives up, twice, and its epochs are durable when it leads again',
    writesOfAnEarlierRole,
  ),
  scenario(
    'learner-writes-late',
    'a learner’s epochs are durable after its connection has ended',
    learnerWritesLate,
  ),
  scenario(
    'late-acknowledgement',
    'a leader is in its epoch before one of its learners has acknowledged it',
    lateAcknowledgement,
  ),
  scenario(
    'new-leader-writes-late',
    'a proposal of the last leader is durable when the new one leads',
    newLeaderWritesLate,
  ),
  scenario(
    'synchronized-under-way',
    'followers synchronize while a proposal is under way: it is sent, or acknowledged again',
    synchronizedUnderWay,
  ),
  scenario(
    'truncated-to-nothing',
    'all that a server has is cut off (TRUNC to nothing)',
    truncatedToNothing,
  ),
  scenario(
    'longer-log-wins',
    'of two servers the one with the longer log is elected, though its id is lower',
    longerLogWins,
  ),
  scenario(
    'informed-in-sync',
    'INFORM reaches an observer after NEWLEADER and before UPTODATE',
    informedInSync,
  ),
  scenario(
    'leader-unreachable',
    'the leader dies before its followers have reached it',
    leaderUnreachable,
  ),
  scenario(
    'later-epoch-accepted',
    'a server refuses LEADERINFO: it has accepted a later epoch',
    laterEpochAccepted,
  ),
];
