/** One step of a counterexample after the other, as lines of a trace (as-trace.ts). */
import type { Known } from '../replay/setting.js';
import type { TraceEvent, TracePacket, TraceSent, TraceWrite } from '../trace/schema.js';
import { emitCoarse, writesDone } from './coarse.js';
import type { Step } from './coarse.js';
import { Ensemble } from './ensemble.js';
import type { Shows } from './ensemble.js';
import { Elections } from './elections.js';
import { lastOf } from './state-view.js';
import type { Names, StateView } from './state-view.js';

const PERSISTS = /Persist/;

export class Steps {
  readonly ensemble: Ensemble;
  private readonly coarse: boolean;
  private readonly oracle: boolean;
  private readonly views: readonly StateView[];

  private readonly allFollow: boolean;

  /** `allFollow`: who looks for a leader when a quorum elects one decides for it, too. */
  constructor(known: Known, names: Names, views: readonly StateView[], allFollow: boolean) {
    const sids = [...names.keys.keys()];
    const observers = known.observers.map((key) => names.sids.get(key) ?? 0).sort((a, b) => a - b);
    const voters = sids.filter((sid) => !observers.includes(sid)).sort((a, b) => a - b);
    this.ensemble = new Ensemble(voters, observers);
    this.coarse = known.granularity === 'coarse';
    this.oracle = known.election === 'oracle';
    this.views = views;
    this.allFollow = allFollow;
  }

  /** Who is up in the first state has started. */
  start(): void {
    const [first] = this.views;
    if (first === undefined) return;
    for (const sid of this.ensemble.servers.keys()) {
      if (first.role(sid) !== 'DOWN') this.starts(sid, first);
    }
  }

  /** The n-th step, from 0. */
  take(n: number, action: string, i: number, j: number): void {
    const before = this.views[n]!;
    const after = this.views[n + 1]!;
    const step = { action, i, j, before, after };
    switch (action) {
      case 'ElectLeader':
        return this.elects(step);
      case 'JoinLeader':
        return this.joins(step);
      case 'Crash': {
        const later = this.views.slice(n + 2).find((view) => view.role(i) !== 'DOWN');
        this.starts(i, later ?? after);
        this.ensemble.server(i).early = true;
        return;
      }
      case 'Restart':
        if (this.ensemble.server(i).early) this.ensemble.server(i).early = false;
        else this.starts(i, after);
        return;
      case 'TakeSnapshot':
        return;
      default:
        this.one(step);
    }
  }

  private elects({ i, before, after }: Step): void {
    const sids = [...this.ensemble.servers.keys()];
    const quorum = sids.filter((sid) => before.role(sid) !== after.role(sid));
    for (const sid of quorum) this.looksAgain(sid, before);
    const elections = new Elections(this.ensemble, before, after);
    elections.elect(i, quorum);
    if (!this.allFollow) return;
    for (const sid of this.ensemble.voters) {
      if (after.role(sid) !== 'LOOKING') continue;
      this.looksAgain(sid, before);
      elections.follow(sid, i);
    }
  }

  private joins({ i, j, before, after }: Step): void {
    const server = this.ensemble.server(i);
    if (server.follows === j) {
      server.follows = null;
      return;
    }
    this.looksAgain(i, before);
    new Elections(this.ensemble, before, after).join(i, j);
  }

  /** It had decided for somebody in the trace alone: no more. */
  private looksAgain(sid: number, view: StateView): void {
    const server = this.ensemble.server(sid);
    if (server.follows === null) return;
    server.follows = null;
    const sent = this.ensemble.looksForLeader(sid);
    this.ensemble.emit(view, sid, 'FollowerShutdown', { type: 'tick' }, { sent });
  }

  /** Its disk, and what it makes of it, are as in `view`; it may be DOWN there, for good. */
  private starts(sid: number, view: StateView): void {
    const { ensemble } = this;
    const disk = view.disk(sid);
    const up = view.role(sid) !== 'DOWN';
    const history = up ? view.history(sid) : disk.log;
    const committed = up ? view.lastCommitted(sid) : disk.snapshot;
    const server = ensemble.server(sid);
    const { acceptedEpoch, currentEpoch } = disk;
    Object.assign(server, { round: 0, history, acceptedEpoch, currentEpoch, pending: [] });
    Object.assign(server, { conn: null, follows: null });
    server.held.clear();
    const event: TraceEvent = {
      type: 'start',
      voters: [...ensemble.voters],
      observers: [...ensemble.observers],
      disk: {
        acceptedEpoch,
        currentEpoch,
        snapshotZxid: lastOf(disk.log, disk.snapshot),
        log: [...disk.log.slice(disk.snapshot)],
      },
    };
    const sent = ensemble.looksForLeader(sid);
    const looks = { state: 'LOOKING', zabState: 'ELECTION', leader: null } as const;
    const shows: Shows = {
      ...looks,
      ...{ newEpoch: 0, ackEpochs: [], ackNewLeader: [], history, committed },
    };
    ensemble.emit(view, sid, 'Restart', event, { sent, shows });
  }

