/**
 * The core of one server as a pure function: `reduce(state, event)` gives the next state and the
 * effects, in the order in which they must be carried out. It reads no clock, blocks on nothing and
 * throws for nothing that a peer sent; it throws when its own side breaks a promise (an event
 * `start` twice, a proposal with a wrong zxid, a ticket that was never given out).
 */
import { match } from 'ts-pattern';
import {
  awaitSync,
  followerProcessCOMMIT,
  followerProcessPROPOSAL,
  leaderProcessACK,
  leaderPropose,
  observerProcessINFORM,
} from './broadcast.js';
import { emptyList } from './chunked.js';
import { plan } from './classify.js';
import {
  dialAgain,
  followerConnect,
  followerProcessLEADERINFO,
  followerRedial,
  leaderProcessACKEPOCH,
  leaderProcessFOLLOWERINFO,
} from './discovery.js';
import type { CoreEffect } from './effect.js';
import { decideLeader, receiveNotification, resendNotifications } from './election.js';
import type { CoreConfig, CoreEvent } from './event.js';
import { followerShutdown, leaderCloseConnection, leaderShutdown, restart } from './faults.js';
import { acceptLearner, pingLearners } from './handlers.js';
import { emptyHistory } from './history.js';
import type { Millis, PeerConn } from './ids.js';
import { persisted } from './persisted.js';
import { majorityOf } from './quorum.js';
import { report } from './report.js';
import { standalonePropose } from './standalone.js';
import type { CoreState } from './state.js';
import { isLearner, withPeer, zabStateOf } from './state.js';
import type { Plan } from './step.js';
import {
  followerProcessCOMMITInSync,
  followerProcessNEWLEADER,
  followerProcessPROPOSALInSync,
  followerProcessUPTODATE,
  keepAside,
  leaderProcessACKNEWLEADER,
} from './synchronization.js';
import { ZXID_ZERO } from './zxid.js';

/** A server that has not started: the only event that it takes is `start`. */
export function initialState(config: CoreConfig): CoreState {
  return {
    config,
    quorum: majorityOf(config.standalone ? [config.sid] : config.voters),
    epochs: { accepted: 0, current: 0, durableAccepted: 0, durableCurrent: 0 },
    round: 0,
    log: {
      history: emptyHistory(ZXID_ZERO),
      lastCommitted: ZXID_ZERO,
      committed: 0,
      uninstalled: null,
      queue: emptyList(),
      nextTicket: 1,
    },
    peer: { state: 'DOWN' },
    reported: null,
    deadline: null,
  };
}

/** One step: the next state and what it asks of the world. Its name: `classify(state, event)`. */
export function reduce(
  state: CoreState,
  event: CoreEvent,
): readonly [CoreState, readonly CoreEffect[]] {
  const out: CoreEffect[] = [];
  const heard = event.type === 'packet' ? hear(state, event.conn, event.now) : state;
  return [carryOut(heard, plan(heard, event), event, out), out];
}

/** Any packet shows that the other side is alive. */
function hear(state: CoreState, conn: PeerConn, now: Millis): CoreState {
  const { peer } = state;
  if (peer.state === 'LEADING') {
    const place = peer.handlers.findIndex((handler) => handler.conn === conn);
    const handler = peer.handlers[place];
    if (handler === undefined || handler.heardAt === now) return state;
    const handlers = peer.handlers.slice();
    handlers[place] = { ...handler, heardAt: now };
    return withPeer(state, { ...peer, handlers });
  }
  if (!isLearner(peer) || peer.conn !== conn || peer.zab === 'DISCOVERY') return state;
  return peer.heardAt === now ? state : withPeer(state, { ...peer, heardAt: now });
}

/** The steps of every transaction, and those that change neither role nor deadline. */
function carryOut(state: CoreState, step: Plan, event: CoreEvent, out: CoreEffect[]): CoreState {
  switch (step.step) {
    case 'Ignore':
      return state;
    case 'LeaderPropose':
      if (step.peer.state === 'STANDALONE') return standalonePropose(state, step.txn, out);
      return leaderPropose(state, step.peer, step.txn, out);
    case 'LeaderProcessACK':
      return leaderProcessACK(state, step.peer, step.handler, step.zxid, out);
    case 'LeaderPersistLog':
    case 'FollowerPersistLog': {
      // The answer may cover other writes behind the appends, which lead on to another phase.
      const next = persisted(state, step.ticket, out);
      return zabStateOf(next) === zabStateOf(state) ? next : report(next, out);
    }
    case 'FollowerProcessPROPOSAL':
      return followerProcessPROPOSAL(state, step.peer, step.txn, out);
    case 'FollowerProcessCOMMIT':
      return followerProcessCOMMIT(state, step.zxid, out);
    case 'ObserverProcessINFORM':
      return observerProcessINFORM(state, step.peer, step.txn, out);
    case 'FollowerProcessPROPOSALInSync':
      return followerProcessPROPOSALInSync(state, step.peer, step.txn, out);
    case 'FollowerProcessCOMMITInSync':
      return followerProcessCOMMITInSync(state, step.peer, step.zxid);
    case 'KeepAside':
      return keepAside(state, step.peer, step.kept);
    case 'AwaitSync':
      return awaitSync(state, step.peer, step.conn, step.packet, out);
    case 'Relay':
      out.push(step.effect);
      return state;
    case 'Refuse':
      out.push({ type: 'close', conn: step.conn, reason: step.reason });
      return state;
    default:
      return report(changePhase(rearmed(state, event), step, out), out);
  }
}

