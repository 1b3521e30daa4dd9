/**
 * What clients saw, judged as it happens: each write against {@link Model} when its transaction is
 * committed, each reply when its client reads it.
 *
 * - AnsweredAfterCommit: a write is answered when its transaction is committed, and as it went.
 * - LinearizableWrites: a write that was sent after another was answered comes after it.
 * - FifoClientOrder: a session's writes take effect in the order in which they were sent, and a
 *   connection's requests are answered in theirs.
 * - ReadsCommitted: a read shows the state as of the zxid in its reply, and that is committed.
 * - MonotoneReads: that zxid never goes back for a session, whatever server it talks to.
 * - SyncedReads: after a sync, what its leader had proposed is seen, and what anybody was told.
 * - NothingInvented, AtMostOnce: every transaction is one request's, and no request's twice.
 * - EphemeralsEnd, SequentialNames, AtomicMulti: part of what the model says.
 */
import type { SessionId } from '../../core/ids.js';
import { ErrorCode } from '../../core/error-code.js';
import type { ClientRequest } from '../../core/request.js';
import type { Stat } from '../../core/stat.js';
import type { Data, Txn } from '../../core/txn.js';
import { ZXID_ZERO, epochOf, zxidToHex, type Zxid } from '../../core/zxid.js';
import type { MultiResult, ReplyBody } from '../../jute/reply.js';
import { Model, type ModelNode, type ModelOutcome, type ModelResult } from './model.js';
import { must, Violation } from './violation.js';
import { WatchBook } from './watch-book.js';

/** A request of a client, from when it is sent. */
export interface Op {
  readonly xid: number;
  readonly request: ClientRequest;
  /** The newest transaction that any client had been told of when it was sent. */
  readonly floor: Zxid;
  /** Of a write: its transaction, once it is committed. */
  zxid: Zxid | null;
  outcome: ModelOutcome | null;
  /** Refused, as the session had moved: never answered. */
  moved: boolean;
  /** Of a sync, when its leader has seen it: the last transaction then, and the leader's epoch. */
  mark: { readonly zxid: Zxid; readonly epoch: number } | null;
}

/** A session as its client knows it. */
export interface SessionRecord {
  readonly id: SessionId;
  readonly timeout: number;
  readonly password: Uint8Array;
  /** The newest zxid that a reply has carried. */
  lastZxid: Zxid;
  /** How often it was connected or tried to be. */
  connections: number;
  /** Writes and syncs by xid. */
  readonly ops: Map<number, Op>;
  /** The last write that took effect. */
  lastXid: number;
  readonly watches: WatchBook;
}

export interface Reply {
  readonly xid: number;
  readonly zxid: Zxid;
  readonly err: number;
  readonly body: ReplyBody | null;
}

const NO_SESSION = 0n;
const OK: Omit<ModelOutcome, 'op'> = { err: ErrorCode.OK, path: null, node: null, results: null };

export class History {
  readonly model = new Model();
  readonly sessions = new Map<SessionId, SessionRecord>();
  /** The newest transaction that anybody was told of. */
  acknowledged: Zxid = ZXID_ZERO;
  /** The newest that is committed. */
  committed: Zxid = ZXID_ZERO;
  /** Sessions for which a closing transaction has been proposed. */
  readonly closing = new Set<SessionId>();
  /** How many requests were answered. */
  answered = 0;

  /** A session that a client was given. */
  opened(id: SessionId, timeout: number, password: Uint8Array): SessionRecord {
    must(this.model.sessions.has(id) || this.model.ended.has(id), 'AnsweredAfterCommit', () => {
      return `session ${hex(id)} is told of before it is committed`;
    });
    must(!this.sessions.has(id), 'SessionsDiffer', () => `session ${hex(id)} is given twice`);
    const watches = new WatchBook(this.model);
    const record: SessionRecord = {
      ...{ id, timeout, password, watches, lastZxid: ZXID_ZERO, connections: 1 },
      ...{ ops: new Map(), lastXid: 0 },
    };
    this.sessions.set(id, record);
    return record;
  }

  /**
   * A client was told that its session is over. One that has not seen any state yet may have come to
   * servers that have not heard of its session: they follow a leader that another has succeeded.
   */
  toldExpired({ id, lastZxid }: SessionRecord): void {
    must(this.closing.has(id) || lastZxid === 0, 'SessionsEndByLeader', () => {
      return `the client of session ${hex(id)} is told that it is over, and nobody has ended it`;
    });
  }

  sent(session: SessionRecord, xid: number, request: ClientRequest): Op {
    const floor = this.acknowledged;
    const op: Op = { xid, request, floor, zxid: null, outcome: null, moved: false, mark: null };
    if (xid > 0) session.ops.set(xid, op);
    return op;
  }

