/**
 * What a server's features have to survive on an ensemble: TTL nodes, containers, quotas, local
 * sessions and persistent watches, used through an observer, over restarts and over a SNAP.
 * About 15 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConnectionLossError,
  EphemeralOnLocalSessionError,
  QuotaExceededError,
  ZooKeeper,
  type ClientOptions,
  type WatchedEvent,
} from '../../src/client/index.js';
import { DEFAULTS } from '../../src/config/server-config.js';
import { Ensemble, type EnsembleMember } from '../../src/shell/ensemble.js';
import { ownerKind, ttlOf } from '../../src/tree/owner.js';
import { getNode } from '../../src/tree/tree.js';
import { Inbox } from '../support/inbox.js';

const COMMIT_LOG = 8;
const CHECK_MS = 100;

type Features = Partial<(typeof DEFAULTS)['features']>;

const startEnsemble = async (features: Features = {}): Promise<Ensemble> => {
  const ensemble = await Ensemble.start({
    ...{ size: 3, observers: 1, host: '127.0.0.1', port: 0, dataDir: null },
    settings: {
      ...{ tickTime: 500, initLimit: 20, syncLimit: 10, maxSessionTimeout: 60_000 },
      ...{ commitLogCount: COMMIT_LOG, forceSync: false, preAllocSizeKb: 64, maxClientCnxns: 0 },
      features: {
        ...DEFAULTS.features,
        ...{ extendedTypesEnabled: true, enforceQuota: true, containerCheckInterval: CHECK_MS },
        ...features,
      },
    },
  });
  await ensemble.serving();
  return ensemble;
};

const observerOf = (ensemble: Ensemble): EnsembleMember => ensemble.members[3]!;
const voters = (ensemble: Ensemble): readonly EnsembleMember[] => ensemble.members.slice(0, 3);
const connect = (to: EnsembleMember, options: ClientOptions = {}): Promise<ZooKeeper> =>
  ZooKeeper.connect(to.connectString, { connectTimeout: 60_000, ...options });

/** Until a leader answers, one that was not stopped before. */
const settled = async (zk: ZooKeeper): Promise<void> => {
  for (;;) {
    try {
      await zk.sync();
      return;
    } catch (error) {
      if (!(error instanceof ConnectionLossError)) throw error;
    }
  }
};

const gone = async (zk: ZooKeeper, path: string): Promise<void> => {
  const events = new Inbox<WatchedEvent>();
  if ((await zk.exists(path, { watcher: events.push })) === null) return;
  assert.equal((await events.take()).type, 'NodeDeleted');
};

/** What of the features is in a server's own tree. */
const featuresIn = ({ server }: EnsembleMember): Readonly<Record<string, unknown>> => {
  const { tree } = server!;
  const data = (path: string): string => Buffer.from(getNode(tree, path)?.data ?? []).toString();
  return {
    container: ownerKind(getNode(tree, '/container')!.ephemeralOwner),
    ttl: ttlOf(getNode(tree, '/ttl')!.ephemeralOwner),
    limits: data('/zookeeper/quota/quota/zookeeper_limits'),
    stats: data('/zookeeper/quota/quota/zookeeper_stats'),
  };
};

const LIMITS = 'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3';
const TTL_MS = 3_600_000;

const makeFeatures = async (zk: ZooKeeper): Promise<void> => {
  await zk.create('/container', 'c', { mode: 'container' });
  await zk.create('/container/child');
  await zk.create('/ttl', 't', { mode: 'ttl', ttl: TTL_MS });
  await zk.create('/quota', 'q');
  await zk.create('/zookeeper/quota/quota');
  await zk.create('/zookeeper/quota/quota/zookeeper_limits', LIMITS);
  await zk.create('/zookeeper/quota/quota/zookeeper_stats', 'count=1,bytes=1');
  await zk.create('/quota/second', 'xx');
  await zk.create('/quota/third', 'xxx');
  await assert.rejects(zk.create('/quota/fourth'), QuotaExceededError);
};

const EXPECTED = { container: 'container', ttl: TTL_MS, limits: LIMITS, stats: 'count=3,bytes=6' };

/** The leader goes on enforcing and collecting what it has not made itself. */
const stillWork = async (zk: ZooKeeper): Promise<void> => {
  await assert.rejects(zk.create('/quota/fourth'), QuotaExceededError);
  await zk.delete('/quota/third');
  await zk.create('/quota/fourth', 'xxxx');
  await zk.create('/soon', null, { mode: 'ttl', ttl: 1 });
  await zk.delete('/container/child');
  await gone(zk, '/container');
  await gone(zk, '/soon');
  assert.notEqual(await zk.exists('/ttl'), null);
};

