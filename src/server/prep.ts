/**
 * From request to transaction, on the leader and standalone (Apache: `PrepRequestProcessor`).
 *
 * Each request is checked against the tree as of the last proposal. The order of checks differs
 * from operation to operation and is Apache's, as the first that fails is what the client reads.
 * A request that fails becomes an `error` transaction: it consumes its zxid everywhere.
 *
 * Deviations: a multi with a part that Apache could not read (flags, TTL) consumes a zxid for every
 * reason, where Apache logs some under the zxid of the transaction before; one whose bytes are wrong
 * is refused before it comes here, and consumes none. createTTL with a negative TTL and a mode
 * without one is refused; it ends Apache's server.
 */
import { ErrorCode } from '../core/error-code.js';
import type { Millis, SessionId } from '../core/ids.js';
import type {
  ClientRequest,
  CreateRequest,
  CreateTtlRequest,
  MultiOpRequest,
  MultiRequest,
  SetAclRequest,
  SetDataRequest,
  VersionedRequest,
} from '../core/request.js';
import type { ErrorBody, Identity, SingleBody, TxnBody } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import { Perms } from '../tree/acl.js';
import { applyTxn } from '../tree/apply.js';
import { countNames } from '../tree/name-set.js';
import { TTL_MAX, ownerKind } from '../tree/owner.js';
import {
  isCreatablePath,
  isDeletablePath,
  isValidPath,
  parentOf,
  sequenceSuffix,
} from '../tree/paths.js';
import { checkQuota, sizeOf } from '../tree/quota.js';
import { ephemeralsOf, getNode, type Tree } from '../tree/tree.js';
import type { Znode } from '../tree/znode.js';
import { fixupAcl, isAllowed, type AccessRules } from './acl.js';
import type { ServiceFeatures } from './features.js';

/** Where a request stands when it is prepared. */
export interface PrepContext {
  /** As of the last proposal; within a multi, as of the part before. */
  readonly tree: Tree;
  /** As delivered: Apache looks at no later state for quotas. */
  readonly delivered: Tree;
  readonly zxid: Zxid;
  readonly time: Millis;
  readonly sessionId: SessionId;
  /** 0, SESSIONEXPIRED or SESSIONMOVED: told where the session check has its turn. */
  readonly sessionErr: number;
  /** The same for what only a global session may do. */
  readonly globalErr: number;
  readonly identities: readonly Identity[];
  readonly rules: AccessRules;
  readonly features: ServiceFeatures;
  /**
   * Within a multi: parents whose counter the parts before have taken over its end. In the tree it
   * stays there (`tree/apply.ts`), but Apache numbers the parts of one multi on.
   */
  readonly wrapped?: ReadonlyMap<string, number>;
}

/** Opcode 16. */
export const RECONFIG = 16;

const INT_MAX = 0x7fff_ffff;
const SEQUENTIAL = 2;
const EPHEMERAL = 1;
const CONTAINER = 4;
const TTL = 5;
const TTL_SEQUENTIAL = 6;

function fail(err: number): ErrorBody {
  return { type: 'error', err };
}

/** The transaction of a write; an `error` body if it may not be. */
export function prepare(ctx: PrepContext, request: ClientRequest): TxnBody {
  switch (request.op) {
    case 'multi':
      return prepareMulti(ctx, request);
    case 'setACL':
      return prepareSetAcl(ctx, request);
    case 'createSession':
      return { type: 'createSession', timeout: request.timeout };
    case 'closeSession': {
      // Not checked for the owner: expiry has none, and it is the last of the session anyway.
      const named = ctx.features.closeSessionTxn;
      return { type: 'closeSession', paths: named ? ephemeralsOf(ctx.tree, ctx.sessionId) : null };
    }
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'setData':
    case 'check':
      return prepareOp(ctx, request);
    case 'deleteContainer':
      return prepareDeleteContainer(ctx.tree, request.path);
    case 'unknown':
      return fail(
        request.opcode === RECONFIG ? ErrorCode.RECONFIGDISABLED : ErrorCode.UNIMPLEMENTED,
      );
    default:
      // Only a foreign learner can have sent it.
      return fail(ErrorCode.UNIMPLEMENTED);
  }
}

function prepareOp(ctx: PrepContext, request: MultiOpRequest): SingleBody {
  switch (request.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return prepareCreate(ctx, request);
    case 'delete':
      return prepareDelete(ctx, request);
    case 'setData':
      return prepareSetData(ctx, request);
    case 'check':
      return prepareCheck(ctx, request);
    default:
      return unreachable(request);
  }
}

function unreachable(request: never): never {
  throw new Error(`not an operation of a multi: ${JSON.stringify(request)}`);
}

/**
 * A part as Apache reads it inside a multi: flag 4 makes a container under each opcode. null: it
 * cannot be read, by which the whole multi fails.
 */
