/** Scripts about the operations: versions, error codes, Stat fields, paths, null and empty, multi. */
import { Writer } from '../../support/raw-client.js';
import { createBody, type Script } from '../../support/transcript.js';

export const createModes = async (s: Script): Promise<void> => {
  const c = await s.begin();
  for (const flags of [0, 1, 2, 3, -1, 7, 100]) await c.create(`${s.root}/m${flags}-`, 'x', flags);
  await c.children(s.root, false, 12);
  await c.create(s.root, 'x');
  await c.create(`${s.root}/gone/below`, 'x');
  await c.create(`${s.root}/m1-/below`, 'x');
  await c.create(`${s.root}/m1-/below-`, 'x', 2);
  await c.create('/', 'x');
  await c.create('/zookeeper', 'x');
  await c.create2(`${s.root}/two`, 'abc');
  await c.create2(`${s.root}/two`, 'abc');
  await c.create2(`${s.root}/two/e`, null, 1);
  for (const acl of [
    null,
    [],
    [[1, 'nonsense', 'x']],
    [[1, 'world', 'somebody']],
    [[0, 'world', 'anyone']],
  ] as const) {
    await c.create(`${s.root}/acl`, 'x', 0, acl as [number, string, string][] | null);
  }
  for (const acl of [
    [[1, 'digest', 'nocolon']],
    [[1, 'digest', 'a:b']],
    [[1, 'ip', '10.0.0.0/8']],
    [[1, 'ip', '10.0.0.300']],
    [[1, 'auth', '']],
  ] as const) {
    await c.create(`${s.root}/acl-`, 'x', 2, acl as unknown as [number, string, string][]);
  }
  await c.create(`${s.root}/dup`, 'x', 0, [
    [1, 'world', 'anyone'],
    [1, 'world', 'anyone'],
    [31, 'world', 'anyone'],
  ]);
  await c.getAcl(`${s.root}/dup`);
  await c.close();
};

export const sequence = async (s: Script): Promise<void> => {
  const c = await s.begin();
  await c.create(`${s.root}/p`);
  const p = `${s.root}/p`;
  await c.create(`${p}/a-`, null, 2);
  await c.create(`${p}/plain`);
  await c.create(`${p}/b-`, null, 2);
  await c.delete(`${p}/a-0000000000`);
  await c.create(`${p}/`, null, 2);
  await c.create(`${p}/plain`);
  await c.create(`${p}/c-`, null, 3);
  await c.multi('with sequences', [
    [1, createBody(`${p}/d-`, null, 2)],
    [1, createBody(`${p}/e-`, null, 2)],
    [15, createBody(`${p}/f-`, null, 3)],
  ]);
  await c.multi('that fails', [
    [1, createBody(`${p}/g-`, null, 2)],
    [13, new Writer().buffer('/gone').int(0).bytes()],
  ]);
  await c.create(`${p}/h-`, null, 2);
  await c.children(p, false, 12);
  await c.close();
};

export const stats = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/p`;
  await c.exists('/');
  await c.create(p, 'abc');
  await c.exists(p);
  await c.exists(s.root);
  for (const name of ['a', 'b', 'c']) await c.create(`${p}/${name}`);
  await c.exists(p);
  await c.delete(`${p}/b`);
  await c.exists(p);
  await c.set(p, 'abcdef');
  await c.set(`${p}/a`, 'x');
  await c.exists(p);
  await c.setAcl(p, [[31, 'world', 'anyone']]);
  await c.exists(p);
  await c.getAcl(p);
  await c.create(`${p}/e`, null, 1);
  await c.exists(`${p}/e`);
  await c.delete(`${p}/e`);
  await c.delete(`${p}/a`);
  await c.delete(`${p}/c`);
  await c.exists(p);
  await c.create(`${p}/again`);
  await c.delete(`${p}/again`);
  await c.children(p, false, 12);
  await c.delete(p);
  await c.exists(s.root);
  await c.exists('/zookeeper');
  await c.children('/zookeeper', false, 8);
  await c.close();
};

export const versions = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/p`;
  await c.create(p, 'abc');
  for (const version of [0, 0, -1, 5, -2, 2]) await c.set(p, 'x', version);
  await c.get(p);
  for (const version of [0, -1, 5, 1]) await c.setAcl(p, [[31, 'world', 'anyone']], version);
  await c.delete(p, 1);
  await c.delete(p, -5);
  await c.create(`${p}/below`);
  await c.delete(p, 3);
  await c.delete(p, -1);
  await c.delete(`${p}/below`, 0);
  await c.delete(p, 3);
  await c.delete(p, 3);
  for (const path of ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config'])
    await c.delete(path);
  await c.set(p, 'x', 0);
  await c.get(p);
  await c.exists(p);
  await c.getAcl(p);
  await c.setAcl(p, [[31, 'world', 'anyone']]);
  await c.children(p);
  await c.children(p, false, 12);
  await c.sync(p);
  await c.close();
};

