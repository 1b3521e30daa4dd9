/**
 * The effect of a transaction on the tree (Apache: `DataTree.processTxn`).
 *
 * A transaction is applied as it is: what may be done was decided when the leader prepared it. An
 * error shows only when a log is replayed over a state that already has some of it (Apache's
 * snapshots are taken while transactions are applied), and then the rules here lead to the state
 * that the log's end describes.
 *
 * Deviations: a create over an existing node raises the parent's cversion for every kind of
 * create, Apache does for opcode 1 only; a delete of a node with children takes them along, where
 * Apache leaves nodes that no parent lists. Both only occur in such a replay.
 */
import { ErrorCode } from '../core/error-code.js';
import type { Millis, SessionId } from '../core/ids.js';
import type { Stat } from '../core/stat.js';
import type {
  Acl,
  CloseSessionBody,
  CreateBody,
  CreateContainerBody,
  CreateTtlBody,
  MultiBody,
  SetAclBody,
  SetDataBody,
  SingleBody,
  Txn,
  TxnBody,
} from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import { internAcl, releaseAcl } from './acl-table.js';
import type { Change } from './change.js';
import { crcOf, withPart } from './digest.js';
import { withIndexed, withoutIndexed } from './indexes.js';
import { type NameSet, NO_NAMES, addName, eachName, removeName } from './name-set.js';
import { OWNER_CONTAINER, OWNER_NONE, ownerOfTtl } from './owner.js';
import { childPath, nameOf, parentOf } from './paths.js';
import { countAll, countChange, sizeOf } from './quota.js';
import { statOf } from './stat.js';
import { getAt, insertAt, removeAt, replaceAt } from './string-map.js';
import { ephemeralsOf, withLastZxid, withNodes, type Tree } from './tree.js';
import { withChildren, withData, type Znode } from './znode.js';

/** What a single transaction, or one part of a multi, has led to. */
export interface OpResult {
  /** `error` also for the parts of a failed multi that had no fault of their own. */
  readonly type: SingleBody['type'];
  /** KeeperException code, 0 for success. */
  readonly err: number;
  /** The path that it was about; null for an error. */
  readonly path: string | null;
  /** After create2, createContainer, createTTL, setData and setACL. */
  readonly stat: Stat | null;
}

export interface TxnResult {
  readonly type: TxnBody['type'];
  /** Of a multi: the first code that is not 0. */
  readonly err: number;
  readonly path: string | null;
  readonly stat: Stat | null;
  /** Of a multi only: a result for each part. */
  readonly results: readonly OpResult[] | null;
}

export interface Applied {
  readonly tree: Tree;
  readonly result: TxnResult;
  /** In the order in which watches hear of them. */
  readonly changes: readonly Change[];
}

/** Who and when: the header of a transaction. */
type Header = Omit<Txn, 'body'>;
type AnyCreate = CreateBody | CreateContainerBody | CreateTtlBody;

/** The tree after one part of a transaction; what watches hear of it is pushed to `changes`. */
interface Step {
  readonly tree: Tree;
  readonly err: number;
  readonly stat: Stat | null;
}

/** The tree after `txn`, what it has led to, and what watches must hear. */
export function applyTxn(tree: Tree, txn: Txn): Applied {
  const changes: Change[] = [];
  const [after, result] = applyBody(tree, txn, txn.body, changes);
  const lastZxid = txn.zxid > after.lastZxid ? txn.zxid : after.lastZxid;
  return { tree: withLastZxid(after, lastZxid), result, changes };
}

function applyBody(
  tree: Tree,
  header: Header,
  body: TxnBody,
  changes: Change[],
): readonly [Tree, TxnResult] {
  const { type } = body;
  switch (type) {
    case 'multi':
      return applyMulti(tree, header, body, changes);
    case 'createSession':
      return [
        { ...tree, sessions: tree.sessions.set(header.sessionId, body.timeout) },
        { type, err: ErrorCode.OK, path: null, stat: null, results: null },
      ];
    case 'closeSession':
      return [
        closeSession(tree, header, body, changes),
        { type, err: ErrorCode.OK, path: null, stat: null, results: null },
      ];
    default: {
      const [after, { err, path, stat }] = applySingle(tree, header, body, changes);
      return [after, { type, err, path, stat, results: null }];
    }
  }
}

function applySingle(
  tree: Tree,
  header: Header,
  body: SingleBody,
  changes: Change[],
): readonly [Tree, OpResult] {
  if (body.type === 'error') {
    return [tree, { type: 'error', err: body.err, path: null, stat: null }];
  }
  const { tree: after, err, stat } = applyChange(tree, header, body, changes);
  return [after, { type: body.type, err, path: body.path, stat }];
}

