/**
 * What must hold of one server's state, of all servers at once, and from step to step: the
 * properties of the specification, over the reducers' own states. Names as in spec/Properties.tla.
 *
 * Every check returns the violations it found as lines of text that begin with the property's name.
 * The cost is linear in the histories: for tests and the simulator, not for servers.
 */
import { toArray } from './chunked.js';
import type { DiskContent } from './event.js';
import { countUpTo } from './history.js';
import type { Sid } from './ids.js';
import type { CoreState } from './state.js';
import { zabStateOf } from './state.js';
import type { Txn } from './txn.js';
import type { Zxid } from './zxid.js';
import { epochOf } from './zxid.js';

/** One server as seen from outside. */
export interface ServerView {
  readonly sid: Sid;
  readonly votes: boolean;
  /** null: crashed. */
  readonly state: CoreState | null;
  readonly disk: DiskContent;
  /** All transactions applied, from the first ever: those of the snapshot and those delivered. */
  readonly applied: readonly Txn[];
}

/** What must be remembered to judge a run: the specification's history variables. */
export interface Ghost {
  /** Everything that any server ever applied, in order. */
  readonly committed: readonly Txn[];
  /** Each epoch's established leader and what its history was then. */
  readonly established: ReadonlyMap<
    number,
    { readonly sid: Sid; readonly initial: readonly Zxid[] }
  >;
  /** Each epoch's proposals in order. */
  readonly proposed: ReadonlyMap<number, readonly Zxid[]>;
}

export const NO_GHOST: Ghost = { committed: [], established: new Map(), proposed: new Map() };

function entries(state: CoreState): readonly Txn[] {
  return toArray(state.log.history.entries);
}

/** The properties of one server's state by itself. */
export function checkServer({ sid, state, disk }: ServerView): string[] {
  const found: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) found.push(`${what} at server ${sid}`);
  };
  must(disk.currentEpoch <= disk.acceptedEpoch, 'EpochOrder: currentEpoch > acceptedEpoch on disk');
  must(increases(disk.snapshotZxid, disk.log), 'LogsIncrease: disk');
  if (state === null) return found;
  const { epochs, log } = state;
  const { history, queue } = log;
  must(epochs.current <= epochs.accepted, 'EpochOrder: currentEpoch > acceptedEpoch');
  must(epochs.accepted >= disk.acceptedEpoch, 'MonotoneEpochs: acceptedEpoch below the disk');
  must(epochs.durableAccepted === disk.acceptedEpoch, 'TypeOK: durable acceptedEpoch');
  must(epochs.durableCurrent === disk.currentEpoch, 'TypeOK: durable currentEpoch');
  must(increases(history.base, entries(state)), 'LogsIncrease: history');
  const last = entries(state).at(-1)?.zxid ?? history.base;
  must(history.last === last, 'TypeOK: last of history');
  must(log.lastCommitted <= history.last, 'TypeOK: lastCommitted > last');
  if (log.uninstalled === null) {
    must(log.lastCommitted >= history.base, 'TypeOK: base above lastCommitted');
    must(countUpTo(history, log.lastCommitted) === log.committed, 'TypeOK: committed count');
  } else {
    must(log.uninstalled.zxid === history.base, 'TypeOK: uninstalled snapshot is not the base');
  }
  const tickets = toArray(queue).map((pending) => pending.ticket);
  const first = log.nextTicket - tickets.length;
  must(
    tickets.every((ticket, i) => ticket === first + i),
    'TypeOK: tickets',
  );
  return found;
}

function increases(base: Zxid, txns: readonly Txn[]): boolean {
  return txns.every((txn, i) => txn.zxid > (i === 0 ? base : txns[i - 1]!.zxid));
}

function isLeader(view: ServerView): boolean {
  return view.state?.peer.state === 'LEADING' && zabStateOf(view.state) === 'BROADCAST';
}

/**
 * The properties of all servers at one moment, and of `ghost`. With `changed`, only what concerns
 * that server is looked at: enough if all was well before its step.
 */
export function checkServers(
  views: readonly ServerView[],
  ghost: Ghost,
  changed: Sid | null = null,
): string[] {
  const found: string[] = [];
  for (const view of views) {
    if (changed === null || view.sid === changed) {
      found.push(...checkServer(view), ...checkApplied(view, ghost), ...checkEpoch(view, ghost));
    }
    for (const other of views) {
      const concerned = changed === null || view.sid === changed || other.sid === changed;
      if (view.sid < other.sid && concerned) found.push(...checkPair(view, other));
    }
    if (isLeader(view)) found.push(...checkLearnersOf(view, views));
  }
  found.push(...checkDurable(views, ghost));
  return found;
}

