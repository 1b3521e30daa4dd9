/**
 * What can happen to an ensemble in memory, one action at a time: `act` carries it out.
 */
import { listOf, toArray } from '../core/chunked.js';
import type { CoreEvent } from '../core/event.js';
import type { Sid } from '../core/ids.js';
import { initialState } from '../core/reduce.js';
import type { Txn } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import type { Cluster, Link, Side } from './cluster.js';
import {
  closeEnd,
  connOf,
  feed,
  imageOf,
  linkOf,
  mailKey,
  nodeOf,
  pairKey,
  withLink,
  withNode,
} from './cluster.js';
import { diskContent, writeTo } from './disk.js';

/** What the world can do next. */
export type Action =
  | { readonly type: 'start'; readonly sid: Sid }
  /** The first `written` writes under way reach the disk, the rest of memory is gone. */
  | { readonly type: 'crash'; readonly sid: Sid; readonly written: number }
  /** The clock goes on to this server's deadline, and it is told. */
  | { readonly type: 'tick'; readonly sid: Sid }
  /** The dial under way succeeds or fails. */
  | { readonly type: 'connect'; readonly sid: Sid }
  | { readonly type: 'deliver'; readonly link: number; readonly to: Side }
  /** This side notices that the connection is over, whether or not the other side ended it. */
  | { readonly type: 'disconnect'; readonly link: number; readonly side: Side }
  | { readonly type: 'notify'; readonly from: Sid; readonly to: Sid }
  | { readonly type: 'loseMail'; readonly from: Sid; readonly to: Sid }
  /** The first `count` writes under way reach the disk, and the server is told. */
  | { readonly type: 'persist'; readonly sid: Sid; readonly count: number }
  /** The server layer of an established leader proposes a transaction. */
  | { readonly type: 'propose'; readonly sid: Sid }
  /** The shell writes a snapshot of the applied state, if the log on disk has reached it. */
  | { readonly type: 'snapshot'; readonly sid: Sid }
  | { readonly type: 'block' | 'unblock'; readonly a: Sid; readonly b: Sid }
  /** This server and all others cannot reach each other, or can again. */
  | { readonly type: 'isolate' | 'rejoin'; readonly sid: Sid };

/** Carries one action out. Throws if it is not possible now. */
export function act(cluster: Cluster, action: Action): Cluster {
  const { now } = cluster;
  switch (action.type) {
    case 'start':
      return start(cluster, action.sid);
    case 'crash':
      return crash(cluster, action.sid, action.written);
    case 'tick': {
      const at = Math.max(now, nodeOf(cluster, action.sid).deadline ?? now);
      return feed({ ...cluster, now: at }, action.sid, { type: 'tick', now: at });
    }
    case 'connect':
      return connect(cluster, action.sid);
    case 'deliver':
      return deliver(cluster, action.link, action.to);
    case 'disconnect': {
      const link = linkOf(cluster, action.link);
      const conn = connOf(link, action.side);
      const sid = action.side === 'leader' ? link.leader : link.learner;
      return feed(closeEnd(cluster, link, action.side), sid, { type: 'closed', conn, now });
    }
    case 'notify':
    case 'loseMail': {
      const { from, to } = action;
      const mail = new Map(cluster.mail);
      const notification = mail.get(mailKey(from, to));
      mail.delete(mailKey(from, to));
      const next = { ...cluster, mail };
      if (action.type === 'loseMail' || notification === undefined) return next;
      if (nodeOf(cluster, to).state === null) return next;
      return feed(next, to, { type: 'notification', from, notification, now });
    }
    case 'persist':
      return persist(cluster, action.sid, action.count);
    case 'propose':
      return propose(cluster, action.sid);
    case 'snapshot':
      return takeSnapshot(cluster, action.sid);
    case 'block':
    case 'unblock':
      return setBlocked(cluster, [pairKey(action.a, action.b)], action.type === 'block');
    case 'isolate':
    case 'rejoin': {
      const others = [...cluster.nodes.keys()].filter((sid) => sid !== action.sid);
      const pairs = others.map((sid) => pairKey(sid, action.sid));
      return setBlocked(cluster, pairs, action.type === 'isolate');
    }
    default:
      return action satisfies never;
  }
}

function setBlocked(cluster: Cluster, pairs: readonly string[], value: boolean): Cluster {
  const blocked = new Set(cluster.blocked);
  for (const pair of pairs) {
    if (value) blocked.add(pair);
    else blocked.delete(pair);
  }
  return { ...cluster, blocked };
}

