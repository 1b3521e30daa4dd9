/**
 * Schedules for mutants that random runs find late, as in spec/models/MCMutants.tla: few servers,
 * the failures in one order, everything else as it comes. Without a mutant they violate nothing.
 */
import type { Sid } from '../../src/core/ids.js';
import type { Handler } from '../../src/core/state.js';
import type { Action } from '../../src/sim/action.js';
import { actWatched, Violation, watch } from '../../src/sim/check.js';
import type { Watched } from '../../src/sim/check.js';
import type { Cluster, ClusterOptions, Node } from '../../src/sim/cluster.js';
import { newCluster, nodeOf } from '../../src/sim/cluster.js';
import { earliestTicks, progress } from '../../src/sim/schedule.js';

const THREE = { voters: [1, 2, 3] };

const sid = (n: number): Sid => n as Sid;

/** Carries actions out, one after the other; each is checked. */
export class Script {
  /** The one that was made last: its run becomes a trace even if something stopped it. */
  static last: Script | null = null;
  watched: Watched;
  private held: number | null = null;

  constructor(options: ClusterOptions) {
    this.watched = watch(newCluster(options));
    Script.last = this;
  }

  get cluster(): Cluster {
    return this.watched.cluster;
  }

  do(...actions: readonly Action[]): this {
    for (const action of actions) this.watched = actWatched(this.watched, action);
    return this;
  }

  start(...servers: readonly number[]): this {
    return this.do(...servers.map((n): Action => ({ type: 'start', sid: sid(n) })));
  }

  /** Nothing that is not on the disk yet gets there. */
  crash(...servers: readonly number[]): this {
    return this.do(...servers.map((n): Action => ({ type: 'crash', sid: sid(n), written: 0 })));
  }

  /** A proposal that no other server hears of, on the leader's own disk. */
  proposeAlone(leader: number): this {
    const alone: Action = { type: 'isolate', sid: sid(leader) };
    const write: Action = { type: 'persist', sid: sid(leader), count: 1 };
    return this.do(alone, { type: 'propose', sid: sid(leader) }, write);
  }

  rejoin(n: number): this {
    return this.do({ type: 'rejoin', sid: sid(n) });
  }

  /** This learner's end of its connection closes; its leader does not notice yet. */
  leave(learner: number): this {
    for (const link of this.cluster.links.values()) {
      if (link.learner !== learner || !link.learnerOpen) continue;
      this.do({ type: 'disconnect', link: link.id, side: 'learner' });
    }
    return this;
  }

  /** Nothing of this connection is read for now; null: of none. */
  hold(link: number | null): this {
    this.held = link;
    return this;
  }

  /** All that comes by itself, of these servers alone, until `done`. False if it does not come. */
  until(servers: readonly number[], done: () => boolean, stepsMax = 2_000): boolean {
    for (let i = 0; i < stepsMax && !done(); i++) {
      const [next] = [...progress(this.cluster), ...earliestOf(this.cluster, servers)].filter(
        (action) =>
          isOf(this.cluster, action, servers) && !('link' in action && action.link === this.held),
      );
      if (next === undefined) return false;
      this.do(next);
    }
    return done();
  }

  leads(n: number): boolean {
    const { role, state } = nodeOf(this.cluster, sid(n));
    return state !== null && role?.kind === 'leading' && role.serving;
  }

  /**
   * Until one of these leads and the others serve under it and have nothing left to write. Throws a
   * {@link Violation} if that does not come: between themselves nothing fails any more.
   */
  settle(...servers: readonly number[]): this {
    const settled = this.until(servers, () => {
      const leader = servers.find((n) => this.leads(n));
      if (leader === undefined) return false;
      const { state, applied } = this.node(leader);
      const { lastCommitted, history } = state!.log;
      const calm = servers.every((n) => {
        const { role, writes, applied: theirs } = this.node(n);
        const follows = role?.serving === true && role.leader === sid(leader);
        return follows && writes.length === 0 && theirs.length === applied.length;
      });
      return calm && lastCommitted === history.last;
    });
    if (settled) return this;
    const served = servers.some((n) => this.leads(n));
    const property = served ? 'EventuallyDelivered' : 'EventuallyEstablished';
    const what = `${property}: servers ${servers.join(', ')} do not settle`;
    throw new Violation({ type: 'tick', sid: sid(servers[0] ?? 0) }, [what]);
  }

  /** The leader among these proposes, and all of them deliver it. */
  propose(...servers: readonly number[]): this {
    const leader = servers.find((n) => this.leads(n));
    if (leader === undefined) throw new Error(`none of ${servers.join(', ')} leads`);
    return this.do({ type: 'propose', sid: sid(leader) }).settle(...servers);
  }

  node(n: number): Node {
    return nodeOf(this.cluster, sid(n));
  }

  /** How far `leader` is with `learner`. */
  stageOf(leader: number, learner: number): Handler['stage'] | null {
    const peer = this.node(leader).state?.peer;
    if (peer?.state !== 'LEADING') return null;
    return peer.handlers.find((handler) => handler.sid === sid(learner))?.stage ?? null;
  }
}

function earliestOf(cluster: Cluster, servers: readonly number[]): readonly Action[] {
  const nodes = new Map([...cluster.nodes].filter(([n]) => servers.includes(n)));
  return earliestTicks({ ...cluster, nodes });
}

function isOf(cluster: Cluster, action: Action, servers: readonly number[]): boolean {
  switch (action.type) {
    case 'deliver':
    case 'disconnect': {
      const link = cluster.links.get(action.link);
      return link !== undefined && servers.includes(link.learner) && servers.includes(link.leader);
    }
    case 'notify':
    case 'loseMail':
      return servers.includes(action.from) && servers.includes(action.to);
    case 'block':
    case 'unblock':
      return false;
    default:
      return servers.includes(action.sid);
  }
}