/** Agreement and TotalOrder: what a server has applied is a prefix of what was committed. */
function checkApplied({ sid, state, applied }: ServerView, ghost: Ghost): string[] {
  const found: string[] = [];
  applied.forEach((txn, i) => {
    if (ghost.committed[i]?.cxid !== txn.cxid || ghost.committed[i]?.zxid !== txn.zxid) {
      found.push(`Agreement: server ${sid} applied ${txn.zxid} in place ${i}`);
    }
  });
  if (state !== null && (applied.at(-1)?.zxid ?? 0) !== state.log.lastCommitted) {
    found.push(`Integrity: server ${sid} applied up to ${applied.at(-1)?.zxid ?? 0}`);
  }
  return found;
}

/** EpochImpliesHistory: a disk with the currentEpoch of an established leader holds its initial history. */
function checkEpoch({ sid, disk }: ServerView, ghost: Ghost): string[] {
  const initial = ghost.established.get(disk.currentEpoch)?.initial ?? [];
  const held = new Set(disk.log.map((txn) => txn.zxid));
  const missing = initial.find((zxid) => zxid > disk.snapshotZxid && !held.has(zxid));
  if (missing === undefined) return [];
  return [`EpochImpliesHistory: server ${sid} is in epoch ${disk.currentEpoch} without ${missing}`];
}

/** LogMatching: equal zxids are equal transactions with equal logs before them. */
function checkPair(a: ServerView, b: ServerView): string[] {
  const found: string[] = [];
  for (const [what, logs] of [
    ['history', [historyOfView(a), historyOfView(b)]],
    ['disk', [a.disk, b.disk].map(({ snapshotZxid, log }) => ({ base: snapshotZxid, log }))],
  ] as const) {
    const base = Math.max(logs[0]!.base, logs[1]!.base);
    const left = logs[0]!.log.filter((txn) => txn.zxid > base);
    const places = new Map(left.map((txn, i) => [txn.zxid, i]));
    const right = logs[1]!.log.filter((txn) => txn.zxid > base);
    let common = 0;
    right.forEach((txn, i) => {
      const place = places.get(txn.zxid);
      if (place === undefined) return;
      common++;
      if (place !== i || common !== i + 1 || left[place]!.cxid !== txn.cxid) {
        found.push(`LogMatching: ${what} of ${a.sid} and ${b.sid} at ${txn.zxid}`);
      }
    });
  }
  return found;
}

function historyOfView({ state, disk }: ServerView): { base: Zxid; log: readonly Txn[] } {
  if (state === null) return { base: disk.snapshotZxid, log: disk.log };
  return { base: state.log.history.base, log: entries(state) };
}

/** FollowsLeader: a learner in BROADCAST of a leader's epoch has a prefix of its history. */
function checkLearnersOf(leader: ServerView, views: readonly ServerView[]): string[] {
  const found: string[] = [];
  const lead = leader.state!;
  for (const { sid, state } of views) {
    if (state === null || sid === leader.sid) continue;
    if (state.peer.state !== 'FOLLOWING' && state.peer.state !== 'OBSERVING') continue;
    if (state.peer.zab !== 'BROADCAST' || lead.peer.state !== 'LEADING') continue;
    if (state.peer.epoch !== lead.peer.epoch) continue;
    const leads = new Set(entries(lead).map((txn) => txn.zxid));
    const extra = entries(state).some(
      ({ zxid }) => zxid > lead.log.history.base && !leads.has(zxid),
    );
    if (extra) found.push(`FollowsLeader: server ${sid} is ahead of its leader ${leader.sid}`);
    if (state.log.lastCommitted > lead.log.lastCommitted) {
      found.push(`FollowsLeader: server ${sid} has committed more than its leader ${leader.sid}`);
    }
  }
  return found;
}

/** CommittedIsDurable: a quorum of voters has everything that was ever committed on its disks. */
function checkDurable(views: readonly ServerView[], ghost: Ghost): string[] {
  const voters = views.filter(({ votes }) => votes);
  const lengths = voters.map((view) => durableLength(view, ghost)).sort((a, b) => b - a);
  const quorum = lengths[Math.floor(voters.length / 2)] ?? 0;
  if (quorum >= ghost.committed.length) return [];
  return [`CommittedIsDurable: ${ghost.committed.length} committed, ${quorum} on the disks of a quorum`];
}

/** How much of the committed sequence a disk holds. */
function durableLength({ disk }: ServerView, { committed }: Ghost): number {
  let length = 0;
  while ((committed[length]?.zxid ?? Infinity) <= disk.snapshotZxid) length++;
  for (const txn of disk.log) {
    if (committed[length]?.cxid !== txn.cxid) break;
    length++;
  }
  return length;
}

