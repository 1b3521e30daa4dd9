/** Votes and notifications of fast leader election (Apache: `Vote`, `FastLeaderElection`). */
import type { Sid } from './ids.js';
import type { Zxid } from './zxid.js';

export type ServerState = 'LOOKING' | 'FOLLOWING' | 'LEADING' | 'OBSERVING';

/** What a server proposes as leader: the order is (peerEpoch, zxid, leader). */
export interface Vote {
  readonly leader: Sid;
  /** Last zxid in the proposed leader's log. */
  readonly zxid: Zxid;
  /** The proposed leader's currentEpoch. */
  readonly peerEpoch: number;
}

/** One message of the election port, without the sender's sid. */
export interface Notification extends Vote {
  /** The sender's state. */
  readonly state: ServerState;
  /** The sender's logical clock (round). */
  readonly electionEpoch: number;
}

/** Positive if `a` beats `b`, 0 if equal: peerEpoch first, then zxid, then sid (total order). */
export function compareVotes(a: Vote, b: Vote): number {
  return a.peerEpoch - b.peerEpoch || a.zxid - b.zxid || a.leader - b.leader;
}