export function asPart(part: MultiOpRequest): MultiOpRequest | null {
  switch (part.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
      if (part.acl === null || part.flags < 0 || part.flags > CONTAINER) return null;
      return part.flags === CONTAINER ? { ...part, op: 'createContainer' } : part;
    case 'createTTL': {
      // Without a mode that has a TTL it is a plain create, whose reply says so.
      if (hasTtl(part.flags)) return part;
      const { path, data, acl, flags } = part;
      const op = flags === CONTAINER ? 'createContainer' : 'create';
      return { op, path, data, acl, flags };
    }
    default:
      return part;
  }
}

/**
 * All or nothing: each part is checked against what the parts before it have done. After a part
 * that fails the others are not looked at; those before it stay in the transaction as they are,
 * and are not applied.
 */
function prepareMulti(ctx: PrepContext, request: MultiRequest): TxnBody {
  const ops: SingleBody[] = [];
  const wrapped = new Map<string, number>();
  let tree = ctx.tree;
  let failed = false;
  for (const asked of request.ops) {
    const part = asPart(asked);
    if (part === null) return fail(ErrorCode.MARSHALLINGERROR);
    if (failed) {
      ops.push(fail(ErrorCode.RUNTIMEINCONSISTENCY));
      continue;
    }
    const body = prepareOp({ ...ctx, tree, wrapped }, part);
    // As above: a quota that cannot be read.
    if (isUnreadable(body)) return body;
    ops.push(body);
    if (body.type === 'error') {
      failed = true;
    } else {
      if ('parentCVersion' in body && body.parentCVersion < 0) {
        wrapped.set(parentOf(body.path), body.parentCVersion);
      }
      const { zxid, time, sessionId } = ctx;
      tree = applyTxn(tree, { zxid, time, sessionId, cxid: 0, body }).tree;
    }
  }
  return { type: 'multi', ops };
}

function isUnreadable(body: SingleBody): boolean {
  return body.type === 'error' && body.err === ErrorCode.MARSHALLINGERROR;
}

/** Mode and TTL of a create: 0 or the code. A TTL needs a mode that has one, and the other way. */
function checkMode(ctx: PrepContext, request: CreateRequest | CreateTtlRequest): number {
  const { flags } = request;
  if (flags < 0 || flags > TTL_SEQUENTIAL) return ErrorCode.BADARGUMENTS;
  const ttl = request.op === 'createTTL' ? request.ttl : null;
  if (!hasTtl(flags)) return ttl === null ? ErrorCode.OK : ErrorCode.BADARGUMENTS;
  if (!ctx.features.extendedTypes) return ErrorCode.UNIMPLEMENTED;
  return ttl !== null && ttl > 0 && ttl <= TTL_MAX ? ErrorCode.OK : ErrorCode.BADARGUMENTS;
}

function hasTtl(flags: number): boolean {
  return flags === TTL || flags === TTL_SEQUENTIAL;
}

function isSequential(flags: number): boolean {
  return flags === TTL_SEQUENTIAL || (flags < CONTAINER && (flags & SEQUENTIAL) !== 0);
}

function isEphemeral(flags: number): boolean {
  return flags < CONTAINER && (flags & EPHEMERAL) !== 0;
}

/** Mode, session, path, ACL, parent, permission, path with suffix, existence, parent's kind, quota. */
function prepareCreate(ctx: PrepContext, request: CreateRequest | CreateTtlRequest): SingleBody {
  const { flags, data } = request;
  const modeErr = checkMode(ctx, request) || (isEphemeral(flags) ? ctx.globalErr : ctx.sessionErr);
  if (modeErr !== ErrorCode.OK) return fail(modeErr);
  if (!isCreatablePath(request.path)) return fail(ErrorCode.BADARGUMENTS);
  const acl = fixupAcl(ctx.rules, request.acl, ctx.identities);
  if (acl === null) return fail(ErrorCode.INVALIDACL);
  const parent = getNode(ctx.tree, parentOf(request.path));
  if (parent === undefined) return fail(ErrorCode.NONODE);
  if (!isAllowed(ctx.rules, parent.acl, Perms.CREATE, ctx.identities))
    return fail(ErrorCode.NOAUTH);
  const cversion = counterOf(ctx, parentOf(request.path), parent);
  const path = isSequential(flags) ? request.path + sequenceSuffix(cversion) : request.path;
  if (!isValidPath(path)) return fail(ErrorCode.BADARGUMENTS);
  if (getNode(ctx.tree, path) !== undefined) return fail(ErrorCode.NODEEXISTS);
  if (ownerKind(parent.ephemeralOwner) === 'ephemeral') {
    return fail(ErrorCode.NOCHILDRENFOREPHEMERALS);
  }
  const quotaErr = checkAgainstQuota(ctx, path, 1, sizeOf(data));
  if (quotaErr !== ErrorCode.OK) return fail(quotaErr);
  const parentCVersion = (cversion + 1) | 0;
  if (request.op === 'createContainer') {
    return { type: 'createContainer', path, data, acl, parentCVersion };
  }
  if (request.op === 'createTTL') {
    return { type: 'createTTL', path, data, acl, parentCVersion, ttl: request.ttl };
  }
  const type = request.op === 'create' ? 'create' : 'create2';
  return { type, path, data, acl, ephemeral: isEphemeral(flags), parentCVersion };
}

