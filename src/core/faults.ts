/**
 * Starting, losing connections and giving up (spec module Faults; Apache: `QuorumPeer.run`,
 * `Leader.shutdown`, `Follower.followLeader`).
 *
 * A crash is no step: the memory is gone, and any prefix of the disk queue may have been written.
 */
import { emptyList } from './chunked.js';
import type { CoreEffect } from './effect.js';
import { lookForLeader } from './election.js';
import type { DiskContent } from './event.js';
import { forget } from './handlers.js';
import { historyOf } from './history.js';
import type { Millis } from './ids.js';
import { startStandalone } from './standalone.js';
import type { CoreState, Handler, Leader, Learner } from './state.js';

/**
 * The process has started and read its disk.
 *
 * Before: DOWN. After: LOOKING; history is the durable log, nothing after the snapshot is committed,
 * as the server does not know how far a quorum got. Standalone: established, all of it delivered.
 * Effects: those of looking for a leader; standalone: `deliver` for each entry of the log.
 * @spec Faults!Restart
 */
export function restart(
  state: CoreState,
  disk: DiskContent,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  const { acceptedEpoch, currentEpoch, snapshotZxid, log } = disk;
  const started: CoreState = {
    ...state,
    epochs: {
      accepted: acceptedEpoch,
      current: currentEpoch,
      durableAccepted: acceptedEpoch,
      durableCurrent: currentEpoch,
    },
    log: {
      history: historyOf(snapshotZxid, log),
      lastCommitted: snapshotZxid,
      committed: 0,
      uninstalled: null,
      queue: emptyList(),
      nextTicket: 1,
    },
  };
  if (state.config.standalone) return startStandalone(started, out);
  return lookForLeader(started, now, out);
}

/**
 * A learner's connection is over: it ended, or this side ends it.
 *
 * Before: LEADING, the connection is known. After: it is forgotten; what its learner acknowledged
 * still counts, as what it has on disk stays there.
 * Effects: `close` if this side ends it, `learnerGone`.
 * @spec Faults!LeaderCloseConnection
 */
export function leaderCloseConnection(
  state: CoreState,
  peer: Leader,
  handler: Handler,
  reason: string | null,
  out: CoreEffect[],
): CoreState {
  return { ...state, peer: forget(peer, handler, reason, out) };
}

/**
 * A leader gives up: not established within initLimit, no quorum heard of within syncLimit, or its
 * epoch has no counter left.
 *
 * Before: LEADING. After: LOOKING; history, disk queue and lastCommitted as they were.
 * Effects: `close` and `learnerGone` for every connection, then those of looking for a leader.
 * @spec Faults!LeaderShutdown
 */
export function leaderShutdown(
  state: CoreState,
  peer: Leader,
  reason: string,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  for (const handler of peer.handlers) forget(peer, handler, reason, out);
  return lookForLeader(state, now, out);
}

/**
 * A learner gives its leader up: the connection is over, silent, or brought what must not come.
 *
 * Before: FOLLOWING or OBSERVING. After: LOOKING; history, disk queue and lastCommitted as they were.
 * Effects: `close` if this side ends it, then those of looking for a leader.
 * @spec Faults!FollowerShutdown
 */
export function followerShutdown(
  state: CoreState,
  peer: Learner,
  reason: string | null,
  now: Millis,
  out: CoreEffect[],
): CoreState {
  if (peer.conn !== null && reason !== null) out.push({ type: 'close', conn: peer.conn, reason });
  return lookForLeader(state, now, out);
}
