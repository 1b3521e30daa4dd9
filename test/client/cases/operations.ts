/** Every operation, its results and its errors. */
import assert from 'node:assert/strict';
import * as zab from '../../../src/client/index.js';
import { CREATOR_ALL_ACL, OPEN_ACL, READ_ACL } from '../../../src/client/index.js';
import type { Case, Context } from '../targets.js';

const text = (data: Buffer | null): string | null => data?.toString() ?? null;

const createsAndReads = async ({ zk }: Context): Promise<void> => {
  assert.equal(await zk.create('/a', 'one'), '/a');
  const { data, stat } = await zk.getData('/a');
  assert.equal(text(data), 'one');
  assert.equal(stat.version, 0);
  assert.equal(stat.czxid, stat.mzxid);
  assert.equal(typeof stat.czxid, 'bigint');
  assert.equal(stat.dataLength, 3);
  assert.ok(Math.abs(Number(stat.ctime) - Date.now()) < 3_600_000);
  const changed = await zk.setData('/a', 'four', { version: 0 });
  assert.deepEqual([changed.version, changed.dataLength], [1, 4]);
  assert.ok(changed.mzxid > changed.czxid);
  assert.deepEqual(await zk.exists('/a'), changed);
  assert.equal(await zk.exists('/b'), null);
  assert.deepEqual(await zk.getChildren('/'), ['a']);
  const { children, stat: parent } = await zk.getChildrenWithStat('/');
  assert.deepEqual([children, parent.numChildren], [['a'], 1]);
  assert.equal(parent.pzxid, stat.czxid);
  await zk.delete('/a', { version: 1 });
  assert.deepEqual(await zk.getChildren('/'), []);
};

const everyMode = async ({ zk }: Context): Promise<void> => {
  const created = await zk.create2('/plain', null);
  assert.equal(created.path, '/plain');
  assert.equal(created.stat.ephemeralOwner, 0n);
  const ephemeral = await zk.create2('/e', 'x', { mode: 'ephemeral' });
  assert.equal(ephemeral.stat.ephemeralOwner, zk.sessionId);
  assert.equal(await zk.create('/s-', null, { mode: 'persistent-sequential' }), '/s-0000000002');
  assert.equal(await zk.create('/es-', null, { mode: 'ephemeral-sequential' }), '/es-0000000003');
  assert.deepEqual([...(await zk.getEphemerals())].sort(), ['/e', '/es-0000000003']);
  assert.deepEqual(await zk.getEphemerals('/es'), ['/es-0000000003']);
  assert.equal(await zk.create('/container', null, { mode: 'container' }), '/container');
  // Clients never see the owner that marks a container.
  assert.equal((await zk.exists('/container'))?.ephemeralOwner, 0n);
  assert.equal(await zk.create('/container/child'), '/container/child');
  assert.equal(await zk.getAllChildrenNumber('/'), 6);
  assert.equal(await zk.getAllChildrenNumber('/container'), 1);
};

const ttl = async ({ zk }: Context): Promise<void> => {
  const { path, stat } = await zk.create2('/t', 'x', { mode: 'ttl', ttl: 3_600_000 });
  assert.deepEqual([path, stat.ephemeralOwner], ['/t', 0n]);
  const next = await zk.create('/t-', 'x', { mode: 'ttl-sequential', ttl: 3_600_000 });
  assert.equal(next, '/t-0000000001');
  await assert.rejects(zk.create('/u', null, { mode: 'ttl', ttl: 0 }), zab.ZooKeeperError);
};

const nullAndEmpty = async ({ zk }: Context): Promise<void> => {
  await zk.create('/null');
  await zk.create('/empty', '');
  assert.equal((await zk.getData('/null')).data, null);
  assert.deepEqual((await zk.getData('/empty')).data, Buffer.alloc(0));
  await zk.setData('/empty', null);
  assert.equal((await zk.getData('/empty')).data, null);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await zk.setData('/empty', bytes);
  assert.deepEqual((await zk.getData('/empty')).data, bytes);
};

const typedErrors = async ({ zk }: Context): Promise<void> => {
  await zk.create('/a/'.slice(0, 2), 'x');
  await zk.create('/a/b');
  await zk.create('/e', null, { mode: 'ephemeral' });
  const failures: readonly (readonly [() => Promise<unknown>, string, number, string | null])[] = [
    [() => zk.getData('/no'), 'NoNodeError', -101, '/no'],
    [() => zk.getChildren('/no'), 'NoNodeError', -101, '/no'],
    [() => zk.setData('/no', ''), 'NoNodeError', -101, '/no'],
    [() => zk.create('/no/child'), 'NoNodeError', -101, '/no/child'],
    [() => zk.create('/a'), 'NodeExistsError', -110, '/a'],
    [() => zk.create('/e/child'), 'NoChildrenForEphemeralsError', -108, '/e/child'],
    [() => zk.delete('/a'), 'NotEmptyError', -111, '/a'],
    [() => zk.delete('/a/b', { version: 7 }), 'BadVersionError', -103, '/a/b'],
    [() => zk.setData('/a', '', { version: 7 }), 'BadVersionError', -103, '/a'],
    [() => zk.setACL('/a', []), 'InvalidAclError', -114, '/a'],
    [() => zk.create('/b', null, { acl: CREATOR_ALL_ACL }), 'InvalidAclError', -114, '/b'],
  ];
  for (const [call, name, code, path] of failures) {
    await assert.rejects(call(), (error: unknown) => {
      assert.ok(error instanceof zab.ZooKeeperError);
      assert.ok(error instanceof zab[name as 'NoNodeError'], `${error.name}, not ${name}`);
      assert.deepEqual([error.name, error.code, error.path], [name, code, path]);
      return true;
    });
  }
  for (const path of ['', 'a', '/a/', '//a', '/a/../b', '/\u0000', '/\ud83d\ude00']) {
    await assert.rejects(zk.exists(path), TypeError, JSON.stringify(path));
  }
  await assert.rejects(zk.create('/t', null, { mode: 'ttl' }), TypeError);
};

