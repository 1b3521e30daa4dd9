/**
 * Everything that can happen next in a world of reducers, with the specification's name for it.
 *
 * One successor is one visible step of one reducer (`classify` names it), together with the invisible
 * ones that it takes: a dial before FollowerConnect, the packets kept aside before NEWLEADER, the ACK of
 * UPTODATE that a leader does not look at. Time is nondeterministic: a step that waits for a deadline is
 * always possible. Bounds are those of the .cfg; what they forbid is left out.
 */
import type { StepName } from '../../src/core/classify.js';
import type { PeerConn, Sid } from '../../src/core/ids.js';
import { isLearner } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { nextZxid } from '../../src/core/plan-learner.js';
import { writeTo } from '../../src/sim/disk.js';
import type { Disk } from '../../src/sim/disk.js';
import type { Bounds } from './bounds.js';
import type { Worlds } from './canonical.js';
import { DECIDE_AT, isUnread, RESEND_AT } from './canonical.js';
import { isDialled, isLive, leaderIsGone, mayGiveUpFreely } from './faults-of-model.js';
import { isAckOfUpToDate } from './from-world.js';
import type { ModelState } from './model-state.js';
import { electAmong, join } from './oracle.js';
import type { Conn, Fed, Node, Side, World } from './world.js';
import {
  closeEnd,
  connNumber,
  endOf,
  feed,
  mailKey,
  nodeOf,
  startOn,
  withConn,
  withNode,
  writeOne,
} from './world.js';

/** A tick after every deadline. */
const FAR = 1e9;
const LOG_OPS: ReadonlySet<string> = new Set(['append', 'truncate', 'install']);

/** In place of an action: the reducer threw. */
export const THROWS = 'Throws';

export interface Successor {
  /** The specification's action, or a word for what it does not have. */
  readonly action: string;
  /** Sids, and sets of them as text: "{1,2}". */
  readonly params: readonly (number | string)[];
  readonly world: World;
}

/** "FollowerConnect(2, 1)". */
export function labelOf({ action, params }: Omit<Successor, 'world'>): string {
  return `${action}(${params.join(', ')})`;
}

interface Scene {
  readonly world: World;
  readonly model: ModelState;
  readonly bounds: Bounds;
  readonly out: Successor[];
}

function fedOf(world: World): Fed {
  return { world, steps: [] };
}

/** What no action stands for: it is an edge that the specification does not have. */
function nameOf(steps: readonly StepName[], otherwise: string): string {
  return steps.at(-1) ?? otherwise;
}

function add(
  { world, bounds, out }: Scene,
  action: string,
  params: readonly (number | string)[],
  after: World,
): void {
  const next = withChosenEpochs(world, settled(after));
  if (next === null || !next.bounded(bounds)) return;
  out.push({ action, params, world: next.world });
}

/** issuedEpoch follows the epochs that leaders choose. */
function withChosenEpochs(
  before: World,
  after: World,
): { readonly world: World; readonly bounded: (bounds: Bounds) => boolean } | null {
  let { counters } = after;
  let chosen = 0;
  let round = 0;
  after.nodes.forEach((node, i) => {
    const earlier = before.nodes[i];
    if (node === earlier) return;
    const epoch = epochOfLeader(node);
    if (epoch !== null && epoch !== epochOfLeader(earlier)) chosen = epoch;
    const started =
      node.state?.peer.state === 'LOOKING' && earlier?.state?.peer.state !== 'LOOKING';
    if (started) round = node.state?.round ?? 0;
  });
  if (chosen > counters.issuedEpoch) counters = { ...counters, issuedEpoch: chosen };
  return {
    world: counters === after.counters ? after : { ...after, counters },
    bounded: (bounds) =>
      (chosen === 0 || bounds.mayChooseEpoch(chosen)) &&
      (bounds.election === 'oracle' || round === 0 || bounds.mayStartRound(round)),
  };
}

function epochOfLeader(node: Node | undefined): number | null {
  const peer = node?.state?.peer;
  return peer?.state === 'LEADING' ? peer.epoch : null;
}

/** Takes the steps that are nobody's choice: a leader reads an ACK of UPTODATE that is next. */
function settled(world: World): World {
  for (const conn of world.conns) {
    const [packet] = conn.toLeader;
    if (packet === undefined || !isAckOfUpToDate(world, conn, packet)) continue;
    const { world: next, steps } = deliverTo(fedOf(world), conn, 'leader');
    return steps.length === 0 ? settled(next) : next;
  }
  return world;
}

function deliverTo({ world, steps }: Fed, conn: Conn, side: Side): Fed {
  const [packet, ...rest] = side === 'leader' ? conn.toLeader : conn.toLearner;
  if (packet === undefined) throw new Error('nothing under way');
  const left = withConn(world, {
    ...conn,
    ...(side === 'leader' ? { toLeader: rest } : { toLearner: rest }),
  });
  const sid = side === 'leader' ? conn.leader : conn.learner;
  const event = { type: 'packet', conn: endOf(conn.id, side), packet, now: 0 } as const;
  return feed({ world: left, steps }, sid, event);
}