  /** The next transaction of all that are ever committed. */
  commit(txn: Txn): void {
    const { zxid, sessionId, cxid, body } = txn;
    const before = this.committed;
    must(zxid > before, 'TotalOrder', () => `${zxidToHex(zxid)} after ${zxidToHex(before)}`);
    this.committed = zxid;
    const { model } = this;
    switch (body.type) {
      case 'createSession':
        return model.createSession(sessionId);
      case 'closeSession': {
        model.closeSession(sessionId, zxid);
        const op = this.sessions.get(sessionId)?.ops.get(cxid);
        if (op !== undefined) this.#took(op, zxid, { op: 'closeSession', ...OK });
        return;
      }
      case 'deleteContainer': {
        const may = model.deleteContainer(body.path, zxid);
        return must(may, 'ContainersEnd', () => `${body.path} is deleted and must not be`);
      }
      default:
        if (sessionId !== NO_SESSION || body.type !== 'error') this.#write(txn);
    }
  }

  #took(op: Op, zxid: Zxid, outcome: ModelOutcome): void {
    must(op.zxid === null, 'AtMostOnce', () => `${describe(op)} is ${op.zxid} and ${zxid}`);
    must(zxid > op.floor, 'LinearizableWrites', () => {
      return `${describe(op)} became ${zxidToHex(zxid)}, sent after ${zxidToHex(op.floor)} was known`;
    });
    op.zxid = zxid;
    op.outcome = outcome;
  }

  #write(txn: Txn): void {
    const { zxid, sessionId, cxid } = txn;
    const session = this.sessions.get(sessionId);
    const op = session?.ops.get(cxid);
    if (session === undefined || op === undefined) {
      throw new Violation('NothingInvented', `nobody asked for ${show(txn)}`);
    }
    const err = errOf(txn);
    if (err === ErrorCode.SESSIONMOVED) {
      must(session.connections > 1, 'SessionsEndByLeader', () => `${describe(op)}: never moved`);
      op.moved = true;
      this.#took(op, zxid, { op: op.request.op, ...OK, err });
      return;
    }
    const outcome = this.model.apply(op.request, sessionId, zxid);
    this.#took(op, zxid, outcome);
    must(err === outcome.err, propertyOf(op), () => {
      return `${describe(op)} became ${show(txn)}, and should give ${outcome.err}`;
    });
    if (err !== ErrorCode.OK) return;
    must(op.xid > session.lastXid, 'FifoClientOrder', () => {
      return `${describe(op)} takes effect after the session's request ${session.lastXid}`;
    });
    session.lastXid = op.xid;
    const { body } = txn;
    const path = 'path' in body ? body.path : outcome.path;
    must(path === outcome.path, 'SequentialNames', () => {
      return `${describe(op)} makes ${path}, and should make ${outcome.path}`;
    });
  }

  /** A reply to the oldest request of a connection that is not answered. */
  replied(session: SessionRecord, op: Op, reply: Reply): void {
    this.answered++;
    const { xid, zxid } = reply;
    const where = (): string => `${describe(op)} of session ${hex(session.id)}: ${zxidToHex(zxid)}`;
    must(xid === op.xid, 'FifoClientOrder', () => `${where()} answers request ${xid}`);
    this.sawZxid(session, zxid, where);
    const { request } = op;
    switch (request.op) {
      case 'getData':
      case 'exists':
      case 'getChildren':
      case 'getChildren2':
        this.#read(request.op, request.path, reply, where);
        session.watches.read(request, reply);
        return;
      case 'multiRead':
        return this.#readAll(request.ops, reply, where);
      case 'sync':
        return this.#synced(op, zxid, where);
      case 'ping':
        return;
      case 'setWatches':
      case 'setWatches2':
        return session.watches.rearmed(zxid);
      default:
        return this.#written(op, reply, where);
    }
  }

  /** A zxid that a server has told: committed, and not older than the last. */
  sawZxid(session: SessionRecord, zxid: Zxid, where: () => string): void {
    must(zxid <= this.committed, 'ReadsCommitted', () => `${where()} is not committed`);
    must(zxid >= session.lastZxid, 'MonotoneReads', () => {
      return `${where()} comes after ${zxidToHex(session.lastZxid)}`;
    });
    session.lastZxid = zxid;
    session.watches.passed(zxid, where);
  }

  #read(op: string, path: string, reply: Reply, where: () => string): void {
    const node = this.model.nodeAt(path, reply.zxid);
    const expected = node === null ? ErrorCode.NONODE : ErrorCode.OK;
    const seen = (): string => `${where()} shows ${show(reply)}, and should ${show(node)}`;
    must(reply.err === expected, 'ReadsCommitted', seen);
    if (node === null) return;
    const { body } = reply;
    const same =
      body !== null &&
      (!('stat' in body) || sameStat(body.stat, node)) &&
      (!('data' in body) || sameData(body.data, node.data)) &&
      (!('children' in body) || sameNames(body.children, node.children));
    must(same && (op === 'exists' || body.type !== 'stat'), 'ReadsCommitted', seen);
  }

  #readAll(
    parts: readonly { readonly op: string; readonly path: string }[],
    reply: Reply,
    where: () => string,
  ): void {
    const results = reply.body?.type === 'multi' ? reply.body.results : [];
    parts.forEach(({ path }, i) => {
      const node = this.model.nodeAt(path, reply.zxid);
      const result = results[i];
      const same =
        node === null
          ? result?.type === 'error' && result.err === ErrorCode.NONODE
          : result?.type === 'getData'
            ? sameData(result.data, node.data) && sameStat(result.stat, node)
            : result?.type === 'getChildren' && sameNames(result.children, node.children);
      must(same, 'ReadsCommitted', () => `${where()}: ${path} shows ${show(result)}`);
    });
  }

  #synced(op: Op, zxid: Zxid, where: () => string): void {
    const { mark, floor } = op;
    if (mark === null) throw new Violation('SyncedReads', `${where()}: no leader has seen it`);
    must(zxid >= mark.zxid, 'SyncedReads', () => {
      return `${where()} is answered before ${zxidToHex(mark.zxid)}, which its leader had proposed`;
    });
    // A leader that another has succeeded, and that does not know it yet, syncs with what it has.
    must(mark.epoch < epochOf(floor) || zxid >= floor, 'SyncedReads', () => {
      return `${where()} is older than ${zxidToHex(floor)}, which was known when it was sent`;
    });
  }

  #written(op: Op, reply: Reply, where: () => string): void {
    const { outcome, zxid } = op;
    if (outcome === null || zxid === null) {
      throw new Violation('AnsweredAfterCommit', `${where()} answers what is not committed`);
    }
    must(!op.moved && reply.zxid >= zxid, 'AnsweredAfterCommit', () => {
      return `${where()} answers ${zxidToHex(zxid)}, moved: ${op.moved}`;
    });
    if (zxid > this.acknowledged) this.acknowledged = zxid;
    must(sameOutcome(reply, outcome), propertyOf(op), () => {
      return `${where()} is answered ${show(reply)}, and should be ${show(outcome)}`;
    });
  }
}

