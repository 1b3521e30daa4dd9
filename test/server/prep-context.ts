/** Where requests of the tests of `prep.ts` stand: nobody in particular, on a tree of their making. */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../src/core/error-code.js';
import type { SessionId } from '../../src/core/ids.js';
import type { ClientRequest } from '../../src/core/request.js';
import type { Identity } from '../../src/core/txn.js';
import { DEFAULT_RULES } from '../../src/server/acl.js';
import { DEFAULT_FEATURES } from '../../src/server/features.js';
import { prepare, type PrepContext } from '../../src/server/prep.js';
import { applyTxn } from '../../src/tree/apply.js';
import { emptyTree, type Tree } from '../../src/tree/tree.js';
import { zxid } from './harness.js';

export const SESSION = 7n as SessionId;
const IP: readonly Identity[] = [{ scheme: 'ip', id: '127.0.0.1' }];

export function context(tree: Tree, overrides: Partial<PrepContext> = {}): PrepContext {
  return {
    tree,
    delivered: tree,
    zxid: zxid(1000),
    time: 5,
    sessionId: SESSION,
    sessionErr: ErrorCode.OK,
    globalErr: ErrorCode.OK,
    identities: IP,
    rules: DEFAULT_RULES,
    features: DEFAULT_FEATURES,
    ...overrides,
  };
}

/** The tree after `requests`, each of which must succeed. */
export function treeAfter(...requests: readonly ClientRequest[]): Tree {
  let tree = emptyTree();
  for (const [i, request] of requests.entries()) {
    const body = prepare(context(tree), request);
    assert.notEqual(body.type, 'error', `${request.op} fails: ${JSON.stringify(body)}`);
    tree = applyTxn(tree, {
      zxid: zxid(i + 1),
      sessionId: SESSION,
      cxid: i,
      time: 1,
      body,
    }).tree;
  }
  return tree;
}
