/**
 * History and durable writes together: asking for a write, appending, delivering what is committed.
 *
 * Effects go to `out` in the order in which they must be carried out.
 */
import { push } from './chunked.js';
import type { CoreEffect, DiskOp } from './effect.js';
import { append, countUpTo, entryAt, trim } from './history.js';
import type { PeerConn } from './ids.js';
import type { Log } from './state.js';
import type { Txn } from './txn.js';
import type { Zxid } from './zxid.js';

/** Committed entries are dropped from memory so many at a time, at most. */
const TRIM_STEP = 64;

/** Asks for a durable write. `ackOn`: the connection on which its acknowledgement is due. */
export function ask(log: Log, write: DiskOp, ackOn: PeerConn | null, out: CoreEffect[]): Log {
  const ticket = log.nextTicket;
  out.push({ type: 'persist', ticket, write });
  return {
    history: log.history,
    lastCommitted: log.lastCommitted,
    committed: log.committed,
    uninstalled: log.uninstalled,
    queue: push(log.queue, { ticket, write, ackOn }),
    nextTicket: ticket + 1,
  };
}

/** Appends to history and asks for the durable append. */
export function appendTxn(log: Log, txn: Txn, ackOn: PeerConn | null, out: CoreEffect[]): Log {
  const ticket = log.nextTicket;
  const write = { op: 'append' as const, txn };
  out.push({ type: 'persist', ticket, write });
  return {
    history: append(log.history, txn),
    lastCommitted: log.lastCommitted,
    committed: log.committed,
    uninstalled: log.uninstalled,
    queue: push(log.queue, { ticket, write, ackOn }),
    nextTicket: ticket + 1,
  };
}

/**
 * Delivers what is committed up to `zxid`, in order: a snapshot that the server layer does not have
 * yet, then the entries. `each` adds what goes with an entry, right after its delivery.
 */
export function deliverUpTo(
  log: Log,
  zxid: Zxid,
  out: CoreEffect[],
  each?: (txn: Txn) => void,
): Log {
  let { committed, lastCommitted } = log;
  if (log.uninstalled !== null) {
    out.push({ type: 'installed', snapshot: log.uninstalled });
    lastCommitted = log.uninstalled.zxid;
    committed = countUpTo(log.history, lastCommitted);
  }
  for (;;) {
    const txn = entryAt(log.history, committed);
    if (txn === undefined || txn.zxid > zxid) break;
    out.push({ type: 'deliver', txn });
    each?.(txn);
    lastCommitted = txn.zxid;
    committed++;
  }
  const { history, queue, nextTicket } = log;
  return { history, lastCommitted, committed, uninstalled: null, queue, nextTicket };
}

/** Drops committed entries but the last `keep`, some at a time, so that memory stays bounded. */
export function trimCommitted(log: Log, keep: number): Log {
  const excess = log.committed - keep;
  if (excess < Math.min(TRIM_STEP, keep + 1)) return log;
  return { ...log, history: trim(log.history, excess), committed: keep };
}
