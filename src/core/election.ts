/**
 * Fast leader election: rounds of votes until a quorum of voters agrees (spec module Election;
 * Apache: `FastLeaderElection`; the paper leaves the leader oracle open).
 *
 * Deviations from Apache: when the votes of all voters are in and equal, nothing better can come and
 * no finalizeWait is needed; the timeout of resending doubles to 16 times its start, not to a minute;
 * a server that is no voter is answered only while it looks, and does not answer one whose round is
 * older, so that two servers never answer each other for ever; see also `isLed`.
 */
import { startFollowing, startLeading } from './discovery.js';
import type { CoreEffect } from './effect.js';
import type { Millis, Sid } from './ids.js';
import { isVoter } from './quorum.js';
import type { CoreState, Leader, Learner, Looking } from './state.js';
import { serverStateOf, withPeer } from './state.js';
import type { Notification, Vote } from './vote.js';
import { compareVotes } from './vote.js';
import { ZXID_NONE } from './zxid.js';

/** The vote of a server that must not become leader; every vote beats it. */
export const NO_VOTE: Vote = { leader: -1 as Sid, zxid: ZXID_NONE, peerEpoch: -1 };

const RESEND_GROWTH_MAX = 16;

/**
 * Begins a round: forgets the votes of the one before, votes for itself and tells every other voter.
 *
 * Before: not LOOKING (started just now, or a leader or learner whose connections are closed).
 * After: LOOKING in a new round; history, disk queue and lastCommitted as they were.
 * Effects: `notify` to each other voter.
 * @spec Election!LookForLeader
 */
export function lookForLeader(state: CoreState, now: Millis, out: CoreEffect[]): CoreState {
  const { config, quorum, epochs, log } = state;
  const votes = isVoter(quorum, config.sid);
  const initial: Vote = votes
    ? { leader: config.sid, zxid: log.history.last, peerEpoch: epochs.current }
    : NO_VOTE;
  const looking: Looking = {
    state: 'LOOKING',
    initial,
    vote: initial,
    recvset: new Map(votes ? [[config.sid, initial]] : []),
    outOfElection: new Map(),
    // Its own vote may be a quorum.
    decideAt: votes && quorum.voters.length === 1 ? now : null,
    resendAt: now + config.finalizeWait,
    resendAfter: config.finalizeWait,
  };
  const next = { ...state, round: state.round + 1, peer: looking };
  notifyVoters(next, looking, out);
  return next;
}

function notifyVoters(state: CoreState, looking: Looking, out: CoreEffect[]): void {
  const notification = voteAs(state, looking.vote);
  for (const to of state.quorum.voters) {
    if (to !== state.config.sid) out.push({ type: 'notify', to, notification });
  }
}

function voteAs(state: CoreState, vote: Vote): Notification {
  return { ...vote, state: serverStateOf(state), electionEpoch: state.round };
}

/**
 * Takes in what another server said of its vote.
 *
 * Before: any state. After: while LOOKING, a better vote or a newer round is taken over, a vote of
 * this round is in recvset, one of a server that has decided is in outOfElection; decided if that
 * leaves no doubt.
 * Effects: `notify` to every other voter if the vote changed; `notify` to the sender if it looks and
 * is behind, or if this server has decided.
 * @spec Election!ReceiveNotification
 */
export function receiveNotification(
  state: CoreState,
  from: Sid,
  notification: Notification,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  const { peer, quorum } = state;
  if (peer.state !== 'LOOKING') {
    if (notification.state === 'LOOKING' && 'vote' in peer) {
      answer(state, decidedVote(peer), from, out);
    }
    return state;
  }
  if (!isVoter(quorum, from)) {
    if (notification.state === 'LOOKING') answer(state, peer.vote, from, out);
    return state;
  }
  if (!isVoter(quorum, notification.leader)) return state;
  switch (notification.state) {
    case 'LOOKING':
      return fromLooking(state, peer, from, notification, now, out);
    case 'FOLLOWING':
    case 'LEADING':
      return fromDecided(state, peer, from, notification, now, out);
    case 'OBSERVING':
      return state;
    default:
      return notification.state satisfies never;
  }
}

/**
 * What a server says of its decision. Once it serves, the vote has the established epoch, so that all
 * who have one leader say the same, whatever the votes were that they decided on: a newcomer of
 * Apache's counts those that have leader and peerEpoch in common (`QuorumPeer.updateElectionVote`,
 * ZOOKEEPER-1732).
 */
function decidedVote(peer: Leader | Learner): Vote {
  return peer.zab === 'BROADCAST' ? { ...peer.vote, peerEpoch: peer.epoch } : peer.vote;
}

function answer(state: CoreState, vote: Vote, to: Sid, out: CoreEffect[]): void {
  out.push({ type: 'notify', to, notification: voteAs(state, vote) });
}

