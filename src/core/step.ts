/**
 * The names of the reducer's steps and what each step needs: a `Plan` is the decision which step an
 * event leads to, with the parts of state and event that the decision rests on. `reduce` carries a
 * plan out and `classify` reads its name, so the name cannot lie.
 */
import type { CoreEffect } from './effect.js';
import type { DiskContent } from './event.js';
import type { Millis, PeerConn, Sid } from './ids.js';
import type { AckEpoch, LearnerInfo, SyncPacket } from './message.js';
import type {
  Handler,
  Kept,
  Leader,
  LeaderBroadcast,
  Learner,
  LearnerBroadcast,
  LearnerDiscovery,
  LearnerSync,
  Looking,
  Standalone,
} from './state.js';
import type { Txn } from './txn.js';
import type { Notification } from './vote.js';
import type { Zxid } from './zxid.js';

/** Steps that are actions of the specification, by its modules. */
export const STEP_MODULES = {
  Election: ['ReceiveNotification', 'DecideLeader', 'ResendNotifications'],
  Discovery: [
    'FollowerConnect',
    'LeaderProcessFOLLOWERINFO',
    'LeaderPersistAcceptedEpoch',
    'FollowerProcessLEADERINFO',
    'FollowerPersistAcceptedEpoch',
    'LeaderProcessACKEPOCH',
    'LeaderPersistCurrentEpoch',
  ],
  Synchronization: [
    'FollowerProcessNEWLEADER',
    'FollowerPersistLog',
    'FollowerPersistCurrentEpoch',
    'LeaderProcessACKNEWLEADER',
    'FollowerProcessPROPOSALInSync',
    'FollowerProcessCOMMITInSync',
    'FollowerProcessUPTODATE',
  ],
  Broadcast: [
    'LeaderPropose',
    'LeaderPersistLog',
    'FollowerProcessPROPOSAL',
    'LeaderProcessACK',
    'FollowerProcessCOMMIT',
    'ObserverProcessINFORM',
  ],
  Faults: ['Restart', 'LeaderCloseConnection', 'LeaderShutdown', 'FollowerShutdown'],
} as const;

export type StepName = (typeof STEP_MODULES)[keyof typeof STEP_MODULES][number];

/** Every name that `classify` can give, in the order of the protocol. */
export const STEP_NAMES: readonly StepName[] = Object.values(STEP_MODULES).flat();

/** Steps that change none of the specification's variables. */
export const INVISIBLE_STEPS = [
  'Ignore',
  'Wait',
  'Refuse',
  'Accept',
  'DropConnection',
  'FollowerRedial',
  'Dial',
  'KeepAside',
  'Ping',
  'Relay',
  'AwaitSync',
] as const;

export type InvisibleStep = (typeof INVISIBLE_STEPS)[number];

/** What an event leads to in a state. `reason` null: the connection is closed already. */
export type Plan =
  | {
      readonly step: 'ReceiveNotification';
      readonly from: Sid;
      readonly notification: Notification;
      readonly now: Millis;
    }
  | {
      readonly step: 'DecideLeader' | 'ResendNotifications';
      readonly peer: Looking;
      readonly now: Millis;
    }
  | {
      readonly step: 'FollowerConnect';
      readonly peer: LearnerDiscovery;
      readonly conn: PeerConn;
    }
  | {
      readonly step: 'LeaderProcessFOLLOWERINFO';
      readonly peer: Leader;
      readonly handler: Handler;
      readonly info: LearnerInfo;
    }
  | {
      readonly step: 'FollowerProcessLEADERINFO';
      readonly peer: LearnerDiscovery;
      readonly conn: PeerConn;
      readonly epoch: number;
      readonly now: Millis;
    }
  | {
      readonly step: 'LeaderProcessACKEPOCH';
      readonly peer: Leader;
      readonly handler: Handler;
      readonly ack: AckEpoch;
    }
  | {
      readonly step:
        | 'LeaderPersistAcceptedEpoch'
        | 'LeaderPersistCurrentEpoch'
        | 'FollowerPersistAcceptedEpoch'
        | 'FollowerPersistCurrentEpoch';
      readonly ticket: number;
    }
  | { readonly step: 'LeaderPersistLog' | 'FollowerPersistLog'; readonly ticket: number }
  | {
      readonly step: 'FollowerProcessNEWLEADER';
      readonly peer: LearnerSync;
      readonly kept: Kept;
    }
  | { readonly step: 'LeaderProcessACKNEWLEADER'; readonly peer: Leader; readonly handler: Handler }
  | {
      readonly step: 'FollowerProcessPROPOSALInSync';
      readonly peer: LearnerSync;
      readonly txn: Txn;
    }
  | {
      readonly step: 'FollowerProcessCOMMITInSync';
      readonly peer: LearnerSync;
      readonly zxid: Zxid;
    }
  | { readonly step: 'FollowerProcessUPTODATE'; readonly peer: LearnerSync }
  | {
      readonly step: 'LeaderPropose';
      readonly peer: LeaderBroadcast | Standalone;
      readonly txn: Txn;
    }
  | { readonly step: 'FollowerProcessPROPOSAL'; readonly peer: LearnerBroadcast; readonly txn: Txn }
  | {
      readonly step: 'LeaderProcessACK';
      readonly peer: LeaderBroadcast;
      readonly handler: Handler;
      readonly zxid: Zxid;
    }
  | { readonly step: 'FollowerProcessCOMMIT'; readonly zxid: Zxid }
  | {
      readonly step: 'ObserverProcessINFORM';
      readonly peer: LearnerSync | LearnerBroadcast;
      readonly txn: Txn;
    }
  | { readonly step: 'Restart'; readonly disk: DiskContent; readonly now: Millis }
  | {
      readonly step: 'LeaderCloseConnection' | 'DropConnection';
      readonly peer: Leader;
      readonly handler: Handler;
      readonly reason: string | null;
    }
  | {
      readonly step: 'LeaderShutdown';
      readonly peer: Leader;
      readonly reason: string;
      readonly now: Millis;
    }
  | {
      readonly step: 'FollowerShutdown';
      readonly peer: Learner;
      readonly reason: string | null;
      readonly now: Millis;
    }
  | { readonly step: 'Ignore' }
  | { readonly step: 'Wait' }
  | { readonly step: 'Refuse'; readonly conn: PeerConn; readonly reason: string }
  | {
      readonly step: 'Accept';
      readonly peer: Leader;
      readonly conn: PeerConn;
      readonly now: Millis;
    }
  | {
      readonly step: 'FollowerRedial' | 'Dial';
      readonly peer: LearnerDiscovery;
      readonly now: Millis;
    }
  | { readonly step: 'KeepAside'; readonly peer: LearnerSync; readonly kept: Kept }
  | { readonly step: 'Ping'; readonly peer: Leader; readonly now: Millis }
  | { readonly step: 'Relay'; readonly effect: CoreEffect }
  | {
      readonly step: 'AwaitSync';
      readonly peer: LeaderBroadcast | Standalone;
      readonly conn: PeerConn | null;
      readonly packet: SyncPacket;
    };

/** Nothing to do. */
export const IGNORE: Plan = { step: 'Ignore' };
