/** Mutants of the reducers in `src/core`, proposals and commits: see `code.ts`. */
import type { CodeMutant } from './plant.js';

const SYNC = 'src/core/synchronization.js';
const BROADCAST = 'src/core/broadcast.js';
const QUORUM = 'src/core/quorum.js';

export const BROADCAST_MUTANTS: readonly CodeMutant[] = [
  {
    name: 'c12_ack_without_append',
    what: 'a proposal is acknowledged and never written',
    edits: [
      {
        file: BROADCAST,
        find: 'return withLog(state, appendTxn(state.log, txn, peer.conn, out));',
        replace: `out.push({ type: 'send', conn: peer.conn, packet: { type: 'ACK', zxid: txn.zxid } });
    return withLog(state, appendTxn(state.log, txn, null, []));`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'AcksAreDurable' }],
  },
  {
    name: 'c14_commit_without_quorum',
    what: 'one acknowledgement, the own one even, commits',
    edits: [{ file: QUORUM, find: 'if (count >= quorum.majority)', replace: 'if (count >= 1)' }],
    killers: [{ by: 'simulator', run: 'three', property: 'CommittedIsDurable' }],
  },
  {
    name: 'c15_quorum_is_no_majority',
    what: 'half of the voters, rounded down, are a quorum',
    edits: [
      {
        file: QUORUM,
        find: 'Math.floor(voters.length / 2) + 1',
        replace: 'Math.floor(voters.length / 2)',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'CommittedIsDurable' }],
  },
  {
    name: 'c18_propose_only_to_acknowledged',
    what: 'proposals go only to those that acknowledged NEWLEADER',
    edits: [
      {
        file: BROADCAST,
        find: 'if (handler.voting && isForwarding(handler))',
        replace: "if (handler.voting && isForwarding(handler) && handler.stage !== 'syncing')",
      },
    ],
    killers: [{ by: 'trace', run: 'LateJoiner' }],
  },
  {
    name: 'c20_commits_all_it_has',
    what: 'a COMMIT makes a follower deliver all that it has',
    edits: [
      {
        file: BROADCAST,
        find: 'const delivered = deliverUpTo(state.log, zxid, out);',
        replace: 'const delivered = deliverUpTo(state.log, state.log.history.last, out);',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'FollowsLeader' }],
  },
  {
    name: 'c23_old_acks_counted',
    what: 'what a follower had of older epochs counts as acknowledgement of the entries with the same counters',
    edits: [
      {
        file: SYNC,
        find: 'acked: state.quorum.voters.map(() => ZXID_ZERO),',
        replace: `acked: state.quorum.voters.map((voter) => {
            const old = peer.handlers.find(({ sid }) => sid === voter)?.lastZxid ?? ZXID_ZERO;
            return makeZxid(peer.epoch, counterOf(old));
        }),`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'CommittedIsDurable' }],
  },
  {
    name: 'c24_quorum_of_those_connected',
    what: 'a majority of those still connected commits, so that a leader alone goes on',
    edits: [
      {
        file: BROADCAST,
        find: 'const committed = quorumZxid(state.quorum, acked);',
        replace: `const majority = (1 + peer.handlers.filter(({ voting }) => voting).length) / 2;
    const committed = quorumZxid({ ...state.quorum, majority }, acked);`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'CommittedIsDurable' }],
  },
  {
    name: 'c40_sync_answered_early',
    what: 'a sync is answered before the commits that were pending when it came',
    edits: [
      {
        file: BROADCAST,
        find: 'if (after <= state.log.lastCommitted)',
        replace: 'if (true)',
      },
    ],
    killers: [
      { by: 'simulator', run: 'clients', property: 'SyncedReads' },
      {
        by: 'test',
        file: 'core/reduce',
        test: 'a sync waits for what was proposed before it, and only for that',
      },
    ],
  },
];
