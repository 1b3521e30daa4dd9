/** Mutants of what serves clients, `src/server` and `src/tree`: see `code.ts`. */
import type { CodeMutant } from './plant.js';

const SERVICE = 'src/server/service.js';
const REQUESTS = 'src/server/request-queue.js';
const FINAL = 'src/server/final.js';

export const SERVER_MUTANTS: readonly CodeMutant[] = [
  {
    name: 'c21_counter_not_kept',
    what: 'a new leader numbers on from the last zxid, in the epoch of that',
    edits: [
      {
        file: SERVICE,
        find: 'role.lastZxid > start ? role.lastZxid : start',
        replace: 'role.lastZxid',
      },
      {
        file: 'src/core/plan-learner.js',
        find: 'return (Math.max(last, makeZxid(epoch, 0)) + 1);',
        replace: 'return last + 1;',
      },
    ],
    killers: [{ by: 'simulator', run: 'clients', property: 'EventuallyServes' }],
  },
  {
    name: 'c37_answered_before_commit',
    what: 'a leader answers its own clients when it proposes',
    edits: [
      {
        file: 'src/server/propose.js',
        find: 'withAhead(state, { outstanding, tree: applied.tree, zxid });',
        replace: 'withAhead(state, { outstanding, tree: applied.tree, zxid, applied });',
      },
      {
        file: REQUESTS,
        find: 'const zxid = isLeading(sent) ? sent.ahead.zxid : null;',
        replace: `if (isLeading(sent) && request.op !== 'closeSession') {
        const connection = sent.clients.conns.get(conn);
        return settleWrite(sent, connection, { applied: sent.ahead.applied }, out);
    }
    const zxid = isLeading(sent) ? sent.ahead.zxid : null;`,
      },
    ],
    killers: [{ by: 'simulator', run: 'clients', property: 'AnsweredAfterCommit' }],
  },
  {
    name: 'c42_sequence_from_child_count',
    what: 'a sequential name is taken from the number of children',
    edits: [
      {
        file: 'src/server/prep.js',
        find: 'sequenceSuffix(cversion)',
        replace: 'sequenceSuffix(countNames(parent.children))',
      },
    ],
    killers: [{ by: 'simulator', run: 'clients', property: 'SequentialNames' }],
  },
  {
    name: 'c43_ephemeral_outlives_session',
    what: 'the end of a session leaves its ephemeral nodes',
    edits: [
      {
        file: 'src/tree/apply.js',
        find: 'for (const path of body.paths ?? [])',
        replace: 'for (const path of [])',
      },
      {
        file: 'src/tree/apply.js',
        find: 'for (const path of ephemeralsOf(after, header.sessionId))',
        replace: 'for (const path of [])',
      },
    ],
    killers: [{ by: 'simulator', run: 'clients', property: 'SameTrees' }],
  },
  {
    name: 'c44_session_expired_by_follower',
    what: 'a follower ends the session of a client that has hung up, in its own tree alone',
    edits: [
      {
        file: SERVICE,
        find: "import { emptyTree } from '../tree/tree.js';",
        replace: `import { applyTxn } from '../tree/apply.js';
import { emptyTree } from '../tree/tree.js';`,
      },
      {
        file: SERVICE,
        find: 'return onClosed(state, event.conn);',
        replace: `{
                const gone = state.clients.conns.get(event.conn);
                const after = onClosed(state, event.conn);
                if (isLeading(state) || gone?.phase !== 'open') return after;
                const { lastZxid } = after.tree;
                const body = { type: 'closeSession', paths: [] };
                const txn = { zxid: lastZxid, sessionId: gone.sessionId, cxid: 0, time: 0, body };
                return { ...after, tree: applyTxn(after.tree, txn).tree };
            }`,
      },
    ],
    killers: [{ by: 'simulator', run: 'clients', property: 'SessionsEndByLeader' }],
  },
  {
    name: 'c45_watch_fired_twice',
    what: 'a watch stays when it has fired',
    edits: [
      {
        file: 'src/server/watches.js',
        find: 'const after = isSame ? table : { data, child, persistent: stay, recursive };',
        replace: 'const after = table;',
      },
    ],
    killers: [{ by: 'simulator', run: 'clients', property: 'WatchesOnce' }],
  },
  {
    name: 'c45_watch_after_reply',
    what: 'watches are told of a write when its reply is out',
    edits: [
      {
        file: FINAL,
        find: 'applied.changes, txn.zxid, out);',
        replace: 'applied.changes, txn.zxid, late);',
      },
      {
        file: FINAL,
        find: 'const applied = appliedOf(state, txn);',
        replace: 'const late = [];\n    const applied = appliedOf(state, txn);',
      },
      {
        file: FINAL,
        find: 'return endSession(tracked, txn, out);',
        replace: '{ out.push(...late); return endSession(tracked, txn, out); }',
      },
      {
        file: FINAL,
        find: 'return endSession(settled, txn, out);',
        replace: 'out.push(...late); return endSession(settled, txn, out);',
      },
    ],
    killers: [{ by: 'simulator', run: 'clients', property: 'WatchesInOrder' }],
  },
];
