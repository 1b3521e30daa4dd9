/** npm's `zookeeper` behind promises: what ../npm/checks.ts uses of it. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

export const PATIENCE_MS = 60_000;
export const TIMEOUT_MS = 15_000;
export const EVENT = { created: 1, deleted: 2, changed: 3, child: 4 } as const;
export const CODE = {
  connectionLoss: -4,
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  noChildrenForEphemerals: -108,
  nodeExists: -110,
  notEmpty: -111,
} as const;
export const EPHEMERAL = 1;
export const SEQUENTIAL = 2;

interface Stat {
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly ephemeralOwner: string;
  readonly createdInThisSession: boolean;
}
export interface Acl {
  readonly perms: number;
  readonly scheme: string;
  readonly auth: string;
}
type Done<A extends unknown[]> = (rc: number, error: string, ...values: A) => void;
type WatchCallback = (type: number, state: number, path: string) => void;
/** What is used of the package's class. */
export interface Addon {
  readonly client_id: string;
  readonly client_password: string;
  init(options: object): void;
  close(): void;
  once(event: 'connect' | 'close', listener: (a?: unknown) => void): void;
  a_create(path: string, data: string | Buffer, flags: number, cb: Done<[string]>): void;
  a_exists(path: string, watch: boolean, cb: Done<[Stat]>): void;
  aw_exists(path: string, w: WatchCallback, cb: Done<[Stat]>): void;
  a_get(path: string, watch: boolean, cb: Done<[Stat, Buffer | null]>): void;
  aw_get(path: string, w: WatchCallback, cb: Done<[Stat, Buffer | null]>): void;
  a_get_children2(path: string, watch: boolean, cb: Done<[string[], Stat]>): void;
  aw_get_children(path: string, w: WatchCallback, cb: Done<[string[]]>): void;
  a_set(path: string, data: string | Buffer, version: number, cb: Done<[Stat]>): void;
  a_delete_(path: string, version: number, cb: Done<[]>): void;
  a_get_acl(path: string, cb: Done<[Acl[], Stat]>): void;
  a_set_acl(path: string, version: number, acl: Acl[], cb: Done<[]>): void;
  a_sync(path: string, cb: Done<[string]>): void;
  add_auth(scheme: string, auth: string, cb: Done<[]>): void;
}

class ClientError extends Error {
  constructor(
    readonly rc: number,
    message: string,
  ) {
    super(`${message} (${rc})`);
  }
}

const call = <A extends unknown[]>(start: (cb: Done<A>) => void): Promise<A> =>
  new Promise((resolve, reject) => {
    start((rc, error, ...values) => {
      if (rc === 0) resolve(values);
      else reject(new ClientError(rc, error));
    });
  });

export const patiently = async <T>(what: string, promise: Promise<T>): Promise<T> => {
  const timer = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no ${what} in ${PATIENCE_MS} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
};

/** One watch: its events, and the first of them awaited. */
export class Watch {
  readonly events: string[] = [];
  private readonly arrived: Promise<void>;
  callback: WatchCallback = () => undefined;
  constructor() {
    this.arrived = new Promise((resolve) => {
      this.callback = (type, _state, path) => {
        // Changes of the session's state reach every watch of the C client, and do not end it.
        if (type === -1) return;
        this.events.push(`${type} ${path}`);
        resolve();
      };
    });
  }
  async expect(type: number, path: string): Promise<void> {
    await patiently(`event ${type} for ${path}`, this.arrived);
    assert.equal(this.events[0], `${type} ${path}`);
  }
}

export class Client {
  private constructor(readonly addon: Addon) {}
  static async open(
    Zk: new () => Addon,
    hosts: string,
    timeout = TIMEOUT_MS,
    session: object = {},
  ): Promise<Client> {
    const addon = new Zk();
    const connected = new Promise((resolve) => {
      addon.once('connect', resolve);
    });
    addon.init({
      connect: hosts,
      timeout,
      debug_level: 0,
      // The addon gives a session up after so many reads that end no reply: a large one comes in many.
      response_counter_limit: 1_000_000,
      host_order_deterministic: false,
      ...session,
    });
    await patiently('connection', connected);
    return new Client(addon);
  }
  async create(path: string, data: string | Buffer = '', flags = 0): Promise<string> {
    return (
      await call<[string]>((cb) => {
        this.addon.a_create(path, data, flags, cb);
      })
    )[0];
  }
  async exists(path: string, watch?: Watch): Promise<Stat | null> {
    try {
      const [stat] = await call<[Stat]>((cb) => {
        if (watch === undefined) this.addon.a_exists(path, false, cb);
        else this.addon.aw_exists(path, watch.callback, cb);
      });
      return stat;
    } catch (error) {
      if (error instanceof ClientError && error.rc === CODE.noNode) return null;
      throw error;
    }
  }
  get(path: string, watch?: Watch): Promise<[Stat, Buffer | null]> {
    return call((cb) => {
      if (watch === undefined) this.addon.a_get(path, false, cb);
      else this.addon.aw_get(path, watch.callback, cb);
    });
  }
  async text(path: string): Promise<string | undefined> {
    return (await this.get(path))[1]?.toString();
  }
  async set(path: string, data: string | Buffer, version = -1): Promise<Stat> {
    return (
      await call<[Stat]>((cb) => {
        this.addon.a_set(path, data, version, cb);
      })
    )[0];
  }
  async delete(path: string, version = -1): Promise<void> {
    await call<[]>((cb) => {
      this.addon.a_delete_(path, version, cb);
    });
  }
  async children(path: string, watch?: Watch): Promise<string[]> {
    if (watch === undefined) return (await this.childrenStat(path))[0];
    return (
      await call<[string[]]>((cb) => {
        this.addon.aw_get_children(path, watch.callback, cb);
      })
    )[0];
  }
  childrenStat(path: string): Promise<[string[], Stat]> {
    return call((cb) => {
      this.addon.a_get_children2(path, false, cb);
    });
  }
  acl(path: string): Promise<[Acl[], Stat]> {
    return call((cb) => {
      this.addon.a_get_acl(path, cb);
    });
  }
  async setAcl(path: string, acl: Acl[], version = -1): Promise<void> {
    await call<[]>((cb) => {
      this.addon.a_set_acl(path, version, acl, cb);
    });
  }
  async sync(path: string): Promise<void> {
    await call<[string]>((cb) => {
      this.addon.a_sync(path, cb);
    });
  }
  async auth(scheme: string, auth: string): Promise<void> {
    await call<[]>((cb) => {
      this.addon.add_auth(scheme, auth, cb);
    });
  }
  get session(): { client_id: string; client_password: string } {
    return { client_id: this.addon.client_id, client_password: this.addon.client_password };
  }
  async close(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.addon.once('close', resolve);
    });
    this.addon.close();
    await patiently('close', closed);
  }
}

export const raises = async (rc: number, promise: Promise<unknown>): Promise<void> => {
  await assert.rejects(promise, (error) => error instanceof ClientError && error.rc === rc);
};
