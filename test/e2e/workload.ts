/** Clients that go on writing while servers come and go, and what they know afterwards. */
import assert from 'node:assert/strict';
import { Client, Disconnected } from './client.js';

/** A session on the first of `addresses`, from `from` on, that gives one. Asks as long as it takes. */
export async function connectAnywhere(addresses: readonly string[], from = 0): Promise<Client> {
  for (let i = from; ; i++) {
    try {
      return await Client.connect(addresses[i % addresses.length] ?? '');
    } catch {
      // Nobody is there, or does not serve. Others get a turn before the next try.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

export class Workload {
  /** Names below `/w` whose create was answered. */
  readonly acknowledged: string[] = [];
  readonly #addresses: readonly string[];
  #writing = true;
  #writers: readonly Promise<void>[] = [];
  #waiting: (() => void)[] = [];

  private constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** Creates `/w` and starts `writers` clients, each on another server first. */
  static async start(addresses: readonly string[], writers: number): Promise<Workload> {
    const workload = new Workload(addresses);
    const setup = await connectAnywhere(addresses);
    await setup.create('/w');
    await setup.close();
    workload.#writers = Array.from({ length: writers }, (_, i) => workload.#write(i));
    return workload;
  }

  /** Resolves when `count` more writes have been acknowledged. */
  async progress(count: number): Promise<void> {
    const goal = this.acknowledged.length + count;
    while (this.acknowledged.length < goal) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#writing = false;
    await Promise.all(this.#writers);
  }

  /** Every server shows the same, and everything that was acknowledged. All of them must serve. */
  async check(): Promise<void> {
    const contents = await Promise.all(this.#addresses.map(contentOf));
    for (const content of contents) assert.deepEqual(content, contents[0]);
    const found = new Set(contents[0]);
    const lost = this.acknowledged.filter((name) => !found.has(name));
    assert.deepEqual(lost, []);
  }

  async #write(writer: number): Promise<void> {
    let client = await connectAnywhere(this.#addresses, writer);
    for (let n = 0; this.#writing; n++) {
      const name = `${writer}-${n}`;
      try {
        await client.create(`/w/${name}`, name);
        this.#acknowledge(name);
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
        client = await connectAnywhere(this.#addresses, writer + n);
      }
    }
    await client.close();
  }

  #acknowledge(name: string): void {
    this.acknowledged.push(name);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** The children of `/w` as clients of one server see them, after all that was acknowledged before. */
export async function contentOf(address: string): Promise<readonly string[]> {
  const client = await connectAnywhere([address]);
  await client.sync('/w');
  const names = await client.children('/w');
  await client.close();
  return names.toSorted();
}
