/** Scripts about containers, TTL nodes, quotas and the rarer reads; with the features switched on, and with Apache's defaults. */
import { Buffer } from 'node:buffer';
import { Writer } from '../../support/raw-client.js';
import {
  createBody,
  ttlBody,
  decode,
  type Decode,
  type Script,
  type Session,
} from '../../support/transcript.js';

const text = (...parts: readonly string[]): Buffer =>
  parts.reduce((w, part) => w.buffer(part), new Writer()).bytes();
const setBody = (path: string, data: string): Buffer =>
  new Writer().buffer(path).buffer(data).int(-1).bytes();

const createTtl = (c: Session, path: string, flags: number, ttl: bigint): Promise<void> =>
  c.call(
    `createTTL ${path} flags ${flags} ttl ${ttl}`,
    21,
    ttlBody(path, flags, ttl),
    decode.pathStat,
  );
const createContainer = (c: Session, path: string, flags = 4): Promise<void> =>
  c.call(
    `createContainer ${path} flags ${flags}`,
    19,
    createBody(path, 'x', flags),
    decode.pathStat,
  );
const deleteContainer = (c: Session, path: string): Promise<void> =>
  c.call(`deleteContainer ${JSON.stringify(path)}`, 20, text(path));

const TTLS = [100_000n, 0n, -1n, 0xff_ffff_ffffn, 0x100_0000_0000n, 2n ** 60n] as const;

export const ttlNodes = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/t`;
  await c.create(p);
  for (const ttl of TTLS) {
    for (const flags of [5, 6]) await createTtl(c, `${p}/${ttl}-${flags}-`, flags, ttl);
  }
  s.note('a TTL needs a mode that has one, and the other way');
  for (const flags of [0, 1, 2, 3, 4, 7, -1])
    await createTtl(c, `${p}/mode${flags}`, flags, 100_000n);
  for (const op of [1, 15, 19]) {
    for (const flags of [5, 6]) {
      await c.call(`op ${op} flags ${flags}`, op, createBody(`${p}/o`, 'x', flags));
    }
  }
  await c.children(p, false, 12);
  s.note('its Stat hides what it is; children may be had');
  await createTtl(c, `${p}/n`, 5, 100_000_000n);
  await createTtl(c, `${p}/n`, 5, 100_000_000n);
  await c.create(`${p}/n/below`);
  await c.create(`${p}/n/below-`, 'x', 3);
  await c.exists(`${p}/n`);
  await c.set(`${p}/n`, 'y');
  await c.delete(`${p}/n/below`);
  await c.delete(`${p}/n`);
  s.note('in a multi');
  for (const [flags, ttl] of [
    [5, 100_000_000n],
    [6, 100_000_000n],
    [5, 0n],
    [5, -1n],
    [5, 2n ** 50n],
    [0, 100_000_000n],
    [0, -1n],
    [1, 5n],
    [2, 5n],
    [4, 5n],
    [7, 5n],
    [-1, 5n],
  ] as const) {
    const body = ttlBody(`${p}/m${flags}-${ttl}-`, flags, ttl);
    await c.multi(`createTTL flags ${flags} ttl ${ttl}`, [
      [5, setBody(p, 'm')],
      [21, body],
    ]);
  }
  s.note('a container that nobody uses would be collected');
  await c.delete(`${p}/m4-5-`);
  for (const op of [1, 15, 19])
    await c.multi(`op ${op} flags 5`, [[op, createBody(`${p}/q`, null, 5)]]);
  await c.children(p, false, 12);
  await c.close();
};

/** A body without the TTL; after it, an Apache follower never answers anyone again. */
export const cutTtl = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/t`;
  await c.create(p);
  for (const flags of [0, 1, 2, 3, 4, 5, 6, 7]) {
    await c.call(`createTTL cut short, flags ${flags}`, 21, createBody(`${p}/cut`, 'x', flags));
  }
  await c.children(p, false, 12);
  await c.create(`${p}/after`);
  await c.close();
};