  /** A step of one server. */
  private one(step: Step): void {
    const { action, i, before, after } = step;
    const { ensemble } = this;
    const server = ensemble.server(i);
    if (PERSISTS.test(action)) return this.persists(step);
    const event = this.eventOf(step);
    const closed = this.closes(step, event);
    const writes = this.coarse ? writesDone(step) : this.writesAsked(step, 0);
    const looks = after.role(i) === 'LOOKING' && before.role(i) !== 'LOOKING';
    let mail: readonly TraceSent[] = [];
    if (looks) {
      server.history = after.history(i);
      mail = ensemble.looksForLeader(i);
    } else if (!this.oracle) mail = this.mail(step);
    const packets = this.packetsSent(step);
    if (this.coarse && writes.length > 0) {
      emitCoarse(ensemble, step, event, writes, packets);
      return;
    }
    ensemble.emit(after, i, action, event, { sent: [...packets, ...closed, ...mail], writes });
  }

  private writesAsked({ i, before, after }: Step, done: number): readonly TraceWrite[] {
    return after.writes(i).slice(before.writes(i).length - done);
  }

  private persists(step: Step): void {
    const { action, i, before, after } = step;
    const { ensemble } = this;
    const server = ensemble.server(i);
    const [old, now] = [before.writes(i), after.writes(i)];
    // One voter asks for more in the same step.
    const text = (writes: readonly TraceWrite[]) => JSON.stringify(writes);
    let done = 1;
    while (text(old.slice(done)) !== text(now.slice(0, Math.max(0, old.length - done)))) done++;
    const event = { type: 'persisted', ticket: server.pending[done - 1]?.ticket ?? 0 } as const;
    server.pending = server.pending.slice(done);
    const { acceptedEpoch, currentEpoch } = after.disk(i);
    Object.assign(server, { acceptedEpoch, currentEpoch });
    const writes = this.writesAsked(step, done);
    const shows = ensemble.showsOf(i);
    ensemble.emit(after, i, action, event, { sent: this.packetsSent(step), writes, shows });
  }

  /** What the step is a step on; connections are opened, and lines come before it that say so. */
  private eventOf(step: Step): TraceEvent {
    const { action, i, j, before, after } = step;
    const { ensemble } = this;
    const server = ensemble.server(i);
    switch (action) {
      case 'ReceiveNotification': {
        const queue = before.notes(j, i);
        const notification = queue[queue.length - after.notes(j, i).length - 1]!;
        return { type: 'notification', from: j, notification };
      }
      case 'FollowerConnect': {
        const conn = ensemble.newConn(i, j);
        server.conn = conn;
        return { type: 'opened', conn: conn.name, as: 'learner' };
      }
      case 'LeaderPropose':
        return { type: 'propose', txn: after.history(i).at(-1)! };
      case 'LeaderCloseConnection':
        return { type: 'closed', conn: server.held.get(j)?.name ?? '' };
      case 'FollowerShutdown':
        return server.conn === null ? { type: 'tick' } : { type: 'closed', conn: server.conn.name };
      case 'LeaderShutdown':
      case 'DecideLeader':
      case 'ResendNotifications':
        return { type: 'tick' };
      default:
        return action.startsWith('Leader') ? this.leaderReads(step) : this.learnerReads(step);
    }
  }

  private leaderReads({ action, i, j, before }: Step): TraceEvent {
    const { ensemble } = this;
    const server = ensemble.server(i);
    const packet = before.packets(j, i)[0]!;
    const dials = action === 'LeaderProcessFOLLOWERINFO';
    const conn = dials ? this.dialled(j, i) : server.held.get(j);
    if (conn === undefined) return { type: 'packet', conn: '', packet };
    if (!conn.accepted) {
      conn.accepted = true;
      ensemble.emit(before, i, null, { type: 'opened', conn: conn.name, as: 'leader' });
    }
    for (let sent = conn.toLeader.shift(); sent?.silent === true; sent = conn.toLeader.shift()) {
      ensemble.emit(before, i, null, { type: 'packet', conn: conn.name, packet: sent.packet });
    }
    return { type: 'packet', conn: conn.name, packet };
  }