/** A tick has used the deadline up: it is asked for anew even if it is the same. */
function rearmed(state: CoreState, event: CoreEvent): CoreState {
  return event.type === 'tick' ? { ...state, deadline: null } : state;
}

type PhasePlan = Exclude<
  Plan,
  {
    readonly step:
      | 'Ignore'
      | 'LeaderPropose'
      | 'LeaderProcessACK'
      | 'LeaderPersistLog'
      | 'FollowerPersistLog'
      | 'FollowerProcessPROPOSAL'
      | 'FollowerProcessCOMMIT'
      | 'ObserverProcessINFORM'
      | 'FollowerProcessPROPOSALInSync'
      | 'FollowerProcessCOMMITInSync'
      | 'KeepAside'
      | 'AwaitSync'
      | 'Relay'
      | 'Refuse';
  }
>;

/** The steps that lead from phase to phase, and those of time and connections. */
function changePhase(state: CoreState, step: PhasePlan, out: CoreEffect[]): CoreState {
  return match(step)
    .with({ step: 'Wait' }, () => state)
    .with({ step: 'Restart' }, (p) => restart(state, p.disk, p.now, out))
    .with({ step: 'ReceiveNotification' }, (p) =>
      receiveNotification(state, p.from, p.notification, p.now, out),
    )
    .with({ step: 'DecideLeader' }, (p) => decideLeader(state, p.peer, p.now, out))
    .with({ step: 'ResendNotifications' }, (p) => resendNotifications(state, p.peer, p.now, out))
    .with({ step: 'FollowerConnect' }, (p) => followerConnect(state, p.peer, p.conn, out))
    .with({ step: 'FollowerRedial' }, (p) => followerRedial(state, p.peer, p.now))
    .with({ step: 'Dial' }, (p) => dialAgain(state, p.peer, out))
    .with({ step: 'Accept' }, (p) => acceptLearner(state, p.peer, p.conn, p.now))
    .with({ step: 'LeaderProcessFOLLOWERINFO' }, (p) =>
      leaderProcessFOLLOWERINFO(state, p.peer, p.handler, p.info, out),
    )
    .with({ step: 'FollowerProcessLEADERINFO' }, (p) =>
      p.epoch < state.epochs.accepted
        ? followerShutdown(state, p.peer, `epoch ${p.epoch} is over`, p.now, out)
        : followerProcessLEADERINFO(state, p.peer, p.conn, p.epoch, p.now, out),
    )
    .with({ step: 'LeaderProcessACKEPOCH' }, (p) =>
      leaderProcessACKEPOCH(state, p.peer, p.handler, p.ack, out),
    )
    .with(
      { step: 'LeaderPersistAcceptedEpoch' },
      { step: 'FollowerPersistAcceptedEpoch' },
      { step: 'LeaderPersistCurrentEpoch' },
      { step: 'FollowerPersistCurrentEpoch' },
      (p) => persisted(state, p.ticket, out),
    )
    .with({ step: 'FollowerProcessNEWLEADER' }, (p) =>
      followerProcessNEWLEADER(state, p.peer, p.kept, out),
    )
    .with({ step: 'LeaderProcessACKNEWLEADER' }, (p) =>
      leaderProcessACKNEWLEADER(state, p.peer, p.handler, out),
    )
    .with({ step: 'FollowerProcessUPTODATE' }, (p) => followerProcessUPTODATE(state, p.peer, out))
    .with({ step: 'LeaderCloseConnection' }, { step: 'DropConnection' }, (p) =>
      leaderCloseConnection(state, p.peer, p.handler, p.reason, out),
    )
    .with({ step: 'LeaderShutdown' }, (p) => leaderShutdown(state, p.peer, p.reason, p.now, out))
    .with({ step: 'FollowerShutdown' }, (p) =>
      followerShutdown(state, p.peer, p.reason, p.now, out),
    )
    .with({ step: 'Ping' }, (p) => pingLearners(state, p.peer, p.now, out))
    .exhaustive();
}