export const containers = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/c`;
  await createContainer(c, p);
  await createContainer(c, p);
  for (const flags of [0, 1, 2, 3]) await createContainer(c, `${p}/f${flags}-`, flags);
  await c.exists(`${p}/f1-`);
  await c.create(`${p}/below`);
  await c.exists(p);
  await c.create(`${s.root}/plain`, 'x', 4);
  await c.create2(`${s.root}/plain2`, 'x', 4);
  s.note('deleteContainer, which nobody but the leader should send');
  for (const path of [p, `${p}/gone`, '/', '/zookeeper', 'x', '', '/a\0', `${s.root}/gone/x`]) {
    await deleteContainer(c, path);
  }
  await c.create(`${s.root}/e`, 'x', 1);
  await deleteContainer(c, `${s.root}/e`);
  await deleteContainer(c, `${p}/below`);
  await deleteContainer(c, `${s.root}/plain`);
  await c.children(s.root, false, 12);
  await c.children(p, false, 12);
  await c.close();
};

/** In an order of their own. */
const acls: Decode = (r) =>
  Array.from({ length: r.int() }, () => `${r.string()}:${r.string()}`)
    .sort()
    .join(',');
const number: Decode = (r) => String(r.int());
const multiRead = (
  c: Session,
  what: string,
  ops: readonly (readonly [number, Buffer])[],
): Promise<void> => {
  const w = new Writer();
  for (const [type, body] of ops) w.int(type).bool(false).int(-1).raw(body);
  return c.call(`multiRead ${what}`, 22, w.int(-1).bool(true).int(-1).bytes(), decode.multiRead);
};
const read = (path: string, watch = false): Buffer => new Writer().buffer(path).bool(watch).bytes();

export const rareReads = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/p`;
  await c.create(p, 'data');
  for (const name of ['a', 'b', 'b/c', 'b/c/d']) await c.create(`${p}/${name}`);
  for (const name of ['e1', 'e2', 'b/e3']) await c.create(`${p}/${name}`, 'e', 1);
  await c.create(`${s.root}/hidden`, 'x', 0, [[16, 'world', 'anyone']]);
  s.note('multiRead');
  await multiRead(c, 'nothing', []);
  await multiRead(c, 'of both kinds', [
    [4, read(p)],
    [8, read(p)],
    [4, read(`${p}/gone`)],
    [8, read(`${s.root}/hidden`)],
    [8, read(`${p}/a`, true)],
  ]);
  await c.create(`${p}/a/unwatched`);
  await multiRead(c, 'of another kind', [[3, read(p)]]);
  await multiRead(c, 'mixed with a write', [
    [4, read(p)],
    [5, setBody(p, 'x')],
  ]);
  await c.call('multiRead cut short', 22, new Writer().int(4).bool(false).int(-1).bytes());
  s.note('getAllChildrenNumber');
  for (const path of [p, `${p}/b`, `${p}/a`, `${p}/gone`, `${s.root}/hidden`, 'x', `${p}/`, '']) {
    const relative = path === '';
    await c.call(`number ${path}`, 104, text(path), relative ? () => 'a number' : number);
  }
  s.note('getEphemerals');
  for (const prefix of ['', '/', ' ', p, `${p}/e`, `${p}/e1`, `${p}/b/`, '/zzz', 'x', ` ${p}`]) {
    await c.call(`ephemerals ${JSON.stringify(prefix)}`, 103, text(prefix), decode.children);
  }
  const other = await s.session();
  await other.call('ephemerals of another', 103, text('/'), decode.children);
  s.note('whoAmI');
  await c.call('whoAmI', 107, Buffer.alloc(0), acls);
  await c.auth('digest', 'bob:secret');
  await c.auth('digest', 'bob:other');
  await c.auth('digest', 'nocolon');
  await c.auth('digest', ':');
  await c.auth('ip', '');
  await c.call('whoAmI', 107, Buffer.alloc(0), acls);
  await c.close();
  await other.close();
};

export const lonelyCheck = async (s: Script): Promise<void> => {
  await (await s.begin()).close();
  for (const [op, body] of [
    [13, new Writer().buffer('/').int(-1).bytes()],
    [0, Buffer.alloc(0)],
    [-1, Buffer.alloc(4)],
    [10, Buffer.alloc(0)],
    [23, text('/')],
    [99, text('/')],
    [108, text('/')],
    [-12, Buffer.alloc(0)],
  ] as const) {
    const c = await s.session();
    await c.get('/zookeeper/quota');
    const reply = await c.exchange(op, body);
    c.show(
      `op ${op}`,
      reply === null ? null : { ...reply, zxid: reply.zxid > 0n ? 0n : reply.zxid },
    );
    await c.untilClosed();
  }
};

