/** Opens a server's data folders; see `storage.ts` for what is done with them. */
import { resolve } from 'node:path';
import type { SnapshotImage } from '../../core/image.js';
import type { Snapshot } from '../../core/message.js';
import type { Compression } from './compression.js';
import { TMP, makeFolder, probeFolder, renameDurably, snapshotPath } from './files.js';
import { lockFolder } from './folder-lock.js';
import type { FolderLock } from './folder-lock.js';
import { createLogWriter, systemIo } from './log-writer.js';
import type { LogIo } from './log-writer.js';
import { recover } from './recovery.js';
import type { Folders, Recovered } from './recovery.js';
import { createSnapshotPolicy } from './snapshot-policy.js';
import { writeSnapshotFile } from './snapshots.js';
import { StorageError, reading, writing } from './storage-error.js';
import { createStorage } from './storage.js';
import type { Storage, StorageEvents } from './storage.js';

export interface StorageConfig {
  readonly dataDir: string;
  /** Where the log goes; by default dataDir. */
  readonly dataLogDir?: string;
  /** False: answer when the system has the bytes (forceSync=no). A power cut may lose them. */
  readonly fsync?: boolean;
  /** zookeeper.preAllocSize, KiB; default 65536. 0: none. */
  readonly preAllocSizeKb?: number;
  /** See `snapshot-policy.ts`. */
  readonly snapCount?: number;
  readonly snapSizeLimitKb?: number;
  readonly random?: () => number;
  /** snapshot.compression.method; default none. */
  readonly compression?: Compression;
  /**
   * The state of a server that nobody has written to. It becomes the snapshot of an empty folder, and
   * from then on logs without any snapshot are no longer believed to be all that there was. Absent:
   * a log may stand alone.
   */
  readonly initial?: SnapshotImage;
  /** Believes logs without a snapshot nevertheless (zookeeper.snapshot.trust.empty). */
  readonly trustEmptySnapshot?: boolean;
  /** autopurge: how many snapshots to keep; 0, the default: all. */
  readonly snapRetainCount?: number;
  /** Lays open what the server layer hands over as a snapshot; by default it is an image. */
  readonly imageOf?: (snapshot: Snapshot) => SnapshotImage;
  /** For tests: the disk. */
  readonly io?: LogIo;
}

const PREALLOC_KB = 64 * 1024;
const SNAP_COUNT = 100_000;
const SNAP_SIZE_LIMIT_KB = 4 * 1024 * 1024;

function imageInside(snapshot: Snapshot): SnapshotImage {
  return snapshot.image as SnapshotImage;
}

/**
 * An empty folder gets its first snapshot (Apache: `FileTxnSnapLog.restore`, which starts from no
 * folder of ours that has none). @throws StorageError CORRUPT for a log without a snapshot
 */
async function beginFolder(
  folders: Folders,
  { image, disk }: Recovered,
  { initial, trustEmptySnapshot, fsync, compression }: StorageConfig,
): Promise<void> {
  if (initial === undefined || image !== null) return;
  const { snapshots, logs } = folders;
  if (disk.log.length > 0) {
    if (trustEmptySnapshot === true) return;
    throw new StorageError(
      'CORRUPT',
      `no snapshot in ${snapshots}, but transactions in ${logs}: what was before them is missing ` +
        '(snapshot.trust.empty=true starts without it)',
    );
  }
  const path = snapshotPath(snapshots, initial.zxid, compression);
  await writing(`write snapshot ${path}`, async () => {
    await writeSnapshotFile(path + TMP, initial, fsync ?? true, () => true);
    await renameDurably(snapshots, path + TMP, path);
  });
}

/**
 * Opens (and makes, if need be) the data folders, locks them, and reads what they hold.
 * @throws StorageError FOLDER, LOCKED, CORRUPT
 */
export async function openStorage(
  config: StorageConfig,
  events: StorageEvents,
): Promise<{ readonly recovered: Recovered; readonly storage: Storage }> {
  const snapshots = resolve(config.dataDir, 'version-2');
  const logs = resolve(config.dataLogDir ?? config.dataDir, 'version-2');
  const locks: FolderLock[] = [];
  try {
    for (const folder of new Set([snapshots, logs])) {
      await makeFolder(folder);
      locks.push(await lockFolder(folder));
      await probeFolder(folder);
    }
    const folders = { snapshots, logs };
    const recovered = await reading(snapshots, () => recover(folders));
    await beginFolder(folders, recovered, config);
    const log = createLogWriter({
      folder: logs,
      preallocate: (config.preAllocSizeKb ?? PREALLOC_KB) * 1024,
      fsync: config.fsync ?? true,
      io: config.io ?? systemIo,
    });
    const policy = createSnapshotPolicy({
      snapCount: config.snapCount ?? SNAP_COUNT,
      snapSizeLimit: (config.snapSizeLimitKb ?? SNAP_SIZE_LIMIT_KB) * 1024,
      random: config.random ?? Math.random,
    });
    const parts = {
      folders,
      locks,
      log,
      policy,
      imageOf: config.imageOf ?? imageInside,
      fsync: config.fsync ?? true,
      compression: config.compression ?? 'none',
      retain: config.snapRetainCount ?? 0,
      snapshotZxid: recovered.disk.snapshotZxid,
    };
    return { recovered, storage: createStorage(parts, events) };
  } catch (e) {
    for (const lock of locks) await lock.release();
    throw e;
  }
}
