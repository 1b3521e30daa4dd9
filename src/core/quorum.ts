/**
 * The quorum verifier: majority of the voting members (Apache: `QuorumMaj`). Observers never count.
 */
import type { Sid } from './ids.js';
import type { Zxid } from './zxid.js';
import { ZXID_ZERO } from './zxid.js';

export interface Quorum {
  readonly voters: readonly Sid[];
  /** Place of each voter in `voters`, and in arrays beside it such as a leader's acknowledgements. */
  readonly places: ReadonlyMap<Sid, number>;
  /** Least number of voters that is a quorum. */
  readonly majority: number;
}

/** The majority quorum of `voters`, which must be distinct and not empty. */
export function majorityOf(voters: readonly Sid[]): Quorum {
  const places = new Map(voters.map((sid, place) => [sid, place]));
  if (voters.length === 0 || places.size !== voters.length) {
    throw new Error(`voters must be distinct and at least one: ${voters.join(', ')}`);
  }
  return { voters, places, majority: Math.floor(voters.length / 2) + 1 };
}

export function isVoter(quorum: Quorum, sid: Sid): boolean {
  return quorum.places.has(sid);
}

/** True if the voters among `sids` are a quorum. */
export function containsQuorum(quorum: Quorum, sids: ReadonlySet<Sid>): boolean {
  let count = 0;
  for (const sid of quorum.voters) if (sids.has(sid)) count++;
  return count >= quorum.majority;
}

/** The largest zxid that a quorum has reached, `acked` being each voter's newest; 0 if none. */
export function quorumZxid(quorum: Quorum, acked: readonly Zxid[]): Zxid {
  let best = ZXID_ZERO;
  for (const candidate of acked) {
    if (candidate <= best) continue;
    let count = 0;
    for (const other of acked) if (other >= candidate) count++;
    if (count >= quorum.majority) best = candidate;
  }
  return best;
}