function settled(options: ClusterOptions, ...servers: readonly number[]): Script {
  return new Script(options).start(...servers).settle(...servers);
}

/** 2, 35. Server 3 alone logs in epoch 1, server 2 alone in epoch 2; then 1 and 3 go on. */
function byZxidOnly(): void {
  const s = settled(THREE, 1, 2, 3);
  s.proposeAlone(3).crash(3).settle(1, 2);
  s.proposeAlone(2).crash(2).rejoin(3).rejoin(2).start(3).settle(1, 3);
}

/** 3. Servers 1 and 3 commit what 2, of the same epoch and a higher sid than 1, does not have. */
function byEpochOnly(): void {
  const s = settled(THREE, 1, 2, 3);
  s.do({ type: 'isolate', sid: sid(2) }).propose(1, 3);
  s.crash(3, 1).rejoin(2).start(1).settle(1, 2);
}

/** 7. Server 1 crashes when it has stored acceptedEpoch and not yet currentEpoch. */
function epochHalfStored(): void {
  const s = new Script(THREE).start(1, 3);
  s.until([1, 3], () => s.node(1).disk.acceptedEpoch === 1);
  s.crash(1).start(1).settle(1, 3);
}

/**
 * 17. Twice server 3 chooses an epoch of which nobody hears; 1 and 2 commit in an epoch of their own.
 * If 3 has entered its epochs alone, it wins the next election without what was committed.
 */
function epochOfNobody(): void {
  const s = settled(THREE, 1, 2, 3);
  s.crash(2);
  for (const epoch of [2, 3]) {
    s.crash(3).leave(1).start(3);
    s.until([1, 3], () => s.node(3).disk.acceptedEpoch === epoch);
    s.do({ type: 'isolate', sid: sid(3) });
    s.until([3], () => s.node(3).writes.length === 0, 50);
    s.rejoin(3);
  }
  s.crash(3).leave(1).start(2).settle(1, 2).propose(1, 2);
  s.crash(1, 2).start(1, 3).settle(1, 3);
}

/**
 * 18, 19, 25, 26, 27. Server 2 joins a leader that has proposed something, goes on to propose while
 * it synchronizes 2, and commits before 2 has acknowledged NEWLEADER.
 */
function lateJoiner(): void {
  const s = settled(THREE, 1, 3).propose(1, 3).start(2);
  s.until([1, 2, 3], () => s.stageOf(3, 2) === 'connected');
  s.do({ type: 'propose', sid: sid(3) });
  s.until([2, 3], () => s.stageOf(3, 2) === 'syncing');
  s.do({ type: 'propose', sid: sid(3) });
  s.until([1, 3], () => s.node(1).applied.length === 3);
  s.settle(1, 2, 3).propose(1, 2, 3);
}

/** 32. Server 2 gets a snapshot, crashes and starts again. */
function lateForMemory(): void {
  const s = settled({ ...THREE, config: { commitLogCount: 2 } }, 1, 3);
  for (let i = 0; i < 8; i++) s.propose(1, 3);
  s.start(2).settle(1, 2, 3).propose(1, 2, 3).crash(2).start(2).settle(1, 2, 3);
}

/** 36. Server 2 has lost its follower and is in round 2; 1 starts again with round 1. */
function olderRound(): void {
  const s = settled(THREE, 1, 2).crash(1);
  s.until([2], () => s.node(2).state?.peer.state === 'LOOKING');
  s.start(1)
    .do({ type: 'notify', from: sid(1), to: sid(2) })
    .settle(1, 2);
}

/** 38. Server 1 is connected to 3 anew before 3 reads what is left on the older connection. */
function connectedAnew(): void {
  const s = settled(THREE, 1, 2, 3).do({ type: 'propose', sid: sid(3) });
  const older = [...s.cluster.links.values()].find(({ learner }) => learner === sid(1));
  if (older === undefined) throw new Error('server 1 is not connected');
  s.do({ type: 'deliver', link: older.id, to: 'learner' });
  s.do({ type: 'persist', sid: sid(1), count: 1 }).leave(1);
  s.hold(older.id).until([1, 2, 3], () => {
    const peer = s.node(3).state?.peer;
    const handlers = peer?.state === 'LEADING' ? peer.handlers : [];
    return handlers.some((one) => one.sid === sid(1) && one.stage === 'connected');
  });
  s.hold(null).settle(1, 2, 3);
}

/** 41. Server 3 leads again with what only it has; an observer acknowledges NEWLEADER before 1. */
function observerFirst(): void {
  const s = settled({ voters: [1, 2, 3], observers: [4] }, 1, 2, 3, 4);
  s.proposeAlone(3).leave(1).leave(4).crash(2, 3).rejoin(3).start(3);
  s.until([1, 3, 4], () => {
    const peer = s.node(3).state?.peer;
    return peer?.state === 'LEADING' && peer.zab === 'SYNCHRONIZATION';
  });
  const slow = [...s.cluster.links.values()].find(({ learner }) => learner === sid(1));
  s.hold(slow?.id ?? null).until([1, 3, 4], () => s.leads(3), 200);
  s.hold(null).settle(1, 3, 4);
}

export const SCHEDULES: Readonly<Record<string, () => void>> = {
  ByZxidOnly: byZxidOnly,
  ByEpochOnly: byEpochOnly,
  EpochHalfStored: epochHalfStored,
  EpochOfNobody: epochOfNobody,
  LateJoiner: lateJoiner,
  LateForMemory: lateForMemory,
  OlderRound: olderRound,
  ConnectedAnew: connectedAnew,
  ObserverFirst: observerFirst,
};
