/**
 * A client that goes on writing, one node after the other at a measured pace, whatever becomes of
 * the servers, and that knows which of its writes were acknowledged.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../client.js';

/** A server that says nothing for as long is left for the next one. */
const PATIENCE_MS = 1_000;
const RETRY_MS = 20;
const NODE_EXISTS = -110;

export interface Load {
  /** Below which the nodes are that it creates. */
  readonly root: string;
  /** Resolves when `count` more writes than now are acknowledged. */
  readonly more: (count: number) => Promise<void>;
  /** Ends the client; the names of the nodes whose creation was acknowledged. */
  readonly end: () => Promise<readonly string[]>;
}

/** The outcome; rejects if it takes longer. */
export async function inTime<T>(promise: Promise<T>, ms = PATIENCE_MS): Promise<T> {
  const patience = new AbortController();
  const late = delay(ms, null, { signal: patience.signal }).then(
    () => Promise.reject(new Error(`no answer in ${ms} ms`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    patience.abort();
  }
}

/** A session with any of the servers, the one at `from` asked first. */
async function anyOf(addresses: readonly string[], from: number): Promise<Client> {
  for (let i = from; ; i++) {
    const connecting = Client.connect(addresses[i % addresses.length] ?? '');
    try {
      return await inTime(connecting);
    } catch {
      connecting.then((late) => late.drop()).catch(() => undefined);
      await delay(RETRY_MS);
    }
  }
}

class Writers implements Load {
  readonly root: string;
  readonly #addresses: readonly string[];
  readonly #acknowledged: string[] = [];
  readonly #paceMs: number;
  #waiting: (() => void)[] = [];
  #over = false;
  readonly #writers: readonly Promise<void>[];

  constructor(addresses: readonly string[], root: string, count: number, paceMs: number) {
    this.#addresses = addresses;
    this.root = root;
    this.#paceMs = paceMs;
    this.#writers = Array.from({ length: count }, (_, writer) => this.#write(writer));
  }

  readonly more = async (count: number): Promise<void> => {
    const goal = this.#acknowledged.length + count;
    while (this.#acknowledged.length < goal) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  };

  readonly end = async (): Promise<readonly string[]> => {
    this.#over = true;
    await Promise.all(this.#writers);
    return this.#acknowledged;
  };

  async #write(writer: number): Promise<void> {
    let next = writer;
    let client = await anyOf(this.#addresses, next);
    for (let n = 0; !this.#over;) {
      const name = `${writer}-${n}`;
      try {
        await inTime(this.#create(client, name));
        this.#acknowledge(name);
        n++;
        await delay(this.#paceMs);
      } catch {
        client.drop();
        client = await anyOf(this.#addresses, ++next);
      }
    }
    client.drop();
  }

  /** "It is there already": an earlier attempt got through, though its answer did not. */
  async #create(client: Client, name: string): Promise<void> {
    const { err } = await client.request({
      op: 'create',
      path: `${this.root}/${name}`,
      data: Buffer.from(name),
      acl: [{ perms: 31, scheme: 'world', id: 'anyone' }],
      flags: 0,
    });
    if (err !== 0 && err !== NODE_EXISTS) throw new Error(`create: error ${err}`);
  }

  #acknowledge(name: string): void {
    this.#acknowledged.push(name);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** `count` writers, each of which pauses for `paceMs` after each write. */
export async function startLoad(
  addresses: readonly string[],
  count: number,
  paceMs: number,
): Promise<Load> {
  const root = '/load';
  const client = await anyOf(addresses, 0);
  await client.create(root);
  client.drop();
  return new Writers(addresses, root, count, paceMs);
}

/** The nodes of `expected` below `root` that a client of the server at `address` does not see. */
export async function missingAt(
  address: string,
  root: string,
  expected: readonly string[],
): Promise<readonly string[]> {
  const client = await Client.connect(address);
  await client.sync(root);
  const there = new Set(await client.children(root));
  client.drop();
  return expected.filter((name) => !there.has(name));
}
