/**
 * ZooKeeper as its clients are promised it, written down on its own: a map of nodes, every version
 * of each kept with the zxid that made it, so that a read at any zxid can be judged. It looks at
 * what clients asked for and never at what servers made of it.
 *
 * Without access control: the simulated clients have none.
 */
import type { SessionId } from '../../core/ids.js';
import { ErrorCode } from '../../core/error-code.js';
import type { ClientRequest, CreateRequest, MultiOpRequest } from '../../core/request.js';
import type { Data } from '../../core/txn.js';
import { ZXID_ZERO, type Zxid } from '../../core/zxid.js';

export interface ModelNode {
  readonly data: Data;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly version: number;
  /** Children ever created. */
  readonly creates: number;
  readonly owner: SessionId | 'none' | 'container';
  /** Names, sorted. */
  readonly children: readonly string[];
}

/** What happened to a node, in the words of watch events. */
export type Happening = 'created' | 'deleted' | 'data' | 'children';

interface Version {
  readonly zxid: Zxid;
  /** null: it was deleted. */
  readonly node: ModelNode | null;
  readonly happened: Happening;
}

/** The outcome of one operation, or of one part of a multi. */
export interface ModelResult {
  readonly op: ClientRequest['op'];
  readonly err: number;
  readonly path: string | null;
  /** As it is after the operation; null if it is gone or none of the operation's business. */
  readonly node: ModelNode | null;
}

export interface ModelOutcome extends ModelResult {
  /** Of a multi only. */
  readonly results: readonly ModelResult[] | null;
}

type Change = readonly [path: string, version: Version];

const SEQUENTIAL = 2;
const EPHEMERAL = 1;

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === 0 ? '/' : path.slice(0, slash);
}

export class Model {
  readonly #versions = new Map<string, Version[]>();
  /** Alive, with their ephemerals. */
  readonly sessions = new Map<SessionId, Set<string>>();
  /** Sessions that have ended. */
  readonly ended = new Set<SessionId>();
  /** Of the operation under way: what it has done so far. */
  #done: Change[] = [];

  constructor() {
    const empty = { data: new Uint8Array(0), version: 0, creates: 0, owner: 'none' } as const;
    const zero = { czxid: ZXID_ZERO, mzxid: ZXID_ZERO, pzxid: ZXID_ZERO };
    const nodes: readonly (readonly [string, readonly string[]])[] = [
      ['/', ['zookeeper']],
      ['/zookeeper', ['config', 'quota']],
      ['/zookeeper/quota', []],
      ['/zookeeper/config', []],
    ];
    for (const [path, children] of nodes) {
      const node = { ...empty, ...zero, children };
      this.#versions.set(path, [{ zxid: ZXID_ZERO, node, happened: 'created' }]);
    }
  }

  /** The paths that have ever been. */
  paths(): Iterable<string> {
    return this.#versions.keys();
  }

  /** The node as of `zxid`; null: there was none. */
  nodeAt(path: string, zxid: Zxid): ModelNode | null {
    const versions = this.#versions.get(path);
    if (versions === undefined) return null;
    for (let i = versions.length - 1; i >= 0; i--) {
      if (versions[i]!.zxid <= zxid) return versions[i]!.node;
    }
    return null;
  }

  /** The first thing of those kinds that happened to the node after `zxid`; null: nothing has. */
  firstAfter(path: string, zxid: Zxid, kinds: readonly Happening[]): Version | null {
    const versions = this.#versions.get(path);
    if (versions === undefined) return null;
    let found: Version | null = null;
    for (let i = versions.length - 1; i >= 0 && versions[i]!.zxid > zxid; i--) {
      if (kinds.includes(versions[i]!.happened)) found = versions[i]!;
    }
    return found;
  }

