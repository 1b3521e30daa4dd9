/**
 * Requests that the server of a client answers itself, from the tree as it has been delivered here
 * (Apache: the read branches of `FinalRequestProcessor`).
 *
 * The hot path: a read without a watch makes one reply and leaves the state as it is.
 */
import { ErrorCode } from '../core/error-code.js';
import type { ClientConn } from '../core/ids.js';
import type {
  MultiReadRequest,
  SetWatchesRequest,
  WatchTypeRequest,
  WatchingReadRequest,
} from '../core/request.js';
import type { Identity } from '../core/txn.js';
import { ZXID_NONE, ZXID_ZERO } from '../core/zxid.js';
import type { MultiResult, ReplyBody } from '../jute/reply.js';
import { Perms } from '../tree/acl.js';
import { eachName } from '../tree/name-set.js';
import { childPath } from '../tree/paths.js';
import { statOf } from '../tree/stat.js';
import { childNames, countNodes, ephemeralsOf, getNode, type Tree } from '../tree/tree.js';
import type { Znode } from '../tree/znode.js';
import { isAllowed, visibleAcl, type AccessRules } from './acl.js';
import { closeLocal } from './local-sessions.js';
import { reply } from './replies.js';
import type { Connection, Out, Pending, ServiceState } from './state.js';
import { WATCH_KINDS, addWatch, catchUp, hasWatch, removeWatch } from './watches.js';
import type { WatchKind } from './watches.js';

const PING_XID = -2;

/**
 * Answers `pending`, a request of kind `read`, or one that is refused here; only a watch changes the
 * state.
 */
export function answerRead(
  state: ServiceState,
  connection: Connection,
  pending: Pick<Pending, 'xid' | 'request' | 'identities' | 'failure'>,
  out: Out,
): ServiceState {
  const { request, xid, identities, failure } = pending;
  const { conn } = connection;
  if (failure !== ErrorCode.OK) {
    reply(out, conn, xid, ZXID_ZERO, failure, null);
    return state;
  }
  const { tree } = state;
  const zxid = tree.lastZxid;
  switch (request.op) {
    case 'getData':
    case 'exists':
    case 'getChildren':
    case 'getChildren2': {
      const found = find(state.config.rules, tree, request, identities);
      const body = typeof found === 'number' ? null : readBody(request.op, found);
      reply(out, conn, xid, zxid, typeof found === 'number' ? found : ErrorCode.OK, body);
      if (!request.watch || !leavesWatch(request.op, found)) return state;
      return watch(state, conn, request);
    }
    case 'ping':
      reply(out, conn, PING_XID, zxid, ErrorCode.OK, null);
      return state;
    case 'closeSession':
      return closeLocal(state, connection, xid, out);
    case 'setWatches':
    case 'setWatches2':
      return setWatches(state, conn, request, xid, out);
    case 'addWatch':
      return watchForGood(state, conn, request, xid, out);
    case 'checkWatches':
    case 'removeWatches':
      return dropWatches(state, conn, request, xid, out);
    case 'unreadable':
      reply(out, conn, xid, zxid, ErrorCode.MARSHALLINGERROR, null);
      return state;
    default: {
      const answer = answerOther(state, connection, pending);
      if (typeof answer === 'number') reply(out, conn, xid, zxid, answer, null);
      else reply(out, conn, xid, zxid, ErrorCode.OK, answer);
      return state;
    }
  }
}

/** The node that a read is about, if there is one and it may be read; else the error. */
function find(
  rules: AccessRules,
  tree: Tree,
  request: WatchingReadRequest,
  identities: readonly Identity[],
): Znode | number {
  if (request.op === 'exists' && request.path.includes('\0')) return ErrorCode.BADARGUMENTS;
  const node = getNode(tree, request.path);
  if (node === undefined) return ErrorCode.NONODE;
  return isAllowed(rules, node.acl, Perms.READ, identities) ? node : ErrorCode.NOAUTH;
}

function readBody(op: WatchingReadRequest['op'], node: Znode): ReplyBody {
  switch (op) {
    case 'getData':
      return { type: 'data', data: node.data, stat: statOf(node) };
    case 'exists':
      return { type: 'stat', stat: statOf(node) };
    case 'getChildren':
      return { type: 'children', children: childNames(node) };
    case 'getChildren2':
      return { type: 'childrenStat', children: childNames(node), stat: statOf(node) };
  }
}

/** exists watches for a node that is not there yet, too. */
function leavesWatch(op: WatchingReadRequest['op'], found: Znode | number): boolean {
  return typeof found !== 'number' || (op === 'exists' && found === ErrorCode.NONODE);
}

function watch(state: ServiceState, conn: ClientConn, request: WatchingReadRequest): ServiceState {
  const kind: WatchKind = request.op === 'getData' || request.op === 'exists' ? 'data' : 'child';
  const watches = addWatch(state.watches, kind, request.path, conn);
  return watches === state.watches ? state : { ...state, watches };
}

/** What was missed is told before the reply, with no zxid. */
function setWatches(
  state: ServiceState,
  conn: ClientConn,
  request: SetWatchesRequest,
  xid: number,
  out: Out,
): ServiceState {
  const [watches, events] = catchUp(state.watches, state.tree, conn, request);
  for (const { event, path } of events) {
    out.push({ type: 'watchEvent', conn, zxid: ZXID_NONE, event, path });
  }
  reply(out, conn, xid, state.tree.lastZxid, ErrorCode.OK, null);
  return { ...state, watches };
}