function faulted(world: World, kind: 'crash' | 'disconnect'): World {
  const { counters } = world;
  return { ...world, counters: { ...counters, [kind]: counters[kind] + 1 } };
}

// ---- faults

function restart(scene: Scene, sid: Sid): void {
  const { world } = scene;
  add(scene, 'Restart', [sid], startOn(fedOf(world), sid, nodeOf(world, sid).disk).world);
}

function crash(scene: Scene, sid: Sid): void {
  const { world, bounds } = scene;
  if (!bounds.mayCrash(world.counters)) return;
  const node = nodeOf(world, sid);
  const most = bounds.crashLosesWrites ? 0 : node.writes.length;
  for (let written = 0; written <= most; written++) {
    const disk = node.writes.slice(0, written).reduce((d, w) => writeTo(d, w.write), node.disk);
    let next = withNode(world, sid, { state: null, disk, writes: [], applied: [] });
    for (const conn of world.conns) {
      if (conn.learner === sid) next = closeEnd(next, conn, 'learner');
      if (conn.leader === sid) next = closeEnd(next, conn, 'leader');
    }
    const mail = new Map([...next.mail].filter(([key]) => !key.endsWith(`>${sid}`)));
    add(scene, 'Crash', [sid], faulted({ ...next, mail }, 'crash'));
  }
}

function giveUp(scene: Scene, sid: Sid): void {
  const { world, model, bounds } = scene;
  const { state } = nodeOf(world, sid);
  const leads = state?.peer.state === 'LEADING';
  const free = leads ? mayGiveUpFreely(model, sid, bounds.observers) : leaderIsGone(model, sid);
  const allowed = leads ? bounds.mayTimeOut : bounds.mayDisconnect;
  if (!free && !allowed(world.counters)) return;
  const { world: after, steps } = feed(fedOf(world), sid, { type: 'tick', now: FAR });
  add(scene, nameOf(steps, 'Wait'), [sid], free ? after : faulted(after, 'disconnect'));
}

function closeAtLeader(scene: Scene, conn: Conn): void {
  const { world, model, bounds } = scene;
  if (!conn.leaderOpen || isUnread(world, conn)) return;
  const live = isLive(model, conn.learner, conn.leader);
  if (live && !bounds.mayDisconnect(world.counters)) return;
  const end = endOf(conn.id, 'leader');
  const closed = closeEnd(world, conn, 'leader');
  const { world: after, steps } = feed(fedOf(closed), conn.leader, {
    type: 'closed',
    conn: end,
    now: 0,
  });
  const name = nameOf(steps, 'Closed');
  add(scene, name, [conn.leader, conn.learner], live ? faulted(after, 'disconnect') : after);
}

function takeSnapshot(scene: Scene, sid: Sid): void {
  const { applied, disk } = nodeOf(scene.world, sid);
  const last = applied.at(-1);
  const held = disk.snapshot.image as readonly Txn[];
  if (last === undefined || applied.length <= held.length) return;
  const onDisk = [...held, ...disk.log];
  if (applied.some((txn, i) => onDisk[i]?.zxid !== txn.zxid)) return;
  const log = disk.log.filter((txn) => txn.zxid > last.zxid);
  const snapshot = { zxid: last.zxid, image: applied };
  add(
    scene,
    'TakeSnapshot',
    [sid],
    withNode(scene.world, sid, { disk: { ...disk, snapshot, log } }),
  );
}

// ---- one server

function persist(scene: Scene, sid: Sid): void {
  const { world, bounds } = scene;
  const { writes } = nodeOf(world, sid);
  if (writes.length === 0) return;
  const firstEpoch = writes.findIndex(({ write }) => !LOG_OPS.has(write.op));
  const through = firstEpoch < 0 ? writes.length : firstEpoch + 1;
  const count = bounds.granularity === 'fine' ? 1 : through;
  let next = fedOf(world);
  for (let i = 0; i < count; i++) next = writeOne(next, sid);
  add(scene, nameOf(next.steps, 'Persisted'), [sid], next.world);
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
export type InitialDisk = Disk;

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
    const ensemble = { voters, observers, standalone: false, commitLogCount: 500 };
    const config = { sid, ...times, ...ensemble };
    return { config, state: null, disk: disks[i] ?? NO_DISK, writes: [], applied: [] };
  });
  const counters = { crash: 0, disconnect: 0, issuedEpoch: 0, broadcasts: 0 };
  let world: World = { nodes, conns: [], mail: new Map(), counters };
  for (const { config, disk } of nodes) world = startOn(fedOf(world), config.sid, disk).world;
  return worlds.canonical(world);
}

