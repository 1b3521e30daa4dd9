/**
 * npm's `zookeeper`, an addon around the C client, against a running server or ensemble.
 *
 * Usage: checks.js PACKAGE_FOLDER CONNECT_STRING [--failover]
 *        checks.js --hold PACKAGE_FOLDER CONNECT_STRING PATH TIMEOUT_MS
 *   (a session with an ephemeral, until it is killed; writes `held SESSION PASSWORD` in hex)
 *
 * One line a check on standard output: `ok NAME` or `not ok NAME reason`; exit code 1 if one failed. With
 * --failover it writes `ask kill HOST:PORT` or `ask restart HOST:PORT` and waits for a line on standard input.
 * The addon has no multi: ../c/checks.c does that one.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  Client,
  CODE,
  EPHEMERAL,
  EVENT,
  patiently,
  raises,
  SEQUENTIAL,
  TIMEOUT_MS,
  Watch,
  type Acl,
  type Addon,
} from './client.js';

/** Session timeout of a client that is going to be killed. */
const EXPIRY_MS = 2_000;
const open = (hosts: string, timeout?: number, session?: object): Promise<Client> =>
  Client.open(Zk, hosts, timeout, session);

const connect = async (zk: Client): Promise<void> => {
  assert.match(zk.session.client_id, /^[0-9a-f]*[1-9a-f][0-9a-f]*$/);
  assert.ok((await zk.children('/')).includes('zookeeper'));
};

const createPersistent = async (zk: Client): Promise<void> => {
  const path = `${root}/persistent`;
  assert.equal(await zk.create(path, 'a'), path);
  const [stat, data] = await zk.get(path);
  assert.equal(data?.toString(), 'a');
  assert.equal(stat.createdInThisSession, false);
  assert.deepEqual([stat.version, stat.cversion, stat.dataLength], [0, 0, 1]);
  assert.ok(stat.czxid === stat.mzxid && stat.czxid === stat.pzxid);
};

const createEphemeral = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/ephemeral`, '', EPHEMERAL);
  assert.equal((await zk.exists(path))?.createdInThisSession, true);
};

const createSequential = async (zk: Client): Promise<void> => {
  const parent = await zk.create(`${root}/sequential`);
  for (let i = 0; i < 3; i++) {
    assert.equal(await zk.create(`${parent}/n-`, '', SEQUENTIAL), `${parent}/n-000000000${i}`);
  }
  await zk.delete(`${parent}/n-0000000002`);
  assert.equal(await zk.create(`${parent}/m-`, '', SEQUENTIAL), `${parent}/m-0000000003`);
};

const createEphemeralSequential = async (zk: Client): Promise<void> => {
  const parent = await zk.create(`${root}/ephemeral-sequential`);
  for (let i = 0; i < 2; i++) {
    const made = await zk.create(`${parent}/e-`, '', EPHEMERAL | SEQUENTIAL);
    assert.equal(made, `${parent}/e-000000000${i}`);
    assert.equal((await zk.exists(made))?.createdInThisSession, true);
  }
};

const getSet = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/data`);
  let stat = await zk.set(path, 'one');
  assert.deepEqual([stat.version, stat.dataLength], [1, 3]);
  assert.ok(stat.mzxid > stat.czxid);
  stat = await zk.set(path, 'two', 1);
  assert.deepEqual(await zk.get(path), [stat, Buffer.from('two')]);
  const big = Buffer.alloc(700_000, 'big data ');
  await zk.set(path, big, 2);
  assert.ok((await zk.get(path))[1]?.equals(big));
};

const remove = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/deleted`);
  await zk.set(path, 'x');
  await zk.delete(path, 1);
  assert.equal(await zk.exists(path), null);
};

const badVersion = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/versions`);
  await raises(CODE.badVersion, zk.set(path, 'x', 7));
  await raises(CODE.badVersion, zk.delete(path, 7));
  assert.equal((await zk.exists(path))?.version, 0);
};

const noNode = async (zk: Client): Promise<void> => {
  const gone = `${root}/gone`;
  await raises(CODE.noNode, zk.get(gone));
  await raises(CODE.noNode, zk.set(gone, ''));
  await raises(CODE.noNode, zk.delete(gone));
  await raises(CODE.noNode, zk.children(gone));
  await raises(CODE.noNode, zk.create(`${gone}/child`));
};

