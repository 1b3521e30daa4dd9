/**
 * An atomic counter in one node: Curator's `DistributedAtomicLong` (eight bytes, big-endian), or with
 * `format: 'text'` kazoo's `Counter` (decimal digits).
 */
import { Buffer } from 'node:buffer';
import { BadVersionError, ConnectionLossError, NodeExistsError, NoNodeError } from '../errors.js';
import { parentOf } from '../paths.js';
import type { ZooKeeper } from '../zookeeper.js';
import { ensureFolder, repeat } from './support.js';

export interface CounterOptions {
  /** Default `binary`. */
  readonly format?: 'binary' | 'text';
}

interface Stored {
  readonly value: bigint;
  /** null: there is no node yet. */
  readonly version: number | null;
}

/** 64-bit, signed; it wraps. Without a node it is 0n. */
export class Counter {
  private readonly text: boolean;

  constructor(
    private readonly zk: ZooKeeper,
    readonly path: string,
    options: CounterOptions = {},
  ) {
    this.text = options.format === 'text';
  }

  async get(): Promise<bigint> {
    return (await this.read()).value;
  }

  /**
   * Adds and returns the new value.
   * @throws ConnectionLossError when the reply is lost: the addition may have been done. It is not
   *   repeated, as it would count twice.
   */
  async add(delta: bigint | number): Promise<bigint> {
    for (;;) {
      const stored = await this.read();
      const value = BigInt.asIntN(64, stored.value + BigInt(delta));
      if (await this.write(value, stored.version)) return value;
    }
  }

  increment(): Promise<bigint> {
    return this.add(1n);
  }

  decrement(): Promise<bigint> {
    return this.add(-1n);
  }

  /** Whatever it was. */
  async set(value: bigint | number): Promise<void> {
    const wanted = BigInt.asIntN(64, BigInt(value));
    while (!(await this.write(wanted, (await this.read()).version)));
  }

  /** Sets it if it is `expected`; false if it was not. */
  async compareAndSet(expected: bigint | number, value: bigint | number): Promise<boolean> {
    const stored = await this.read();
    if (stored.value !== BigInt(expected)) return false;
    return this.write(BigInt.asIntN(64, BigInt(value)), stored.version);
  }

  private async read(): Promise<Stored> {
    try {
      const { data, stat } = await repeat(this.zk, () => this.zk.getData(this.path));
      return { value: this.decode(data), version: stat.version };
    } catch (error) {
      if (error instanceof NoNodeError) return { value: 0n, version: null };
      throw error;
    }
  }

  /** False: somebody else was faster. */
  private async write(value: bigint, version: number | null): Promise<boolean> {
    for (;;) {
      try {
        if (version === null) await this.zk.create(this.path, this.encode(value));
        else await this.zk.setData(this.path, this.encode(value), { version });
        return true;
      } catch (error) {
        if (error instanceof BadVersionError || error instanceof NodeExistsError) return false;
        if (error instanceof NoNodeError && version !== null) return false;
        if (error instanceof NoNodeError) await ensureFolder(this.zk, parentOf(this.path));
        else if (error instanceof ConnectionLossError && !error.maybeDone)
          await this.zk.connected();
        else throw error;
      }
    }
  }

  private encode(value: bigint): Buffer {
    if (this.text) return Buffer.from(String(value));
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  }

  private decode(data: Buffer | null): bigint {
    if (data === null || data.length === 0) return 0n;
    if (this.text) {
      const text = data.toString('utf8').trim();
      if (/^[+-]?\d+$/.test(text)) return BigInt(text);
    } else if (data.length === 8) return data.readBigInt64BE();
    throw new TypeError(`${this.path} holds no ${this.text ? 'decimal number' : '64-bit number'}`);
  }
}
