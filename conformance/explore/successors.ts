/**
 * Everything that can happen next in a world of reducers, with the specification's name for it.
 *
 * One successor is one visible step of one reducer (`classify` names it), together with the invisible
 * ones that it takes: a dial before FollowerConnect, the packets kept aside before NEWLEADER, the ACK of
 * UPTODATE that a leader does not look at. Time is nondeterministic: a step that waits for a deadline is
 * always possible. Bounds are those of the .cfg; what they forbid is left out.
 */
import type { PeerConn, Sid } from '../../src/core/ids.js';
import { isLearner } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { nextZxid } from '../../src/core/plan-learner.js';
import type { Disk } from '../../src/sim/disk.js';
import type { Bounds } from './bounds.js';
import type { Worlds } from './canonical.js';
import { DECIDE_AT, isUnread, RESEND_AT } from './canonical.js';
import { closeAtLeader, crash, giveUp, restart, takeSnapshot } from './fault-steps.js';
import { isDialled, isLive } from './faults-of-model.js';
import type { ModelState } from './model-state.js';
import { electAmong, join } from './oracle.js';
import type { Scene, Successor } from './scene.js';
import { add, deliverTo, faulted, fedOf, nameOf, THROWS } from './scene.js';
import type { Conn, Fed, Node, World } from './world.js';
import {
  closeEnd,
  connNumber,
  endOf,
  feed,
  mailKey,
  nodeOf,
  startOn,
  withConn,
  writeOne,
} from './world.js';

// ---- one server

function persist(scene: Scene, sid: Sid): void {
  const { world } = scene;
  if (nodeOf(world, sid).writes.length === 0) return;
  const { world: after, steps } = writeOne(fedOf(world), sid);
  add(scene, nameOf(steps, 'Persisted'), [sid], after);
}

function propose(scene: Scene, sid: Sid): void {
  const { world, bounds } = scene;
  const { state } = nodeOf(world, sid);
  if (state?.peer.state !== 'LEADING' || state.peer.zab !== 'BROADCAST') return;
  const { counters } = world;
  if (!bounds.mayPropose(counters)) return;
  const txn: Txn = {
    zxid: nextZxid(state.log.history.last, state.peer.epoch),
    sessionId: BigInt(sid) as Txn['sessionId'],
    cxid: 0,
    time: 0,
    body: { type: 'setData', path: '/n', data: null, version: 0 },
  };
  const { world: after, steps } = feed(fedOf(world), sid, { type: 'propose', txn });
  const counted = { ...after.counters, broadcasts: counters.broadcasts + 1 };
  add(scene, nameOf(steps, 'Refused'), [sid], { ...after, counters: counted });
}

function connect(scene: Scene, sid: Sid): void {
  const { world, model, bounds } = scene;
  const peer = nodeOf(world, sid).state?.peer;
  if (peer === undefined || !isLearner(peer) || peer.zab !== 'DISCOVERY') return;
  const { leader } = peer.vote;
  if (nodeOf(world, leader).state?.peer.state !== 'LEADING') return;
  if (isDialled(model, sid, leader)) return;
  const live = isLive(model, sid, leader);
  if (live && !bounds.mayDisconnect(world.counters)) return;
  let fed = hungUp(fedOf(world), sid, peer.conn);
  fed = discarded(fed, sid, leader);
  // Free: an older one that the leader has read nothing of is gone by now.
  const id = connNumber(sid, leader, 1);
  const conn = { id, learner: sid, leader, learnerOpen: true, leaderOpen: true };
  const linked = withConn(fed.world, { ...conn, toLearner: [], toLeader: [] });
  fed = { ...fed, world: linked };
  fed = feed(fed, leader, { type: 'opened', conn: endOf(id, 'leader'), as: 'leader', now: 0 });
  fed = feed(fed, sid, { type: 'opened', conn: endOf(id, 'learner'), as: 'learner', now: 0 });
  const after = live ? faulted(fed.world, 'disconnect') : fed.world;
  add(scene, nameOf(fed.steps, 'Opened'), [sid, leader], after);
}