/**
 * Carries the history variables over a step of `view`'s server and checks what must hold from step to
 * step: epochs and lastCommitted never go back, one leader is established for each epoch, it has
 * everything that was committed, and its initial history is a prefix of that of every later epoch.
 */
export function observe(
  ghost: Ghost,
  before: CoreState,
  view: ServerView,
): readonly [Ghost, string[]] {
  const found: string[] = [];
  const { state, sid, applied } = view;
  if (state === null) return [ghost, found];
  if (before.peer.state !== 'DOWN') found.push(...checkStep(before, state, sid));
  const longer = applied.length > ghost.committed.length;
  if (longer && ghost.committed.some((txn, i) => txn.cxid !== applied[i]!.cxid)) {
    found.push(`Agreement: server ${sid} applied another sequence than was committed`);
  }
  if (longer) found.push(...checkPrimaries(ghost, applied, sid));
  let next: Ghost = longer ? { ...ghost, committed: applied } : ghost;
  const { peer } = state;
  if (peer.state !== 'LEADING' || peer.zab !== 'BROADCAST') return [next, found];
  const was = before.peer.state === 'LEADING' ? before.peer.zab : null;
  if (was !== 'BROADCAST') {
    found.push(...checkEstablished(next, state, applied, sid, peer.epoch));
    const initial = applied.map((txn) => txn.zxid);
    const established = new Map(next.established).set(peer.epoch, { sid, initial });
    next = { ...next, established };
  }
  const own = entries(state).filter((txn) => epochOf(txn.zxid) === peer.epoch);
  found.push(...checkOwn(next, peer.epoch, own, sid));
  const proposed = new Map(next.proposed).set(
    peer.epoch,
    own.map((txn) => txn.zxid),
  );
  return [{ ...next, proposed }, found];
}

function checkStep(before: CoreState, after: CoreState, sid: Sid): string[] {
  const found: string[] = [];
  if (
    after.epochs.accepted < before.epochs.accepted ||
    after.epochs.current < before.epochs.current
  )
    found.push(`MonotoneEpochs: server ${sid}`);
  if (after.log.lastCommitted < before.log.lastCommitted) {
    found.push(`MonotoneCommit: server ${sid}`);
  }
  return found;
}

function checkEstablished(
  ghost: Ghost,
  state: CoreState,
  applied: readonly Txn[],
  sid: Sid,
  epoch: number,
): string[] {
  const found: string[] = [];
  const known = ghost.established.get(epoch);
  if (known !== undefined) {
    found.push(`Leadership: epoch ${epoch} established by ${known.sid} and by ${sid}`);
  }
  if (state.log.lastCommitted !== state.log.history.last) {
    found.push(`DeliversBeforeBroadcast: server ${sid} leads before its history is delivered`);
  }
  for (const [other, { initial }] of ghost.established) {
    const zxids = applied.map((txn) => txn.zxid);
    const [shorter, longer] = other < epoch ? [initial, zxids] : [zxids, initial];
    if (shorter.some((zxid, i) => zxid !== longer[i])) {
      found.push(`InitialHistoriesExtend: of epochs ${other} and ${epoch}`);
    }
  }
  const newest = Math.max(epoch, ...ghost.established.keys()) === epoch;
  if (newest && applied.length < ghost.committed.length) {
    found.push(`LeaderCompleteness: server ${sid} leads epoch ${epoch} without what was committed`);
  }
  return found;
}

/**
 * PrimaryIntegrity: what is delivered of an epoch, the leader of a later one had delivered before it
 * proposed anything; that is its initial history, if only what is new in `applied` is looked at.
 */
function checkPrimaries(ghost: Ghost, applied: readonly Txn[], sid: Sid): string[] {
  const found: string[] = [];
  for (const { zxid } of applied.slice(ghost.committed.length)) {
    for (const [epoch, proposed] of ghost.proposed) {
      if (epoch <= epochOf(zxid) || proposed.length === 0) continue;
      if (ghost.established.get(epoch)?.initial.includes(zxid) === true) continue;
      found.push(`PrimaryIntegrity: server ${sid} delivers ${zxid}, unknown to epoch ${epoch}`);
    }
  }
  return found;
}

/** A leader's proposals only grow, by one counter each (LocalPrimaryOrder). */
function checkOwn(ghost: Ghost, epoch: number, own: readonly Txn[], sid: Sid): string[] {
  const last = ghost.proposed.get(epoch)?.at(-1);
  const first = own.findIndex(({ zxid }) => zxid === last);
  const fresh = last === undefined ? own : own.slice(first + 1);
  const lost = last !== undefined && first === -1 && own.length > 0;
  const gaps = fresh.some((txn, i) => i > 0 && txn.zxid !== fresh[i - 1]!.zxid + 1);
  return lost || gaps ? [`LocalPrimaryOrder: server ${sid} in epoch ${epoch}`] : [];
}