function start(cluster: Cluster, sid: Sid): Cluster {
  const { config, disk } = nodeOf(cluster, sid);
  const state = initialState(config);
  const applied = imageOf(disk.snapshot);
  const fresh = { state, applied, writes: [], role: null, deadline: null, dialling: null };
  const event: CoreEvent = { type: 'start', now: cluster.now, disk: diskContent(disk) };
  return feed(withNode(cluster, sid, fresh), sid, event);
}

function crash(cluster: Cluster, sid: Sid, written: number): Cluster {
  const node = nodeOf(cluster, sid);
  const disk = node.writes.slice(0, written).reduce((d, { write }) => writeTo(d, write), node.disk);
  const dead = { state: null, disk, writes: [], role: null, deadline: null, dialling: null };
  let next = withNode(cluster, sid, dead);
  for (const link of cluster.links.values()) {
    if (link.learner === sid) next = closeEnd(next, link, 'learner');
    if (link.leader === sid) next = closeEnd(next, link, 'leader');
  }
  return next;
}

function persist(cluster: Cluster, sid: Sid, count: number): Cluster {
  const node = nodeOf(cluster, sid);
  const done = node.writes.slice(0, count);
  const ticket = done[done.length - 1]?.ticket;
  if (ticket === undefined) throw new Error(`server ${sid} has nothing to write`);
  const disk = done.reduce((d, { write }) => writeTo(d, write), node.disk);
  const next = withNode(cluster, sid, { disk, writes: node.writes.slice(count) });
  return feed(next, sid, { type: 'persisted', ticket });
}

function connect(cluster: Cluster, sid: Sid): Cluster {
  const { now, nextLink } = cluster;
  const leader = nodeOf(cluster, sid).dialling;
  if (leader === null) throw new Error(`server ${sid} does not dial`);
  const next = withNode(cluster, sid, { dialling: null });
  // As Apache's, a quorum port listens only while its server leads.
  const listens = nodeOf(cluster, leader).state?.peer.state === 'LEADING';
  if (!listens || cluster.blocked.has(pairKey(sid, leader))) {
    return feed(next, sid, { type: 'dialFailed', sid: leader, now });
  }
  const link: Link = {
    id: nextLink,
    learner: sid,
    leader,
    learnerOpen: true,
    leaderOpen: true,
    toLearner: [],
    toLeader: [],
  };
  const linked = withLink({ ...next, nextLink: nextLink + 1 }, link);
  const accepted = feed(linked, leader, {
    type: 'opened',
    conn: connOf(link, 'leader'),
    as: 'leader',
    now,
  });
  return feed(accepted, sid, { type: 'opened', conn: connOf(link, 'learner'), as: 'learner', now });
}

function deliver(cluster: Cluster, id: number, to: Side): Cluster {
  const { now } = cluster;
  const link = linkOf(cluster, id);
  const queue = to === 'leader' ? link.toLeader : link.toLearner;
  const packet = queue[0];
  if (packet === undefined) throw new Error(`nothing under way on connection ${id}`);
  const rest = to === 'leader' ? { toLeader: queue.slice(1) } : { toLearner: queue.slice(1) };
  const next = withLink(cluster, { ...link, ...rest });
  const sid = to === 'leader' ? link.leader : link.learner;
  return feed(next, sid, { type: 'packet', conn: connOf(link, to), packet, now });
}

/** The next transaction of an established leader. */
export function nextTxn(cluster: Cluster, sid: Sid): Txn {
  const { state, role } = nodeOf(cluster, sid);
  if (state === null || role?.kind !== 'leading' || !role.serving) {
    throw new Error(`server ${sid} does not lead`);
  }
  const { last } = state.log.history;
  const zxid = (Math.max(last, role.epoch * 0x1_0000_0000) + 1) as Zxid;
  const cxid = cluster.proposals + 1;
  const body = { type: 'setData' as const, path: `/n${cxid}`, data: null, version: cxid };
  return { zxid, sessionId: BigInt(sid) as Txn['sessionId'], cxid, time: cluster.now, body };
}

function propose(cluster: Cluster, sid: Sid): Cluster {
  const txn = nextTxn(cluster, sid);
  return feed({ ...cluster, proposals: txn.cxid }, sid, { type: 'propose', txn });
}

function takeSnapshot(cluster: Cluster, sid: Sid): Cluster {
  const { applied, disk } = nodeOf(cluster, sid);
  const last = toArray(applied, applied.length - 1)[0];
  if (last === undefined || !disk.log.some((txn) => txn.zxid === last.zxid)) return cluster;
  const log = disk.log.filter((txn) => txn.zxid > last.zxid);
  const snapshot = { zxid: last.zxid, image: listOf(toArray(applied)) };
  return withNode(cluster, sid, { disk: { ...disk, snapshot, log } });
}