/** The learner notices that its connection is over, and dials again when its wait is. */
function hungUp(fed: Fed, sid: Sid, end: PeerConn | null): Fed {
  if (end === null) return fed;
  const conn = fed.world.conns.find((other) => endOf(other.id, 'learner') === end);
  const world = conn === undefined ? fed.world : closeEnd(fed.world, conn, 'learner');
  const noticed = feed({ ...fed, world }, sid, { type: 'closed', conn: end, now: 0 });
  const peer = nodeOf(noticed.world, sid).state?.peer;
  if (peer === undefined || !isLearner(peer) || peer.zab !== 'DISCOVERY') return noticed;
  return peer.redialAt === null
    ? noticed
    : feed(noticed, sid, { type: 'tick', now: peer.redialAt });
}

/** A learner that connects anew discards what its older connections to that leader still carried. */
function discarded(fed: Fed, learner: Sid, leader: Sid): Fed {
  let next = fed;
  for (const conn of fed.world.conns) {
    if (conn.learner !== learner || conn.leader !== leader || !conn.leaderOpen) continue;
    const unread = isUnread(next.world, conn);
    const world = withConn(next.world, { ...conn, toLeader: [] });
    next = { ...next, world: unread ? closeEnd(world, conn, 'leader') : world };
    const event = { type: 'closed', conn: endOf(conn.id, 'leader'), now: 0 } as const;
    if (unread) next = feed(next, leader, event);
  }
  return next;
}

// ---- packets

function toLeader(scene: Scene, conn: Conn): void {
  const [packet] = conn.toLeader;
  if (!conn.leaderOpen || packet === undefined) return;
  const { world, steps } = deliverTo(fedOf(scene.world), conn, 'leader');
  // The reducer ignores an acknowledgement that cannot count; the specification's action notes it.
  const ignored = packet.type === 'ACK' ? 'LeaderProcessACK' : `Ignored${packet.type}`;
  add(scene, nameOf(steps, ignored), [conn.leader, conn.learner], world);
}

function toLearner(scene: Scene, conn: Conn): void {
  const [packet] = conn.toLearner;
  if (!conn.learnerOpen || packet === undefined) return;
  let fed = fedOf(scene.world);
  for (;;) {
    const current = fed.world.conns.find(({ id }) => id === conn.id);
    if (current === undefined || current.toLearner.length === 0 || fed.steps.length > 0) break;
    fed = deliverTo(fed, current, 'learner');
  }
  const name = nameOf(fed.steps, `Kept${packet.type}`);
  const params = name === 'FollowerShutdown' ? [conn.learner] : [conn.learner, conn.leader];
  add(scene, name, params, fed.world);
}

// ---- election

function oracle(scene: Scene): void {
  const { world, bounds } = scene;
  const looking = bounds.servers.filter(
    (sid) => nodeOf(world, sid as Sid).state?.peer.state === 'LOOKING',
  ) as Sid[];
  const voters = bounds.servers.length - bounds.observers.length;
  const mayElect = bounds.mayElect(world.counters);
  for (const quorum of subsets(looking.filter((sid) => !bounds.observers.includes(sid)))) {
    if (quorum.length * 2 <= voters || !mayElect) continue;
    const elected = electAmong(world, quorum);
    const set = `{${quorum.join(',')}}`;
    if (elected === null) add(scene, 'NobodyElected', [set], world);
    else add(scene, 'ElectLeader', [elected.leader, set], elected.world);
  }
  for (const leader of bounds.servers as readonly Sid[]) {
    if (nodeOf(world, leader).state?.peer.state !== 'LEADING') continue;
    for (const sid of looking) {
      const joined = join(world, sid, leader);
      add(scene, joined === null ? 'DoesNotJoin' : 'JoinLeader', [sid, leader], joined ?? world);
    }
  }
}

function subsets<T>(list: readonly T[]): readonly (readonly T[])[] {
  return list.reduce<readonly (readonly T[])[]>(
    (sets, item) => [...sets, ...sets.map((set) => [...set, item])],
    [[]],
  );
}

