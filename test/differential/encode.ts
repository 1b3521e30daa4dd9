/** A program's requests as frames, by the project's own codecs: Apache's server reads them as well as ours. */
import { Buffer } from 'node:buffer';
import type { ClientRequest, MultiOpRequest, WatchingReadRequest } from '../../src/core/request.js';
import type { Acl as CoreAcl } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { opcodeOf, writeRequestBody } from '../../src/jute/request.js';
import { beginRecord, createWriter, endRecord } from '../../src/jute/writer.js';
import { frame, Writer } from '../support/raw-client.js';
import type { Acl, Data, Part, Request, WatchingRead } from './program.js';

/** What a program's text stands for in one run. */
export interface Meaning {
  readonly root: string;
  /** The zxid at which the program began. */
  readonly base: bigint;
}

/** Xids of requests that clients send under a number of their own. */
const RESERVED: Readonly<Partial<Record<Request['op'], number>>> = {
  ping: -2,
  auth: -4,
  setWatches: -8,
  setWatches2: -8,
};
export const xidOf = (request: Request): number | null => RESERVED[request.op] ?? null;

const scratch = createWriter();

/** Where the limits and counts of quotas are. */
export const QUOTA = '/zookeeper/quota';

export const pathOf = (path: string, { root }: Meaning): string => {
  if (path.startsWith('~')) return root + path.slice(1);
  return path.startsWith(`${QUOTA}~`) ? path.replace('~', root) : path;
};

const bytesOf = (data: Data): Uint8Array | null => {
  if (data === null) return null;
  return typeof data === 'number' ? Buffer.alloc(data, 'x') : Buffer.from(data, 'utf8');
};

const aclOf = (acl: Acl): readonly CoreAcl[] | null =>
  acl?.map(([perms, scheme, id]) => ({ perms, scheme, id })) ?? null;

const partOf = (part: Part, m: Meaning): MultiOpRequest => {
  const path = pathOf(part.path, m);
  switch (part.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
      return { ...part, path, data: bytesOf(part.data), acl: aclOf(part.acl) };
    case 'createTTL':
      return { ...part, path, data: bytesOf(part.data), acl: aclOf(part.acl) };
    case 'setData':
      return { ...part, path, data: bytesOf(part.data) };
    case 'delete':
    case 'check':
      return { ...part, path };
  }
};

const readOf = (read: WatchingRead, m: Meaning): WatchingReadRequest => ({
  ...read,
  path: pathOf(read.path, m),
});

const requestOf = (
  request: Exclude<Request, { readonly op: 'raw' | 'mangled' }>,
  m: Meaning,
): ClientRequest => {
  const paths = (all: readonly string[]): string[] => all.map((path) => pathOf(path, m));
  switch (request.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'setData':
    case 'delete':
    case 'check':
      return partOf(request, m);
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      return readOf(request, m);
    case 'setWatches':
    case 'setWatches2':
      return {
        op: request.op,
        relativeZxid: Math.max(0, Number(m.base) + request.since) as Zxid,
        data: paths(request.data),
        exist: paths(request.exist),
        child: paths(request.child),
        persistent: paths(request.persistent),
        persistentRecursive: paths(request.recursive),
      };
    case 'setACL':
      return { ...request, path: pathOf(request.path, m), acl: aclOf(request.acl) };
    case 'getACL':
    case 'sync':
    case 'getEphemerals':
    case 'getAllChildrenNumber':
    case 'deleteContainer':
    case 'addWatch':
    case 'removeWatches':
    case 'checkWatches':
      return { ...request, path: pathOf(request.path, m) };
    case 'multi':
      return { op: 'multi', ops: request.ops.map((part) => partOf(part, m)) };
    case 'multiRead':
      return { op: 'multiRead', ops: request.ops.map((read) => readOf(read, m)) };
    case 'auth':
      return { op: 'auth', scheme: request.scheme, auth: bytesOf(request.id) };
    case 'ping':
    case 'whoAmI':
    case 'closeSession':
      return request;
  }
};

/** Opcode and record of a request. */
const recordOf = (request: Request, m: Meaning): readonly [number, Buffer] => {
  if (request.op === 'raw') return [request.opcode, Buffer.from(request.body, 'hex')];
  if (request.op === 'mangled') {
    const [opcode, record] = recordOf(request.request, m);
    const kept = record.subarray(0, request.keep < 0 ? record.length + request.keep : request.keep);
    return [opcode, Buffer.concat([kept, Buffer.from(request.tail, 'hex')])];
  }
  const asked = requestOf(request, m);
  beginRecord(scratch);
  writeRequestBody(scratch, asked);
  return [opcodeOf(asked), endRecord(scratch)];
};

/** The whole frame of a request. */
export const encode = (request: Request, xid: number, m: Meaning): Buffer => {
  const [opcode, record] = recordOf(request, m);
  return frame(new Writer().int(xid).int(opcode).raw(record).bytes());
};