export const nullAndEmpty = async (s: Script): Promise<void> => {
  const c = await s.begin();
  for (const [name, data] of [
    ['null', null],
    ['empty', ''],
    ['one', '1'],
  ] as const) {
    await c.create(`${s.root}/${name}`, data);
    await c.get(`${s.root}/${name}`);
    await c.set(`${s.root}/${name}`, null);
    await c.get(`${s.root}/${name}`);
    await c.set(`${s.root}/${name}`, '');
    await c.get(`${s.root}/${name}`);
  }
  await c.call('getData null', 4, new Writer().buffer(null).bool(false).bytes());
  await c.close();
};

const ODD_PATHS: readonly string[] = [
  '',
  'a',
  '/a/',
  '//',
  '/a//b',
  '/.',
  '/..',
  '/./a',
  '/a/.',
  '/a/..',
  '/a/./b',
  '/a/../b',
  '/a/...',
  '/.a',
  '/a.',
  '/a\u0000',
  '/\u0000',
  '/a\u0001b',
  '/a\u001f',
  '/a\u007f',
  '/a\u009f',
  '/a\u00a0',
  '/é',
  '/日本',
  '/\uf8ff',
  '/\ue000',
  '/\ufff0',
  '/\uffff',
  '/ ',
  '/a b',
  '/%2f',
  '/a\\b',
  '/a:b',
  '/zookeeper/',
  '/zookeeper/quota/x',
];

export const oddPaths = async (s: Script): Promise<void> => {
  const c = await s.begin();
  for (const path of ODD_PATHS) {
    await c.exists(path);
    await c.get(path);
    await c.children(path);
    await c.getAcl(path);
    await c.sync(path);
    await c.set(path, 'x');
    await c.setAcl(path, [[31, 'world', 'anyone']]);
    await c.delete(path);
    await c.create(path, 'x');
    await c.delete(path);
    const below = s.root + path;
    await c.create(below, 'x');
    await c.create(below, 'x', 2);
    await c.exists(below);
    await c.delete(below);
  }
  await c.children(s.root, false, 12);
  await c.close();
};

const check = (path: string, version: number): readonly [number, Uint8Array] => [
  13,
  new Writer().buffer(path).int(version).bytes(),
];
const set = (path: string, data: string, version = -1): readonly [number, Uint8Array] => [
  5,
  new Writer().buffer(path).buffer(data).int(version).bytes(),
];
const remove = (path: string, version = -1): readonly [number, Uint8Array] => [
  2,
  new Writer().buffer(path).int(version).bytes(),
];
const make = (path: string, flags = 0): readonly [number, Uint8Array] => [
  1,
  createBody(path, 'm', flags),
];
const make2 = (path: string, flags = 0): readonly [number, Uint8Array] => [
  15,
  createBody(path, 'm', flags),
];

export const multi = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = `${s.root}/p`;
  await c.multi('empty', []);
  await c.multi('of all kinds', [
    make(p),
    make2(`${p}/a`),
    set(p, 'x', 0),
    check(p, 1),
    make(`${p}/e`, 1),
    remove(`${p}/a`, 0),
  ]);
  await c.exists(p);
  await c.children(p, false, 12);
  await c.multi('that makes and removes', [
    make(`${p}/t`),
    make(`${p}/t/u`),
    remove(`${p}/t/u`),
    remove(`${p}/t`),
  ]);
  await c.exists(p);
  await c.multi('same node twice', [set(p, 'y'), set(p, 'z'), check(p, 3)]);
  const good = [set(p, 'bad'), make(`${p}/bad`), remove(`${p}/e`)] as const;
  const failures = [
    check(p, 99),
    check('/gone', 0),
    set(p, 'x', 99),
    set('/gone', 'x'),
    remove(p),
    remove('/gone'),
    remove(p, 99),
    make(p),
    make('/gone/x'),
    make(`${p}/e/x`),
    make('bad path'),
    make(`${p}/../x`),
    [1, createBody(`${p}/acl`, null, 0, [])],
    make(`${p}/flags`, 100),
    remove('/'),
    set('', 'x'),
  ] as const;
  for (const [i, failure] of failures.entries()) {
    await c.multi(`failure ${i} first`, [failure, ...good]);
    await c.multi(`failure ${i} last`, [...good, failure]);
    await c.multi(`failure ${i} amid`, [good[0], failure, good[1]]);
  }
  await c.multi('two failures', [set(p, 'x'), check('/gone', 0), check('/gone', 0), make(p)]);
  await c.exists(p);
  await c.children(p, false, 12);
  await c.multi('after failures', [make(`${p}/s-`, 2), set(p, 'end')]);
  await c.exists(p);
  await c.exists(`${p}/e`);
  await c.close();
};
