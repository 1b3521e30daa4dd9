/**
 * What happens next to an ensemble in memory: every action that is possible, a random choice among
 * them by one seed, and a fair run without faults until nothing is left to do.
 */
import type { Millis, Sid } from '../core/ids.js';
import type { Action } from './action.js';
import { act } from './action.js';
import type { Cluster, Node } from './cluster.js';
import { pairKey } from './cluster.js';
import type { Seed } from './random.js';
import { nextBelow, pickWeighted } from './random.js';

/** How many of the writes under way one answer can cover: a run of appends, or one other. */
export function writeRun(node: Node): number {
  let run = 0;
  while (node.writes[run]?.write.op === 'append') run++;
  return run === 0 ? Math.min(1, node.writes.length) : run;
}

/** What happens by itself, without fault and without time: messages, writes, dials, ends noticed. */
export function progress(cluster: Cluster): Action[] {
  const actions: Action[] = [];
  for (const [sid, node] of cluster.nodes) {
    if (node.state === null) continue;
    const count = writeRun(node);
    if (count > 0) actions.push({ type: 'persist', sid, count });
    if (node.dialling !== null) actions.push({ type: 'connect', sid });
  }
  for (const link of cluster.links.values()) {
    const { id, toLeader, toLearner, leaderOpen, learnerOpen } = link;
    const stuck = cluster.blocked.has(pairKey(link.leader, link.learner));
    if (leaderOpen && toLeader.length > 0 && !stuck) {
      actions.push({ type: 'deliver', link: id, to: 'leader' });
    } else if (leaderOpen && !learnerOpen) {
      actions.push({ type: 'disconnect', link: id, side: 'leader' });
    }
    if (learnerOpen && toLearner.length > 0 && !stuck) {
      actions.push({ type: 'deliver', link: id, to: 'learner' });
    } else if (learnerOpen && !leaderOpen) {
      actions.push({ type: 'disconnect', link: id, side: 'learner' });
    }
  }
  for (const key of cluster.mail.keys()) {
    const [from, to] = key.split('>').map(Number) as [Sid, Sid];
    const lost = cluster.blocked.has(pairKey(from, to));
    actions.push({ type: lost ? 'loseMail' : 'notify', from, to });
  }
  return actions;
}

/** The servers that are told the time next: all whose deadline is the earliest. */
export function earliestTicks(cluster: Cluster): Action[] {
  let earliest = Infinity;
  for (const { state, deadline } of cluster.nodes.values()) {
    if (state !== null && deadline !== null) earliest = Math.min(earliest, deadline);
  }
  const actions: Action[] = [];
  for (const [sid, { state, deadline }] of cluster.nodes) {
    if (state === null || deadline === null) continue;
    if (deadline <= Math.max(earliest, cluster.now)) actions.push({ type: 'tick', sid });
  }
  return actions;
}

/** Any server may be told of its deadline before others are told of theirs: they are slow. */
export function anyTicks(cluster: Cluster): Action[] {
  const due = [...cluster.nodes].filter(([, { state, deadline }]) => state && deadline !== null);
  return due.map(([sid]) => ({ type: 'tick', sid }));
}

/** Clients: one proposal at each server that believes it leads. */
export function proposals(cluster: Cluster): Action[] {
  const actions: Action[] = [];
  for (const [sid, { state, role }] of cluster.nodes) {
    if (state !== null && role?.kind === 'leading' && role.serving) {
      actions.push({ type: 'propose', sid });
    }
  }
  return actions;
}

/** What can go wrong, one list for each kind. `downMax`: how many servers may be dead at once. */
export function faults(cluster: Cluster, downMax: number): Action[][] {
  const sids = [...cluster.nodes.keys()];
  const alive = sids.filter((sid) => cluster.nodes.get(sid)!.state !== null);
  const dead = sids.filter((sid) => cluster.nodes.get(sid)!.state === null);
  const crashes = dead.length < downMax ? alive : [];
  const ends: Action[] = [];
  for (const { id, leaderOpen, learnerOpen } of cluster.links.values()) {
    if (leaderOpen) ends.push({ type: 'disconnect', link: id, side: 'leader' });
    if (learnerOpen) ends.push({ type: 'disconnect', link: id, side: 'learner' });
  }
  const blocked = [...cluster.blocked].map((pair): Action => {
    const [a, b] = pair.split('-').map(Number) as [Sid, Sid];
    return { type: 'unblock', a, b };
  });
  const pairs = sids.flatMap((a) =>
    sids.filter((b) => a < b).map((b): Action => ({ type: 'block', a, b })),
  );
  return [
    dead.map((sid) => ({ type: 'start', sid })),
    crashes.map((sid) => ({ type: 'crash', sid, written: 0 })),
    alive.map((sid) => ({ type: 'snapshot', sid })),
    ends,
    blocked,
    pairs,
    cluster.blocked.size === 0 ? sids.map((sid) => ({ type: 'isolate', sid })) : [],
    cluster.blocked.size === 0 ? [] : sids.map((sid) => ({ type: 'rejoin', sid })),
  ];
}