function propertyOf({ request }: Op): string {
  if (request.op === 'multi') return 'AtomicMulti';
  return 'AnsweredAfterCommit';
}

/** What a transaction says of itself. */
function errOf({ body }: Txn): number {
  if (body.type === 'error') return body.err;
  if (body.type !== 'multi') return ErrorCode.OK;
  const failed = body.ops.find((op) => op.type === 'error');
  return failed?.type === 'error' ? failed.err : ErrorCode.OK;
}

function sameOutcome({ err, body }: Reply, outcome: ModelOutcome): boolean {
  if (outcome.results !== null) {
    if (err !== ErrorCode.OK || body?.type !== 'multi') return false;
    const { results } = outcome;
    const same = body.results.every((result, i) => sameResult(result, results[i], outcome.err));
    return same && body.results.length === results.length;
  }
  if (err !== outcome.err) return false;
  if (err !== ErrorCode.OK) return true;
  const { path, node } = outcome;
  if (body === null) return outcome.op === 'delete' || outcome.op === 'closeSession';
  const right = !('path' in body) || body.path === path;
  return right && (!('stat' in body) || (node !== null && sameStat(body.stat, node)));
}

function sameResult(result: MultiResult, should: ModelResult | undefined, failed: number): boolean {
  if (should === undefined) return false;
  if (failed !== ErrorCode.OK) return result.type === 'error' && result.err === should.err;
  if (result.type === 'error') return false;
  const right = !('path' in result) || result.path === should.path;
  return (
    right && (!('stat' in result) || (should.node !== null && sameStat(result.stat, should.node)))
  );
}

/** Times apart: they are the leader's wall clock. */
function sameStat(stat: Stat, node: ModelNode): boolean {
  const { children, creates, data, owner } = node;
  return (
    stat.czxid === node.czxid &&
    stat.mzxid === node.mzxid &&
    stat.pzxid === node.pzxid &&
    stat.version === node.version &&
    stat.cversion === 2 * creates - children.length &&
    stat.ephemeralOwner === (typeof owner === 'bigint' ? owner : NO_SESSION) &&
    stat.dataLength === (data?.length ?? 0) &&
    stat.numChildren === children.length
  );
}

function sameData(a: Data, b: Data): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const sorted = [...a].sort();
  return sorted.every((name, i) => name === b[i]);
}

export function hex(id: SessionId): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`;
}

export function describe({ xid, request }: Op): string {
  return `request ${xid} (${request.op}${'path' in request ? ` ${request.path}` : ''})`;
}

/** A value on one line. */
export function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return hex(inner as SessionId);
    return inner instanceof Uint8Array ? `${inner.length} bytes` : inner;
  });
}
