/**
 * `enableEagerACLCheck`: a server of an ensemble refuses a write that its own tree does not allow,
 * before it costs anybody a transaction (Apache: `ZooKeeperServer.authWriteRequest`, asked by
 * `LeaderRequestProcessor` and the learners'). What it lets pass is checked by the leader as ever.
 *
 * Deviation: the refusal waits for its turn among the answers of its connection; Apache's overtakes
 * those before it, on which clients hang up.
 */
import { ErrorCode } from '../core/error-code.js';
import type { ClientRequest } from '../core/request.js';
import type { Acl, Identity } from '../core/txn.js';
import { Perms } from '../tree/acl.js';
import { isDeletablePath, parentOf } from '../tree/paths.js';
import { getNode } from '../tree/tree.js';
import { fixupAcl, isAllowed } from './acl.js';
import type { ServiceState } from './state.js';

/** The code to refuse `request` with; 0: not at once. Its answer carries zxid 0. */
export function eagerRefusal(
  { config, role, tree }: ServiceState,
  request: ClientRequest,
  identities: readonly Identity[],
): number {
  // A standalone server has no epoch and asks its tree once.
  if (!config.features.eagerAclCheck || role.epoch === 0) return ErrorCode.OK;
  const needed = needs(request);
  if (needed === null) return ErrorCode.OK;
  const { path, perms, acl } = needed;
  if (acl !== undefined && fixupAcl(config.rules, acl, identities) === null) {
    return ErrorCode.INVALIDACL;
  }
  const node = getNode(tree, path);
  if (node === undefined || isAllowed(config.rules, node.acl, perms, identities)) {
    return ErrorCode.OK;
  }
  return ErrorCode.NOAUTH;
}

interface Needed {
  /** The node whose ACL counts. */
  readonly path: string;
  readonly perms: number;
  /** One that the request brings; undefined: it brings none. */
  readonly acl?: readonly Acl[] | null;
}

/** null: Apache does not look at it here, or its path is none. */
function needs(request: ClientRequest): Needed | null {
  switch (request.op) {
    case 'create':
    case 'create2': {
      const { path, acl } = request;
      return isDeletablePath(path) ? { path: parentOf(path), perms: Perms.CREATE, acl } : null;
    }
    case 'delete': {
      const { path } = request;
      return isDeletablePath(path) ? { path: parentOf(path), perms: Perms.DELETE } : null;
    }
    case 'setData':
      return { path: request.path, perms: Perms.WRITE };
    case 'setACL':
      return { path: request.path, perms: Perms.ADMIN, acl: request.acl };
    default:
      return null;
  }
}