  #now(path: string): ModelNode | null {
    return this.#versions.get(path)?.at(-1)?.node ?? null;
  }

  #set(path: string, node: ModelNode | null, zxid: Zxid, happened: Happening): void {
    const version = { zxid, node, happened };
    const versions = this.#versions.get(path);
    if (versions === undefined) this.#versions.set(path, [version]);
    else versions.push(version);
    this.#done.push([path, version]);
  }

  /** Takes back what the operation under way has done. */
  #undo(): void {
    for (const [path, { node }] of this.#done.reverse()) {
      const versions = this.#versions.get(path)!;
      const { happened } = versions.pop()!;
      if (happened === 'created') this.#disown(node, path);
      if (happened === 'deleted') this.#own(this.#now(path), path);
      if (versions.length === 0) this.#versions.delete(path);
    }
    this.#done = [];
  }

  #own(node: ModelNode | null, path: string): void {
    if (typeof node?.owner === 'bigint') this.sessions.get(node.owner)?.add(path);
  }

  #disown(node: ModelNode | null, path: string): void {
    if (typeof node?.owner === 'bigint') this.sessions.get(node.owner)?.delete(path);
  }

  createSession(id: SessionId): void {
    this.sessions.set(id, new Set());
  }

  /** The session ends, and its ephemerals with it. */
  closeSession(id: SessionId, zxid: Zxid): void {
    this.#done = [];
    for (const path of [...(this.sessions.get(id) ?? [])].sort()) this.#remove(path, zxid);
    this.sessions.delete(id);
    this.ended.add(id);
  }

  /** A container that has had children and has none is taken away. False: it may not be. */
  deleteContainer(path: string, zxid: Zxid): boolean {
    this.#done = [];
    const node = this.#now(path);
    if (node?.owner !== 'container' || node.children.length > 0 || node.creates === 0) return false;
    this.#remove(path, zxid);
    return true;
  }

  /** What `request` of a session does as the transaction `zxid`. */
  apply(request: ClientRequest, session: SessionId, zxid: Zxid): ModelOutcome {
    this.#done = [];
    if (request.op !== 'multi') {
      const result = this.#one(request as MultiOpRequest, session, zxid);
      return { ...result, results: null };
    }
    const results: ModelResult[] = [];
    for (const part of request.ops) {
      const result = this.#one(part, session, zxid);
      results.push(result);
      if (result.err !== ErrorCode.OK) return this.#failed(request.ops, results, result.err);
    }
    return { op: 'multi', err: ErrorCode.OK, path: null, node: null, results };
  }

  /** Nothing of a multi happens: 0 before the part that failed, its code, −2 after it. */
  #failed(ops: readonly MultiOpRequest[], done: readonly ModelResult[], err: number): ModelOutcome {
    this.#undo();
    const codeOf = (place: number): number =>
      place < done.length - 1
        ? ErrorCode.OK
        : place === done.length - 1
          ? err
          : ErrorCode.RUNTIMEINCONSISTENCY;
    const results = ops.map(({ op }, i) => ({ op, err: codeOf(i), path: null, node: null }));
    return { op: 'multi', err, path: null, node: null, results };
  }

  #one(request: MultiOpRequest, session: SessionId, zxid: Zxid): ModelResult {
    const { op } = request;
    const fail = (err: number): ModelResult => ({ op, err, path: null, node: null });
    if (!this.sessions.has(session)) return fail(ErrorCode.SESSIONEXPIRED);
    switch (request.op) {
      case 'create':
      case 'create2':
      case 'createContainer':
        return this.#create(request, session, zxid);
      case 'delete': {
        if (request.path === '/') return fail(ErrorCode.BADARGUMENTS);
        const node = this.#now(request.path);
        if (node === null) return fail(ErrorCode.NONODE);
        if (wrongVersion(node, request.version)) return fail(ErrorCode.BADVERSION);
        if (node.children.length > 0) return fail(ErrorCode.NOTEMPTY);
        this.#remove(request.path, zxid);
        return { op, err: ErrorCode.OK, path: request.path, node: null };
      }
      case 'setData': {
        const node = this.#now(request.path);
        if (node === null) return fail(ErrorCode.NONODE);
        if (wrongVersion(node, request.version)) return fail(ErrorCode.BADVERSION);
        const after = { ...node, data: request.data, mzxid: zxid, version: node.version + 1 };
        this.#set(request.path, after, zxid, 'data');
        return { op, err: ErrorCode.OK, path: request.path, node: after };
      }
      case 'check': {
        const node = this.#now(request.path);
        if (node === null) return fail(ErrorCode.NONODE);
        if (wrongVersion(node, request.version)) return fail(ErrorCode.BADVERSION);
        return { op, err: ErrorCode.OK, path: request.path, node };
      }
      default:
        throw new Error(`not an operation of the simulated clients: ${op}`);
    }
  }

  #create(request: CreateRequest, session: SessionId, zxid: Zxid): ModelResult {
    const { op, flags, data } = request;
    const fail = (err: number): ModelResult => ({ op, err, path: null, node: null });
    const parentPath = parentOf(request.path);
    const parent = this.#now(parentPath);
    if (parent === null) return fail(ErrorCode.NONODE);
    const plain = op !== 'createContainer';
    const suffix = plain && (flags & SEQUENTIAL) !== 0 ? sequence(parent.creates) : '';
    const path = request.path + suffix;
    if (this.#now(path) !== null) return fail(ErrorCode.NODEEXISTS);
    if (typeof parent.owner === 'bigint') return fail(ErrorCode.NOCHILDRENFOREPHEMERALS);
    const ephemeral = plain && (flags & EPHEMERAL) !== 0;
    const node: ModelNode = {
      data,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      version: 0,
      creates: 0,
      owner: plain ? (ephemeral ? session : 'none') : 'container',
      children: [],
    };
    this.#set(path, node, zxid, 'created');
    this.#own(node, path);
    const children = [...parent.children, nameOf(path)].sort();
    const counted = { ...parent, children, creates: parent.creates + 1, pzxid: zxid };
    this.#set(parentPath, counted, zxid, 'children');
    return { op, err: ErrorCode.OK, path, node };
  }

  #remove(path: string, zxid: Zxid): void {
    this.#disown(this.#now(path), path);
    this.#set(path, null, zxid, 'deleted');
    const parentPath = parentOf(path);
    const parent = this.#now(parentPath);
    if (parent === null) return;
    const children = parent.children.filter((name) => name !== nameOf(path));
    this.#set(parentPath, { ...parent, children, pzxid: zxid }, zxid, 'children');
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function sequence(count: number): string {
  return String(count).padStart(10, '0');
}

/** −1 expects any version. */
function wrongVersion(node: ModelNode, expected: number): boolean {
  return expected !== -1 && node.version !== expected;
}
