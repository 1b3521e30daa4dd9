/** Scripts about watches: which events, in which order with replies, and the catch-up of setWatches. */
import { Writer } from '../../support/raw-client.js';
import { createBody, type Script, type Session } from '../../support/transcript.js';

export const watches = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/p`;
  await c.get(p, true);
  await c.children(p, true);
  await c.exists(p, true);
  await c.create(p);
  s.note('data, exists and children watches on one node');
  await c.get(p, true);
  await c.exists(p, true);
  await c.children(p, true);
  await c.children(s.root, true, 12);
  await c.set(p, '1');
  await c.set(p, '2');
  await c.create(`${p}/a`);
  await c.create(`${p}/b`);
  await c.get(p, true);
  await c.children(p, true);
  await c.setAcl(p, [[31, 'world', 'anyone']]);
  await c.delete(`${p}/a`);
  await c.delete(`${p}/b`);
  await c.children(p, true);
  await c.delete(p);
  s.note('failed writes fire nothing');
  await c.create(p);
  await c.get(p, true);
  await c.children(p, true);
  await c.set(p, 'x', 9);
  await c.delete(p, 9);
  await c.create(p);
  await c.multi('failing', [
    [5, new Writer().buffer(p).buffer('x').int(-1).bytes()],
    [13, new Writer().buffer(p).int(9).bytes()],
  ]);
  s.note('a multi');
  await c.exists(`${p}/m`, true);
  await c.multi('of four', [
    [5, new Writer().buffer(p).buffer('x').int(-1).bytes()],
    [1, createBody(`${p}/m`, null)],
    [5, new Writer().buffer(`${p}/m`).buffer('x').int(-1).bytes()],
    [1, createBody(`${p}/n`, null)],
  ]);
  await c.close();
};

export const otherConnections = async (s: Script): Promise<void> => {
  const writer = await s.begin();
  const p = `${s.root}/p`;
  await writer.create(p);
  const [a, b] = [await s.session(), await s.session()];
  for (const c of [a, b]) {
    await c.get(p, true);
    await c.exists(`${p}/later`, true);
    await c.children(p, true);
  }
  await writer.create(`${p}/later`, 'x');
  await writer.set(p, 'x');
  for (const c of [a, b]) await c.ping();
  s.note('an event comes before any read that sees its change');
  await a.get(p, true);
  await writer.set(p, 'y');
  await a.get(p);
  s.note('READ is needed to be told');
  await a.get(p, true);
  await a.exists(p, true);
  await writer.auth('digest', 'w:w');
  await writer.setAcl(p, [[31, 'auth', '']]);
  await writer.set(p, 'z');
  await a.ping();
  await a.get(p, true);
  for (const c of [a, b, writer]) await c.close();
};

export const catchUp = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = s.root;
  for (const name of ['same', 'set', 'gone', 'childless', 'parent']) await c.create(`${p}/${name}`);
  const reply = await c.exchange(3, new Writer().buffer(`${p}/same`).bool(false).bytes());
  const seen = reply!.zxid;
  await c.set(`${p}/set`, 'x');
  await c.delete(`${p}/gone`);
  await c.create(`${p}/new`);
  await c.create(`${p}/parent/child`);
  const all = ['same', 'set', 'gone', 'childless', 'parent', 'new', 'never'].map(
    (name) => `${p}/${name}`,
  );
  s.note('data watches');
  const data = await s.session();
  await data.setWatches(seen, all, [], []);
  s.note('exists watches');
  const exist = await s.session();
  await exist.setWatches(seen, [], all, []);
  s.note('child watches');
  const child = await s.session();
  await child.setWatches(seen, [], [], all);
  s.note('all at once, twice, from the very beginning');
  const each = await s.session();
  await each.setWatches(0n, [...all, ...all], all, all);
  s.note('of what is armed, each fires once');
  for (const name of all) {
    await c.create(name);
    await c.set(name, 'y');
    await c.create(`${name}/below`);
    await c.delete(`${name}/below`);
    await c.delete(name);
  }
  for (const session of [data, exist, child, each]) await session.ping();
  s.note('none of them twice');
  for (const session of [data, exist, child, each]) await session.close();
  await c.close();
};

const PERSISTENT = 0;
const RECURSIVE = 1;
const TYPES = [1, 2, 3, 4, 5] as const;

/** Everything that watches hear of, at a path, above it and below it. */
const stir = async (c: Session, p: string): Promise<void> => {
  await c.set(p, '1');
  await c.create(`${p}/a`);
  await c.set(`${p}/a`, '1');
  await c.create(`${p}/a/b`);
  await c.set(`${p}/a/b`, '1');
  await c.delete(`${p}/a/b`);
  await c.delete(`${p}/a`);
  await c.setAcl(p, [[31, 'world', 'anyone']]);
  await c.delete(p);
  await c.create(p);
};

export const persistentWatches = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/p`;
  for (const mode of [PERSISTENT, RECURSIVE]) {
    s.note(`mode ${mode} of a path without a node`);
    await c.addWatch(p, mode);
    await c.create(p);
    await stir(c, p);
    s.note('set again, it is one watch still');
    await c.addWatch(p, mode);
    await c.set(p, '2');
    s.note('beside standard watches');
    await c.get(p, true);
    await c.children(p, true);
    await stir(c, p);
    await c.removeWatches(p, 4 + mode);
    await stir(c, p);
    await c.delete(p);
  }
  s.note('both');
  await c.create(p);
  await c.addWatch(p, PERSISTENT);
  await c.addWatch(s.root, RECURSIVE);
  await stir(c, p);
  await c.addWatch(p, RECURSIVE);
  await stir(c, p);
  s.note('a multi, and one that fails');
  await c.multi('of three', [
    [1, createBody(`${p}/m`, null)],
    [5, new Writer().buffer(`${p}/m`).buffer('x').int(-1).bytes()],
    [2, new Writer().buffer(`${p}/m`).int(-1).bytes()],
  ]);
  await c.multi('failing', [
    [1, createBody(`${p}/m`, null)],
    [13, new Writer().buffer(p).int(99).bytes()],
  ]);
  s.note('odd ones');
  for (const mode of [-1, 2, 3]) await c.addWatch(p, mode);
  for (const path of ['', 'x', '/', '//', `${p}/`]) await c.addWatch(path, RECURSIVE);
  await c.create(`${p}/last`);
  await c.call('addWatch cut short', 106, new Writer().buffer(p).bytes());
  await c.close();
};

