/** Scripts about watches: which events, in which order with replies, and the catch-up of setWatches. */
import { Writer } from '../../support/raw-client.js';
import { createBody, type Script } from '../../support/transcript.js';

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
