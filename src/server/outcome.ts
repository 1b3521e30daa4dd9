/** From a write's transaction to its reply (Apache: write branches of `FinalRequestProcessor`). */
import type { ClientRequest } from '../core/request.js';
import type { TxnBody } from '../core/txn.js';
import type { MultiResult, ReplyBody } from '../jute/reply.js';
import type { OpResult, TxnResult } from '../tree/apply.js';

/** `result.err` is 0, or it is a multi. null: the reply is a header only. */
export function replyBody(op: ClientRequest['op'], result: TxnResult): ReplyBody | null {
  switch (op) {
    case 'create':
      return { type: 'path', path: result.path! };
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return { type: 'pathStat', path: result.path!, stat: result.stat! };
    case 'setData':
    case 'setACL':
      return { type: 'stat', stat: result.stat! };
    case 'multi':
      return { type: 'multi', results: result.results!.map(multiResult) };
    default:
      return null;
  }
}

function multiResult(result: OpResult): MultiResult {
  switch (result.type) {
    case 'create':
      return { type: 'create', path: result.path! };
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return { type: 'create2', path: result.path!, stat: result.stat! };
    case 'delete':
    case 'deleteContainer':
      return { type: 'delete' };
    case 'setData':
      return { type: 'setData', stat: result.stat! };
    case 'check':
      return { type: 'check' };
    case 'error':
    case 'setACL':
      // A multi has no setACL: Apache's clients cannot ask for one.
      return { type: 'error', err: result.err };
  }
}

/** May `body` be what `request` has become? An error may be anything's. */
export function isAbout(body: TxnBody, request: ClientRequest): boolean {
  if (body.type === 'error') return true;
  if (body.type !== request.op) return false;
  switch (request.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return 'path' in body && body.path.startsWith(request.path);
    case 'delete':
    case 'deleteContainer':
    case 'setData':
    case 'setACL':
      return 'path' in body && body.path === request.path;
    default:
      return true;
  }
}
