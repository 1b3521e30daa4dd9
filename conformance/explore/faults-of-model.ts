/**
 * Which steps count as a failure: the specification asks for leave (MayDisconnect, MayTimeOut) and counts
 * where a connection or a timeout fails though nothing forces it to. These are the guards of
 * spec/Faults.tla and Discovery.tla that decide it; they are bounds, not protocol.
 */
import type { ModelState } from './model-state.js';

/** Both ends open, and the leader has read who it is. */
export function isLive(model: ModelState, learner: number, leader: number): boolean {
  return model.live.includes(`${learner}-${leader}`);
}

/** The learner dialled the leader, which has not read its FOLLOWERINFO yet. */
export function isDialled(model: ModelState, learner: number, leader: number): boolean {
  const server = model.servers[learner - 1]!;
  const first = model.msgs[learner - 1]![leader - 1]![0] ?? '';
  if (server.link !== leader || isLive(model, learner, leader)) return false;
  return first.startsWith('FOLLOWERINFO') || first.startsWith('OBSERVERINFO');
}

/** A learner's leader is gone for it: its end closed, or it cannot be reached. */
export function leaderIsGone(model: ModelState, learner: number): boolean {
  const server = model.servers[learner - 1]!;
  const leader = server.leaderOf;
  const leads = model.servers[leader - 1]!.state === 'LEADING';
  if (server.link === 0) return !leads;
  if (isLive(model, learner, leader)) return false;
  return !(isDialled(model, learner, leader) && leads);
}

/** True if a leader has reason to give up: no quorum is with it, or nothing can come any more. */
export function mayGiveUpFreely(
  model: ModelState,
  leader: number,
  observers: readonly number[],
): boolean {
  const { servers, msgs } = model;
  const self = servers[leader - 1]!;
  let voters = 0;
  let backers = 0;
  let stuck = self.zabState !== 'BROADCAST' && self.diskQueue.length === 0;
  servers.forEach((server, i) => {
    const sid = i + 1;
    const votes = !observers.includes(sid);
    if (votes) voters++;
    if (sid === leader) {
      if (votes) backers++;
      return;
    }
    const follows = server.leaderOf === leader;
    const live = isLive(model, sid, leader);
    const onTheWay = server.zabState === 'DISCOVERY' || live;
    if (votes && server.state === 'FOLLOWING' && follows && onTheWay) backers++;
    if (!follows) return;
    const silent = msgs[i]![leader - 1]!.length === 0 && msgs[leader - 1]![i]!.length === 0;
    if (!live || !silent || server.diskQueue.length > 0) stuck = false;
  });
  return backers * 2 <= voters || stuck;
}
