/**
 * The election where a model has an oracle in its place: real election reducers are driven to the
 * oracle's decision, in one step.
 *
 * ElectLeader: the servers of a quorum, all of them looking, exchange their notifications among
 * themselves, nothing is lost, until each has decided. Whom they decide for is their own affair.
 * JoinLeader: a server that looks is told by the leader itself, and as if by every other voter, that they
 * follow it. (The specification lets a latecomer follow a leader whose followers may have gone since.)
 */
import type { Notification } from '../../src/core/vote.js';
import type { Sid } from '../../src/core/ids.js';
import { DECIDE_AT, RESEND_AT } from './canonical.js';
import type { Fed, World } from './world.js';
import { feed, mailKey, nodeOf } from './world.js';

function isLooking(world: World, sid: Sid): boolean {
  return nodeOf(world, sid).state?.peer.state === 'LOOKING';
}

/** Drops what is under way from or to servers that take no part. */
function amongOnly(world: World, sids: readonly Sid[]): World {
  const allowed = new Set(sids.flatMap((from) => sids.map((to) => mailKey(from, to))));
  return { ...world, mail: new Map([...world.mail].filter(([key]) => allowed.has(key))) };
}

/** Delivers election mail among `sids` until none is left. */
function exchange(start: Fed, sids: readonly Sid[]): Fed {
  let next: Fed = { ...start, world: amongOnly(start.world, sids) };
  for (let limit = 1000; limit > 0; limit--) {
    const first = [...next.world.mail][0];
    if (first === undefined) return next;
    const [key, notification] = first;
    const [from, to] = key.split('>').map(Number) as [Sid, Sid];
    const mail = new Map(next.world.mail);
    mail.delete(key);
    next = deliver({ ...next, world: { ...next.world, mail } }, from, to, notification);
    next = { ...next, world: amongOnly(next.world, sids) };
  }
  throw new Error(`an election among ${sids.join(', ')} that does not end`);
}

function deliver(fed: Fed, from: Sid, to: Sid, notification: Notification): Fed {
  return feed(fed, to, { type: 'notification', from, notification, now: 0 });
}

/** The servers of `sids`, all LOOKING, elect; null if they do not all decide for one of them. */
export function electAmong(
  world: World,
  sids: readonly Sid[],
): { readonly leader: Sid; readonly world: World } | null {
  let next: Fed = { world: { ...world, mail: new Map() }, steps: [] };
  for (const sid of sids) next = feed(next, sid, { type: 'tick', now: RESEND_AT });
  next = exchange(next, sids);
  for (const sid of sids) {
    if (!isLooking(next.world, sid)) continue;
    const { peer } = nodeOf(next.world, sid).state!;
    // With the times of this exchange, not canonical ones: what is due is `decideAt`.
    const due = peer.state === 'LOOKING' ? peer.decideAt : null;
    if (due === null) return null;
    next = feed(next, sid, { type: 'tick', now: Math.max(due, DECIDE_AT) });
  }
  const leaders = new Set(
    sids.map((sid) => {
      const { peer } = nodeOf(next.world, sid).state!;
      return 'vote' in peer && peer.state !== 'LOOKING' ? peer.vote.leader : null;
    }),
  );
  const [leader] = leaders;
  if (leaders.size !== 1 || leader === undefined || leader === null) return null;
  if (nodeOf(next.world, leader).state?.peer.state !== 'LEADING') return null;
  return { leader, world: next.world };
}

/** `sid` is told that `leader` leads; null if it does not follow then. */
export function join(world: World, sid: Sid, leader: Sid): World | null {
  const asked: Fed = { world: { ...world, mail: new Map() }, steps: [] };
  const { peer, round } = nodeOf(world, sid).state!;
  if (peer.state !== 'LOOKING') return null;
  const question = { ...peer.vote, state: 'LOOKING' as const, electionEpoch: round };
  const answered = deliver(asked, sid, leader, question);
  const answer = answered.world.mail.get(mailKey(leader, sid));
  if (answer === undefined) return null;
  let next = deliver(answered, leader, sid, answer);
  const { voters } = nodeOf(world, sid).config;
  const others = voters.filter((voter) => voter !== leader && voter !== sid);
  // Last, of two voters, what it said itself before it looked.
  for (const voter of [...others, ...voters.filter((v) => v === sid)]) {
    if (!isLooking(next.world, sid)) break;
    next = deliver(next, voter, sid, { ...answer, state: 'FOLLOWING' });
  }
  const after = nodeOf(next.world, sid).state!.peer;
  const follows = after.state === 'FOLLOWING' || after.state === 'OBSERVING';
  return follows && after.vote.leader === leader ? next.world : null;
}
