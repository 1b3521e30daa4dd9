/** Users' arguments as requests, and replies as users' values. */
import { Buffer } from 'node:buffer';
import type { CreateRequest, CreateTtlRequest } from '../core/request.js';
import type { Stat as CoreStat } from '../core/stat.js';
import type { DataInput } from './options.js';
import { CREATE_MODES, OPEN_ACL } from './types.js';
import type { CreateOptions, NodeData, ReadOptions } from './types.js';
import { statOf } from './wire.js';

export function bytesOf(data: DataInput): Uint8Array | null {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (data === null || data instanceof Uint8Array) return data;
  throw new TypeError('data must be bytes, a string or null');
}

export function bufferOf(data: Uint8Array | null): Buffer | null {
  if (data === null || Buffer.isBuffer(data)) return data;
  return Buffer.from(data.buffer, data.byteOffset, data.length);
}

export function dataRequest(path: string, { watcher }: ReadOptions) {
  return { op: 'getData', path, watch: watcher !== undefined } as const;
}

export function nodeData(reply: {
  readonly data: Uint8Array | null;
  readonly stat: CoreStat;
}): NodeData {
  return { data: bufferOf(reply.data), stat: statOf(reply.stat) };
}

/** The request of a create in any mode: containers and TTLs have opcodes of their own. */
export function createRequest(
  zk: { serverPath(path: string, sequential?: boolean): string },
  op: 'create' | 'create2',
  path: string,
  data: DataInput,
  { mode = 'persistent', acl = OPEN_ACL, ttl }: CreateOptions,
): CreateRequest | CreateTtlRequest {
  const flags = (CREATE_MODES as Readonly<Record<string, number>>)[mode];
  if (flags === undefined) throw new TypeError(`not a create mode: ${mode}`);
  const server = zk.serverPath(path, mode.endsWith('sequential'));
  const rest = { path: server, data: bytesOf(data), acl, flags };
  if (mode === 'container') return { op: 'createContainer', ...rest };
  if (mode !== 'ttl' && mode !== 'ttl-sequential') {
    if (ttl !== undefined) throw new TypeError(`a ttl needs a ttl mode, not ${mode}`);
    return { op, ...rest };
  }
  if (ttl === undefined) throw new TypeError(`mode ${mode} needs a ttl`);
  return { op: 'createTTL', ...rest, ttl };
}
