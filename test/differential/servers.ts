/** The servers of the differential test: Apache's and ours, on the same data: nodes whose counters are shortly before their end. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageNode, SnapshotImage } from '../../src/core/image.js';
import type { SessionId } from '../../src/core/ids.js';
import type { Acl } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { encodeSnapshotFile } from '../../src/jute/snapshot.js';
import { startCluster, type Cluster } from '../support/cluster.js';
import { modeOf } from '../support/four-letter-word.js';
import { dropFolder, makeFolder } from '../support/server-process.js';
import type { Target } from './run.js';
import { clusterOptions, SETTINGS, type SettingName } from './settings.js';

/** How many roots there are whose counters are near their end: each program takes one. */
export const EXTREME_ROOTS = 4000;
export const extremeRoot = (i: number): string => `/extreme/${i}`;
/** Where nobody can write, all programs have this one, and what is below it. */
export const READ_ONLY_ROOT = '/read-only';

const ZXID = 0x1000 as Zxid;
const OPEN: readonly Acl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }];
/** The last but one: the next change brings the last int32, the one after it the first. */
const NEAR = 2_147_483_646;

const node = (path: string, near = 0, acl = OPEN, data: Buffer | null = null): ImageNode => ({
  path,
  data,
  acl,
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

/** Some to read, some that only ann may read (her password is `secret`), some that only local clients may. */
const toRead = (): ImageNode[] => {
  const ann: Acl = { perms: 31, scheme: 'digest', id: 'ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=' };
  const local: Acl = { perms: 1, scheme: 'ip', id: '127.0.0.0/8' };
  const at = (name: string): string => `${READ_ONLY_ROOT}${name}`;
  return [
    node(at('')),
    node(at('/a'), 3, OPEN, Buffer.from('x')),
    node(at('/b'), 0, [ann], Buffer.alloc(0)),
    node(at('/c'), 0, [ann, local]),
    node(at('/a/x'), 7, [local], Buffer.alloc(100, 'x')),
    node(at('/a/y'), 0, [{ perms: 30, scheme: 'world', id: 'anyone' }]),
    node(at('/a/x/k')),
    node(at('/s0000000000')),
  ];
};

const image = (): SnapshotImage => ({
  zxid: ZXID,
  sessions: [],
  nodes: [
    ...['/', '/extreme'].map((path) => node(path)),
    ...Array.from({ length: EXTREME_ROOTS }, (_, i) => node(extremeRoot(i), NEAR)),
    ...toRead(),
    ...['/zookeeper', '/zookeeper/config', '/zookeeper/quota'].map((path) => node(path)),
  ],
});

const prepare = (dataDir: string): void => {
  const folder = join(dataDir, 'version-2');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `snapshot.${ZXID.toString(16)}`);
  writeFileSync(file, Buffer.concat([...encodeSnapshotFile(image())]));
};

export interface Servers extends AsyncDisposable {
  readonly setting: SettingName;
  readonly apache: Target;
  /** Ours: standalone, an ensemble of three, or both. */
  readonly zab: readonly Target[];
}

export type Shape = 'standalone' | 'ensemble';

/** Leader and followers answer some things differently, so that it matters who is at which. */
const leaderFirst = async (addresses: readonly string[]): Promise<readonly string[]> => {
  const modes = await Promise.all(addresses.map(modeOf));
  const leaders = addresses.filter((_, i) => modes[i] === 'leader');
  return [...leaders, ...addresses.filter((address) => !leaders.includes(address))];
};

/** `shapes`: those of ours that are wanted, of those that the setting has. */
export const startServers = async (
  setting: SettingName,
  shapes: readonly Shape[] = ['standalone', 'ensemble'],
): Promise<Servers> => {
  const clusters: Cluster[] = [];
  const folder = makeFolder('zab-differential-');
  const close = async (): Promise<void> => {
    await Promise.all(clusters.map((cluster) => cluster.close()));
    dropFolder(folder);
  };
  const { handshake = {}, identity = null, alone = false, ...wanted } = SETTINGS[setting];
  const start = async (kind: 'apache' | 'zab', shape: Shape): Promise<Target> => {
    const options = clusterOptions(SETTINGS[setting], kind, shape, folder);
    const cluster = await startCluster({ ...options, prepare });
    clusters.push(cluster);
    const name = `${kind} ${shape}`;
    const addresses = await leaderFirst(cluster.addresses);
    return { name, addresses, handshake, identity, writable: !alone };
  };
  try {
    const ours = wanted.zab.filter((shape) => shapes.includes(shape));
    const [apache, ...zab] = await Promise.all([
      start('apache', wanted.apache),
      ...ours.map((shape) => start('zab', shape)),
    ]);
    return { setting, apache, zab, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};
