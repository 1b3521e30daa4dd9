/**
 * npm's `node-zookeeper-client`, a client in JavaScript, against a running server or ensemble.
 *
 * Usage: checks.js PACKAGE_FOLDER CONNECT_STRING. One line a check on standard output: `ok NAME` or `not ok NAME reason`; exit code 1 if
 * one failed.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';

interface Stat {
  readonly version: number;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly ephemeralOwner: Buffer;
  readonly czxid: Buffer;
  readonly mzxid: Buffer;
}
interface Event {
  readonly name: string;
  readonly path: string;
}
type Done<A extends unknown[] = []> = (error: Error | null, ...values: A) => void;
type Watcher = ((event: Event) => void) | null;
interface Transaction {
  create(path: string, data?: Buffer): Transaction;
  setData(path: string, data: Buffer, version?: number): Transaction;
  check(path: string, version?: number): Transaction;
  remove(path: string, version?: number): Transaction;
  commit(done: Done<[unknown]>): void;
}
/** What is used of the package's class. */
interface Client {
  once(event: 'connected' | 'disconnected', listener: () => void): void;
  connect(): void;
  close(): void;
  getSessionId(): Buffer;
  addAuthInfo(scheme: string, auth: Buffer): void;
  create(
    path: string,
    data: Buffer | null,
    acl: object | null,
    mode: number,
    done: Done<[string]>,
  ): void;
  exists(path: string, watcher: Watcher, done: Done<[Stat | null]>): void;
  getData(path: string, watcher: Watcher, done: Done<[Buffer | undefined, Stat]>): void;
  setData(path: string, data: Buffer | null, version: number, done: Done<[Stat]>): void;
  getChildren(path: string, watcher: Watcher, done: Done<[string[], Stat]>): void;
  remove(path: string, version: number, done: Done): void;
  getACL(path: string, done: Done<[object[], Stat]>): void;
  setACL(path: string, acls: object[], version: number, done: Done<[Stat]>): void;
  transaction(): Transaction;
}
interface Package {
  createClient(hosts: string, options: { readonly sessionTimeout: number }): Client;
  readonly CreateMode: Readonly<Record<string, number>>;
  readonly ACL: new (perms: number, id: object) => object;
  readonly Id: new (scheme: string, id: string) => object;
}

const [folder = '', hosts = ''] = process.argv.slice(2);
const zookeeper = createRequire(import.meta.url)(folder) as Package;
const { PERSISTENT, EPHEMERAL, PERSISTENT_SEQUENTIAL, EPHEMERAL_SEQUENTIAL } = zookeeper.CreateMode;
const PATIENCE_MS = 60_000;
const root = `/node-client-${process.pid}`;