export const watcherTypes = async (s: Script): Promise<void> => {
  const p = `${s.root}/p`;
  const maker = await s.begin();
  await maker.create(p);
  const arms: Readonly<Record<string, (c: Session) => Promise<void>>> = {
    data: (c) => c.get(p, true),
    children: (c) => c.children(p, true),
    persistent: (c) => c.addWatch(p, PERSISTENT),
    recursive: (c) => c.addWatch(p, RECURSIVE),
  };
  const all = async (c: Session): Promise<void> => {
    for (const arm of Object.values(arms)) await arm(c);
  };
  for (const [name, arm] of [
    ['nothing', async () => {}] as const,
    ...Object.entries({ ...arms, all }),
  ]) {
    for (const type of [...TYPES, 0, 6, -1]) {
      s.note(`${name}, type ${type}`);
      const c = await s.session();
      await arm(c);
      for (const asked of TYPES) await c.checkWatches(p, asked);
      await c.removeWatches(p, type);
      for (const asked of TYPES) await c.checkWatches(p, asked);
      await c.removeWatches(p, type);
      await maker.set(p, 'x');
      await maker.create(`${p}/a`);
      await maker.delete(`${p}/a`);
      await c.ping();
      await c.close();
    }
  }
  await maker.close();
};

export const persistentCatchUp = async (s: Script): Promise<void> => {
  const writer = await s.begin();
  const p = `${s.root}/p`;
  await writer.create(p);
  await writer.create(`${p}/a`);
  const [c, other] = [await s.session(), await s.session()];
  s.note('no catching up');
  await c.setWatches2(0n, [[], [], [], [p, `${p}/gone`], [`${p}/a`]]);
  await other.setWatches2(0n, [[p], [`${p}/a`], [p], [p], [s.root]]);
  await stir(writer, `${p}/a`);
  for (const session of [c, other]) await session.ping();
  for (const session of [c, other]) for (const type of TYPES) await session.checkWatches(p, type);
  s.note('READ is needed to be told, each time');
  await writer.auth('digest', 'w:w');
  await writer.setAcl(p, [[31, 'auth', '']]);
  await writer.set(p, 'z');
  await writer.create(`${p}/hidden`);
  await writer.setAcl(p, [[31, 'world', 'anyone']]);
  await writer.set(p, 'y');
  for (const session of [c, other]) await session.ping();
  for (const session of [c, other, writer]) await session.close();
};
