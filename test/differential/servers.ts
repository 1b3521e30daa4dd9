/** The servers of the differential test: Apache's and ours, on the same data: nodes whose counters are shortly before their end. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageNode, SnapshotImage } from '../../src/core/image.js';
import type { SessionId } from '../../src/core/ids.js';
import type { Zxid } from '../../src/core/zxid.js';
import { encodeSnapshotFile } from '../../src/jute/snapshot.js';
import { testJvm } from '../support/apache.js';
import { startCluster, type Cluster } from '../support/cluster.js';
import { testCfg, type ZooCfg } from '../support/zoo-cfg.js';
import type { Target } from './run.js';

/** How many roots there are whose counters are near their end: each program takes one. */
export const EXTREME_ROOTS = 4000;
export const extremeRoot = (i: number): string => `/extreme/${i}`;

const ZXID = 0x1000 as Zxid;
const OPEN = [{ perms: 31, scheme: 'world', id: 'anyone' }];
/** The last but one: the next change brings the last int32, the one after it the first. */
const NEAR = 2_147_483_646;

const node = (path: string, near = 0): ImageNode => ({
  path,
  data: null,
  acl: OPEN,
  stat: {
    czxid: 0 as Zxid,
    mzxid: 0 as Zxid,
    pzxid: 0 as Zxid,
    ctime: 0,
    mtime: 0,
    version: near,
    cversion: near,
    aversion: near,
    ephemeralOwner: 0n as SessionId,
  },
});

const image = (): SnapshotImage => ({
  zxid: ZXID,
  sessions: [],
  nodes: [
    ...['/', '/extreme'].map((path) => node(path)),
    ...Array.from({ length: EXTREME_ROOTS }, (_, i) => node(extremeRoot(i), NEAR)),
    ...['/zookeeper', '/zookeeper/config', '/zookeeper/quota'].map((path) => node(path)),
  ],
});

const prepare = (dataDir: string): void => {
  const folder = join(dataDir, 'version-2');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `snapshot.${ZXID.toString(16)}`);
  writeFileSync(file, Buffer.concat([...encodeSnapshotFile(image())]));
};

/** Containers and TTL nodes are collected amid no program. */
const COLLECTION = 'znode.container.checkIntervalMs';
const NEVER_MS = 2_000_000_000;

/** Short ticks, so that sessions can time out soon. What reaches the disk is no matter here. */
const cfg: ZooCfg = {
  ...testCfg,
  tickTime: 200,
  initLimit: 100,
  syncLimit: 50,
  extra: ['forceSync=no', 'extendedTypesEnabled=true', `${COLLECTION}=${NEVER_MS}`],
};
const jvm = [...testJvm, `-D${COLLECTION}=${NEVER_MS}`];

export interface Servers extends AsyncDisposable {
  readonly apache: Target;
  /** Ours: standalone, an ensemble of three, or both. */
  readonly zab: readonly Target[];
}

export type Shape = 'standalone' | 'ensemble';

export const startServers = async (shapes: readonly Shape[]): Promise<Servers> => {
  const clusters: Cluster[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(clusters.map((cluster) => cluster.close()));
  };
  const start = async (kind: 'apache' | 'zab', shape: Shape): Promise<Target> => {
    const cluster = await startCluster({ kind, shape, cfg, jvm, prepare });
    clusters.push(cluster);
    return { name: `${kind} ${shape}`, addresses: cluster.addresses };
  };
  try {
    const [apache, ...zab] = await Promise.all([
      start('apache', 'standalone'),
      ...shapes.map((shape) => start('zab', shape)),
    ]);
    return { apache, zab, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};
