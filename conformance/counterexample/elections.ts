/**
 * In place of the oracle's steps, what a trace has of an election: notifications, and decisions on
 * them (spec module Election, mode "fle"). The oracle may elect whoever is the best of a quorum: they
 * come to one round, hear of the best vote, tell the leader that it is theirs too, and decide. Who
 * joins a leader hears from those that follow it, and from itself.
 *
 * The oracle also lets a server come back to a leader when no quorum beside it follows that leader. By
 * votes that is possible only if another server had decided for that leader, too, which the behaviour
 * does not have: `follow` adds it where it is wanted. (It changes nothing else: that server dials
 * nobody.) With two servers it is not possible.
 */
import type { Ensemble } from './ensemble.js';
import type { StateView } from './state-view.js';
import type { TraceNotification, TraceVote, TraceZxid } from '../trace/schema.js';

/** No votes could bring about what the oracle does. */
export class NoVotes extends Error {
  override readonly name = 'NoVotes';
}

const LOOKS = { state: 'LOOKING', zabState: 'ELECTION', leader: null } as const;

function zxidBelow(a: TraceZxid, b: TraceZxid): boolean {
  return a[0] === b[0] ? a[1] < b[1] : a[0] < b[0];
}

function sameZxid(a: TraceZxid, b: TraceZxid): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** (peerEpoch, zxid, leader), in this order. */
export function beats(a: TraceVote | null, b: TraceVote | null): boolean {
  if (a === null || b === null) return a !== null;
  if (a.peerEpoch !== b.peerEpoch) return a.peerEpoch > b.peerEpoch;
  if (!sameZxid(a.zxid, b.zxid)) return zxidBelow(b.zxid, a.zxid);
  return a.leader > b.leader;
}

function sameVote(a: TraceVote | null | undefined, b: TraceVote | null): boolean {
  if (a === undefined || a === null || b === null) return false;
  return a.leader === b.leader && a.peerEpoch === b.peerEpoch && sameZxid(a.zxid, b.zxid);
}

export class Elections {
  private readonly ensemble: Ensemble;
  private readonly before: StateView;
  private readonly after: StateView;
  private readonly decided = new Set<number>();

  constructor(ensemble: Ensemble, before: StateView, after: StateView) {
    this.ensemble = ensemble;
    this.before = before;
    this.after = after;
  }

  /** ElectLeader(l, Q). */
  elect(l: number, quorum: readonly number[]): void {
    const { ensemble } = this;
    const rounds = new Map(quorum.map((i) => [i, ensemble.server(i).round]));
    const newest = Math.max(...rounds.values());
    const first = rounds.get(l) === newest ? l : quorum.find((i) => rounds.get(i) === newest)!;
    for (const i of quorum) if (rounds.get(i)! < newest) this.read(i, first);
    const others = quorum.filter((i) => i !== l);
    for (const i of others) this.read(i, l);
    for (const i of others) this.read(l, i);
    this.decide(l);
    for (const i of others) {
      for (const j of others) if (j !== i && !this.isQuorum(this.supporters(i))) this.read(i, j);
      this.decide(i);
    }
  }

  /** JoinLeader(i, l). */
  join(i: number, l: number): void {
    this.hear(i, l, this.before);
    this.ensemble.emit(this.after, i, 'ReceiveNotification', this.answered(l, i, this.before));
  }

  /** A server that is LOOKING in the behaviour decides for `l`, which a quorum has just elected. */
  follow(i: number, l: number): void {
    const { ensemble, after } = this;
    this.hear(i, l, after);
    ensemble.server(i).follows = l;
    const shows = ensemble.showsOf(i);
    ensemble.emit(after, i, 'ReceiveNotification', this.answered(l, i, after), { shows });
  }

  /** What `k`, which has decided, answers. */
  private answered(k: number, i: number, view: StateView) {
    const { ensemble } = this;
    const { round, vote } = ensemble.server(k);
    const state = ensemble.showsOf(k).state ?? (view.role(k) as TraceNotification['state']);
    const notification = { state, round, vote };
    if (k === view.leaderOf(k)) Object.assign(ensemble.server(i), { round, vote });
    return { type: 'notification', from: k, notification } as const;
  }

  /** `i` hears from followers of `l`; and `l` has been asked. Throws NoVotes. */
  private hear(i: number, l: number, view: StateView): void {
    const { ensemble } = this;
    const { voters } = ensemble;
    const followers = voters.filter(
      (k) => k !== l && k !== i && (view.leaderOf(k) === l || ensemble.server(k).follows === l),
    );
    const told = followers.slice(0, Math.floor(voters.length / 2));
    if (!this.isQuorum(told.length + 1)) throw new NoVotes(`no votes let ${i} follow ${l}`);
    for (const k of [...told, l]) {
      this.resendIfRead(i, k);
      const notification = ensemble.lookingNote(i);
      ensemble.server(i).noted.add(k);
      const event = { type: 'notification', from: i, notification } as const;
      const { round, vote } = ensemble.server(k);
      const shows = ensemble.showsOf(k);
      const state = shows.state ?? (view.role(k) as TraceNotification['state']);
      const sent = [{ to: i, notification: { state, round, vote } }];
      ensemble.emit(view, k, 'ReceiveNotification', event, { sent, shows });
      if (k === l) continue;
      const answer = this.answered(k, i, view);
      ensemble.emit(view, i, 'ReceiveNotification', answer, { shows: LOOKS });
    }
  }

  private isQuorum(count: number): boolean {
    return count * 2 > this.ensemble.voters.length;
  }

  private supporters(i: number): number {
    const { vote, votes } = this.ensemble.server(i);
    return this.ensemble.voters.filter((j) => j === i || sameVote(votes.get(j), vote)).length;
  }

  private resendIfRead(from: number, to: number): void {
    const { ensemble } = this;
    if (!ensemble.server(from).noted.has(to)) return;
    const sent = ensemble.notifyAll(from);
    const shows = LOOKS;
    ensemble.emit(this.before, from, 'ResendNotifications', { type: 'tick' }, { sent, shows });
  }

  /** `i`, LOOKING, reads the newest that `j` sent while it looked for a leader. */
  private read(i: number, j: number): void {
    const { ensemble } = this;
    if (this.decided.has(i)) return;
    if (!this.decided.has(j)) this.resendIfRead(j, i);
    const server = ensemble.server(i);
    const notification = ensemble.lookingNote(j);
    ensemble.server(j).noted.add(i);
    const event = { type: 'notification', from: j, notification } as const;
    const newer = notification.round > server.round;
    if (newer) Object.assign(server, { round: notification.round, votes: new Map() });
    const mine = newer ? ensemble.ownVote(i) : server.vote;
    const better = beats(notification.vote, mine);
    server.vote = better ? notification.vote : mine;
    server.votes.set(j, notification.vote);
    const sent = newer || better ? ensemble.notifyAll(i) : [];
    const all = this.supporters(i) === ensemble.voters.length;
    if (all) this.decided.add(i);
    const view = all ? this.after : this.before;
    ensemble.emit(view, i, 'ReceiveNotification', event, { sent });
  }

  private decide(i: number): void {
    if (this.decided.has(i)) return;
    this.decided.add(i);
    const writes = this.after.writes(i).slice(this.before.writes(i).length);
    this.ensemble.emit(this.after, i, 'DecideLeader', { type: 'tick' }, { writes });
  }
}
