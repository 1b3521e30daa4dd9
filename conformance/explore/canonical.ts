/**
 * Makes worlds that differ only in names and times the same value, so that a search ends.
 *
 * - Times: every deadline may be now (a step that waits for one is always possible), so none is kept.
 * - Tickets count up from 1 again; connections are numbered by their two servers and by what the leader
 *   has read of them: reducers compare both for nothing but equality.
 * - Connections that are over, on which the acknowledgement of a durable write was due, are one: no later
 *   connection is equal to any of them.
 * - With an oracle in the place of the election: rounds, and zxid and epoch of the vote decided for.
 *
 * All else that a reducer keeps stays, whatever it is: `keyOf` writes out every field it meets, so a
 * state with new content is a new state.
 */
import type { Chunked } from '../../src/core/chunked.js';
import { listOf, toArray } from '../../src/core/chunked.js';
import type { PeerConn } from '../../src/core/ids.js';
import type { CoreState, Handler, Leader, Peer, PendingWrite } from '../../src/core/state.js';
import { isLearner } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { counterOf, epochOf, ZXID_ZERO } from '../../src/core/zxid.js';
import { handlerOf } from '../../src/core/handlers.js';
import type { Conn, Node, World } from './world.js';
import { connNumber, endOf, nodeOf } from './world.js';

/** The times in a canonical state: a tick at RESEND_AT resends, one at DECIDE_AT decides. */
export const RESEND_AT = 1;
export const DECIDE_AT = 2;
/** The wait before a second dial, ms: the count of attempts is not kept. */
const REDIAL_AFTER = 20;

/** A connection that is over: the number of none. */
const OVER = 1 as PeerConn;

function timelessPeer(peer: Peer, oracle: boolean): Peer {
  const forget = <P extends { readonly vote: { readonly leader: number } }>(p: P): P =>
    oracle ? { ...p, vote: { ...p.vote, zxid: ZXID_ZERO, peerEpoch: 0 } } : p;
  switch (peer.state) {
    case 'LOOKING': {
      const decideAt = peer.decideAt === null ? null : DECIDE_AT;
      return { ...peer, decideAt, resendAt: RESEND_AT, resendAfter: RESEND_AT };
    }
    case 'LEADING': {
      const handlers = peer.handlers.map((h) => (h.heardAt === 0 ? h : { ...h, heardAt: 0 }));
      handlers.sort((a, b) => a.conn - b.conn);
      return forget({ ...peer, handlers, startedAt: 0, pingAt: 0 });
    }
    case 'FOLLOWING':
    case 'OBSERVING':
      if (peer.zab !== 'DISCOVERY') return forget({ ...peer, heardAt: 0 });
      return forget({
        ...peer,
        heardAt: 0,
        redialAt: peer.redialAt === null ? null : 0,
        redialAfter: REDIAL_AFTER,
      });
    default:
      return peer;
  }
}

function countedAnew(queue: Chunked<PendingWrite>, own: PeerConn | null): Chunked<PendingWrite> {
  let same = true;
  const items = toArray(queue).map((pending, i) => {
    const ackOn = pending.ackOn === null || pending.ackOn === own ? pending.ackOn : OVER;
    if (pending.ticket === i + 1 && pending.ackOn === ackOn) return pending;
    same = false;
    return { ...pending, ticket: i + 1, ackOn };
  });
  return same ? queue : listOf(items);
}

function canonicalState(state: CoreState, oracle: boolean): CoreState {
  const peer = timelessPeer(state.peer, oracle);
  const own = isLearner(peer) ? peer.conn : null;
  const queue = countedAnew(state.log.queue, own);
  return {
    ...state,
    round: oracle ? 1 : state.round,
    log: { ...state.log, queue, nextTicket: queue.length + 1 },
    peer,
    reported: null,
    deadline: null,
  };
}

function canonicalNode(node: Node, oracle: boolean): Node {
  if (node.state === null) return node;
  const state = canonicalState(node.state, oracle);
  const writes = node.writes.map((write, i) => ({ ...write, ticket: i + 1 }));
  return { ...node, state, writes };
}

function renamedPeer(peer: Peer, from: PeerConn, to: PeerConn): Peer {
  if (peer.state === 'LEADING') {
    const rename = (h: Handler): Handler => (h.conn === from ? { ...h, conn: to } : h);
    const next: Leader = { ...peer, handlers: peer.handlers.map(rename) };
    return next;
  }
  if (isLearner(peer) && peer.conn === from) return { ...peer, conn: to };
  return peer;
}

function renamed(node: Node, from: PeerConn, to: PeerConn): Node {
  const { state } = node;
  if (state === null) return node;
  const queue = listOf(
    toArray(state.log.queue).map((w) => (w.ackOn === from ? { ...w, ackOn: to } : w)),
  );
  const peer = renamedPeer(state.peer, from, to);
  return { ...node, state: { ...state, log: { ...state.log, queue }, peer } };
}