/** AddWatchMode; any other cannot be read. */
const WATCH_MODES: readonly WatchKind[] = ['persistent', 'recursive'];

/** addWatch needs neither a node nor a right; its answer has a body of four bytes. */
function watchForGood(
  state: ServiceState,
  conn: ClientConn,
  { path, mode }: WatchTypeRequest,
  xid: number,
  out: Out,
): ServiceState {
  const kind = WATCH_MODES[mode];
  const zxid = state.tree.lastZxid;
  if (kind === undefined) {
    reply(out, conn, xid, zxid, ErrorCode.MARSHALLINGERROR, null);
    return state;
  }
  reply(out, conn, xid, zxid, ErrorCode.OK, { type: 'error', err: ErrorCode.OK });
  const watches = addWatch(state.watches, kind, path, conn);
  return watches === state.watches ? state : { ...state, watches };
}

/** Tables of a WatcherType: children 1, data 2, any 3, persistent 4, persistent recursive 5. */
const WATCHER_TYPES: ReadonlyMap<number, readonly WatchKind[]> = new Map<
  number,
  readonly WatchKind[]
>([
  [1, ['child']],
  [2, ['data']],
  [3, WATCH_KINDS],
  [4, ['persistent']],
  [5, ['recursive']],
]);

/** checkWatches asks whether there is one, removeWatches takes all that there are. */
function dropWatches(
  state: ServiceState,
  conn: ClientConn,
  { op, path, mode }: WatchTypeRequest,
  xid: number,
  out: Out,
): ServiceState {
  const kinds = WATCHER_TYPES.get(mode);
  const held = kinds?.filter((kind) => hasWatch(state.watches, kind, path, conn)) ?? [];
  const err = held.length === 0 ? ErrorCode.NOWATCHER : ErrorCode.OK;
  const answer = kinds === undefined ? ErrorCode.MARSHALLINGERROR : err;
  reply(out, conn, xid, state.tree.lastZxid, answer, null);
  if (op === 'checkWatches' || held.length === 0) return state;
  const watches = held.reduce((table, kind) => removeWatch(table, kind, path, conn), state.watches);
  return { ...state, watches };
}

/** The rarer reads, none of which leaves a watch: a body or an error code. */
function answerOther(
  { tree, config }: ServiceState,
  connection: Connection,
  { request, identities }: Pick<Pending, 'request' | 'identities'>,
): ReplyBody | number {
  const { rules } = config;
  switch (request.op) {
    case 'getACL': {
      const node = getNode(tree, request.path);
      if (node === undefined) return ErrorCode.NONODE;
      if (!isAllowed(rules, node.acl, Perms.READ | Perms.ADMIN, identities))
        return ErrorCode.NOAUTH;
      return { type: 'acl', acl: visibleAcl(rules, node.acl, identities), stat: statOf(node) };
    }
    case 'multiRead':
      return { type: 'multi', results: readAll(rules, tree, request, identities) };
    case 'getAllChildrenNumber': {
      const node = getNode(tree, request.path);
      if (node === undefined) return ErrorCode.NONODE;
      if (!isAllowed(rules, node.acl, Perms.READ, identities)) return ErrorCode.NOAUTH;
      return { type: 'number', value: countBelow(tree, request.path, node) };
    }
    case 'getEphemerals':
      return { type: 'ephemerals', paths: ephemeralsBelow(tree, connection, request.path) };
    case 'whoAmI':
      return { type: 'whoAmI', identities: identities.map((one) => nameOnly(one, rules)) };
    default:
      throw new Error(`not a read: ${request.op}`);
  }
}

/** Each part for itself: one that fails fails alone. None leaves a watch, whatever it asks for. */
function readAll(
  rules: AccessRules,
  tree: Tree,
  request: MultiReadRequest,
  identities: readonly Identity[],
): readonly MultiResult[] {
  return request.ops.map((part) => {
    const found = find(rules, tree, part, identities);
    if (typeof found === 'number') return { type: 'error', err: found };
    return part.op === 'getData'
      ? { type: 'getData', data: found.data, stat: statOf(found) }
      : { type: 'getChildren', children: childNames(found) };
  });
}

function countBelow(tree: Tree, path: string, node: Znode): number {
  // Apache's root is under "" too, and counts itself there.
  if (path === '') return countNodes(tree);
  if (path === '/') return countNodes(tree) - 1;
  let count = 0;
  for (const name of eachName(node.children)) {
    const child = childPath(path, name);
    count += 1 + countBelow(tree, child, getNode(tree, child)!);
  }
  return count;
}

/** A prefix of the text, not of the path's parts, as in Apache. */
function ephemeralsBelow(tree: Tree, { sessionId }: Connection, prefix: string): string[] {
  const paths = ephemeralsOf(tree, sessionId);
  const trimmed = prefix.trim();
  return trimmed === '' || trimmed === '/' ? paths : paths.filter((p) => p.startsWith(prefix));
}

/** A digest identity's user; of a scheme without a provider nothing is told. */
function nameOnly({ scheme, id }: Identity, { schemes }: AccessRules): Identity {
  if (!schemes.has(scheme)) return { scheme, id: '' };
  return { scheme, id: scheme === 'digest' ? id.slice(0, Math.max(id.indexOf(':'), 0)) : id };
}
