/**
 * Which step an event leads to: `plan` decides it, `classify` gives the decision's name.
 *
 * Every guard of the protocol that looks at one server's state stands here, in `plan-learner.ts` and
 * in `plan-leader.ts`; the reducers carry out what was decided. What a peer sent is never trusted: a
 * packet that must not come plans the end of its connection.
 */
import type { CoreEvent } from './event.js';
import { at } from './chunked.js';
import { handlerOf } from './handlers.js';
import { acceptConnection, leaderConnection, leaderPacket, leaderTick } from './plan-leader.js';
import { learnerPacket, learnerTick, planRedial } from './plan-learner.js';
import type { CoreState, Looking } from './state.js';
import { isLearner } from './state.js';
import type { InvisibleStep, Plan, StepName } from './step.js';
import { IGNORE, INVISIBLE_STEPS } from './step.js';
import type { Txn } from './txn.js';
import { COUNTER_MAX, counterOf } from './zxid.js';

export type { StepName } from './step.js';
export { STEP_NAMES } from './step.js';

const INVISIBLE: ReadonlySet<string> = new Set<InvisibleStep>(INVISIBLE_STEPS);

/**
 * The name of the step that `reduce(state, event)` takes, as in docs/architecture.md and in the
 * specification; null if the step changes none of the specification's variables.
 */
export function classify(state: CoreState, event: CoreEvent): StepName | null {
  const { step } = plan(state, event);
  return isVisible(step) ? step : null;
}

function isVisible(step: StepName | InvisibleStep): step is StepName {
  return !INVISIBLE.has(step);
}

/** The step that `event` leads to in `state`, with what it rests on. */
export function plan(state: CoreState, event: CoreEvent): Plan {
  const { peer } = state;
  switch (event.type) {
    case 'packet':
      if (peer.state === 'LEADING') return leaderPacket(state, peer, event);
      if (isLearner(peer)) return learnerPacket(state, peer, event);
      return IGNORE;
    case 'persisted':
      return planPersisted(state, event.ticket);
    case 'propose':
      return planPropose(state, event.txn);
    case 'tick':
      return planTick(state, event.now);
    case 'notification':
      if (peer.state === 'DOWN' || peer.state === 'STANDALONE') return IGNORE;
      return { ...event, step: 'ReceiveNotification' };
    case 'start':
      if (peer.state !== 'DOWN') throw new Error('started twice');
      return { step: 'Restart', disk: event.disk, now: event.now };
    default:
      return planConnection(state, event);
  }
}

function planPersisted(state: CoreState, ticket: number): Plan {
  if (ticket >= state.log.nextTicket) {
    throw new Error(`persisted ${ticket}, which was not asked for`);
  }
  const head = at(state.log.queue, 0);
  if (head === undefined || ticket < head.ticket) return IGNORE;
  const leads = state.peer.state === 'LEADING' || state.peer.state === 'STANDALONE';
  switch (head.write.op) {
    case 'acceptedEpoch':
      return {
        step: leads ? 'LeaderPersistAcceptedEpoch' : 'FollowerPersistAcceptedEpoch',
        ticket,
      };
    case 'currentEpoch':
      return { step: leads ? 'LeaderPersistCurrentEpoch' : 'FollowerPersistCurrentEpoch', ticket };
    default:
      return { step: leads ? 'LeaderPersistLog' : 'FollowerPersistLog', ticket };
  }
}

/** A server layer that has not heard yet that it leads no more may still propose: dropped. */
function planPropose(state: CoreState, txn: Txn): Plan {
  const { peer } = state;
  if (peer.state === 'STANDALONE') return { step: 'LeaderPropose', peer, txn };
  if (peer.state !== 'LEADING' || peer.zab !== 'BROADCAST') return IGNORE;
  if (counterOf(txn.zxid) === COUNTER_MAX) {
    const now = peer.pingAt - state.config.tickTime / 2;
    return { step: 'LeaderShutdown', peer, reason: 'the counter of the epoch is used up', now };
  }
  return { step: 'LeaderPropose', peer, txn };
}

function planTick(state: CoreState, now: number): Plan {
  const { peer } = state;
  if (peer.state === 'LEADING') return leaderTick(state, peer, now);
  if (isLearner(peer)) return learnerTick(state, peer, now);
  return peer.state === 'LOOKING' ? electionTick(peer, now) : { step: 'Wait' };
}

function electionTick(peer: Looking, now: number): Plan {
  if (peer.decideAt !== null && now >= peer.decideAt) return { step: 'DecideLeader', peer, now };
  if (now >= peer.resendAt) return { step: 'ResendNotifications', peer, now };
  return { step: 'Wait' };
}

type ConnectionEvent = Exclude<
  CoreEvent,
  { readonly type: 'packet' | 'persisted' | 'propose' | 'tick' | 'notification' | 'start' }
>;

/** Connections, and what the server layer asks for. */
function planConnection(state: CoreState, event: ConnectionEvent): Plan {
  const { peer } = state;
  switch (event.type) {
    case 'opened':
      if (event.as === 'leader') return acceptConnection(peer, event.conn, event.now);
      if (!isLearner(peer) || peer.zab !== 'DISCOVERY' || !peer.dialling) {
        return { step: 'Refuse', conn: event.conn, reason: 'not wanted any more' };
      }
      return { step: 'FollowerConnect', peer, conn: event.conn };
    case 'dialFailed':
      if (!isLearner(peer) || peer.zab !== 'DISCOVERY') return IGNORE;
      if (!peer.dialling || peer.vote.leader !== event.sid) return IGNORE;
      return planRedial(peer, event.now);
    case 'closed': {
      if (peer.state === 'LEADING') return leaderConnection(peer, event.conn, null);
      if (!isLearner(peer) || peer.conn !== event.conn) return IGNORE;
      if (peer.zab === 'DISCOVERY') return planRedial(peer, event.now);
      return { step: 'FollowerShutdown', peer, reason: null, now: event.now };
    }
    case 'forward':
    case 'pong': {
      if (!isLearner(peer) || peer.zab !== 'BROADCAST') return IGNORE;
      const packet =
        event.type === 'forward'
          ? event.packet
          : { type: 'PING' as const, zxid: state.log.history.last, sessions: event.sessions };
      return { step: 'Relay', effect: { type: 'send', conn: peer.conn, packet } };
    }
    case 'revalidated': {
      if (peer.state !== 'LEADING' || !handlerOf(peer, event.conn)) return IGNORE;
      return { step: 'Relay', effect: { type: 'send', conn: event.conn, packet: event.packet } };
    }
    case 'sync': {
      const { conn, packet } = event;
      if (peer.state === 'STANDALONE') return { step: 'AwaitSync', peer, conn, packet };
      if (peer.state !== 'LEADING' || peer.zab !== 'BROADCAST') return IGNORE;
      if (conn !== null && !handlerOf(peer, conn)) return IGNORE;
      return { step: 'AwaitSync', peer, conn, packet };
    }
    default:
      return event satisfies never;
  }
}