/** True if the leader has read nothing of this connection yet. */
export function isUnread(world: World, conn: Conn): boolean {
  if (!conn.leaderOpen) return false;
  const { state } = nodeOf(world, conn.leader);
  if (state?.peer.state !== 'LEADING') return false;
  return handlerOf(state.peer, endOf(conn.id, 'leader'))?.sid === null;
}

/** Numbers the connections: slot 1 while the leader has read nothing, 0 after that. */
function renumbered(world: World): World {
  let next = world;
  for (const conn of world.conns) {
    const id = connNumber(conn.learner, conn.leader, isUnread(world, conn) ? 1 : 0);
    if (id === conn.id) continue;
    const nodes = next.nodes.slice();
    for (const [sid, side] of [
      [conn.learner, 'learner'],
      [conn.leader, 'leader'],
    ] as const) {
      nodes[sid - 1] = renamed(nodes[sid - 1]!, endOf(conn.id, side), endOf(id, side));
    }
    const conns = next.conns.map((other) => (other.id === conn.id ? { ...conn, id } : other));
    next = { ...next, nodes, conns };
  }
  return next;
}

const SKIPPED: ReadonlySet<string> = new Set(['config', 'quorum']);

/** One line for each transaction. */
export function txnText({ zxid, sessionId }: Txn): string {
  return `${zxidText(zxid)}:${sessionId}`;
}

/** "2.1": epoch and counter; the zxid of no vote is "-". */
export function zxidText(zxid: Zxid): string {
  return zxid < 0 ? '-' : `${epochOf(zxid)}.${counterOf(zxid)}`;
}

/** Any value of a world as text: equal texts, equal values. */
export function keyOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(keyOf).join(',')}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([k, v]) => `${keyOf(k)}=${keyOf(v)}`).sort();
    return `{${entries.join(',')}}`;
  }
  if (value instanceof Set) return `{${[...value].map(keyOf).sort().join(',')}}`;
  if ('cxid' in value && 'zxid' in value) return txnText(value as Txn);
  if ('chunks' in value && 'tail' in value) return keyOf(toArray(value as Chunked<unknown>));
  let text = '(';
  for (const key in value) {
    if (!SKIPPED.has(key)) text += `${key}:${keyOf((value as Record<string, unknown>)[key])};`;
  }
  return `${text})`;
}

/** A canonical node: one object for each value. */
export interface NodeEntry {
  readonly id: number;
  readonly node: Node;
}

/** Canonical worlds, and the parts that they share. Mutable: it grows with what is seen. */
export class Worlds {
  private readonly byKey = new Map<string, NodeEntry>();
  private readonly byNode = new WeakMap<Node, NodeEntry>();
  private readonly conns = new Map<string, number>();
  private readonly oracle: boolean;

  constructor(oracle: boolean) {
    this.oracle = oracle;
  }

  /** How many different states of one server were seen. */
  get nodeCount(): number {
    return this.byKey.size;
  }

  entryOf(node: Node): NodeEntry {
    const known = this.byNode.get(node);
    if (known !== undefined) return known;
    const canonical = canonicalNode(node, this.oracle);
    const key = keyOf(canonical) + String(canonical.config.sid);
    let entry = this.byKey.get(key);
    if (entry === undefined) {
      entry = { id: this.byKey.size, node: canonical };
      this.byKey.set(key, entry);
      this.byNode.set(entry.node, entry);
    }
    // The same object comes again: what a server makes of an event is worked out once.
    this.byNode.set(node, entry);
    return entry;
  }

  /** The canonical form of a world, made of parts that equal worlds share. */
  canonical(world: World): World {
    const numbered = renumbered(world);
    const nodes = numbered.nodes.map((node) => this.entryOf(node).node);
    const conns = numbered.conns.toSorted((a, b) => a.id - b.id);
    const mail = this.oracle && world.mail.size > 0 ? new Map<string, never>() : world.mail;
    return { nodes, conns, mail, counters: world.counters };
  }

  /** Equal for equal canonical worlds, and only for them. */
  key({ nodes, conns, mail, counters }: World): string {
    const { crash, disconnect, issuedEpoch, broadcasts } = counters;
    let key = `${crash},${disconnect},${issuedEpoch},${broadcasts}`;
    for (const node of nodes) key += `,${this.entryOf(node).id}`;
    for (const conn of conns) {
      const text = keyOf(conn);
      let id = this.conns.get(text);
      if (id === undefined) this.conns.set(text, (id = this.conns.size));
      key += `;${id}`;
    }
    return mail.size === 0 ? key : key + keyOf(mail);
  }
}