function applyChange(
  tree: Tree,
  header: Header,
  body: Exclude<SingleBody, { readonly type: 'error' }>,
  changes: Change[],
): Step {
  switch (body.type) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return createNode(tree, header, body, changes);
    case 'delete':
    case 'deleteContainer':
      return deleteNode(tree, header.zxid, body.path, changes);
    case 'setData':
      return setData(tree, header, body, changes);
    case 'setACL':
      return setAcl(tree, body);
    case 'check':
      return { tree, err: ErrorCode.OK, stat: null };
    default:
      return unreachable(body);
  }
}

function unreachable(body: never): never {
  throw new Error(`transaction of unknown type: ${JSON.stringify(body)}`);
}

/** If a part is an error, nothing is applied: 0 before it, its code, and −2 (as logged) after it. */
function applyMulti(
  tree: Tree,
  header: Header,
  body: MultiBody,
  changes: Change[],
): readonly [Tree, TxnResult] {
  const failed = body.ops.some((op) => op.type === 'error');
  const results: OpResult[] = [];
  let after = tree;
  let firstErr: number = ErrorCode.OK;
  let errorSeen = false;
  for (const op of body.ops) {
    errorSeen ||= op.type === 'error';
    const toApply: SingleBody =
      failed && op.type !== 'error'
        ? { type: 'error', err: errorSeen ? ErrorCode.RUNTIMEINCONSISTENCY : ErrorCode.OK }
        : op;
    const [next, result] = applySingle(after, header, toApply, changes);
    after = next;
    results.push(result);
    if (firstErr === ErrorCode.OK) firstErr = result.err;
  }
  return [after, { type: 'multi', err: firstErr, path: null, stat: null, results }];
}

function ownerFor(body: AnyCreate, sessionId: SessionId): SessionId {
  switch (body.type) {
    case 'createContainer':
      return OWNER_CONTAINER;
    case 'createTTL':
      return ownerOfTtl(body.ttl);
    case 'create':
    case 'create2':
      return body.ephemeral ? sessionId : OWNER_NONE;
  }
}

/**
 * The parent after a create under it. Its counters only go forward, whatever a replay brings; hence
 * the last int32 stays: the creates after it leave cversion and pzxid alone, as on Apache's server.
 */
function countCreate(parent: Znode, parentCVersion: number, zxid: Zxid, children: NameSet): Znode {
  const counted = parentCVersion === -1 ? (parent.cversion + 1) | 0 : parentCVersion;
  return counted > parent.cversion
    ? withChildren(parent, children, counted, zxid)
    : withChildren(parent, children, parent.cversion, parent.pzxid);
}

function createNode(tree: Tree, header: Header, body: AnyCreate, changes: Change[]): Step {
  const { path } = body;
  const { zxid, time } = header;
  const parentPath = parentOf(path);
  const parent = getAt(tree.nodes, parentPath);
  if (parent === undefined) return { tree, err: ErrorCode.NONODE, stat: null };
  const existing = getAt(tree.nodes, path);
  if (existing !== undefined) return createOver(tree, header, body, parent, existing);
  const owner = ownerFor(body, header.sessionId);
  const [acls, acl] = internAcl(tree.acls, body.acl);
  const node = freshNode(body, acl, owner, zxid, time, crcOf(tree.digest, path, body.data));
  const children = addName(parent.children, nameOf(path));
  const counted = countCreate(parent, body.parentCVersion, zxid, children);
  const nodes = replaceAt(insertAt(tree.nodes, path, node), parentPath, counted);
  const withParent = withPart(tree.digest, parentPath, parent, counted);
  const digest = withPart(withParent, path, null, node);
  changes.push(
    { type: 'created', path, acl },
    { type: 'children', path: parentPath, acl: parent.acl },
  );
  const indexed = withIndexed(withNodes(tree, nodes, acls, digest), path, owner);
  const after = countChange(countAll(indexed, path), path, 1, sizeOf(body.data));
  const stat = body.type === 'create' ? null : statOf(node);
  return { tree: after, err: ErrorCode.OK, stat };
}

function freshNode(
  body: AnyCreate,
  acl: readonly Acl[],
  ephemeralOwner: SessionId,
  zxid: Zxid,
  time: Millis,
  crc: number,
): Znode {
  return {
    data: body.data,
    acl,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: time,
    mtime: time,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner,
    children: NO_NAMES,
    crc,
  };
}

