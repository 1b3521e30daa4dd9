/**
 * Answers in doubt: the same raw frames to Apache's server and to ours, standalone and through a follower of an ensemble; the
 * transcripts must be the same.
 * What is normalised away is said in support/transcript.ts, and nothing else may differ.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeper } from '../../src/client/index.js';
import { testJvm } from '../support/apache.js';
import { startCluster, type Cluster } from '../support/cluster.js';
import { modeOf } from '../support/four-letter-word.js';
import { Script } from '../support/transcript.js';
import { testCfg, type ZooCfg } from '../support/zoo-cfg.js';
import * as connections from './differential/connections.js';
import { deliberate } from './differential/deliberate.js';
import { collection } from './differential/collection.js';
import * as features from './differential/features.js';
import * as operations from './differential/operations.js';
import * as watches from './differential/watches.js';

/** Ticks as long as Apache's sample has them: the bounds of a session's timeout come from them. */
const cfg: ZooCfg = { ...testCfg, tickTime: 2000, initLimit: 5, syncLimit: 5 };

type Scenario = (s: Script) => Promise<void>;

const transcript = async (address: string, root: string, scenario: Scenario): Promise<string[]> => {
  const [host = '', port = ''] = address.split(':');
  const script = new Script(host, Number(port), root);
  try {
    await scenario(script);
  } finally {
    script.end();
  }
  return script.lines;
};

/** Every line in which the two differ, with its number and the line before it. */
const differences = (theirs: readonly string[], ours: readonly string[]): string[] => {
  const found: string[] = [];
  for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
    if (theirs[i] === ours[i]) continue;
    found.push(
      `line ${i}, after: ${theirs[i - 1] ?? ''}\n  apache: ${theirs[i]}\n  zab:    ${ours[i]}`,
    );
  }
  return found;
};

const compare = (theirs: readonly string[], ours: readonly string[]): void => {
  assert.ok(theirs.length > 10, 'the script said next to nothing');
  const found = differences(theirs, ours);
  const shown = found.slice(0, 20).join('\n');
  assert.equal(found.length, 0, `${found.length} of ${theirs.length} lines differ\n${shown}`);
};

const scenarios: Readonly<Record<string, Scenario>> = {
  ...operations,
  ...connections,
  ...watches,
  ...features,
};
const patience = { timeout: 120_000 };

test('ours answers as Apache ZooKeeper does', { timeout: 480_000 }, async (t) => {
  await using apache = await startCluster({ kind: 'apache', shape: 'standalone', cfg });
  await using zab = await startCluster({ kind: 'zab', shape: 'standalone', cfg });
  for (const [name, scenario] of Object.entries(scenarios)) {
    await t.test(name, patience, async () => {
      const theirs = await transcript(apache.connectString, `/${name}`, scenario);
      compare(theirs, await transcript(zab.connectString, `/${name}`, scenario));
    });
  }
  for (const [i, { name, why, script, ...expected }] of deliberate.entries()) {
    await t.test(`on purpose different: ${name}`, patience, async () => {
      for (const { kind, connectString } of [apache, zab]) {
        const lines = await transcript(connectString, `/deliberate-${i}`, script);
        const last = expected[kind];
        assert.deepEqual(lines.slice(-last.length), last, `${kind}: ${why}`);
      }
    });
  }
});

test('ours answers as Apache ZooKeeper does with features switched on', patience, async (t) => {
  const extra = ['extendedTypesEnabled=true', 'enforceQuota=true'];
  // Apache reads these from the command line only.
  const interval = 'znode.container.checkIntervalMs';
  const never = 'znode.container.maxNeverUsedIntervalMs';
  const jvm = [...testJvm, `-D${interval}=200`, `-D${never}=5000`];
  const ours = { ...cfg, extra: [...extra, `${interval}=200`, `${never}=5000`] };
  await using apache = await startCluster({
    kind: 'apache',
    shape: 'standalone',
    cfg: { ...cfg, extra },
    jvm,
  });
  await using zab = await startCluster({ kind: 'zab', shape: 'standalone', cfg: ours });
  const { ttlNodes, quotas } = features;
  for (const [name, scenario] of Object.entries({ ttlNodes, quotas, collection })) {
    await t.test(name, patience, async () => {
      const theirs = await transcript(apache.connectString, `/${name}`, scenario);
      compare(theirs, await transcript(zab.connectString, `/${name}`, scenario));
    });
  }
});

/** A create that is cut stops Apache's follower for good: it never answers anyone again. */
const garbage = { garbage: connections.garbage, cutTtl: features.cutTtl };

const follower = async (cluster: Cluster): Promise<string> => {
  for (const address of cluster.addresses)
    if ((await modeOf(address)) === 'follower') return address;
  throw new Error(`${cluster.kind}: no follower among ${cluster.connectString}`);
};

/** What every member says of its ensemble, also one that was restarted. */
const configuration = async (cluster: Cluster): Promise<void> => {
  const { ports, addresses, kind } = cluster;
  const servers = addresses.map(
    (_, i) => `server.${i + 1}=127.0.0.1:${ports[3 * i + 1]}:${ports[3 * i + 2]}:participant\n`,
  );
  const check = async (address: string): Promise<void> => {
    const zk = await ZooKeeper.connect(address, { connectTimeout: 60_000 });
    try {
      const { data, stat } = await zk.getConfig({ watcher: () => undefined });
      const { czxid, mzxid, version, cversion, aversion, mtime } = stat;
      assert.equal(Buffer.from(data ?? []).toString(), `${servers.join('')}version=0`, kind);
      assert.deepEqual(
        [czxid, mzxid, version, cversion, aversion, mtime > 0],
        [0n, 0n, -1, 0, -1, true],
        kind,
      );
    } finally {
      await zk.close();
    }
  };
  for (const address of addresses) await check(address);
  const restarted = await follower(cluster);
  await cluster.kill(restarted);
  await cluster.restart(restarted);
  await check(restarted);
};

test(
  'a follower of ours answers as one of Apache ZooKeeper does',
  { timeout: 480_000 },
  async (t) => {
    await using apache = await startCluster({ kind: 'apache', shape: 'ensemble', cfg });
    await using zab = await startCluster({ kind: 'zab', shape: 'ensemble', cfg });
    const [theirs, ours] = [await follower(apache), await follower(zab)];
    for (const [name, scenario] of Object.entries(scenarios)) {
      if (Object.values(garbage).includes(scenario)) continue;
      await t.test(name, patience, async () => {
        const expected = await transcript(theirs, `/${name}`, scenario);
        compare(expected, await transcript(ours, `/${name}`, scenario));
      });
    }
    await t.test('the configuration in /zookeeper/config, on each member', patience, async () => {
      for (const cluster of [apache, zab]) await configuration(cluster);
    });
    await t.test('garbage, which only ours survives', patience, async () => {
      await using alone = await startCluster({ kind: 'apache', shape: 'standalone', cfg });
      for (const [name, scenario] of Object.entries(garbage)) {
        const expected = await transcript(alone.connectString, `/${name}`, scenario);
        compare(expected, await transcript(ours, `/${name}`, scenario));
      }
    });
  },
);
