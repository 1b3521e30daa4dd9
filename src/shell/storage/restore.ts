/**
 * Puts a snapshot from elsewhere in place of all that a server's folders hold (Apache:
 * `ZooKeeperServer.restoreFromSnapshot`, which does so in memory). The server must not run.
 */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EPOCH_MAX, epochOf, type Zxid } from '../../core/zxid.js';
import { treeOf } from '../../tree/image.js';
import { sniffCompression, type Compression } from './compression.js';
import { readEpochs, writeEpoch } from './epochs.js';
import { TMP, installPath, makeFolder, syncFolder } from './files.js';
import { lockFolder } from './folder-lock.js';
import { finishInstall, type Folders } from './recovery.js';
import { readSnapshotFile } from './snapshots.js';

export interface DataFolders {
  readonly dataDir: string;
  readonly dataLogDir: string;
}

function foldersOf({ dataDir, dataLogDir }: DataFolders): Folders {
  return { snapshots: resolve(dataDir, 'version-2'), logs: resolve(dataLogDir, 'version-2') };
}

export interface Received {
  readonly path: string;
  readonly zxid: Zxid;
  readonly compression: Compression;
}

/**
 * Writes what comes, which may be compressed, to a file beside the data and looks through it.
 * @throws if it is not a whole snapshot that says its zxid; then nothing is left of it
 */
export async function receiveSnapshot(folders: DataFolders, input: Readable): Promise<Received> {
  const { snapshots } = foldersOf(folders);
  await makeFolder(snapshots);
  const path = join(snapshots, `restore${TMP}`);
  try {
    await pipeline(input, createWriteStream(path, { flush: true }));
    const compression = await sniffCompression(path);
    const { sessions, nodes, lastZxid } = await readSnapshotFile(path, compression);
    if (lastZxid === null) throw new Error('the snapshot does not say its last zxid');
    // Only whether it is a state at all: its digest is calculated when it is loaded.
    treeOf({ zxid: lastZxid, sessions, nodes }, false);
    return { path, zxid: lastZxid, compression };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/**
 * Makes it the state of the folders: older snapshots and all logs go. An ensemble's epochs are
 * raised to the snapshot's, so that what comes next has a larger zxid.
 */
export async function installReceived(
  data: DataFolders,
  { path, zxid, compression }: Received,
  standalone: boolean,
): Promise<void> {
  const folders = foldersOf(data);
  const lock = await lockFolder(folders.snapshots);
  try {
    if (!standalone) {
      const epoch = epochOf(zxid);
      const known = await readEpochs(folders.snapshots, 0 as Zxid, []);
      if (epoch > EPOCH_MAX) throw new Error(`no epoch: ${epoch}`);
      if (known.acceptedEpoch < epoch) await writeEpoch(folders.snapshots, 'acceptedEpoch', epoch);
      if (known.currentEpoch < epoch) await writeEpoch(folders.snapshots, 'currentEpoch', epoch);
    }
    await rename(path, installPath(folders.snapshots, zxid, compression));
    await syncFolder(folders.snapshots);
    await makeFolder(folders.logs);
    await finishInstall(folders);
  } finally {
    await lock.release();
  }
}
