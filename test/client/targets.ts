/** Where the client is tried: our servers in this process and as processes, and Apache's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeper, type ConnectOptions } from '../../src/client/index.js';
import { ZooKeeperEnsemble, ZooKeeperServer } from '../../src/testing/index.js';
import { startCluster, type Cluster } from '../support/cluster.js';
import { modeOf } from '../support/four-letter-word.js';
import { testCfg } from '../support/zoo-cfg.js';

export interface Servers extends AsyncDisposable {
  readonly kind: 'zab' | 'apache';
  readonly shape: 'standalone' | 'ensemble';
  readonly connectString: string;
  /** kill -9 of a server, and its start again, until it serves. */
  readonly kill: (address: string) => Promise<void>;
  readonly restart: (address: string) => Promise<void>;
  /** The address of the server that leads. */
  readonly leader: () => Promise<string>;
}

export interface Target {
  readonly name: string;
  readonly kind: 'zab' | 'apache';
  readonly start: () => Promise<Servers>;
}

async function inProcess(size: 1 | 3): Promise<Servers> {
  if (size === 1) {
    const server = await ZooKeeperServer.start();
    return {
      kind: 'zab',
      shape: 'standalone',
      connectString: server.connectString,
      kill: () => server.kill(),
      restart: () => server.restart(),
      leader: () => Promise.resolve(server.connectString),
      [Symbol.asyncDispose]: () => server.close(),
    };
  }
  const ensemble = await ZooKeeperEnsemble.start({ size: 3 });
  const at = (address: string) => {
    const member = ensemble.members.find((one) => one.connectString === address);
    assert.ok(member, address);
    return member;
  };
  return {
    kind: 'zab',
    shape: 'ensemble',
    connectString: ensemble.connectString,
    kill: (address) => at(address).kill(),
    restart: async (address) => {
      await at(address).restart();
      await at(address).waitUntilServing();
    },
    leader: async () => (await ensemble.waitForLeader()).connectString,
    [Symbol.asyncDispose]: () => ensemble.close(),
  };
}

/** What Apache needs to be told so that nothing of it is switched off. */
export const everythingOn = {
  ...testCfg,
  extra: ['extendedTypesEnabled=true', 'enforceQuota=true'],
};

async function asProcesses(
  kind: 'zab' | 'apache',
  shape: 'standalone' | 'ensemble',
): Promise<Servers> {
  const cluster: Cluster = await startCluster({ kind, shape, cfg: everythingOn });
  return {
    kind,
    shape,
    connectString: cluster.connectString,
    kill: (address) => cluster.kill(address),
    restart: (address) => cluster.restart(address),
    leader: async () => {
      for (const address of cluster.addresses) {
        const mode = await modeOf(address).catch(() => null);
        if (mode === 'leader' || mode === 'standalone') return address;
      }
      throw new Error('no leader');
    },
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}

export const TARGETS: readonly Target[] = [
  { name: 'zab in this process', kind: 'zab', start: () => inProcess(1) },
  { name: 'zab ensemble in this process', kind: 'zab', start: () => inProcess(3) },
  { name: 'Apache standalone', kind: 'apache', start: () => asProcesses('apache', 'standalone') },
  { name: 'Apache ensemble', kind: 'apache', start: () => asProcesses('apache', 'ensemble') },
];

/** The same settings on both. */
export const FEATURE_TARGETS: readonly Target[] = [
  { name: 'zab standalone', kind: 'zab', start: () => asProcesses('zab', 'standalone') },
  { name: 'zab ensemble', kind: 'zab', start: () => asProcesses('zab', 'ensemble') },
];

export interface Context {
  readonly servers: Servers;
  /** A client whose chroot is this case's own folder. */
  readonly zk: ZooKeeper;
  /** The folder, as `zk` never sees it. */
  readonly base: string;
  /** Another client of that folder; `chroot: ''` for none. Closed at the end. */
  readonly connect: (options?: ConnectOptions & { chroot?: string }) => Promise<ZooKeeper>;
}

export interface Case {
  readonly name: string;
  /** Targets that it is for; default: all. */
  readonly on?: (servers: Servers) => boolean;
  readonly run: (context: Context) => Promise<void>;
}

export const SESSION_TIMEOUT = 10_000;

async function runCase(servers: Servers, one: Case, number: number): Promise<void> {
  const opened: ZooKeeper[] = [];
  const base = `/case-${number}`;
  const connect: Context['connect'] = async ({ chroot = base, ...options } = {}) => {
    const zk = await ZooKeeper.connect(`${servers.connectString}${chroot}`, {
      sessionTimeout: SESSION_TIMEOUT,
      connectTimeout: 60_000,
      ...options,
    });
    opened.push(zk);
    return zk;
  };
  try {
    const root = await connect({ chroot: '' });
    await root.create(base);
    await one.run({ servers, base, connect, zk: await connect() });
  } finally {
    await Promise.all(opened.map((zk) => zk.close()));
  }
}

/** A test for each target, a subtest for each case. */
export function onEveryTarget(cases: readonly Case[], targets: readonly Target[] = TARGETS): void {
  for (const target of targets) {
    test(target.name, { timeout: 480_000 }, async (t) => {
      await using servers = await target.start();
      for (const [number, one] of cases.entries()) {
        if (one.on?.(servers) === false) continue;
        await t.test(one.name, () => runCase(servers, one, number));
      }
    });
  }
}
