/** Mutants of the reducers in `src/core`, histories and how they are brought in line: see `code.ts`. */
import type { CodeMutant } from './plant.js';

const SYNC = 'src/core/synchronization.js';
const QUORUM = 'src/core/quorum.js';
const FAULTS = 'src/core/faults.js';

export const SYNC_MUTANTS: readonly CodeMutant[] = [
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
    killers: [
      { by: 'explorer', model: 'TwoServersDisconnect' },
      { by: 'simulator', run: 'three', property: 'EpochImpliesHistory' },
    ],
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
    killers: [{ by: 'simulator', run: 'three', property: 'AcksAreDurable' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'LogsIncrease' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'CommittedIsDurable' }],
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
    killers: [
      { by: 'explorer', model: 'ThreeServersQuiet' },
      { by: 'simulator', run: 'LateJoiner', property: 'EventuallyDelivered' },
    ],
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
    killers: [{ by: 'simulator', run: 'three', property: 'CommittedIsDurable' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'FollowsLeader' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'CommittedIsDurable' }],
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
    killers: [{ by: 'simulator', run: 'ObserverFirst', property: 'CommittedIsDurable' }],
  },
];
