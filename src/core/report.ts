/**
 * What the outside is told about a server after a step: its role, if it changed, and its next
 * deadline. Steps of the hot path change neither and do not come here.
 */
import type { CoreEffect, Role } from './effect.js';
import type { Millis } from './ids.js';
import { silenceLimit } from './plan-leader.js';
import type { CoreState, Leader, Learner } from './state.js';
import { initTimeout, syncTimeout } from './state.js';

/** Adds `role` and `deadline` effects where they changed, after the effects of the step. */
export function report(state: CoreState, out: CoreEffect[]): CoreState {
  const role = roleOf(state);
  const deadline = deadlineOf(state);
  const sameRole = state.reported !== null && role !== null && equalRoles(state.reported, role);
  if (role !== null && !sameRole) out.push({ type: 'role', role });
  if (deadline !== state.deadline) out.push({ type: 'deadline', at: deadline });
  return { ...state, reported: sameRole ? state.reported : role, deadline };
}

function equalRoles(a: Role, b: Role): boolean {
  return (
    a.kind === b.kind && a.serving === b.serving && a.epoch === b.epoch && a.leader === b.leader
  );
}

/** Where this server stands for its clients; null before it has started. */
export function roleOf(state: CoreState): Role | null {
  const { peer, config } = state;
  const lastZxid = state.log.history.last;
  switch (peer.state) {
    case 'DOWN':
      return null;
    case 'LOOKING':
      return { kind: 'looking', serving: false, epoch: 0, lastZxid, leader: null };
    case 'STANDALONE':
      return { kind: 'leading', serving: true, epoch: 0, lastZxid, leader: config.sid };
    default: {
      const serving = peer.zab === 'BROADCAST';
      const kind = KINDS[peer.state];
      const epoch = peer.zab === 'BROADCAST' ? peer.epoch : 0;
      return { kind, serving, epoch, lastZxid, leader: peer.vote.leader };
    }
  }
}

const KINDS = { LEADING: 'leading', FOLLOWING: 'following', OBSERVING: 'observing' } as const;

/** When this server must hear of time again at the latest; null: never. */
export function deadlineOf(state: CoreState): Millis | null {
  const { peer } = state;
  switch (peer.state) {
    case 'DOWN':
    case 'STANDALONE':
      return null;
    case 'LOOKING':
      return Math.min(peer.decideAt ?? Infinity, peer.resendAt);
    case 'LEADING':
      return leaderDeadline(state, peer);
    default:
      return learnerDeadline(state, peer);
  }
}

function leaderDeadline(state: CoreState, peer: Leader): Millis {
  let at = peer.pingAt;
  if (peer.zab !== 'BROADCAST') at = Math.min(at, peer.startedAt + initTimeout(state.config));
  for (const handler of peer.handlers) {
    at = Math.min(at, handler.heardAt + silenceLimit(state, handler));
  }
  return at;
}

/** The silence of a leader is noticed late rather than re-armed for every packet. */
function learnerDeadline(state: CoreState, peer: Learner): Millis {
  const { config } = state;
  const limit = peer.zab === 'BROADCAST' ? syncTimeout(config) : initTimeout(config);
  const silentAt = peer.heardAt + limit;
  if (peer.zab !== 'DISCOVERY' || peer.redialAt === null) return silentAt;
  return Math.min(silentAt, peer.redialAt);
}