function fromLooking(
  state: CoreState,
  peer: Looking,
  from: Sid,
  theirs: Notification,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  if (theirs.electionEpoch < state.round) {
    // Not an observer: it would be answered in turn, and so on for ever.
    if (isVoter(state.quorum, state.config.sid)) answer(state, peer.vote, from, out);
    return state;
  }
  let next = state;
  let looking = peer;
  if (theirs.electionEpoch > state.round) {
    const vote = compareVotes(theirs, peer.initial) > 0 ? voteOf(theirs) : peer.initial;
    looking = { ...peer, vote, recvset: new Map(), decideAt: null };
    next = { ...state, round: theirs.electionEpoch, peer: looking };
    notifyVoters(next, looking, out);
  } else if (compareVotes(theirs, peer.vote) > 0) {
    looking = { ...peer, vote: voteOf(theirs), decideAt: null };
    next = withPeer(state, looking);
    notifyVoters(next, looking, out);
  }
  return consider(next, record(next, looking, from, theirs), now, out);
}

function voteOf({ leader, zxid, peerEpoch }: Vote): Vote {
  return { leader, zxid, peerEpoch };
}

function sameVote(a: Vote, b: Vote): boolean {
  return compareVotes(a, b) === 0;
}

/** `from`'s vote in recvset, and the own one as it is now. */
function record(state: CoreState, peer: Looking, from: Sid, theirs: Vote): Looking {
  const recvset = new Map(peer.recvset);
  const { sid } = state.config;
  if (isVoter(state.quorum, sid)) recvset.set(sid, peer.vote);
  recvset.set(from, voteOf(theirs));
  return { ...peer, recvset };
}

/** Decides at once if all voters agree, waits for better votes if a quorum does. */
function consider(state: CoreState, peer: Looking, now: Millis, out: CoreEffect[]): CoreState {
  let agree = 0;
  for (const vote of peer.recvset.values()) if (sameVote(vote, peer.vote)) agree++;
  if (agree === state.quorum.voters.length) return decide(state, peer.vote, now, out);
  const waits = agree >= state.quorum.majority;
  const decideAt = waits ? (peer.decideAt ?? now + state.config.finalizeWait) : null;
  return withPeer(state, { ...peer, decideAt });
}

/** From a server that follows or leads: it may be that there is a leader already. */
function fromDecided(
  state: CoreState,
  peer: Looking,
  from: Sid,
  theirs: Notification,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  const outOfElection = new Map(peer.outOfElection).set(from, theirs);
  const looking = { ...peer, outOfElection };
  if (isLed(state, outOfElection, theirs.leader)) {
    const next = { ...state, round: theirs.electionEpoch };
    return startFollowing(next, voteOf(theirs), now, out);
  }
  if (theirs.electionEpoch !== state.round) return withPeer(state, looking);
  return consider(state, record(state, looking, from, theirs), now, out);
}

/**
 * A quorum has decided for `leader`, another server, which says so too. On which votes and in which
 * rounds does not matter: they may differ, and a newcomer would wait for ever if it did (Apache
 * compares peerEpoch too, which is why `decidedVote` raises it).
 */
function isLed(
  state: CoreState,
  outOfElection: ReadonlyMap<Sid, Notification>,
  leader: Sid,
): boolean {
  if (leader === state.config.sid) return false;
  if (outOfElection.get(leader)?.state !== 'LEADING') return false;
  let agree = 0;
  for (const other of outOfElection.values()) if (other.leader === leader) agree++;
  return agree >= state.quorum.majority;
}

function decide(state: CoreState, vote: Vote, now: Millis, out: CoreEffect[]): CoreState {
  const leads = vote.leader === state.config.sid;
  return (leads ? startLeading : startFollowing)(state, vote, now, out);
}

/**
 * The wait for better votes is over.
 *
 * Before: LOOKING; a quorum of recvset holds the own vote. After: LEADING, FOLLOWING or OBSERVING, in
 * DISCOVERY. Effects: those of starting to lead or to follow.
 * @spec Election!DecideLeader
 */
export function decideLeader(
  state: CoreState,
  peer: Looking,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  return decide(state, peer.vote, now, out);
}

/**
 * Nobody agreed for a while: says the vote again, and waits twice as long.
 *
 * Before and after: LOOKING. Effects: `notify` to each other voter.
 * @spec Election!ResendNotifications
 */
export function resendNotifications(
  state: CoreState,
  peer: Looking,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  notifyVoters(state, peer, out);
  const resendAfter = Math.min(2 * peer.resendAfter, RESEND_GROWTH_MAX * state.config.finalizeWait);
  return withPeer(state, { ...peer, resendAfter, resendAt: now + resendAfter });
}