/** A replayed create of what is there already: takes the ACL, and counts in the parent. */
function createOver(
  tree: Tree,
  header: Header,
  body: AnyCreate,
  parent: Znode,
  existing: Znode,
): Step {
  const { path } = body;
  const [interned, acl] = internAcl(tree.acls, body.acl);
  const acls = releaseAcl(interned, existing.acl);
  const raised = countCreate(parent, body.parentCVersion, header.zxid, parent.children);
  // In this order: the root is its own parent, and only its ACL may change.
  const counted = replaceAt(tree.nodes, parentOf(path), raised);
  const nodes = replaceAt(counted, path, { ...existing, acl });
  const digest = path === '/' ? tree.digest : withPart(tree.digest, parentOf(path), parent, raised);
  return { tree: withNodes(tree, nodes, acls, digest), err: ErrorCode.NODEEXISTS, stat: null };
}

function deleteNode(tree: Tree, zxid: Zxid, path: string, changes: Change[]): Step {
  const parentPath = parentOf(path);
  const parent = getAt(tree.nodes, parentPath);
  if (parent === undefined) return { tree, err: ErrorCode.NONODE, stat: null };
  const pzxid = zxid > parent.pzxid ? zxid : parent.pzxid;
  const children = removeName(parent.children, nameOf(path));
  const counted = withChildren(parent, children, parent.cversion, pzxid);
  const digest = withPart(tree.digest, parentPath, parent, counted);
  const after = withNodes(tree, replaceAt(tree.nodes, parentPath, counted), tree.acls, digest);
  const node = getAt(tree.nodes, path);
  if (node === undefined) return { tree: after, err: ErrorCode.NONODE, stat: null };
  changes.push(
    { type: 'deleted', path, acl: node.acl },
    { type: 'children', path: parentPath, acl: parent.acl },
  );
  const rest = countChange(withoutSubtree(after, path), path, -1, -sizeOf(node.data));
  return { tree: rest, err: ErrorCode.OK, stat: null };
}

/** The tree without the node at `path` and what is below it; its parent is not looked at. */
function withoutSubtree(tree: Tree, path: string): Tree {
  const node = getAt(tree.nodes, path);
  if (node === undefined) return tree;
  let after = tree;
  for (const name of eachName(node.children)) {
    after = withoutSubtree(after, childPath(path, name));
  }
  const acls = releaseAcl(after.acls, node.acl);
  const digest = withPart(after.digest, path, node, null);
  const rest = withNodes(after, removeAt(after.nodes, path), acls, digest);
  return withoutIndexed(rest, path, node.ephemeralOwner);
}

function setData(tree: Tree, header: Header, body: SetDataBody, changes: Change[]): Step {
  const { path, data, version } = body;
  const node = getAt(tree.nodes, path);
  if (node === undefined) return { tree, err: ErrorCode.NONODE, stat: null };
  const crc = crcOf(tree.digest, path, data);
  const after = withData(node, data, version, header.zxid, header.time, crc);
  changes.push({ type: 'data', path, acl: node.acl });
  const digest = withPart(tree.digest, path, node, after);
  const changed = withNodes(tree, replaceAt(tree.nodes, path, after), tree.acls, digest);
  const counted = countChange(changed, path, 0, sizeOf(data) - sizeOf(node.data));
  return { tree: counted, err: ErrorCode.OK, stat: statOf(after) };
}

/** Changes the ACL and its version and nothing else: not mzxid, not mtime. */
function setAcl(tree: Tree, body: SetAclBody): Step {
  const { path, version } = body;
  const node = getAt(tree.nodes, path);
  if (node === undefined) return { tree, err: ErrorCode.NONODE, stat: null };
  const [interned, acl] = internAcl(tree.acls, body.acl);
  const acls = releaseAcl(interned, node.acl);
  const after: Znode = { ...node, acl, aversion: version };
  return {
    tree: withNodes(
      tree,
      replaceAt(tree.nodes, path, after),
      acls,
      withPart(tree.digest, path, node, after),
    ),
    err: ErrorCode.OK,
    stat: statOf(after),
  };
}

/**
 * Ends a session: first the paths that the transaction names, in its order, then whatever else the
 * session still owns here (an old log names none).
 */
function closeSession(tree: Tree, header: Header, body: CloseSessionBody, changes: Change[]): Tree {
  let after = tree;
  for (const path of body.paths ?? []) {
    after = deleteNode(after, header.zxid, path, changes).tree;
  }
  for (const path of ephemeralsOf(after, header.sessionId)) {
    after = deleteNode(after, header.zxid, path, changes).tree;
  }
  return { ...after, sessions: after.sessions.remove(header.sessionId) };
}