const patiently = async <T>(what: string, promise: Promise<T>): Promise<T> => {
  const over = new AbortController();
  const late = delay(PATIENCE_MS, null, { signal: over.signal }).then(
    () => Promise.reject(new Error(`no ${what}`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
};

/** The first value that the package calls back with. */
const call = <T>(what: string, ask: (done: Done<[T]>) => void): Promise<T> =>
  patiently(
    what,
    new Promise((resolve, reject) => {
      ask((error, value) => (error === null ? resolve(value) : reject(error)));
    }),
  );
/** Every value that it calls back with. */
const both = <A, B>(what: string, ask: (done: Done<[A, B]>) => void): Promise<readonly [A, B]> =>
  patiently(
    what,
    new Promise((resolve, reject) => {
      ask((error, a, b) => (error === null ? resolve([a, b]) : reject(error)));
    }),
  );
const raises = (name: string, promise: Promise<unknown>): Promise<void> =>
  assert.rejects(promise, (error: Error & { name: string }) => {
    assert.equal(error.name, name);
    return true;
  });

const open = async (to = hosts): Promise<Client> => {
  const client = zookeeper.createClient(to, { sessionTimeout: 15_000 });
  const connected = new Promise<void>((resolve) => client.once('connected', resolve));
  client.connect();
  await patiently('connection', connected);
  return client;
};
const bytes = (text: string): Buffer => Buffer.from(text);

class Zk {
  constructor(readonly client: Client) {}
  create(
    path: string,
    text = '',
    mode = PERSISTENT!,
    acl: object[] | null = null,
  ): Promise<string> {
    return call(`create ${path}`, (done) => this.client.create(path, bytes(text), acl, mode, done));
  }
  exists(path: string, watcher: Watcher = null): Promise<Stat | null> {
    return call(`exists ${path}`, (done) => this.client.exists(path, watcher, done));
  }
  get(path: string, watcher: Watcher = null): Promise<readonly [Buffer | undefined, Stat]> {
    return both(`getData ${path}`, (done) => this.client.getData(path, watcher, done));
  }
  set(path: string, text: string, version = -1): Promise<Stat> {
    return call(`setData ${path}`, (done) => this.client.setData(path, bytes(text), version, done));
  }
  async children(path: string, watcher: Watcher = null): Promise<string[]> {
    const ask = (done: Done<[string[], Stat]>) => this.client.getChildren(path, watcher, done);
    return (await both(`getChildren ${path}`, ask))[0].sort();
  }
  remove(path: string, version = -1): Promise<unknown> {
    return call(`remove ${path}`, (done) => this.client.remove(path, version, done as Done));
  }
  commit(transaction: Transaction): Promise<unknown> {
    return call('commit', (done) => transaction.commit(done));
  }
}

/** A watcher and what it has been told. */
const watch = (): { readonly watcher: Watcher; readonly told: Event[]; once: Promise<Event> } => {
  const told: Event[] = [];
  let first: (event: Event) => void = () => undefined;
  const once = patiently('event', new Promise<Event>((resolve) => (first = resolve)));
  // Whoever waits for it hears of it.
  once.catch(() => undefined);
  return {
    told,
    once,
    watcher: (event) => {
      told.push(event);
      first(event);
    },
  };
};

/** What another client makes, seen here: at another server it may come later. */
const seen = async (zk: Zk, path: string, make: () => Promise<unknown>): Promise<void> => {
  const { watcher, once } = watch();
  await zk.exists(path, watcher);
  await make();
  assert.equal((await once).name, 'NODE_CREATED');
};

const isZero = (number: Buffer): boolean => number.every((byte) => byte === 0);

const CHECKS: Readonly<Record<string, (zk: Zk) => Promise<void>>> = {
  connect: async (zk) => {
    assert.ok(!isZero(zk.client.getSessionId()));
    assert.ok((await zk.children('/')).includes('zookeeper'));
  },
  'create-persistent': async (zk) => {
    assert.equal(await zk.create(`${root}/persistent`, 'a'), `${root}/persistent`);
    const [data, stat] = await zk.get(`${root}/persistent`);
    assert.deepEqual([String(data), stat.version, stat.dataLength], ['a', 0, 1]);
    assert.ok(isZero(stat.ephemeralOwner) && stat.czxid.equals(stat.mzxid));
  },
  'create-ephemeral': async (zk) => {
    await zk.create(`${root}/ephemeral`, '', EPHEMERAL);
    const stat = await zk.exists(`${root}/ephemeral`);
    assert.ok(stat?.ephemeralOwner.equals(zk.client.getSessionId()));
  },
  'create-sequential': async (zk) => {
    await zk.create(`${root}/sequential`);
    const make = () => zk.create(`${root}/sequential/n-`, '', PERSISTENT_SEQUENTIAL);
    assert.deepEqual(
      [await make(), await make()],
      [`${root}/sequential/n-0000000000`, `${root}/sequential/n-0000000001`],
    );
  },
  'create-ephemeral-sequential': async (zk) => {
    const made = await zk.create(`${root}/e-`, '', EPHEMERAL_SEQUENTIAL);
    assert.match(made, /\/e-\d{10}$/);
    assert.ok((await zk.exists(made))?.ephemeralOwner.equals(zk.client.getSessionId()));
  },
  'get-set': async (zk) => {
    await zk.create(`${root}/data`);
    assert.equal((await zk.set(`${root}/data`, 'one', 0)).version, 1);
    const [data, stat] = await zk.get(`${root}/data`);
    assert.deepEqual([String(data), stat.version], ['one', 1]);
  },
  delete: async (zk) => {
    await zk.create(`${root}/gone`);
    await zk.remove(`${root}/gone`, 0);
    assert.equal(await zk.exists(`${root}/gone`), null);
  },
  'bad-version': async (zk) => {
    await zk.create(`${root}/bad`);
    await raises('BAD_VERSION', zk.set(`${root}/bad`, 'x', 7));
    await raises('BAD_VERSION', zk.remove(`${root}/bad`, 7));
  },
  'no-node': async (zk) => {
    await raises('NO_NODE', zk.get(`${root}/none`));
    await raises('NO_NODE', zk.create(`${root}/none/below`));
  },
  'node-exists': (zk) => raises('NODE_EXISTS', zk.create(root)),
  'not-empty': (zk) => raises('NOT_EMPTY', zk.remove(root)),
  'no-children-for-ephemerals': async (zk) => {
    await zk.create(`${root}/lonely`, '', EPHEMERAL);
    await raises('NO_CHILDREN_FOR_EPHEMERALS', zk.create(`${root}/lonely/below`));
  },
  children: async (zk) => {
    await zk.create(`${root}/children`);
    for (const name of ['b', 'a']) await zk.create(`${root}/children/${name}`);
    assert.deepEqual(await zk.children(`${root}/children`), ['a', 'b']);
    assert.equal((await zk.exists(`${root}/children`))?.numChildren, 2);
  },
  'watch-data': async (zk) => {
    const { watcher, once } = watch();
    await zk.create(`${root}/watched`);
    await zk.get(`${root}/watched`, watcher);
    await zk.set(`${root}/watched`, 'x');
    const { name, path } = await once;
    assert.deepEqual([name, path], ['NODE_DATA_CHANGED', `${root}/watched`]);
  },
  'watch-exists': async (zk) => {
    const { watcher, once } = watch();
    assert.equal(await zk.exists(`${root}/later`, watcher), null);
    await zk.create(`${root}/later`);
    assert.equal((await once).name, 'NODE_CREATED');
  },
  'watch-children': async (zk) => {
    const { watcher, once } = watch();
    await zk.children(`${root}/watched`, watcher);
    await zk.create(`${root}/watched/child`);
    assert.equal((await once).name, 'NODE_CHILDREN_CHANGED');
  },
  'watch-one-shot': async (zk) => {
    const { watcher, once, told } = watch();
    await zk.get(`${root}/watched`, watcher);
    await zk.set(`${root}/watched`, 'y');
    await once;
    await zk.set(`${root}/watched`, 'z');
    assert.equal(String((await zk.get(`${root}/watched`))[0]), 'z');
    assert.equal(told.length, 1);
  },
  'watch-other-client': async (zk) => {
    const other = new Zk(await open());
    const { watcher, once } = watch();
    await zk.get(`${root}/watched`, watcher);
    await other.set(`${root}/watched`, 'other');
    assert.equal((await once).name, 'NODE_DATA_CHANGED');
    other.client.close();
  },
  multi: async (zk) => {
    const all = zk.client.transaction();
    all.create(`${root}/multi`, bytes('m')).setData(`${root}/multi`, bytes('n'), 0);
    await zk.commit(all.check(`${root}/multi`, 1).create(`${root}/multi/below`));
    assert.equal(String((await zk.get(`${root}/multi`))[0]), 'n');
    assert.deepEqual(await zk.children(`${root}/multi`), ['below']);
  },
  'multi-rollback': async (zk) => {
    const all = zk.client.transaction();
    const bad = all.create(`${root}/undone`).check(`${root}/multi`, 99);
    await raises('BAD_VERSION', zk.commit(bad));
    assert.equal(await zk.exists(`${root}/undone`), null);
  },
  'acl-world': async (zk) => {
    const ask = (done: Done<[object[], Stat]>) => zk.client.getACL(root, done);
    const [acls] = await both('getACL', ask);
    assert.equal(acls.length, 1);
  },
  'acl-digest': async (zk) => {
    const owner = new Zk(await open());
    owner.client.addAuthInfo('digest', bytes('ann:secret'));
    const mine = [new zookeeper.ACL(31, new zookeeper.Id('auth', ''))];
    // An event of the node itself is for those who may read it.
    const { watcher, once } = watch();
    await zk.children(root, watcher);
    await owner.create(`${root}/mine`, 'x', PERSISTENT, mine);
    await once;
    await raises('NO_AUTH', zk.get(`${root}/mine`));
    assert.equal(String((await owner.get(`${root}/mine`))[0]), 'x');
    owner.client.close();
  },
  'close-removes-ephemerals': async (zk) => {
    const other = new Zk(await open());
    await seen(zk, `${root}/fleeting`, () => other.create(`${root}/fleeting`, '', EPHEMERAL));
    const { watcher, once } = watch();
    await zk.exists(`${root}/fleeting`, watcher);
    other.client.close();
    assert.equal((await once).name, 'NODE_DELETED');
  },
  chroot: async (zk) => {
    const below = new Zk(await open(`${hosts}${root}`));
    await seen(zk, `${root}/in-chroot`, async () => {
      assert.equal(await below.create('/in-chroot'), '/in-chroot');
    });
    below.client.close();
  },
};

const main = async (): Promise<void> => {
  const zk = new Zk(await open());
  await zk.create(root);
  for (const [name, check] of Object.entries(CHECKS)) {
    try {
      await check(zk);
      process.stdout.write(`ok ${name}\n`);
    } catch (error) {
      process.stdout.write(`not ok ${name} ${String(error).replaceAll('\n', ' | ')}\n`);
      process.exitCode = 1;
    }
  }
  zk.client.close();
};

await main();
process.exit();