function counterOf(ctx: PrepContext, path: string, { cversion }: Znode): number {
  return cversion === INT_MAX ? (ctx.wrapped?.get(path) ?? cversion) : cversion;
}

function checkAgainstQuota(ctx: PrepContext, path: string, nodes: number, bytes: number): number {
  return ctx.features.enforceQuota ? checkQuota(ctx.delivered, path, nodes, bytes) : ErrorCode.OK;
}

/** Session, path, parent, permission on the parent, node, version, children. */
function prepareDelete(ctx: PrepContext, request: VersionedRequest): SingleBody {
  const { path } = request;
  if (ctx.sessionErr !== ErrorCode.OK) return fail(ctx.sessionErr);
  if (!isDeletablePath(path)) return fail(ErrorCode.BADARGUMENTS);
  const parent = getNode(ctx.tree, parentOf(path));
  if (parent === undefined) return fail(ErrorCode.NONODE);
  if (!isAllowed(ctx.rules, parent.acl, Perms.DELETE, ctx.identities))
    return fail(ErrorCode.NOAUTH);
  const node = getNode(ctx.tree, path);
  if (node === undefined) return fail(ErrorCode.NONODE);
  if (!versionMatches(node.version, request.version)) return fail(ErrorCode.BADVERSION);
  if (countNames(node.children) > 0) return fail(ErrorCode.NOTEMPTY);
  return { type: 'delete', path };
}

/**
 * The leader's own, but whoever sends it is served, as by Apache: path, node, children, kind. Nobody's
 * permission is asked, and a node that is no container goes as well if it is not an ephemeral.
 */
function prepareDeleteContainer(tree: Tree, path: string): SingleBody {
  if (!isDeletablePath(path)) return fail(ErrorCode.BADARGUMENTS);
  const node = getNode(tree, path);
  if (node === undefined) return fail(ErrorCode.NONODE);
  if (countNames(node.children) > 0) return fail(ErrorCode.NOTEMPTY);
  if (ownerKind(node.ephemeralOwner) === 'ephemeral') return fail(ErrorCode.BADVERSION);
  return { type: 'deleteContainer', path };
}

/** Session, path, node, permission, quota, version. */
function prepareSetData(ctx: PrepContext, request: SetDataRequest): SingleBody {
  const { path, data } = request;
  if (ctx.sessionErr !== ErrorCode.OK) return fail(ctx.sessionErr);
  if (!isValidPath(path)) return fail(ErrorCode.BADARGUMENTS);
  const node = getNode(ctx.tree, path);
  if (node === undefined) return fail(ErrorCode.NONODE);
  if (!isAllowed(ctx.rules, node.acl, Perms.WRITE, ctx.identities)) return fail(ErrorCode.NOAUTH);
  const quotaErr = checkAgainstQuota(ctx, path, 0, sizeOf(data) - sizeOf(node.data));
  if (quotaErr !== ErrorCode.OK) return fail(quotaErr);
  if (!versionMatches(node.version, request.version)) return fail(ErrorCode.BADVERSION);
  return { type: 'setData', path, data, version: nextVersion(node.version) };
}

/** Session, path, ACL, node, permission, version of the ACL. */
function prepareSetAcl(ctx: PrepContext, request: SetAclRequest): SingleBody {
  const { path } = request;
  if (ctx.sessionErr !== ErrorCode.OK) return fail(ctx.sessionErr);
  if (!isValidPath(path)) return fail(ErrorCode.BADARGUMENTS);
  const acl = fixupAcl(ctx.rules, request.acl, ctx.identities);
  if (acl === null) return fail(ErrorCode.INVALIDACL);
  const node = getNode(ctx.tree, path);
  if (node === undefined) return fail(ErrorCode.NONODE);
  if (!isAllowed(ctx.rules, node.acl, Perms.ADMIN, ctx.identities)) return fail(ErrorCode.NOAUTH);
  if (!versionMatches(node.aversion, request.version)) return fail(ErrorCode.BADVERSION);
  return { type: 'setACL', path, acl, version: nextVersion(node.aversion) };
}

/** Session, path, node, permission to read, version. */
function prepareCheck(ctx: PrepContext, request: VersionedRequest): SingleBody {
  const { path } = request;
  if (ctx.sessionErr !== ErrorCode.OK) return fail(ctx.sessionErr);
  if (!isValidPath(path)) return fail(ErrorCode.BADARGUMENTS);
  const node = getNode(ctx.tree, path);
  if (node === undefined) return fail(ErrorCode.NONODE);
  if (!isAllowed(ctx.rules, node.acl, Perms.READ, ctx.identities)) return fail(ErrorCode.NOAUTH);
  if (!versionMatches(node.version, request.version)) return fail(ErrorCode.BADVERSION);
  return { type: 'check', path, version: nextVersion(node.version) };
}

/** −1 expects any version. */
function versionMatches(current: number, expected: number): boolean {
  return expected === -1 || expected === current;
}

/** The version after one more change: an int32 that wraps, as in 3.9 (4.0 will skip −1). */
function nextVersion(current: number): number {
  return (current + 1) | 0;
}
