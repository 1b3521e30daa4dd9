/** Transactions (opcode multi): a builder whose type knows the result of each operation. */
import type { MultiOpRequest } from '../core/request.js';
import { ErrorCode } from '../core/error-code.js';
import type { MultiResult } from '../jute/reply.js';
import { errorOf } from './errors.js';
import type { CallOptions, CreateOptions, Stat, VersionOptions } from './types.js';
import { statOf } from './wire.js';
import { bytesOf, createRequest } from './requests.js';
import type { Created, DataInput } from './options.js';
import type { ZooKeeper } from './zookeeper.js';

interface Part {
  readonly request: MultiOpRequest;
  /** The user's path. */
  readonly path: string;
  readonly result: (result: MultiResult) => unknown;
}

/**
 * Collects operations; `commit` asks for all of them at once.
 *
 * ```ts
 * const [path, stat] = await zk.transaction().create('/a').setData('/b', 'x').commit();
 * ```
 */
export class Transaction<R extends readonly unknown[] = []> {
  /** @internal */
  constructor(
    private readonly zk: ZooKeeper,
    private readonly parts: readonly Part[],
  ) {}

  private with<A>(part: Part): Transaction<[...R, A]> {
    return new Transaction<[...R, A]>(this.zk, [...this.parts, part]);
  }

  /** Results in the created path. */
  create(
    path: string,
    data: DataInput = null,
    options: Omit<CreateOptions, 'signal' | 'timeout'> = {},
  ) {
    return this.with<string>({
      request: createRequest(this.zk, 'create', path, data, options),
      path,
      result: (result) => this.createdOf(result).path,
    });
  }

  /** Results in the created path and its stat. */
  create2(
    path: string,
    data: DataInput = null,
    options: Omit<CreateOptions, 'signal' | 'timeout'> = {},
  ) {
    return this.with<Created>({
      request: createRequest(this.zk, 'create2', path, data, options),
      path,
      result: (result) => {
        if (result.type !== 'create2') return unexpected(result);
        return { path: this.createdOf(result).path, stat: statOf(result.stat) };
      },
    });
  }

  delete(path: string, { version = -1 }: Pick<VersionOptions, 'version'> = {}) {
    const request = { op: 'delete', path: this.zk.serverPath(path), version } as const;
    return this.with<undefined>({ request, path, result: () => undefined });
  }

  /** Results in the new stat. */
  setData(path: string, data: DataInput, { version = -1 }: Pick<VersionOptions, 'version'> = {}) {
    const server = this.zk.serverPath(path);
    const request = { op: 'setData', path: server, data: bytesOf(data), version } as const;
    return this.with<Stat>({
      request,
      path,
      result: (result) => (result.type === 'setData' ? statOf(result.stat) : unexpected(result)),
    });
  }

  /** The transaction fails unless the node is there (and has this version). */
  check(path: string, { version = -1 }: Pick<VersionOptions, 'version'> = {}) {
    const request = { op: 'check', path: this.zk.serverPath(path), version } as const;
    return this.with<undefined>({ request, path, result: () => undefined });
  }

  private createdOf(result: MultiResult): { readonly path: string } {
    if (result.type !== 'create' && result.type !== 'create2') return unexpected(result);
    return { path: this.zk.userPath(result.path) };
  }

  /**
   * All or nothing.
   * @returns a result for each operation, in order.
   * @throws the error of the operation that failed, whose `transaction` tells which and the codes.
   */
  async commit(options: CallOptions = {}): Promise<R> {
    const ops = this.parts.map((part) => part.request);
    const { results } = await this.zk.ask('multi', { op: 'multi', ops }, null, options);
    const codes = results.map((result) => (result.type === 'error' ? result.err : ErrorCode.OK));
    const index = codes.findIndex((code) => code !== ErrorCode.OK);
    if (index >= 0) {
      const error = errorOf(codes[index]!, this.parts[index]?.path ?? null);
      error.transaction = { index, codes };
      throw error;
    }
    return this.parts.map((part, i) => part.result(results[i]!)) as unknown as R;
  }
}

function unexpected(result: MultiResult): never {
  throw new Error(`a transaction's result of type ${result.type}`);
}