/** How likely each kind of action is, relative to the others; `fault`: for each kind of fault. */
export interface Weights {
  readonly progress: number;
  readonly tick: number;
  /** Ticks of which the servers whose deadline is earlier hear nothing yet. */
  readonly slow: number;
  readonly propose: number;
  readonly fault: number;
  readonly downMax: number;
}

export const CALM: Weights = { progress: 100, tick: 4, slow: 0, propose: 10, fault: 0, downMax: 0 };
export const ROUGH: Weights = {
  progress: 100,
  tick: 4,
  slow: 4,
  propose: 12,
  fault: 0.3,
  downMax: 2,
};
export const STORMY: Weights = {
  progress: 100,
  tick: 4,
  slow: 16,
  propose: 15,
  fault: 1,
  downMax: 5,
};

/** Picks the next action by `seed`; null if nothing can happen at all. */
export function pickAction(
  cluster: Cluster,
  weights: Weights,
  seed: Seed,
): readonly [Action | null, Seed] {
  const classes = [
    { weight: weights.progress, actions: progress(cluster) },
    { weight: weights.tick, actions: earliestTicks(cluster) },
    { weight: weights.slow, actions: anyTicks(cluster) },
    { weight: weights.propose, actions: proposals(cluster) },
    ...faults(cluster, weights.downMax).map((actions) => ({ weight: weights.fault, actions })),
  ].filter(({ weight, actions }) => weight > 0 && actions.length > 0);
  if (classes.length === 0) return [null, seed];
  const [chosen, second] = pickWeighted(seed, classes, ({ weight }) => weight);
  const [index, third] = nextBelow(second, chosen.actions.length);
  return vary(cluster, chosen.actions[index]!, third);
}

/** A group commit may end anywhere in a run, a crash anywhere in the queue. */
function vary(cluster: Cluster, action: Action, seed: Seed): readonly [Action, Seed] {
  if (action.type === 'persist') {
    const [less, next] = nextBelow(seed, action.count);
    return [{ ...action, count: action.count - less }, next];
  }
  if (action.type === 'crash') {
    const writes = cluster.nodes.get(action.sid)!.writes.length;
    const [written, next] = nextBelow(seed, writes + 1);
    return [{ ...action, written }, next];
  }
  return [action, seed];
}

/** Everything works again: all servers are up and reach each other. */
export function heal(cluster: Cluster): Cluster {
  let next: Cluster = { ...cluster, blocked: new Set() };
  for (const [sid, node] of cluster.nodes) {
    if (node.state === null) next = act(next, { type: 'start', sid });
  }
  return next;
}

/**
 * Runs without faults, everything that can happen before time goes on, until `done` or until the
 * clock has gone on by `limit`. `each` sees every cluster on the way.
 */
export function settle(
  cluster: Cluster,
  done: (cluster: Cluster) => boolean,
  limit: Millis,
  each: (cluster: Cluster) => void = () => undefined,
): Cluster {
  const end = cluster.now + limit;
  let next = cluster;
  while (next.now <= end && !done(next)) {
    const action = progress(next)[0] ?? earliestTicks(next)[0];
    if (action === undefined) break;
    next = act(next, action);
    each(next);
  }
  return next;
}

/** True if one leader is established, every live server follows it and has delivered the same. */
export function isSettled(cluster: Cluster): boolean {
  const nodes = [...cluster.nodes.values()].filter(({ state }) => state !== null);
  const leaders = nodes.filter(({ role }) => role?.kind === 'leading');
  const leader = leaders[0]?.state;
  if (leaders.length !== 1 || leader === null || leader === undefined) return false;
  return nodes.every(({ state, role, writes, applied }) => {
    const same = state!.log.lastCommitted === leader.log.history.last;
    const whole = applied.length === leaders[0]!.applied.length;
    const led = role?.leader === leaders[0]!.config.sid;
    return same && whole && led && role.serving && writes.length === 0;
  });
}
