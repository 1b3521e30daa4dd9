/**
 * A client that works all along, in nodes that nobody else may change: every answer must be right and come soon, its session and its
 * ephemeral must stay, and what it has written must be there in the end.
 */
import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import { RawClient, Reader, Writer, type Reply } from '../support/raw-client.js';

/** No answer in this time is a hang. */
const PATIENCE_MS = 60_000;
const NODES = 20;
/** Between two operations, ms: it is a witness, no load. */
const PAUSE_MS = 5;

const late = (what: string): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`the witness waits for ${what}`)), PATIENCE_MS).unref();
  });

export class Witness {
  operations = 0;
  slowest = 0;
  readonly #written = new Map<string, { data: string; version: number }>();
  #stopped = false;
  #work: Promise<void> = Promise.resolve();

  private constructor(
    private readonly client: RawClient,
    readonly root: string,
  ) {}

  /** `root` is made for it, for its eyes only, but for reading. */
  static async start(address: string, root: string): Promise<Witness> {
    const [host = '', port = ''] = address.split(':');
    const client = await RawClient.connect(host, Number(port), { timeout: 60_000 });
    if (client === null || client.session.sessionId === 0n) throw new Error('no session');
    const witness = new Witness(client, root);
    const auth = new Writer().int(0).buffer('digest').buffer('witness:secret').bytes();
    await witness.#ask('auth', 100, auth, 0, -4);
    await witness.#create(root, '', 0);
    await witness.#create(`${root}/alive`, '', 1);
    witness.#work = witness.#loop();
    // Whoever stops it hears of it.
    witness.#work.catch(() => undefined);
    return witness;
  }

  async #ask(what: string, op: number, body: Buffer, err: number, xid?: number): Promise<Reply> {
    const began = performance.now();
    const reply = await Promise.race([this.client.call(op, body, xid), late(what)]);
    this.operations += 1;
    this.slowest = Math.max(this.slowest, performance.now() - began);
    if (reply === null) throw new Error(`the witness lost its connection at ${what}`);
    assert.equal(reply.err, err, `${what} of the witness`);
    return reply;
  }
  async #create(path: string, data: string, flags: number): Promise<void> {
    const body = new Writer().buffer(path).buffer(data).int(2);
    body.int(31).buffer('auth').buffer('').int(1).buffer('world').buffer('anyone').int(flags);
    await this.#ask(`create ${path}`, 1, body.bytes(), 0);
  }
  async #read(path: string): Promise<{ data: string; version: number }> {
    const body = new Writer().buffer(path).bool(false).bytes();
    const r = new Reader((await this.#ask(`getData ${path}`, 4, body, 0)).body);
    const data = r.string() ?? '';
    for (let i = 0; i < 4; i++) r.long();
    return { data, version: r.int() };
  }

  async #loop(): Promise<void> {
    for (let n = 0; !this.#stopped; n++) {
      const path = `${this.root}/${n % NODES}`;
      const known = this.#written.get(path);
      if (known === undefined) {
        await this.#create(path, String(n), 0);
        this.#written.set(path, { data: String(n), version: 0 });
      } else if (n % 7 === 0) {
        const body = new Writer().buffer(path).int(known.version).bytes();
        await this.#ask(`delete ${path}`, 2, body, 0);
        this.#written.delete(path);
      } else {
        const body = new Writer().buffer(path).buffer(String(n)).int(known.version).bytes();
        await this.#ask(`setData ${path}`, 5, body, 0);
        this.#written.set(path, { data: String(n), version: known.version + 1 });
        const stale = new Writer().buffer(path).buffer('never').int(known.version).bytes();
        await this.#ask(`setData ${path} with an old version`, 5, stale, -103);
      }
      const now = this.#written.get(path);
      if (now !== undefined) assert.deepEqual(await this.#read(path), now, path);
      await delay(PAUSE_MS);
    }
  }

  /** All that it has written is read back, here and through `other`. Throws what has gone wrong. */
  async stop(other: string): Promise<void> {
    this.#stopped = true;
    await this.#work;
    const [host = '', port = ''] = other.split(':');
    const second = await RawClient.connect(host, Number(port), { timeout: 60_000 });
    if (second === null) throw new Error('no second connection');
    const reader = new Witness(second, this.root);
    await reader.#ask('sync', 9, new Writer().buffer(this.root).bytes(), 0);
    for (const witness of [this, reader]) {
      const body = new Writer().buffer(this.root).bool(false).bytes();
      const r = new Reader((await witness.#ask('getChildren', 8, body, 0)).body);
      const children = Array.from({ length: r.int() }, () => `${this.root}/${r.string()}`);
      const expected = [...this.#written.keys(), `${this.root}/alive`];
      assert.deepEqual(children.sort(), expected.sort());
      for (const [path, value] of this.#written) assert.deepEqual(await witness.#read(path), value);
    }
    await second.close();
    await this.client.close();
  }
}

/** With all rights: deletes what the fuzzer has made, so that the tree does not grow with it. */
export const sweep = async (
  address: string,
  superPassword: string,
  keep: string,
): Promise<void> => {
  const [host = '', port = ''] = address.split(':');
  const client = await RawClient.connect(host, Number(port), { timeout: 60_000 });
  if (client === null) throw new Error('no connection to sweep by');
  const auth = new Writer().int(0).buffer('digest').buffer(`super:${superPassword}`).bytes();
  assert.equal((await client.call(100, auth, -4))?.err, 0);
  const below = async (path: string): Promise<void> => {
    const reply = await client.call(8, new Writer().buffer(path).bool(false).bytes());
    if (reply === null) throw new Error(`the sweep lost its connection at ${path}`);
    if (reply.err !== 0) return;
    const r = new Reader(reply.body);
    const children = Array.from({ length: r.int() }, () => r.string() ?? '');
    for (const child of children) {
      const whole = `${path === '/' ? '' : path}/${child}`;
      if (whole === '/zookeeper' || whole.startsWith(keep)) continue;
      await below(whole);
      await client.call(2, new Writer().buffer(whole).int(-1).bytes());
    }
  };
  await below('/');
  // Anybody may go on here.
  const open = new Writer().int(1).int(31).buffer('world').buffer('anyone');
  const setAcl = new Writer().buffer('/').raw(open.bytes()).int(-1).bytes();
  await client.call(7, setAcl);
  await client.close();
};