test('a follower that is sent the tree has the features in it, and leads with them', async () => {
  const ensemble = await startEnsemble();
  try {
    const zk = await connect(observerOf(ensemble));
    const leader = await ensemble.waitForLeader();
    const [away, other] = voters(ensemble).filter((member) => member !== leader);
    await away!.kill();
    await makeFeatures(zk);
    for (let i = 0; i < 2 * COMMIT_LOG; i++) await zk.create(`/filler-${i}`);
    await away!.start();
    await away!.serving();
    await other!.stop();
    const late = await connect(away!);
    await settled(late);
    await settled(zk);
    assert.deepEqual(featuresIn(away!), EXPECTED);
    assert.deepEqual(featuresIn(observerOf(ensemble)), EXPECTED);
    await late.close();
    // Of the two that are left with the newest data only one has written it itself.
    await other!.start();
    await leader.stop();
    await settled(zk);
    await stillWork(zk);
    await zk.close();
  } finally {
    await ensemble.close();
  }
});

test('features outlive a restart of all servers, from logs and from snapshots', async () => {
  const ensemble = await startEnsemble();
  try {
    const before = await connect(observerOf(ensemble));
    await makeFeatures(before);
    await before.close();
    for (const snapshots of [false, true]) {
      if (snapshots) for (const { server } of ensemble.members) await server!.takeSnapshot();
      await Promise.all(ensemble.members.map((member) => member.stop()));
      await Promise.all(ensemble.members.map((member) => member.start()));
      await ensemble.serving();
      const reader = await connect(observerOf(ensemble));
      await reader.sync();
      assert.deepEqual(featuresIn(observerOf(ensemble)), EXPECTED, `snapshots: ${snapshots}`);
      await reader.close();
    }
    const after = await connect(observerOf(ensemble));
    await stillWork(after);
    await after.close();
  } finally {
    await ensemble.close();
  }
});

test('persistent watches of an observer’s client, over its leader’s end and its own', async () => {
  const ensemble = await startEnsemble();
  try {
    const leader = await ensemble.waitForLeader();
    const watching = await connect(observerOf(ensemble));
    const writing = await connect(voters(ensemble).find((member) => member !== leader)!);
    const [all, one] = [new Inbox<WatchedEvent>(), new Inbox<WatchedEvent>()];
    await watching.create('/w');
    await watching.addWatch('/w', all.push, { recursive: true });
    await watching.addWatch('/w', one.push);
    const seen = async (of: Inbox<WatchedEvent>): Promise<string> => {
      const { type, path } = await of.until((event) => event.type !== 'None');
      return `${type} ${path}`;
    };
    const expect = async (): Promise<void> => {
      await writing.create('/w/a');
      await writing.setData('/w/a', '1');
      await writing.setData('/w', '1');
      await writing.delete('/w/a');
      const told = [await seen(all), await seen(all), await seen(all), await seen(all)];
      assert.deepEqual(told, [
        'NodeCreated /w/a',
        'NodeDataChanged /w/a',
        'NodeDataChanged /w',
        'NodeDeleted /w/a',
      ]);
      const direct = [await seen(one), await seen(one), await seen(one)];
      assert.deepEqual(direct, [
        'NodeChildrenChanged /w',
        'NodeDataChanged /w',
        'NodeChildrenChanged /w',
      ]);
    };
    await expect();
    await leader.kill();
    await settled(watching);
    await settled(writing);
    await watching.checkWatches('/w', 'persistent-recursive');
    await expect();
    await observerOf(ensemble).stop();
    await observerOf(ensemble).start();
    await settled(watching);
    await watching.checkWatches('/w', 'persistent');
    await expect();
    await Promise.all([watching.close(), writing.close()]);
  } finally {
    await ensemble.close();
  }
});

test('local sessions at an observer: none is replicated before it must be', async () => {
  const local = { localSessionsEnabled: true };
  const upgrading = await startEnsemble({ ...local, localSessionsUpgradingEnabled: true });
  const sessionsOf = ({ server }: EnsembleMember): number => server!.tree.sessions.size;
  try {
    const leader = await upgrading.waitForLeader();
    const zk = await connect(observerOf(upgrading));
    await zk.create('/local', '1');
    assert.equal(sessionsOf(leader), 0);
    await zk.create('/local/e', '1', { mode: 'ephemeral' });
    assert.equal(sessionsOf(leader), 1, 'an ephemeral needs everybody to know its owner');
    assert.deepEqual(await zk.getEphemerals('/'), ['/local/e']);
    await zk.close();
    const reader = await connect(leader);
    assert.equal(await reader.exists('/local/e'), null);
    assert.equal(sessionsOf(leader), 0);
    await reader.close();
  } finally {
    await upgrading.close();
  }
  const strict = await startEnsemble(local);
  try {
    const zk = await connect(observerOf(strict));
    await assert.rejects(zk.create('/e', '1', { mode: 'ephemeral' }), EphemeralOnLocalSessionError);
    await zk.create('/p', '1');
    await zk.close();
  } finally {
    await strict.close();
  }
});