function fastLeaderElection(scene: Scene): void {
  const { world, bounds } = scene;
  for (const [key, notification] of world.mail) {
    const [from, to] = key.split('>').map(Number) as [Sid, Sid];
    if (nodeOf(world, to).state === null) continue;
    const mail = new Map(world.mail);
    mail.delete(mailKey(from, to));
    const event = { type: 'notification', from, notification, now: 0 } as const;
    const { world: after, steps } = feed(fedOf({ ...world, mail }), to, event);
    add(scene, nameOf(steps, 'IgnoredNotification'), [to, from], after);
  }
  for (const sid of bounds.servers as readonly Sid[]) {
    const peer = nodeOf(world, sid).state?.peer;
    if (peer?.state !== 'LOOKING') continue;
    const times = [
      ...(bounds.mayResend ? [RESEND_AT] : []),
      ...(peer.decideAt === null ? [] : [DECIDE_AT]),
    ];
    for (const now of times) {
      const { world: after, steps } = feed(fedOf(world), sid, { type: 'tick', now });
      add(scene, nameOf(steps, 'Wait'), [sid], after);
    }
  }
}

export { labelOf } from './scene.js';
export type { Successor } from './scene.js';

// ---- all of it

/**
 * Every step that is possible in a canonical world; `model` is the world's own (`modelOf`). With
 * `wanted` only the steps that it takes: replay knows which one it looks for, and most of the work is
 * to make worlds canonical.
 */
export function successors(
  world: World,
  model: ModelState,
  bounds: Bounds,
  worlds: Worlds,
  wanted: (step: Successor) => boolean = () => true,
): readonly Successor[] {
  const scene: Scene = { world, model, bounds, out: [] };
  attempt(scene, () => (bounds.election === 'oracle' ? oracle : fastLeaderElection)(scene));
  for (const sid of bounds.servers as readonly Sid[]) ofServer(scene, sid);
  if (!bounds.electionOnly) {
    for (const conn of world.conns) {
      for (const step of [toLeader, toLearner, closeAtLeader]) {
        attempt(scene, () => step(scene, conn));
      }
    }
  }
  const out = scene.out.filter(wanted);
  return out.map((next) => ({ ...next, world: worlds.canonical(next.world) }));
}

function ofServer(scene: Scene, sid: Sid): void {
  const { world, bounds } = scene;
  const { state } = nodeOf(world, sid);
  if (state === null) {
    attempt(scene, () => restart(scene, sid));
    return;
  }
  const { peer } = state;
  attempt(scene, () => crash(scene, sid));
  if (peer.state === 'LEADING' || isLearner(peer)) attempt(scene, () => giveUp(scene, sid));
  if (bounds.electionOnly) return;
  attempt(scene, () => persist(scene, sid));
  attempt(scene, () => propose(scene, sid));
  attempt(scene, () => connect(scene, sid));
  if (bounds.mayTakeSnapshot) takeSnapshot(scene, sid);
}

/** A reducer that throws breaks a promise of its own: an edge that the specification does not have. */
function attempt(scene: Scene, step: () => void): void {
  try {
    step();
  } catch (e) {
    scene.out.push({ action: THROWS, params: [(e as Error).message], world: scene.world });
  }
}

/** One server's disk at first; the snapshot's image is the list of its transactions. */
export const NO_DISK: Disk = {
  acceptedEpoch: 0,
  currentEpoch: 0,
  snapshot: { zxid: 0 as Zxid, image: [] as readonly Txn[] },
  log: [],
};

/** The ensemble of a configuration in which every server has just started, on these disks. */
export function initialWorld(bounds: Bounds, disks: readonly Disk[], worlds: Worlds): World {
  const sids = bounds.servers as readonly Sid[];
  const observers = bounds.observers as readonly Sid[];
  const voters = sids.filter((sid) => !observers.includes(sid));
  const times = { tickTime: 100, initLimit: 10, syncLimit: 5, finalizeWait: 20 };
  const nodes = sids.map((sid, i): Node => {
    const ensemble = { voters, observers, standalone: false, commitLogCount: bounds.keptCommitted };
    const config = { sid, ...times, ...ensemble };
    return { config, state: null, disk: disks[i] ?? NO_DISK, writes: [], applied: [] };
  });
  const counters = { crash: 0, disconnect: 0, issuedEpoch: 0, broadcasts: 0 };
  let world: World = { nodes, conns: [], mail: new Map(), counters };
  for (const { config, disk } of nodes) world = startOn(fedOf(world), config.sid, disk).world;
  return worlds.canonical(world);
}