const noChildrenForEphemerals = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/ephemeral-parent`, '', EPHEMERAL);
  await raises(CODE.noChildrenForEphemerals, zk.create(`${path}/child`));
};

const children = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/children`);
  assert.deepEqual(await zk.children(path), []);
  for (const name of ['a', 'b', 'c']) await zk.create(`${path}/${name}`);
  const [names, stat] = await zk.childrenStat(path);
  assert.deepEqual(names.sort(), ['a', 'b', 'c']);
  assert.deepEqual([stat.numChildren, stat.cversion], [3, 3]);
  await zk.delete(`${path}/b`);
  const after = await zk.exists(path);
  assert.deepEqual([after?.numChildren, after?.cversion, after?.version], [2, 4, 0]);
};

const watchData = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/watch-data`);
  const changed = new Watch();
  await zk.get(path, changed);
  await zk.set(path, '1');
  await changed.expect(EVENT.changed, path);
  const deleted = new Watch();
  await zk.get(path, deleted);
  await zk.delete(path);
  await deleted.expect(EVENT.deleted, path);
};

const watchExists = async (zk: Client): Promise<void> => {
  const path = `${root}/watch-exists`;
  const created = new Watch();
  assert.equal(await zk.exists(path, created), null);
  await zk.create(path);
  await created.expect(EVENT.created, path);
};

const watchChildren = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/watch-children`);
  const child = new Watch();
  await zk.children(path, child);
  await zk.create(`${path}/a`);
  await child.expect(EVENT.child, path);
  await zk.delete(`${path}/a`);
  const deleted = new Watch();
  await zk.children(path, deleted);
  await zk.delete(path);
  await deleted.expect(EVENT.deleted, path);
};

const watchOneShot = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/watch-one-shot`);
  const first = new Watch();
  const last = new Watch();
  await zk.get(path, first);
  await zk.set(path, '1');
  await first.expect(EVENT.changed, path);
  await zk.set(path, '2');
  await zk.get(path, last);
  await zk.set(path, '3');
  // Events come in order: a second one of `first` would be here.
  await last.expect(EVENT.changed, path);
  assert.equal(first.events.length, 1);
};

const watchOtherClient = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/watch-other`);
  const watch = new Watch();
  await zk.get(path, watch);
  const other = await open(connectString);
  await other.set(path, 'by another');
  await watch.expect(EVENT.changed, path);
  assert.equal(await zk.text(path), 'by another');
  await other.close();
};

