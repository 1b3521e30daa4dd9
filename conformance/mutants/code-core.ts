/** Mutants of the reducers in `src/core`: see `code.ts`. */
import type { CodeMutant } from './plant.js';

const VOTE = 'src/core/vote.js';
const DISCOVERY = 'src/core/discovery.js';
const SYNC = 'src/core/synchronization.js';
const BROADCAST = 'src/core/broadcast.js';
const QUORUM = 'src/core/quorum.js';
const FAULTS = 'src/core/faults.js';
const REDUCE = 'src/core/reduce.js';
const LEARNER = 'src/core/plan-learner.js';
const ELECTION = 'src/core/election.js';

const ORDER = 'return a.peerEpoch - b.peerEpoch || a.zxid - b.zxid || a.leader - b.leader;';
const OVER = 'p.epoch < state.epochs.accepted';

export const CORE_MUTANTS: readonly CodeMutant[] = [
  {
    name: 'c01_any_leader',
    what: 'votes are compared by sid alone, and no learner is ahead of its leader',
    edits: [
      { file: VOTE, find: ORDER, replace: 'return a.leader - b.leader;' },
      { file: DISCOVERY, find: 'if (isAhead(state, ack))', replace: 'if (false)' },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'EpochHistory' }],
  },
  {
    name: 'c02_vote_by_zxid_only',
    what: 'votes are compared by zxid and not by epoch, and so are learners ahead of their leader',
    edits: [
      { file: VOTE, find: ORDER, replace: 'return a.zxid - b.zxid || a.leader - b.leader;' },
      { file: DISCOVERY, find: 'if (ack.currentEpoch !== epochs.current)', replace: 'if (false)' },
    ],
    killers: [
      { by: 'simulator', run: 'ByZxidOnly', property: 'PrimaryIntegrity' },
      {
        by: 'test',
        file: 'core/refusals',
        test: 'a follower that is ahead of the leader is turned away',
      },
    ],
  },
  {
    name: 'c03_vote_by_epoch_only',
    what: 'votes are compared by epoch and not by zxid, and so are learners ahead of their leader',
    edits: [
      {
        file: VOTE,
        find: ORDER,
        replace: 'return a.peerEpoch - b.peerEpoch || a.leader - b.leader;',
      },
      {
        file: DISCOVERY,
        find: 'return ack.lastZxid > log.history.last;',
        replace: 'return false;',
      },
    ],
    killers: [{ by: 'simulator', run: 'ByEpochOnly', property: 'Durability' }],
  },
  {
    name: 'c04_no_leaderinfo_check',
    what: 'a learner takes and stores the epoch of LEADERINFO even if it accepted a later one',
    edits: [
      { file: REDUCE, find: OVER, replace: 'false' },
      {
        file: DISCOVERY,
        find: 'const fresh = epoch > state.epochs.accepted;',
        replace: 'const fresh = epoch !== state.epochs.accepted;',
      },
    ],
    killers: [
      {
        by: 'test',
        file: 'core/reduce',
        test: 'an epoch lower than the accepted one is refused, an equal one does not count again',
      },
    ],
  },
  {
    name: 'c05_no_newleader_check',
    what: 'a learner goes on to NEWLEADER of an epoch older than the one that it accepted',
    edits: [
      { file: REDUCE, find: OVER, replace: 'false' },
      {
        file: LEARNER,
        find: "packet.type === 'NEWLEADER' && packet.zxid === makeZxid(peer.epoch, 0)",
        replace: "packet.type === 'NEWLEADER'",
      },
    ],
    killers: [
      {
        by: 'test',
        file: 'core/refusals',
        test: 'a learner gives up a leader that sends what must not come',
      },
    ],
  },
  {
    name: 'c06_accepted_epoch_not_stored',
    what: 'acceptedEpoch is acknowledged and not stored',
    edits: [
      {
        file: DISCOVERY,
        find: 'return { ...state, log, epochs: { ...state.epochs, accepted: epoch }, peer: next };',
        replace: `out.pop(); void log; sendAckEpoch(state, conn, state.epochs.current, out);
        return withPeer(state, { ...next, stage: 'receiving' });`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'EpochOrder' }],
  },
  {
    name: 'c07_accepted_epoch_lost_at_restart',
    what: 'acceptedEpoch starts again from currentEpoch',
    edits: [{ file: FAULTS, find: 'accepted: acceptedEpoch,', replace: 'accepted: currentEpoch,' }],
    killers: [{ by: 'simulator', run: 'EpochHalfStored', property: 'MonotoneEpochs' }],
  },
  {
    name: 'c08_epoch_without_plus_one',
    what: 'the new epoch is the highest accepted one',
    edits: [
      {
        file: DISCOVERY,
        find: 'const epoch = peer.maxAccepted + 1;',
        replace: 'const epoch = Math.max(peer.maxAccepted, 1);',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'EventuallyEstablished' }],
  },
  {
    name: 'c09_current_epoch_not_updated',
    what: 'a learner acknowledges NEWLEADER and stores the currentEpoch that it had',
    edits: [
      {
        file: SYNC,
        find: "log = ask(log, { op: 'currentEpoch', epoch }, conn, out);",
        replace: "log = ask(log, { op: 'currentEpoch', epoch: state.epochs.current }, conn, out);",
      },
      {
        file: SYNC,
        find: 'epochs: { ...state.epochs, current: epoch },',
        replace: 'epochs: state.epochs,',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'AckDurable' }],
  },
  {
    name: 'c10_epoch_before_history',
    what: 'currentEpoch is stored before the history (ZOOKEEPER-4643)',
    edits: [
      {
        file: SYNC,
        find: 'let log = { ...state.log, history };',
        replace:
          "let log = ask({ ...state.log, history }, { op: 'currentEpoch', epoch }, null, out);",
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'EpochHistory' }],
  },
  {
    name: 'c11_newleader_acked_before_persisting',
    what: 'NEWLEADER is acknowledged before anything of it is durable (ZOOKEEPER-4646, 3911)',
    edits: [
      {
        file: SYNC,
        find: "log = ask(log, { op: 'currentEpoch', epoch }, conn, out);",
        replace: `log = ask(log, { op: 'currentEpoch', epoch }, null, out);
    sendZxid('ACK', conn, makeZxid(epoch, 0), out);`,
      },
      {
        file: SYNC,
        find: "peer: { ...peer, stage: 'synced', kept: null, syncCommitted, unacked },",
        replace: "peer: { ...peer, stage: 'acked', kept: null, syncCommitted, unacked },",
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'AckDurable' }],
  },
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
    killers: [{ by: 'simulator', run: 'three', property: 'AckDurable' }],
  },
  {
    name: 'c13_log_lost_at_restart',
    what: 'the log is not read at a restart, only the snapshot',
    edits: [
      {
        file: FAULTS,
        find: 'history: historyOf(snapshotZxid, log),',
        replace: 'history: historyOf(snapshotZxid, []),',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'LogOrder' }],
  },
  {
    name: 'c14_commit_without_quorum',
    what: 'one acknowledgement, the own one even, commits',
    edits: [{ file: QUORUM, find: 'if (count >= quorum.majority)', replace: 'if (count >= 1)' }],
    killers: [{ by: 'simulator', run: 'three', property: 'Durability' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'Durability' }],
  },
  {
    name: 'c16_newleader_quorum_of_one',
    what: 'a leader is established without any acknowledgement of NEWLEADER',
    edits: [
      {
        file: SYNC,
        find: 'if (!containsQuorum(state.quorum, peer.newLeaderAcks))',
        replace: 'if (false)',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'Durability' }],
  },
  {
    name: 'c17_ackepoch_quorum_of_one',
    what: 'a leader enters its epoch without any ACKEPOCH',
    edits: [
      {
        file: DISCOVERY,
        find: '!containsQuorum(state.quorum, peer.electing)',
        replace: 'peer.electing.size === 0',
      },
    ],
    killers: [{ by: 'simulator', run: 'EpochOfNobody', property: 'Durability' }],
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
    name: 'c19_uptodate_commits_newleader_only',
    what: 'UPTODATE commits what was committed at NEWLEADER, and nothing since',
    edits: [
      {
        file: SYNC,
        find: "stage: 'synced', kept: null, syncCommitted, unacked }",
        replace: "stage: 'synced', kept: null, syncCommitted, unacked, then: syncCommitted }",
      },
      {
        file: SYNC,
        find: 'deliverUpTo(state.log, peer.syncCommitted, out);',
        replace: 'deliverUpTo(state.log, peer.then, out);',
      },
    ],
    killers: [{ by: 'simulator', run: 'LateJoiner', property: 'EventuallyDelivered' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'LearnerPrefix' }],
  },
  {
    name: 'c22_one_epoch_variable',
    what: 'acceptedEpoch and currentEpoch are one variable (ZOOKEEPER-3608)',
    edits: [
      {
        file: DISCOVERY,
        find: `const log = ask(state.log, { op: 'acceptedEpoch', epoch }, conn, out);
        return { ...state, log, epochs: { ...state.epochs, accepted: epoch }, peer: next };`,
        replace: `const both = ask(state.log, { op: 'acceptedEpoch', epoch }, conn, out);
        const log = ask(both, { op: 'currentEpoch', epoch }, null, out);
        return { ...state, log, epochs: { ...state.epochs, accepted: epoch, current: epoch }, peer: next };`,
      },
      {
        file: DISCOVERY,
        find: `const log = ask(state.log, { op: 'acceptedEpoch', epoch }, null, out);
    const epochs = { ...state.epochs, accepted: epoch };`,
        replace: `const both = ask(state.log, { op: 'acceptedEpoch', epoch }, null, out);
    const log = ask(both, { op: 'currentEpoch', epoch: epoch }, null, out);
    const epochs = { ...state.epochs, accepted: epoch, current: epoch };`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'AckDurable' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'Durability' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'Durability' }],
  },
  {
    name: 'c25_late_joiner_misses_proposals',
    what: 'a late joiner gets what is committed, not what was proposed since',
    edits: [{ file: SYNC, find: 'if (!committed && !handler.voting)', replace: 'if (!committed)' }],
    killers: [{ by: 'trace', run: 'LateJoiner' }],
  },
  {
    name: 'c26_commit_in_sync_dropped',
    what: 'a COMMIT between NEWLEADER and UPTODATE is dropped (ZOOKEEPER-4394)',
    edits: [
      {
        file: SYNC,
        find: 'return withPeer(state, { ...peer, syncCommitted: zxid });',
        replace: 'return state;',
      },
    ],
    killers: [{ by: 'simulator', run: 'LateJoiner', property: 'EventuallyDelivered' }],
  },
  {
    name: 'c27_ack_proposal_before_newleader',
    what: 'a proposal is acknowledged before NEWLEADER (ZOOKEEPER-4685)',
    edits: [
      {
        file: SYNC,
        find: `sendZxid('ACK', peer.conn, makeZxid(peer.epoch, 0), out);
    for (const zxid of peer.unacked)
        sendZxid('ACK', peer.conn, zxid, out);`,
        replace: `for (const zxid of peer.unacked)
        sendZxid('ACK', peer.conn, zxid, out);
    sendZxid('ACK', peer.conn, makeZxid(peer.epoch, 0), out);`,
      },
    ],
    killers: [
      { by: 'trace', run: 'LateJoiner' },
      {
        by: 'test',
        file: 'core/reduce',
        test: 'NEWLEADER: history reaches the disk before currentEpoch, and ACK follows both',
      },
    ],
  },
  {
    name: 'c28_log_taken_as_committed',
    what: 'the whole log is taken as committed at a restart (ZOOKEEPER-2845)',
    edits: [
      {
        file: FAULTS,
        find: "import { historyOf } from './history.js';",
        replace:
          "import { historyOf } from './history.js';\nimport { deliverUpTo } from './log.js';",
      },
      {
        file: FAULTS,
        find: 'return lookForLeader(started, now, out);',
        replace: `const kept = deliverUpTo(started.log, started.log.history.last, out);
    return lookForLeader({ ...started, log: kept }, now, out);`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'Durability' }],
  },
  {
    name: 'c29_pending_writes_after_shutdown',
    what: 'at a shutdown memory starts again from what is durable, and pending appends land later (ZOOKEEPER-4712)',
    edits: [
      {
        file: FAULTS,
        find: "import { historyOf } from './history.js';",
        replace:
          "import { historyOf, truncate } from './history.js';\nimport { at, toArray } from './chunked.js';",
      },
      {
        file: FAULTS,
        find: `out.push({ type: 'close', conn: peer.conn, reason });
    return lookForLeader(state, now, out);`,
        replace: `out.push({ type: 'close', conn: peer.conn, reason });
    const pending = toArray(state.log.queue).filter(({ write }) => write.op === 'append').length;
    const { history } = state.log;
    const kept = Math.max(history.entries.length - pending, state.log.committed);
    const last = kept === 0 ? history.base : at(history.entries, kept - 1).zxid;
    const log = { ...state.log, history: truncate(history, last) };
    return lookForLeader({ ...state, log }, now, out);`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'LogMatching' }],
  },
  {
    name: 'c30_diff_where_trunc_is_due',
    what: 'DIFF is sent where TRUNC is due (ZOOKEEPER-1154)',
    edits: [
      {
        file: SYNC,
        find: 'if (contains(history, lastZxid) || counterOf(lastZxid) === 0)',
        replace: 'if (true)',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'LearnerPrefix' }],
  },
  {
    name: 'c31_trunc_one_too_far',
    what: 'TRUNC cuts one entry too many',
    edits: [
      {
        file: SYNC,
        find: "sendZxid('TRUNC', conn, cut, out);",
        replace: "sendZxid('TRUNC', conn, floorOf(history, cut - 1) ?? cut, out);",
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'EventuallyEstablished' }],
  },
  {
    name: 'c32_partial_snap',
    what: 'a snapshot that was received is not stored, the log after it is (ZOOKEEPER-3642)',
    edits: [
      { file: SYNC, find: "log = ask(log, { op: 'install', snapshot }, null, out);", replace: '' },
    ],
    killers: [{ by: 'simulator', run: 'LateForMemory', property: 'LogMatching' }],
  },
  {
    name: 'c33_hole_in_committed_log',
    what: 'what a DIFF brought is not put among the committed entries in memory (ZOOKEEPER-4925)',
    edits: [
      {
        file: SYNC,
        find: "import { contains, entriesAfter, floorOf } from './history.js';",
        replace: `import { contains, countUpTo, entriesAfter, floorOf } from './history.js';
import { listOf, toArray } from './chunked.js';`,
      },
      {
        file: SYNC,
        find: "stage: 'synced', kept: null, syncCommitted, unacked }",
        replace:
          "stage: 'synced', kept: null, syncCommitted, unacked, had: state.log.history.last }",
      },
      {
        file: SYNC,
        find: 'return { ...state, log, peer: next };',
        replace: `const synced = ({ zxid }) => zxid > peer.had && zxid <= peer.syncCommitted && zxid !== log.history.last;
    const left = toArray(log.history.entries).filter((txn) => !synced(txn));
    const history = { ...log.history, entries: listOf(left) };
    const committed = countUpTo(history, log.lastCommitted);
    return { ...state, log: { ...log, history, committed }, peer: next };`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'LogMatching' }],
  },
  {
    name: 'c34_truncate_in_memory_only',
    what: 'a TRUNC changes memory and not the disk (ZOOKEEPER-5094)',
    edits: [
      {
        file: SYNC,
        find: "log = ask(log, { op: 'truncate', zxid: from }, null, out);",
        replace: '',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'LogMatching' }],
  },
  {
    name: 'c35_vote_order_ignores_epoch',
    what: 'votes are compared by zxid and not by epoch',
    edits: [{ file: VOTE, find: ORDER, replace: 'return a.zxid - b.zxid || a.leader - b.leader;' }],
    killers: [{ by: 'simulator', run: 'ByZxidOnly', property: 'EventuallyEstablished' }],
  },
  {
    name: 'c36_old_rounds_counted',
    what: 'a vote of an older round is counted',
    edits: [
      { file: ELECTION, find: 'if (theirs.electionEpoch < state.round)', replace: 'if (false)' },
    ],
    killers: [{ by: 'trace', run: 'OlderRound' }],
  },
  {
    name: 'c38_older_connection_read_on',
    what: 'a leader reads on an older connection of a learner that has connected anew',
    edits: [
      {
        file: DISCOVERY,
        find: "const peer = older === undefined ? leader : forget(leader, older, 'connected anew', out);",
        replace: 'const peer = leader;',
      },
    ],
    killers: [{ by: 'trace', run: 'ConnectedAnew' }],
  },
  {
    name: 'c39_delivers_before_uptodate',
    what: 'a follower delivers at NEWLEADER what UPTODATE will confirm (ZOOKEEPER-3023)',
    edits: [
      {
        file: SYNC,
        find: "const later = serverState === 'FOLLOWING' ?",
        replace: `log = deliverUpTo(log, syncCommitted, out);
    const later = serverState === 'FOLLOWING' ?`,
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'Durability' }],
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
  {
    name: 'c41_observer_ack_counted',
    what: 'the acknowledgement of NEWLEADER of an observer is counted',
    edits: [
      {
        file: SYNC,
        find: 'const newLeaderAcks = voting ? new Set(leader.newLeaderAcks).add(sid) : leader.newLeaderAcks;',
        replace: 'const newLeaderAcks = new Set(leader.newLeaderAcks).add(sid);',
      },
      {
        file: QUORUM,
        find: 'return count >= quorum.majority;',
        replace: 'return sids.size >= quorum.majority;',
      },
    ],
    killers: [{ by: 'simulator', run: 'ObserverFirst', property: 'Durability' }],
  },
];
