/** Names in a data folder, and the file operations that storage is made of. */
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zxidToHex } from '../../core/zxid.js';
import type { Zxid } from '../../core/zxid.js';
import { compressionOf, suffixOf, type Compression } from './compression.js';
import { StorageError, reasonOf } from './storage-error.js';

/** A log or snapshot file; its name says the zxid. */
export interface ZxidFile {
  readonly path: string;
  readonly zxid: Zxid;
  /** Always `none` for a log. */
  readonly compression: Compression;
}

/** Ends the name of what is not complete yet (Apache: `AtomicFileOutputStream`). */
export const TMP = '.tmp';

export function logPath(folder: string, firstZxid: Zxid): string {
  return join(folder, `log.${zxidToHex(firstZxid)}`);
}

export function snapshotPath(folder: string, zxid: Zxid, how: Compression = 'none'): string {
  return join(folder, `snapshot.${zxidToHex(zxid)}${suffixOf(how)}`);
}

/** A received snapshot that is complete, while what it replaces is being removed. */
export function installPath(folder: string, zxid: Zxid, how: Compression = 'none'): string {
  return join(folder, `install.${zxidToHex(zxid)}${suffixOf(how)}`);
}

/** Zxid and compression in the name of a snapshot or log; null: it is the name of no such file. */
export function parseName(
  name: string,
): { readonly prefix: string; readonly hex: string; readonly compression: Compression } | null {
  const match = /^([a-z]+)\.([0-9a-f]{1,16})(\.gz|\.snappy)?$/.exec(name);
  if (match === null) return null;
  const [, prefix, hex, suffix] = match;
  if (suffix !== undefined && prefix === 'log') return null;
  return { prefix: prefix!, hex: hex!, compression: compressionOf(name) };
}

/** The files `prefix.HEX` of a folder, ascending by zxid. Other names are not looked at. */
export async function listFiles(
  folder: string,
  prefix: 'log' | 'snapshot' | 'install',
): Promise<readonly ZxidFile[]> {
  const files: ZxidFile[] = [];
  for (const name of await readdir(folder)) {
    const parsed = parseName(name);
    if (parsed?.prefix !== prefix) continue;
    const zxid = Number.parseInt(parsed.hex, 16);
    if (!Number.isSafeInteger(zxid)) {
      throw new StorageError('CORRUPT', `${join(folder, name)}: epoch too large`);
    }
    const { compression } = parsed;
    files.push({ path: join(folder, name), zxid: zxid as Zxid, compression });
  }
  return files.sort((a, b) => a.zxid - b.zxid);
}

/** Makes `folder` if need be. @throws StorageError FOLDER */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (e) {
    throw unusable(folder, e);
  }
}

/** Writes and removes a file: rights do not tell of a read-only or full file system. */
export async function probeFolder(folder: string): Promise<void> {
  try {
    const probe = join(folder, `probe${TMP}`);
    await writeFile(probe, 'probe\n');
    await rm(probe);
  } catch (e) {
    throw unusable(folder, e);
  }
}

function unusable(folder: string, e: unknown): StorageError {
  return new StorageError('FOLDER', `cannot use data folder ${folder}: ${reasonOf(e)}`, e);
}

/** Makes names that were created, renamed or removed in `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows has no such call for folders, and orders its metadata itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A new file with `bytes`, flushed to the disk. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the file at `from` the one at `to`, in one step that survives a crash. */
export async function renameDurably(folder: string, from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(folder);
}

/** Removes what an interrupted write left behind. */
export async function removeTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(TMP)) await rm(join(folder, name), { force: true });
  }
}

export async function removeFiles(files: readonly ZxidFile[]): Promise<void> {
  for (const { path } of files) await rm(path, { force: true });
}
