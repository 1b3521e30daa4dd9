/**
 * A server without an ensemble: the leader of a quorum of one that has no epochs. Its zxids count on
 * from the last, and what is durable is committed (Apache: `ZooKeeperServerMain`, whose
 * `SyncRequestProcessor` hands on what it flushed).
 */
import type { CoreEffect } from './effect.js';
import { answerSyncs, withoutSyncs } from './broadcast.js';
import { appendTxn, deliverUpTo, trimCommitted } from './log.js';
import type { CoreState, Standalone } from './state.js';
import { withLog, withPeer } from './state.js';
import type { Txn } from './txn.js';
import type { Zxid } from './zxid.js';

/** Everything on the disk was committed. Effects: `deliver` for each entry of the log. */
export function startStandalone(state: CoreState, out: CoreEffect[]): CoreState {
  const peer: Standalone = { state: 'STANDALONE', syncs: [] };
  return commitUpTo({ ...state, peer }, state.log.history.last, out);
}

/** A transaction to log; its zxid is the last + 1, or the reducer throws. Effects: `persist`. */
export function standalonePropose(state: CoreState, txn: Txn, out: CoreEffect[]): CoreState {
  const expected = state.log.history.last + 1;
  if (txn.zxid !== expected) throw new Error(`proposed ${txn.zxid}, expected ${expected}`);
  return withLog(state, appendTxn(state.log, txn, null, out));
}

/** The log is durable up to `zxid`. Effects: the deliveries, each before the syncs that waited for it. */
export function standalonePersistLog(
  state: CoreState,
  peer: Standalone,
  zxid: Zxid,
  out: CoreEffect[],
): CoreState {
  const next = commitUpTo(state, zxid, out, (txn) => answerSyncs(peer, txn.zxid, out));
  return peer.syncs.length === 0 ? next : withPeer(next, withoutSyncs(peer, zxid));
}

function commitUpTo(
  state: CoreState,
  zxid: Zxid,
  out: CoreEffect[],
  each?: (txn: Txn) => void,
): CoreState {
  const delivered = deliverUpTo(state.log, zxid, out, each);
  return withLog(state, trimCommitted(delivered, state.config.commitLogCount));
}
