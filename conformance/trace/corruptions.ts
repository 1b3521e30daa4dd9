/**
 * Corrupted traces: each is a golden trace with one thing wrong, and the line at which the
 * validator must refuse it. Unless it says otherwise the lines are numbered anew, so that only the
 * specification can see what was done.
 */
import type { TraceLine } from './schema.js';

export interface Corruption {
  readonly name: string;
  readonly base: string;
  readonly what: string;
  readonly corrupt: (lines: readonly TraceLine[]) => Corrupted;
}

export interface Corrupted {
  readonly lines: readonly TraceLine[];
  /** The line, from 1, that must be refused. */
  readonly refusedAt: number;
}

type Test = (line: TraceLine) => boolean;

function find(lines: readonly TraceLine[], test: Test, from = 0): number {
  const at = lines.findIndex((line, i) => i >= from && test(line));
  if (at < 0) throw new Error('the golden trace has no such line');
  return at;
}

function acts(action: string): Test {
  return (line) => line.action === action;
}

function renumbered(lines: readonly TraceLine[]): readonly TraceLine[] {
  return lines.map((line, i) => ({ ...line, seq: i + 1 }));
}

/** One line changed, which must be the one that is refused. */
function changed(test: Test, change: (line: TraceLine) => TraceLine) {
  return (lines: readonly TraceLine[]): Corrupted => {
    const at = find(lines, test);
    return { lines: lines.map((l, i) => (i === at ? change(l) : l)), refusedAt: at + 1 };
  };
}

function post(test: Test, change: (post: TraceLine['post']) => Partial<TraceLine['post']>) {
  return changed(test, (line) => ({ ...line, post: { ...line.post, ...change(line.post) } }));
}

/** One line dropped; `next` finds the first line, among those after it, that cannot be then. */
function dropped(test: Test, next: (dropped: TraceLine) => Test) {
  return (lines: readonly TraceLine[]): Corrupted => {
    const at = find(lines, test);
    const rest = lines.filter((_, i) => i !== at);
    return { lines: renumbered(rest), refusedAt: find(rest, next(lines[at]!), at) + 1 };
  };
}

function sameServer(line: TraceLine): Test {
  return ({ server }) => server === line.server;
}

function repeated(test: Test) {
  return (lines: readonly TraceLine[]): Corrupted => {
    const at = find(lines, test);
    const twice = [...lines.slice(0, at + 1), lines[at]!, ...lines.slice(at + 1)];
    return { lines: renumbered(twice), refusedAt: at + 2 };
  };
}

/** The line found first changes places with the one found second: the second cannot be so early. */
function swapped(first: Test, second: (first: TraceLine) => Test) {
  return (lines: readonly TraceLine[]): Corrupted => {
    const a = find(lines, first);
    const b = find(lines, second(lines[a]!), a + 1);
    const swap = lines.map((l, i) => (i === a ? lines[b]! : i === b ? lines[a]! : l));
    return { lines: renumbered(swap), refusedAt: a + 1 };
  };
}

function readsAckOf(sender: TraceLine): Test {
  return (line) => line.action === 'LeaderProcessACK' && line.server !== sender.server;
}

const commits: Test = (l) => l.action === 'FollowerProcessCOMMIT';
const restartsWithLog: Test = (l) => l.event.type === 'start' && l.event.disk.log.length > 0;
const sendsCommit: Test = (l) =>
  l.sent.some(
    (s) => 'packet' in s && s.packet.type === 'COMMIT' && l.action === 'LeaderProcessACK',
  );

function otherDigest(line: TraceLine): TraceLine {
  if (line.event.type !== 'packet' || line.event.packet.type !== 'PROPOSAL') return line;
  const { type, txn } = line.event.packet;
  const packet = { type, txn: [txn[0], txn[1], `${txn[2].slice(0, -1)}g`] as typeof txn };
  return { ...line, event: { ...line.event, packet } };
}

function shorterDisk(line: TraceLine): TraceLine {
  if (line.event.type !== 'start') return line;
  const { disk } = line.event;
  const log = disk.log.slice(0, -1);
  const last = log[log.length - 1];
  const lastZxid =
    last === undefined ? disk.snapshotZxid : ([last[0], last[1]] as [number, number]);
  const vote = line.post.vote === null ? null : { ...line.post.vote, zxid: lastZxid };
  const sent = line.sent.map((s) =>
    'notification' in s ? { ...s, notification: { ...s.notification, vote } } : s,
  );
  return {
    ...line,
    event: { ...line.event, disk: { ...disk, log } },
    post: { ...line.post, lastZxid, vote },
    sent,
  };
}

const BEFORE = 'leader-dies-before-commit';
const AFTER = 'leader-dies-after-commit';
const TRUNCATED = 'old-leader-truncated';

function field(
  name: string,
  what: string,
  test: Test,
  change: (post: TraceLine['post']) => Partial<TraceLine['post']>,
): Corruption {
  return { name, base: BEFORE, what, corrupt: post(test, change) };
}

