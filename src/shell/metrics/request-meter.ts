/** What an answered request adds to the metrics; on the path of every one of them. */
import type { ClientRequest } from '../../core/request.js';
import type { ReplyBody } from '../../jute/reply.js';
import type { ServerMetrics } from './server-metrics.js';

/** Apache: `DataTree.STAT_OVERHEAD_BYTES`. */
const STAT_BYTES = 68;

/** Becomes `request` a transaction? Its latency counts as an update's then. */
function isUpdate({ op }: ClientRequest): boolean {
  switch (op) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'setData':
    case 'setACL':
    case 'multi':
    case 'createSession':
    case 'closeSession':
      return true;
    default:
      return false;
  }
}

/** A request was answered after `ms`. */
export function meterAnswer(
  metrics: ServerMetrics,
  request: ClientRequest,
  ms: number,
  body: ReplyBody | null,
): void {
  if (isUpdate(request)) {
    metrics.updateLatency.add(ms);
    return;
  }
  metrics.readLatency.add(ms);
  if (body === null) return;
  switch (request.op) {
    case 'getData':
    case 'exists':
    case 'getChildren':
    case 'getChildren2': {
      const namespace = topNamespace(request.path);
      if (namespace === '') return;
      const size = request.path.length + STAT_BYTES + bytesOf(body);
      metrics.readPerNamespace.add(namespace, size);
    }
  }
}

function bytesOf(body: ReplyBody): number {
  switch (body.type) {
    case 'data':
      return body.data?.length ?? 0;
    case 'children':
    case 'childrenStat': {
      let bytes = 0;
      for (const name of body.children) bytes += name.length;
      return bytes;
    }
    default:
      return 0;
  }
}

/** The first part of a path; empty: it is the root. */
export function topNamespace(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path.slice(1) : path.slice(1, end);
}
