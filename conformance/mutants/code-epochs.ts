/** Mutants of the reducers in `src/core`, elections and epochs: see `code.ts`. */
import type { CodeMutant } from './plant.js';

const VOTE = 'src/core/vote.js';
const DISCOVERY = 'src/core/discovery.js';
const SYNC = 'src/core/synchronization.js';
const FAULTS = 'src/core/faults.js';
const REDUCE = 'src/core/reduce.js';
const LEARNER = 'src/core/plan-learner.js';
const ELECTION = 'src/core/election.js';
const ORDER = 'return a.peerEpoch - b.peerEpoch || a.zxid - b.zxid || a.leader - b.leader;';
const OVER = 'p.epoch < state.epochs.accepted';

export const EPOCH_MUTANTS: readonly CodeMutant[] = [
  {
    name: 'c01_any_leader',
    what: 'votes are compared by sid alone, and no learner is ahead of its leader',
    edits: [
      { file: VOTE, find: ORDER, replace: 'return a.leader - b.leader;' },
      { file: DISCOVERY, find: 'if (isAhead(state, ack))', replace: 'if (false)' },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'EpochImpliesHistory' }],
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
    killers: [{ by: 'simulator', run: 'ByEpochOnly', property: 'CommittedIsDurable' }],
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
    killers: [{ by: 'simulator', run: 'three', property: 'AcksAreDurable' }],
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
    killers: [{ by: 'simulator', run: 'EpochOfNobody', property: 'CommittedIsDurable' }],
  },
  {
    name: 'c22_one_epoch_variable',
    what: 'acceptedEpoch and currentEpoch are one variable, and one file (ZOOKEEPER-3608)',
    edits: [
      {
        file: 'src/sim/disk.js',
        find: 'return { ...disk, acceptedEpoch: write.epoch };',
        replace: 'return { ...disk, acceptedEpoch: write.epoch, currentEpoch: write.epoch };',
      },
      {
        file: 'src/core/persisted.js',
        find: 'durableAccepted: epoch',
        replace: 'durableAccepted: epoch, durableCurrent: epoch',
      },
      {
        file: DISCOVERY,
        find: 'epochs: { ...state.epochs, accepted: epoch }, peer: next',
        replace: 'epochs: { ...state.epochs, accepted: epoch, current: epoch }, peer: next',
      },
      {
        file: DISCOVERY,
        find: 'const epochs = { ...state.epochs, accepted: epoch };',
        replace: 'const epochs = { ...state.epochs, accepted: epoch, current: epoch };',
      },
    ],
    killers: [{ by: 'simulator', run: 'three', property: 'EpochImpliesHistory' }],
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
];