const FIELDS: readonly Corruption[] = [
  field('commit-not-counted', 'a COMMIT that leaves lastCommitted as it was', commits, () => ({
    lastCommitted: [1, 0],
  })),
  field('wrong-state', 'a follower that says it leads', acts('FollowerProcessPROPOSAL'), () => ({
    state: 'LEADING',
  })),
  field(
    'early-broadcast',
    'BROADCAST before UPTODATE',
    acts('FollowerPersistCurrentEpoch'),
    () => ({
      zabState: 'BROADCAST',
    }),
  ),
  field('wrong-round', 'a round too far', acts('ReceiveNotification'), (p) => ({
    round: p.round + 1,
  })),
  field('lower-accepted-epoch', 'acceptedEpoch goes back', acts('LeaderPropose'), () => ({
    acceptedEpoch: 0,
  })),
  field('wrong-last-zxid', 'lastZxid ahead of the log', acts('LeaderPropose'), (p) => ({
    lastZxid: [p.lastZxid[0], p.lastZxid[1] + 1],
  })),
  field(
    'write-done-early',
    'a proposal that is on disk at once',
    acts('FollowerProcessPROPOSAL'),
    () => ({
      pending: 0,
    }),
  ),
  field('wrong-new-epoch', 'an epoch that skips one', acts('LeaderProcessFOLLOWERINFO'), (p) => ({
    newEpoch: p.newEpoch + 1,
  })),
  field(
    'forged-acknowledgement',
    'an acknowledgement of NEWLEADER that nobody sent',
    acts('LeaderPersistCurrentEpoch'),
    () => ({ ackNewLeader: [1, 2, 3] }),
  ),
  field(
    'delivered-nothing',
    'a COMMIT of which nothing is delivered, but counted',
    commits,
    (p) => ({
      delivered: [...p.delivered, [9, 9]],
    }),
  ),
];

const MESSAGES: readonly Corruption[] = [
  {
    name: 'other-payload',
    base: AFTER,
    what: 'a follower reads another transaction than was proposed',
    corrupt: changed(acts('FollowerProcessPROPOSAL'), otherDigest),
  },
  {
    name: 'commit-not-sent',
    base: AFTER,
    what: 'the leader commits and tells nobody',
    corrupt: changed(sendsCommit, (line) => ({ ...line, sent: [] })),
  },
  {
    name: 'write-not-asked',
    base: AFTER,
    what: 'a follower takes a proposal and asks for no write',
    corrupt: changed(acts('FollowerProcessPROPOSAL'), (line) => ({ ...line, persisted: [] })),
  },
  {
    name: 'wrong-action',
    base: AFTER,
    what: 'a COMMIT that is said to be a proposal',
    corrupt: changed(commits, (line) => ({ ...line, action: 'FollowerProcessPROPOSAL' })),
  },
  {
    name: 'entry-lost-at-restart',
    base: TRUNCATED,
    what: 'a restarted server whose last entry, long on its disk, is gone',
    corrupt: changed(restartsWithLog, shorterDisk),
  },
];

const ORDER: readonly Corruption[] = [
  {
    name: 'proposal-dropped',
    base: AFTER,
    what: 'the leader’s proposal is missing',
    corrupt: dropped(
      acts('LeaderPropose'),
      (d) => (l) => sameServer(d)(l) || l.action === 'FollowerProcessPROPOSAL',
    ),
  },
  {
    name: 'fsync-dropped',
    base: BEFORE,
    what: 'a follower’s log is never said to be durable, yet acknowledged',
    corrupt: dropped(
      acts('FollowerPersistLog'),
      (d) => (l) => sameServer(d)(l) || readsAckOf(d)(l),
    ),
  },
  {
    name: 'decision-dropped',
    base: BEFORE,
    what: 'a server leads that has not decided to',
    corrupt: dropped(acts('DecideLeader'), sameServer),
  },
  {
    name: 'proposal-read-twice',
    base: BEFORE,
    what: 'a follower reads a proposal twice',
    corrupt: repeated(acts('FollowerProcessPROPOSAL')),
  },
  {
    name: 'proposed-twice',
    base: AFTER,
    what: 'one transaction is proposed twice under one zxid',
    corrupt: repeated(acts('LeaderPropose')),
  },
  {
    name: 'acknowledged-before-durable',
    base: AFTER,
    what: 'the leader reads the acknowledgement before the follower’s write is done',
    corrupt: swapped(acts('FollowerPersistLog'), readsAckOf),
  },
  {
    name: 'commit-before-proposal',
    base: AFTER,
    what: 'a follower reads a COMMIT where its proposal is due',
    corrupt: swapped(
      acts('FollowerProcessPROPOSAL'),
      (first) => (l) => l.action === 'FollowerProcessCOMMIT' && l.server === first.server,
    ),
  },
  {
    name: 'line-missing',
    base: BEFORE,
    what: 'a line is missing, and the numbers show it',
    corrupt: (lines) => {
      const at = Math.floor(lines.length / 2);
      return { lines: lines.filter((_, i) => i !== at), refusedAt: at + 1 };
    },
  },
];

export const CORRUPTIONS: readonly Corruption[] = [...FIELDS, ...MESSAGES, ...ORDER];
