/**
 * What a server writes down in these tests: every kind of znode, of transaction and of session, some
 * of it more than once, so that a snapshot has it as well as the log.
 */
import { createHash } from 'node:crypto';
import { OPEN_ACL, ZooKeeper, type Acl } from '../../../src/client/index.js';

/** Name and password of scheme digest that the workload's nodes are closed with. */
export const OWNER = 'owner:secret';
export const SUPER = 'super:secret';

const base64 = (text: string): string => createHash('sha1').update(text).digest('base64');

/** What a server's `DigestAuthenticationProvider.superDigest` says. */
export const SUPER_DIGEST = `super:${base64(SUPER)}`;

const closed: readonly Acl[] = [
  { perms: 1, scheme: 'world', id: 'anyone' },
  { perms: 31, scheme: 'digest', id: `owner:${base64(OWNER)}` },
  { perms: 6, scheme: 'ip', id: '127.0.0.0/8' },
];

export async function connectAs(address: string, auth: string | null): Promise<ZooKeeper> {
  const zk = await ZooKeeper.connect(address, { connectTimeout: 120_000, sessionTimeout: 600_000 });
  if (auth !== null) await zk.addAuth('digest', auth);
  return zk;
}

/** Writes below `/PART`; sessions that stay open are detached. About 150 transactions. */
export async function writePart(address: string, part: string): Promise<void> {
  const zk = await connectAs(address, OWNER);
  const top = `/${part}`;
  await zk.create(top, `part ${part}`);
  await dataOfAllKinds(zk, top);
  await nodesOfAllKinds(zk, top);
  await closedNodes(zk, top);
  await quota(zk, top);
  await multis(zk, top);
  await changes(zk, top);
  zk.detach();
  await sessions(address, top);
}

async function dataOfAllKinds(zk: ZooKeeper, top: string): Promise<void> {
  await zk.create(`${top}/null`, null);
  await zk.create(`${top}/empty`, Buffer.alloc(0));
  await zk.create(`${top}/bytes`, Buffer.from([0, 1, 127, 128, 255]));
  await zk.create(`${top}/large`, Buffer.alloc(400_000, 'large '));
  await zk.create(`${top}/größe-ж-中-ﷺ`, 'ключ → 值 🔑');
}

async function nodesOfAllKinds(zk: ZooKeeper, top: string): Promise<void> {
  await zk.create(`${top}/seq-`, 'first', { mode: 'persistent-sequential' });
  await zk.create(`${top}/seq-`, 'second', { mode: 'persistent-sequential' });
  await zk.create(`${top}/ephemeral`, 'mine', { mode: 'ephemeral' });
  await zk.create(`${top}/ephemeral-`, null, { mode: 'ephemeral-sequential' });
  await zk.create(`${top}/container`, null, { mode: 'container' });
  await zk.create(`${top}/container/child`, 'kept', { acl: OPEN_ACL });
  await zk.create(`${top}/ttl`, 'for a year', { mode: 'ttl', ttl: 365 * 86_400_000 });
  await zk.create(`${top}/ttl-`, null, { mode: 'ttl-sequential', ttl: 2 ** 40 - 1 });
}

async function closedNodes(zk: ZooKeeper, top: string): Promise<void> {
  await zk.create(`${top}/closed`, 'for its owner', { acl: closed });
  await zk.create(`${top}/opened`, null, { acl: closed });
  await zk.setACL(`${top}/opened`, OPEN_ACL);
  await zk.setACL(`${top}/opened`, [{ perms: 31, scheme: 'auth', id: '' }, ...OPEN_ACL]);
}

async function quota(zk: ZooKeeper, top: string): Promise<void> {
  const at = `/zookeeper/quota${top}`;
  await zk.create(at);
  await zk.create(`${at}/zookeeper_limits`, 'count=1000,bytes=100000000');
  await zk.create(`${at}/zookeeper_stats`, 'count=0,bytes=0');
  await zk.create(`${top}/counted`, 'six by');
}

async function multis(zk: ZooKeeper, top: string): Promise<void> {
  await zk
    .transaction()
    .create(`${top}/multi`, 'all')
    .create(`${top}/multi/child`, 'of it')
    .check(`${top}/multi`, { version: 0 })
    .setData(`${top}/multi`, 'or nothing')
    .delete(`${top}/seq-0000000008`)
    .commit()
    .catch(() => undefined);
  await zk
    .transaction()
    .create(`${top}/multi`, 'all')
    .create(`${top}/multi/child`, 'of it')
    .check(`${top}/multi`, { version: 0 })
    .setData(`${top}/multi`, 'at once')
    .delete(`${top}/empty`)
    .commit();
  await zk.create(`${top}/multi`).catch(() => undefined);
}

/** Versions, and children that come and go: stats that a single create does not have. */
async function changes(zk: ZooKeeper, top: string): Promise<void> {
  await zk.create(`${top}/busy`);
  for (let i = 0; i < 30; i++) {
    await Promise.all([
      zk.setData(`${top}/busy`, `change ${i}`),
      zk.create(`${top}/busy/${i}`, String(i)),
    ]);
    if (i % 3 !== 0) await zk.delete(`${top}/busy/${i}`);
    if (i % 5 === 0) await zk.setData(`${top}/busy/none`, '').catch(() => undefined);
  }
  await zk.setData('/', `written by ${top}`);
}

/** One that ends, its ephemerals with it, and one that stays and owns nothing. */
async function sessions(address: string, top: string): Promise<void> {
  const ended = await connectAs(address, null);
  await ended.create(`${top}/gone`, null, { mode: 'ephemeral' });
  await ended.create(`${top}/busy/gone`, null, { mode: 'ephemeral' });
  await ended.close();
  const idle = await connectAs(address, null);
  await idle.exists('/');
  idle.detach();
}
