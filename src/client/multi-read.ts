/** multiRead: several reads answered from one state of the server, each with its own error. */
import { errorOf } from './errors.js';
import type { ZooKeeperError } from './errors.js';
import type { CallOptions, NodeData } from './types.js';
import { statOf } from './wire.js';
import { bufferOf } from './requests.js';
import type { ZooKeeper } from './zookeeper.js';

export type MultiReadOp =
  | { readonly op: 'getData'; readonly path: string }
  | { readonly op: 'getChildren'; readonly path: string };

type Read<O> = O extends { op: 'getData' } ? NodeData : readonly string[];

/** A result for each operation, in order. */
export type MultiReadResults<O extends readonly MultiReadOp[]> = {
  readonly [I in keyof O]: Read<O[I]> | ZooKeeperError;
};

/** @internal */
export async function readMany<const O extends readonly MultiReadOp[]>(
  zk: ZooKeeper,
  ops: O,
  options: CallOptions,
): Promise<MultiReadResults<O>> {
  const asked = ops.map(({ op, path }) => {
    if (op !== 'getData' && op !== 'getChildren') throw new TypeError(`multiRead: ${String(op)}`);
    return { op, path: zk.serverPath(path), watch: false };
  });
  const { results } = await zk.ask('multi', { op: 'multiRead', ops: asked }, null, options);
  const read = results.map((result, i) => {
    if (result.type === 'getData') {
      return { data: bufferOf(result.data), stat: statOf(result.stat) };
    }
    if (result.type === 'getChildren') return result.children;
    return errorOf(result.type === 'error' ? result.err : 0, ops[i]?.path ?? null);
  });
  return read as MultiReadResults<O>;
}
