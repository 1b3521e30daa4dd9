/**
 * What scripts of runs in memory are made of (`scenarios.ts`, `corner-scenarios.ts`): whole steps of
 * an ensemble by name, and runs in which only some of what could happen is let through.
 */
import type { Sid } from '../../src/core/ids.js';
import type { ServerState } from '../../src/core/vote.js';
import { act } from '../../src/sim/action.js';
import type { Action } from '../../src/sim/action.js';
import type { Cluster, Link } from '../../src/sim/cluster.js';
import { newCluster, nodeOf } from '../../src/sim/cluster.js';
import { earliestTicks, isSettled, progress, settle } from '../../src/sim/schedule.js';
import { traceOf } from './from-sim.js';
import type { TraceLine } from './schema.js';

export interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly run: () => readonly TraceLine[];
}

export function scenario(name: string, what: string, run: () => Cluster): Scenario {
  return { name, what, run: () => traceOf(run()) };
}

/** Long enough for an election after every timeout. */
export const PATIENCE = 60_000;

export function startAll(cluster: Cluster): Cluster {
  let next = cluster;
  for (const [sid, node] of cluster.nodes) {
    if (node.state === null) next = act(next, { type: 'start', sid });
  }
  return next;
}

export function settled(cluster: Cluster): Cluster {
  const next = settle(cluster, isSettled, PATIENCE);
  if (!isSettled(next)) throw new Error('the ensemble does not settle');
  return next;
}

export function leaderOf(cluster: Cluster): Sid {
  for (const [sid, { role, state }] of cluster.nodes) {
    if (state !== null && role?.kind === 'leading' && role.serving) return sid;
  }
  throw new Error('no leader');
}

export function propose(cluster: Cluster, times: number): Cluster {
  let next = cluster;
  for (let i = 0; i < times; i++) {
    next = settled(act(next, { type: 'propose', sid: leaderOf(next) }));
  }
  return next;
}

export function crash(cluster: Cluster, sid: Sid, written = 0): Cluster {
  return act(cluster, { type: 'crash', sid, written });
}

/** Everything that may happen by itself, of the kinds allowed, until nothing of them is left. */
export function drain(
  cluster: Cluster,
  allowed: (action: Action, cluster: Cluster) => boolean,
): Cluster {
  let next = cluster;
  for (;;) {
    const action = progress(next).find((a) => allowed(a, next));
    if (action === undefined) return next;
    next = act(next, action);
  }
}

/** Packets that reach `sid` as a learner, and what it writes. */
export function onlyAtLearner(sid: Sid) {
  return (action: Action, cluster: Cluster): boolean =>
    (action.type === 'persist' && action.sid === sid) ||
    (action.type === 'deliver' &&
      action.to === 'learner' &&
      cluster.links.get(action.link)?.learner === sid);
}

export function others(cluster: Cluster, sid: Sid): readonly [Sid, Sid] {
  const [a, b] = [...cluster.nodes.keys()].filter((s) => s !== sid);
  if (a === undefined || b === undefined) throw new Error('three servers are needed');
  return [a, b];
}

export function threeServers(commitLogCount = 500): Cluster {
  return settled(startAll(newCluster({ voters: [1, 2, 3], config: { commitLogCount } })));
}

export type Allowed = (action: Action, cluster: Cluster) => boolean;
const STEPS_MAX = 5_000;

/** What is allowed happens, time last, until `done`. Throws if that does not come. */
export function runUntil(
  cluster: Cluster,
  done: (cluster: Cluster) => boolean,
  allowed: Allowed = () => true,
): Cluster {
  let next = cluster;
  for (let i = 0; !done(next); i++) {
    const now = next;
    const action = [...progress(now), ...earliestTicks(now)].find((a) => allowed(a, now));
    if (action === undefined || i === STEPS_MAX) throw new Error('the script does not get there');
    next = act(next, action);
  }
  return next;
}

/** Only this server is told the time, until `done`: its clock is fast. */
export function tickUntil(
  cluster: Cluster,
  sid: Sid,
  done: (cluster: Cluster) => boolean,
): Cluster {
  let next = cluster;
  for (let i = 0; !done(next); i++) {
    if (i === STEPS_MAX) throw new Error('the time brings nothing');
    next = act(next, { type: 'tick', sid });
  }
  return next;
}

/** The writes of these servers stay under way. */
export function slowDisks(...sids: readonly Sid[]): Allowed {
  return (action) => action.type !== 'persist' || !sids.includes(action.sid);
}

/** Nothing that these two send each other in the election arrives. */
export function noMail(a: Sid, b: Sid): Allowed {
  return (action) =>
    action.type !== 'notify' || [action.from, action.to].some((sid) => sid !== a && sid !== b);
}

export function isIn(sid: Sid, state: ServerState, zab?: string): (cluster: Cluster) => boolean {
  return (cluster) => {
    const peer = nodeOf(cluster, sid).state?.peer;
    if (peer?.state !== state) return false;
    return zab === undefined || ('zab' in peer && peer.zab === zab);
  };
}

/** The newest connection from `learner`. */
export function linkFrom(cluster: Cluster, learner: Sid): Link | null {
  const own = [...cluster.links.values()].filter((link) => link.learner === learner);
  return own.reduce<Link | null>((a, b) => (a === null || b.id > a.id ? b : a), null);
}

/** This side closes the newest connection of `learner`. */
export function closeLink(cluster: Cluster, learner: Sid, side: 'learner' | 'leader'): Cluster {
  const link = linkFrom(cluster, learner);
  if (link === null) throw new Error(`server ${learner} has no connection`);
  return act(cluster, { type: 'disconnect', link: link.id, side });
}

/** A message of the election arrives, which must be under way. */
export function notify(cluster: Cluster, from: Sid, to: Sid): Cluster {
  if (!cluster.mail.has(`${from}>${to}`)) throw new Error(`no mail from ${from} to ${to}`);
  return act(cluster, { type: 'notify', from, to });
}

export function start(cluster: Cluster, ...sids: readonly Sid[]): Cluster {
  return sids.reduce((next, sid) => act(next, { type: 'start', sid }), cluster);
}

/** How many durable writes of this kind, `append` or `currentEpoch` say, are under way. */
export function asked(cluster: Cluster, sid: Sid, op: string): number {
  return nodeOf(cluster, sid).writes.filter(({ write }) => write.op === op).length;
}
