/** The body of the reply to a write (Apache: the write branches of `FinalRequestProcessor`). */
import type { ClientRequest } from '../core/request.js';
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