const sync = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/sync`);
  for (const host of connectString.split(',')) {
    const reader = await open(host);
    for (let i = 0; i < 5; i++) {
      await zk.set(path, `${host} ${i}`);
      await reader.sync(path);
      assert.equal(await reader.text(path), `${host} ${i}`);
    }
    await reader.close();
  }
};

const OPEN: Acl = { perms: 31, scheme: 'world', auth: 'anyone' };

const aclWorld = async (zk: Client): Promise<void> => {
  const path = await zk.create(`${root}/acl-world`);
  const narrow = { perms: 17, scheme: 'world', auth: 'anyone' };
  await zk.setAcl(path, [narrow], 0);
  await raises(CODE.badVersion, zk.setAcl(path, [OPEN], 0));
  await raises(CODE.noAuth, zk.set(path, 'x'));
  await raises(CODE.noAuth, zk.create(`${path}/child`));
  assert.equal((await zk.exists(path))?.aversion, 1);
  const [acl] = await zk.acl(path);
  assert.deepEqual([acl.length, acl[0]?.scheme, acl[0]?.auth], [1, 'world', 'anyone']);
  await zk.setAcl(path, [OPEN], 1);
  await zk.set(path, 'x');
};

const aclDigest = async (zk: Client): Promise<void> => {
  const path = `${root}/acl-digest`;
  const owner = await open(connectString);
  await owner.auth('digest', 'someone:secret');
  await owner.create(path, 'private');
  await owner.setAcl(path, [{ perms: 31, scheme: 'auth', auth: '' }]);
  assert.equal(await owner.text(path), 'private');
  await raises(CODE.noAuth, zk.get(path));
  await zk.auth('digest', 'someone:secret');
  assert.equal(await zk.text(path), 'private');
  const [acl] = await zk.acl(path);
  assert.equal(acl[0]?.scheme, 'digest');
  assert.match(acl[0].auth, /^someone:/);
  await owner.close();
};

const closeRemovesEphemerals = async (zk: Client): Promise<void> => {
  const path = `${root}/closing`;
  const other = await open(connectString);
  await other.create(path, '', EPHEMERAL);
  await zk.sync(path);
  const watch = new Watch();
  assert.notEqual(await zk.exists(path, watch), null);
  await other.close();
  await watch.expect(EVENT.deleted, path);
  assert.equal(await zk.exists(path), null);
};

interface Held {
  readonly session: { readonly client_id: string; readonly client_password: string };
  /** SIGKILL: its connection ends, its session does not. */
  readonly kill: () => Promise<void>;
}

/** A session in another process, with an ephemeral at `path`. */
const hold = async (hosts: string, path: string, timeout: number): Promise<Held> => {
  const self = fileURLToPath(import.meta.url);
  const args = [self, '--hold', packageFolder, hosts, path, String(timeout)];
  const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(holder, 'exit');
  const kill = async (): Promise<void> => {
    holder.kill('SIGKILL');
    await gone;
  };
  const lines = createInterface({ input: holder.stdout });
  const [line] = (await patiently('holder', Promise.race([once(lines, 'line'), gone]))) as [
    unknown,
  ];
  const [word, client_id = '', client_password = ''] = String(line).split(' ');
  assert.equal(word, 'held');
  return { session: { client_id, client_password }, kill };
};

const expiryRemovesEphemerals = async (zk: Client): Promise<void> => {
  const path = `${root}/expiring`;
  const held = await hold(connectString, path, EXPIRY_MS);
  await zk.sync(path);
  const watch = new Watch();
  const before = await zk.exists(path, watch);
  await held.kill();
  assert.notEqual(before, null);
  await watch.expect(EVENT.deleted, path);
};

/** A new connection takes over the session of a client that died, on another server if there is one. */
const sessionHandover = async (zk: Client): Promise<void> => {
  const path = `${root}/handover`;
  const hosts = connectString.split(',');
  const held = await hold(hosts[0]!, path, 2 * TIMEOUT_MS);
  await held.kill();
  const heir = await open(hosts.at(-1)!, 2 * TIMEOUT_MS, held.session);
  assert.equal(heir.session.client_id, held.session.client_id);
  await heir.sync(path);
  assert.equal((await heir.exists(path))?.createdInThisSession, true);
  await heir.set(path, 'moved');
  assert.equal(await heir.text(path), 'moved');
  await heir.close();
  await zk.sync(path);
  assert.equal(await zk.exists(path), null);
};

const chroot = async (zk: Client): Promise<void> => {
  await zk.create(`${root}/chroot`);
  const other = await open(`${connectString}${root}/chroot`);
  assert.equal(await other.create('/inside'), '/inside');
  const watch = new Watch();
  await other.get('/inside', watch);
  await zk.set(`${root}/chroot/inside`, 'x');
  await watch.expect(EVENT.changed, '/inside');
  assert.equal(await other.create('/seq-', '', SEQUENTIAL), '/seq-0000000001');
  assert.deepEqual((await other.children('/')).sort(), ['inside', 'seq-0000000001']);
  await other.close();
};

const CHECKS: readonly (readonly [string, (zk: Client) => Promise<void>])[] = [
  ['connect', connect],
  ['create-persistent', createPersistent],
  ['create-ephemeral', createEphemeral],
  ['create-sequential', createSequential],
  ['create-ephemeral-sequential', createEphemeralSequential],
  ['get-set', getSet],
  ['delete', remove],
  ['bad-version', badVersion],
  ['no-node', noNode],
  ['node-exists', (zk) => raises(CODE.nodeExists, zk.create(root))],
  ['not-empty', (zk) => raises(CODE.notEmpty, zk.delete(root))],
  ['no-children-for-ephemerals', noChildrenForEphemerals],
  ['children', children],
  ['watch-data', watchData],
  ['watch-exists', watchExists],
  ['watch-children', watchChildren],
  ['watch-one-shot', watchOneShot],
  ['watch-other-client', watchOtherClient],
  ['sync', sync],
  ['acl-world', aclWorld],
  ['acl-digest', aclDigest],
  ['close-removes-ephemerals', closeRemovesEphemerals],
  ['expiry-removes-ephemerals', expiryRemovesEphemerals],
  ['session-handover', sessionHandover],
  ['chroot', chroot],
];

const holding = process.argv[2] === '--hold';
const [packageFolder = '', connectString = '', heldPath = '', heldTimeout = ''] =
  process.argv.slice(holding ? 3 : 2);
const { ZooKeeper: Zk } = createRequire(import.meta.url)(packageFolder) as {
  ZooKeeper: new () => Addon;
};
const root = `/npm-${process.pid}-${Date.now().toString(36)}`;

if (holding) {
  const client = await open(connectString, Number(heldTimeout));
  await client.create(heldPath, '', EPHEMERAL);
  const { client_id, client_password } = client.session;
  process.stdout.write(`held ${client_id} ${client_password}\n`);
} else {
  const zk = await open(connectString);
  await zk.create(root);
  for (const [name, check] of CHECKS) {
    try {
      await check(zk);
      process.stdout.write(`ok ${name}\n`);
    } catch (error) {
      process.exitCode = 1;
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stdout.write(`not ok ${name} ${reason.split('\n').join(' | ')}\n`);
    }
  }
  await zk.close();
  process.exit();
}