const limits = (path: string): string => `/zookeeper/quota${path}/zookeeper_limits`;
const stats = (path: string): string => `/zookeeper/quota${path}/zookeeper_stats`;

/** As zkCli's setquota does: the path of the quota, its limits, its counts. */
const setQuota = async (c: Session, path: string, limit: string): Promise<void> => {
  let at = '/zookeeper/quota';
  for (const name of path.split('/').slice(1)) await c.create((at += `/${name}`), '');
  await c.create(limits(path), limit);
  await c.create(stats(path), 'count=0,bytes=0');
};

export const quotas = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/q`;
  await c.create(p, 'four');
  await c.create(`${p}/a`, 'one');
  await setQuota(c, p, 'count=4,bytes=20=;byteHardLimit=16;countHardLimit=5');
  const shown = async (): Promise<void> => {
    await c.get(stats(p));
    await c.exists(p);
  };
  await shown();
  s.note('counts follow creates, sets and deletes, without a trace in the Stat');
  await c.get(stats(p), true);
  for (const name of ['b', 'c', 'd', 'e']) {
    await c.create(`${p}/${name}`, '1');
    await shown();
  }
  await c.create(`${p}/a/below`, null);
  await shown();
  s.note('bytes');
  await c.set(`${p}/a`, '123456789012');
  await c.set(`${p}/a`, '12345');
  await c.set(`${p}/a`, '12345', 77);
  await c.set(`${p}/a`, '123456789012345', 77);
  await shown();
  await c.set(`${p}/a`, null);
  await shown();
  await c.delete(`${p}/b`);
  await c.delete(`${p}/c`);
  await shown();
  s.note('parts of a multi are not counted for each other');
  await c.multi('of creates', [
    [1, createBody(`${p}/m1`, null)],
    [1, createBody(`${p}/m2`, null)],
    [1, createBody(`${p}/m3`, null)],
  ]);
  await shown();
  await c.multi('over the limit', [
    [5, setBody(p, 'x')],
    [1, createBody(`${p}/m4`, null)],
  ]);
  await shown();
  s.note('ephemerals, sequential ones and the end of their session');
  for (const name of ['m1', 'm2', 'm3']) await c.delete(`${p}/${name}`);
  const other = await s.session();
  await other.create(`${p}/e-`, '1', 3);
  await shown();
  await other.close();
  await shown();
  s.note('limits change, break and go');
  for (const limit of [
    'count=1,bytes=-1',
    'count=-1,bytes=-1=;countHardLimit=1',
    '',
    'nonsense',
    'count=,bytes=1',
  ]) {
    await c.set(limits(p), limit);
    await c.create(`${p}/l`, null);
    await c.multi('create', [[1, createBody(`${p}/l2`, null)]]);
    await c.delete(`${p}/l`);
    await c.delete(`${p}/l2`);
    await shown();
  }
  await c.set(limits(p), 'count=-1,bytes=-1');
  await c.set(stats(p), 'count=10,bytes=20=;x=4;b=5');
  await c.create(`${p}/l`, 'abc');
  await shown();
  await c.delete(limits(p));
  await c.create(`${p}/uncounted`, 'abc');
  await shown();
  await c.create(limits(p), 'count=-1,bytes=-1');
  await c.delete(stats(p));
  await c.create(`${p}/unseen`, 'abc');
  await c.create(stats(p), 'whatever');
  await shown();
  s.note('the nearest quota counts');
  await c.create(`${p}/in`, 'abc');
  await setQuota(c, `${p}/in`, 'count=1,bytes=1');
  await c.create(`${p}/in/ner`, 'abc');
  await shown();
  await c.get(stats(`${p}/in`));
  await c.delete(`${p}/in/ner`);
  await c.delete(`${p}/in`);
  await c.get(stats(`${p}/in`));
  await c.delete(p);
  await shown();
  await c.close();
};