  /** The newest connection that f dialled to l, whether it still has it or not. */
  private readonly dials = new Map<string, ReturnType<Ensemble['newConn']>>();
  private dialled(f: number, l: number) {
    return this.dials.get(`${f} ${l}`);
  }

  private learnerReads({ action, i, j, before }: Step): TraceEvent {
    const { ensemble } = this;
    const conn = ensemble.server(i).conn?.name ?? '';
    const queue = before.packets(j, i);
    let packet: TracePacket = queue[0]!;
    if (action === 'FollowerProcessNEWLEADER') {
      const end = queue.findIndex(({ type }) => type === 'NEWLEADER');
      for (const kept of queue.slice(0, end)) {
        ensemble.emit(before, i, null, { type: 'packet', conn, packet: kept });
      }
      packet = queue[end]!;
    }
    return { type: 'packet', conn, packet };
  }

  /** The connections that the step ends; those that it closes itself are said to be closed. */
  private closes({ action, i, j, before, after }: Step, event: TraceEvent): readonly TraceSent[] {
    const server = this.ensemble.server(i);
    const told = event.type === 'closed' ? event.conn : null;
    const sent: TraceSent[] = [];
    const close = (conn: { readonly name: string } | null | undefined, why: string) => {
      if (conn != null && conn.name !== told) sent.push({ conn: conn.name, close: why });
    };
    if (after.role(i) === 'LOOKING' && before.role(i) !== 'LOOKING') {
      close(server.conn, 'looking for a leader');
      for (const conn of server.held.values()) close(conn, 'looking for a leader');
      server.conn = null;
      server.held.clear();
    } else if (action === 'FollowerConnect') {
      this.dials.set(`${i} ${j}`, server.conn!);
    } else if (action === 'LeaderProcessFOLLOWERINFO') {
      close(server.held.get(j), 'connected anew');
      const conn = this.dialled(j, i);
      if (conn !== undefined) server.held.set(j, conn);
    } else if (before.role(i) === 'LEADING' && !after.holds(i, j) && server.held.has(j)) {
      close(server.held.get(j), 'closed');
      server.held.delete(j);
    }
    return sent;
  }

  /** What has joined the queues of this server's packets. */
  private packetsSent({ action, i, before, after }: Step): readonly TraceSent[] {
    const server = this.ensemble.server(i);
    const sent: TraceSent[] = [];
    for (const to of this.ensemble.servers.keys()) {
      const conn = server.conn?.leader === to ? server.conn : server.held.get(to);
      if (conn === undefined || conn === null) continue;
      const [old, now] = [before.packets(i, to), after.packets(i, to)];
      const fresh = action === 'FollowerConnect' ? now.slice(-1) : now.slice(old.length);
      for (const packet of fresh) {
        sent.push({ conn: conn.name, packet });
        if (conn === server.conn) conn.toLeader.push({ packet, silent: false });
      }
    }
    // UPTODATE is acknowledged, which the specification leaves out.
    if (action === 'FollowerProcessUPTODATE' && server.conn !== null) {
      const [first] = before.packets(server.conn.leader, i);
      if (first !== undefined && 'zxid' in first) {
        const packet = { type: 'ACK', zxid: first.zxid } as const;
        server.conn.toLeader.push({ packet, silent: true });
        sent.push({ conn: server.conn.name, packet });
      }
    }
    return sent;
  }

  /** Notifications of a step in fast leader election. A model's queue may hold the newest only. */
  private mail({ action, i, j, before, after }: Step): readonly TraceSent[] {
    const { ensemble } = this;
    const server = ensemble.server(i);
    const voted = JSON.stringify(after.vote(i)) !== JSON.stringify(before.vote(i));
    const newer = after.round(i) !== before.round(i);
    Object.assign(server, { round: after.round(i), vote: after.vote(i) });
    const shown = after.notes(i, j).at(-1);
    if (action === 'ResendNotifications') return ensemble.notifyAll(i);
    if (action !== 'ReceiveNotification') return [];
    const queue = before.notes(j, i);
    const read = queue[queue.length - after.notes(j, i).length - 1]!;
    if (before.role(i) === 'LOOKING' && read.state === 'LOOKING' && (voted || newer)) {
      return ensemble.notifyAll(i);
    }
    const state = before.role(i) as 'LOOKING';
    const answer = { state, round: server.round, vote: server.vote };
    const old = before.role(i) === 'LOOKING' && read.round >= server.round && ensemble.isVoter(j);
    const due = read.state === 'LOOKING' && !old;
    return due && JSON.stringify(shown) === JSON.stringify(answer)
      ? [{ to: j, notification: answer }]
      : [];
  }
}
