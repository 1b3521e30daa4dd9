/** What a client asks of one member of an ensemble, and what clients of another one then see. */
import assert from 'node:assert/strict';
import {
  BadVersionError,
  CREATOR_ALL_ACL,
  NoAuthError,
  NodeExistsError,
  NoNodeError,
  NotEmptyError,
  OPEN_ACL,
  ZooKeeper,
} from '../../../src/client/index.js';
import { eventually, type MixedMember } from '../../support/mixed-ensemble.js';

const SESSION = { sessionTimeout: 30_000, connectTimeout: 60_000 };
export const connectTo = ({ address }: MixedMember, sessionTimeout = 30_000): Promise<ZooKeeper> =>
  ZooKeeper.connect(address, { ...SESSION, sessionTimeout });

/** Every kind of write through `member`, and its errors; all of it seen through `other`. */
export async function everyWrite(member: MixedMember, other: MixedMember, root: string) {
  await using zk = await connectTo(member);
  await using seen = await connectTo(other);
  await zk.create(root, 'root');
  await creates(zk, seen, root);
  await changes(zk, seen, root);
  await transactions(zk, root);
  await rights(zk, seen, root);
  // A pipeline, and data that takes several packets of the network.
  const names = Array.from({ length: 50 }, (_, i) => `${root}/pipe-${i}`);
  await Promise.all(names.map((name) => zk.create(name, Buffer.alloc(10_000, name))));
  await zk.create(`${root}/large`, Buffer.alloc(700_000, 'x'));
  await seen.sync(root);
  assert.equal((await seen.getData(`${root}/large`)).stat.dataLength, 700_000);
}

async function creates(zk: ZooKeeper, seen: ZooKeeper, root: string): Promise<void> {
  assert.equal(
    await zk.create(`${root}/s-`, null, { mode: 'persistent-sequential' }),
    `${root}/s-0000000000`,
  );
  const ephemeral = await zk.create2(`${root}/e-`, '', { mode: 'ephemeral-sequential' });
  assert.equal(ephemeral.stat.ephemeralOwner, zk.sessionId);
  await zk.create(`${root}/container`, null, { mode: 'container' });
  await zk.create(`${root}/ttl`, 'ttl', { mode: 'ttl', ttl: 3_600_000 });
  await zk.create(`${root}/container/child`);
  await assert.rejects(zk.create(`${root}/ttl`), NodeExistsError);
  await assert.rejects(zk.create(`${root}/no/parent`), NoNodeError);
  await seen.sync(root);
  assert.deepEqual(await zk.getEphemerals(root), [ephemeral.path]);
  assert.equal((await seen.getData(`${root}/ttl`)).data?.toString(), 'ttl');
  assert.equal((await seen.getData(`${root}/s-0000000000`)).data, null);
  assert.equal((await seen.getData(ephemeral.path)).data?.length, 0);
}

async function changes(zk: ZooKeeper, seen: ZooKeeper, root: string): Promise<void> {
  await seen.sync(root);
  const told = new Promise<string>((resolve) => {
    void seen.getData(root, { watcher: ({ type }) => resolve(type) });
  });
  await seen.exists(root);
  const { version, mzxid } = await zk.setData(root, 'changed');
  assert.equal(version, 1);
  await assert.rejects(zk.setData(root, 'late', { version: 0 }), BadVersionError);
  assert.equal(await told, 'NodeDataChanged');
  assert.equal((await seen.getData(root)).stat.mzxid, mzxid);
  await assert.rejects(zk.delete(root), NotEmptyError);
  await zk.delete(`${root}/container/child`);
  await seen.sync(root);
  assert.equal(await seen.exists(`${root}/container/child`), null);
}

async function transactions(zk: ZooKeeper, root: string): Promise<void> {
  const [path, stat] = await zk
    .transaction()
    .create(`${root}/multi`)
    .setData(root, 'by multi', { version: 1 })
    .check(root, { version: 2 })
    .create2(`${root}/multi/child`)
    .delete(`${root}/multi/child`)
    .commit();
  assert.deepEqual([path, stat.version], [`${root}/multi`, 2]);
  const failing = zk.transaction().create(`${root}/never`).check(root, { version: 7 });
  await assert.rejects(failing.commit(), BadVersionError);
  assert.equal(await zk.exists(`${root}/never`), null);
}

/** Identities go with a forwarded request. */
async function rights(zk: ZooKeeper, seen: ZooKeeper, root: string): Promise<void> {
  await zk.addAuth('digest', 'writer:secret');
  await zk.create(`${root}/mine`, 'mine', { acl: CREATOR_ALL_ACL });
  await assert.rejects(seen.setData(`${root}/mine`, 'yours'), NoAuthError);
  await zk.setData(`${root}/mine`, 'still mine');
  await zk.setACL(`${root}/mine`, OPEN_ACL, { version: 0 });
  await seen.sync(root);
  assert.equal((await seen.setData(`${root}/mine`, 'yours')).aversion, 1);
}

/** A session that begins at `from` goes on at `to`, and ends there, with its ephemerals. */
export async function movesBetween(from: MixedMember, to: MixedMember, root: string) {
  const first = await connectTo(from);
  await first.create(root);
  await first.create(`${root}/first`, null, { mode: 'ephemeral' });
  first.detach();
  const session = { id: first.sessionId, password: first.sessionPassword };
  const second = await ZooKeeper.connect(to.address, { ...SESSION, session });
  assert.equal(second.sessionId, first.sessionId);
  await second.create(`${root}/second`, null, { mode: 'ephemeral' });
  assert.equal((await second.getEphemerals(root)).length, 2);
  await second.close();
  await using zk = await connectTo(from);
  await zk.sync(root);
  assert.deepEqual(await zk.getChildren(root), []);
}

/** Of two short sessions at `member` one is left alone and expires; the other is heard of, and lives. */
export async function expiresAt(member: MixedMember, root: string) {
  await using watcher = await connectTo(member);
  await watcher.create(root);
  await using kept = await connectTo(member, 1_000);
  await kept.create(`${root}/kept`, null, { mode: 'ephemeral' });
  const left = await connectTo(member, 1_000);
  await left.create(`${root}/left`, null, { mode: 'ephemeral' });
  left.detach();
  await eventually('the end of a session', async () => {
    await watcher.sync(root);
    return (await watcher.exists(`${root}/left`)) === null;
  });
  assert.equal((await kept.exists(`${root}/kept`))?.ephemeralOwner, kept.sessionId);
}
