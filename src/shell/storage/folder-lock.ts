/**
 * One process a data folder. The lock is held by the kernel on behalf of the process, so that it
 * vanishes with it, kill -9 included, and no stale file has to be judged: on Linux the name of an
 * abstract Unix socket and on Windows that of a pipe, both made from the folder's identity; on
 * others an exclusively locked file. Apache has no such lock.
 *
 * Abstract sockets are seen within one network namespace only: two containers that share a volume
 * are not kept apart.
 */
import { open, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { hasCode, StorageError, reasonOf } from './storage-error.js';

export interface FolderLock {
  /** Lets the folder go. Safe to call twice. */
  readonly release: () => Promise<void>;
}

/** O_EXLOCK of the BSDs and macOS: open fails if another process has the file open so. */
const O_EXLOCK = 0x20;

function lockedError(folder: string): StorageError {
  return new StorageError('LOCKED', `data folder ${folder} is in use by another server`);
}

async function lockByName(folder: string, name: string): Promise<FolderLock> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: name, exclusive: true }, resolve);
  }).catch((e: unknown) => {
    if (hasCode(e, 'EADDRINUSE')) throw lockedError(folder);
    throw new StorageError('FOLDER', `cannot lock data folder ${folder}: ${reasonOf(e)}`, e);
  });
  server.unref();
  let released: Promise<void> | null = null;
  return {
    release: () => (released ??= new Promise<void>((resolve) => server.close(() => resolve()))),
  };
}

async function lockByFile(folder: string): Promise<FolderLock> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK;
  const handle = await open(join(folder, 'lock'), flags).catch((e: unknown) => {
    if (hasCode(e, 'EAGAIN')) throw lockedError(folder);
    throw new StorageError('FOLDER', `cannot lock data folder ${folder}: ${reasonOf(e)}`, e);
  });
  let released: Promise<void> | null = null;
  return { release: () => (released ??= handle.close()) };
}

/**
 * By the folder's identity, and with the folder open: as long as it is, no new folder gets the same
 * identity, not even when this one is deleted.
 */
async function lockByAbstractSocket(folder: string): Promise<FolderLock> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const lock = await lockByName(folder, `\0${nameOf(await handle.stat({ bigint: true }))}`);
    let released: Promise<void> | null = null;
    return { release: () => (released ??= lock.release().then(() => handle.close())) };
  } catch (e) {
    await handle.close();
    throw e;
  }
}

function nameOf({ dev, ino }: BigIntStats): string {
  return `zab-data-${dev.toString(16)}-${ino.toString(16)}`;
}

/** Locks an existing folder. @throws StorageError LOCKED, FOLDER */
export async function lockFolder(folder: string): Promise<FolderLock> {
  if (process.platform === 'linux') return lockByAbstractSocket(folder);
  if (process.platform !== 'win32') return lockByFile(folder);
  return lockByName(folder, `\\\\.\\pipe\\${nameOf(await stat(folder, { bigint: true }))}`);
}