const acls = async ({ zk, connect }: Context): Promise<void> => {
  await zk.create('/open');
  assert.deepEqual((await zk.getACL('/open')).acl, OPEN_ACL);
  const stat = await zk.setACL('/open', READ_ACL, { version: 0 });
  assert.equal(stat.aversion, 1);
  await assert.rejects(zk.setData('/open', 'x'), zab.NoAuthError);
  await zk.addAuth('digest', 'ben:secret');
  await zk.create('/mine', 'x', { acl: CREATOR_ALL_ACL });
  const [entry] = (await zk.getACL('/mine')).acl;
  assert.deepEqual([entry?.scheme, entry?.perms], ['digest', 31]);
  assert.match(entry?.id ?? '', /^ben:/);
  const other = await connect();
  await assert.rejects(other.getData('/mine'), zab.NoAuthError);
  await other.addAuth('digest', 'ben:secret');
  assert.equal(text((await other.getData('/mine')).data), 'x');
  const who = await other.whoAmI();
  assert.ok(who.some(({ scheme, id }) => scheme === 'digest' && id === 'ben'));
  assert.ok(who.some(({ scheme }) => scheme === 'ip'));
  const early = await connect({ auth: [{ scheme: 'digest', auth: 'ben:secret' }] });
  assert.equal(text((await early.getData('/mine')).data), 'x');
};

const transactions = async ({ zk }: Context): Promise<void> => {
  await zk.create('/gone');
  const [a, b, c, d, e] = await zk
    .transaction()
    .create('/a', 'x')
    .create2('/b-', null, { mode: 'ephemeral-sequential' })
    .setData('/a', 'y', { version: 0 })
    .check('/a', { version: 1 })
    .delete('/gone')
    .commit();
  assert.equal(a, '/a');
  assert.equal(b.path, '/b-0000000002');
  assert.equal(b.stat.ephemeralOwner, zk.sessionId);
  assert.equal(c.version, 1);
  assert.deepEqual([d, e], [undefined, undefined]);
  assert.equal(b.stat.czxid, c.mzxid);
  const failed = zk.transaction().create('/q').delete('/no').setData('/a', '').commit();
  await assert.rejects(failed, (error: unknown) => {
    assert.ok(error instanceof zab.NoNodeError);
    assert.equal(error.path, '/no');
    assert.deepEqual(error.transaction, { index: 1, codes: [0, -101, -2] });
    return true;
  });
  assert.equal(await zk.exists('/q'), null);
  const made = await zk.transaction().create('/c', null, { mode: 'container' }).commit();
  assert.deepEqual(made, ['/c']);
  assert.deepEqual(await zk.transaction().commit(), []);
};

const manyReads = async ({ zk }: Context): Promise<void> => {
  await zk.create('/a', 'x');
  await zk.create('/a/b');
  const [data, children, missing] = await zk.multiRead([
    { op: 'getData', path: '/a' },
    { op: 'getChildren', path: '/a' },
    { op: 'getData', path: '/no' },
  ]);
  assert.ok(!(data instanceof Error) && !(children instanceof Error));
  assert.equal(text(data.data), 'x');
  assert.deepEqual(children, ['b']);
  assert.ok(missing instanceof zab.NoNodeError && missing.path === '/no');
};

const pipelines = async ({ zk }: Context): Promise<void> => {
  await zk.create('/n', '0');
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      if (i % 2 === 0) await zk.setData('/n', String(i));
      else assert.equal(text((await zk.getData('/n')).data), String(i - 1));
      order.push(i);
    }),
  );
  assert.deepEqual(
    order,
    [...order].sort((x, y) => x - y),
  );
  await zk.sync('/n');
  const seen = zk.lastZxid;
  assert.equal((await zk.getData('/n')).stat.mzxid, seen);
};

const configuration = async ({ zk, servers }: Context): Promise<void> => {
  const { data } = await zk.getConfig();
  if (servers.shape === 'ensemble') assert.match(text(data) ?? '', /^server\.1=.*\n/);
  await assert.rejects(zk.reconfig({ leaving: '3' }), zab.ZooKeeperError);
};

/** What `zab/testing` does not switch on: for servers that run as processes. */
export const features: readonly Case[] = [
  { name: 'create with a TTL', run: ttl },
  { name: 'getConfig; reconfig that is switched off', run: configuration },
];

export const operations: readonly Case[] = [
  { name: 'create, get, set, exists, list, delete', run: createsAndReads },
  { name: 'create in every mode, getEphemerals, getAllChildrenNumber', run: everyMode },
  { name: 'create with a TTL', on: ({ kind }) => kind === 'apache', run: ttl },
  { name: 'null and empty data are different', run: nullAndEmpty },
  { name: 'an error has a class, a code, a name and a path', run: typedErrors },
  { name: 'ACLs, addAuth, whoAmI', run: acls },
  { name: 'transactions', run: transactions },
  { name: 'multiRead', run: manyReads },
  { name: 'a pipeline of reads and writes is answered in order', run: pipelines },
  { name: 'getConfig; reconfig that is switched off', run: configuration },
];
