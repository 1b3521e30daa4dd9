/** Snapshot files: written beside a running server, read at its start (Apache: `FileSnap`). */
import { open, rm } from 'node:fs/promises';
import { Buffer } from 'node:buffer';
import type { SnapshotImage } from '../../core/image.js';
import type { Zxid } from '../../core/zxid.js';
import { DecodeError } from '../../jute/decode-error.js';
import { decodeSnapshotFile } from '../../jute/snapshot-decode.js';
import type { SnapshotContent } from '../../jute/snapshot-decode.js';
import { encodeSnapshotFile } from '../../jute/snapshot.js';
import { compressionOf, contentOf, contentWriter, type Compression } from './compression.js';
import { listFiles } from './files.js';
import type { ZxidFile } from './files.js';
import { StorageError, reasonOf } from './storage-error.js';

const WRITE_CHUNK = 512 * 1024;

/** Lets everything else run that is ready to. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Writes the whole file at `path`, compressed as its name says, and flushes it. The event loop is
 * never held for more than the encoding of one chunk. `wanted` is asked between chunks.
 * @returns false, with the file removed, if it was not wanted any more
 */
export async function writeSnapshotFile(
  path: string,
  image: SnapshotImage,
  fsync: boolean,
  wanted: () => boolean,
): Promise<boolean> {
  const handle = await open(path, 'w');
  const content = contentWriter(handle, compressionOf(path));
  try {
    let pieces: Buffer[] = [];
    let length = 0;
    for (const chunk of encodeSnapshotFile(image)) {
      await turn();
      if (!wanted()) break;
      pieces.push(chunk);
      length += chunk.length;
      if (length < WRITE_CHUNK) continue;
      await content.write(Buffer.concat(pieces));
      pieces = [];
      length = 0;
    }
    if (wanted()) {
      await content.write(Buffer.concat(pieces));
      await content.end();
      if (fsync) await handle.sync();
    }
  } finally {
    content.drop();
    await handle.close();
  }
  if (wanted()) return true;
  await rm(path, { force: true });
  return false;
}

/**
 * Reads the file at `path`, compressed as its name says unless told otherwise.
 * @throws DecodeError if it is not a whole snapshot
 */
export async function readSnapshotFile(
  path: string,
  how: Compression = compressionOf(path),
): Promise<SnapshotContent> {
  const decoding = decodeSnapshotFile();
  let step = decoding.next(null);
  for await (const chunk of contentOf(path, how)) {
    if (step.done === true) break;
    step = decoding.next(chunk);
  }
  while (step.done !== true) step = decoding.next(null);
  return step.value;
}

/**
 * The newest snapshot of `folder` that can be read; null if there is none at all. Each one that
 * cannot be read is noted. @throws StorageError CORRUPT if there are some and none can be read
 */
export async function newestSnapshot(
  folder: string,
  notes: string[],
): Promise<SnapshotImage | null> {
  const files = [...(await listFiles(folder, 'snapshot'))].reverse();
  for (const file of files) {
    try {
      const content = await readSnapshotFile(file.path, file.compression);
      const { sessions, nodes, digest, lastZxid } = content;
      const whole = { zxid: file.zxid, sessions, nodes };
      const image = lastZxid === file.zxid ? whole : { ...whole, fuzzy: true };
      return digest === undefined ? image : { ...image, digest };
    } catch (e) {
      if (!(e instanceof DecodeError)) throw e;
      notes.push(`snapshot ${file.path} cannot be read (${reasonOf(e)}): trying an older one`);
    }
  }
  if (files.length === 0) return null;
  throw new StorageError('CORRUPT', `no snapshot in ${folder} can be read: ${notes.at(-1)}`);
}

/**
 * What may go when the newest `retain` snapshots are kept: older snapshots, and logs all of whose
 * entries the oldest one kept includes (Apache: `PurgeTxnLog`).
 */
export function purgeable(
  snapshots: readonly ZxidFile[],
  logs: readonly ZxidFile[],
  retain: number,
): readonly ZxidFile[] {
  const kept = snapshots.slice(-retain);
  const oldest: Zxid | undefined = kept[0]?.zxid;
  if (oldest === undefined || retain < 1) return [];
  // A log goes if the next one begins at or before the first entry after the snapshot.
  const logsGone = logs.filter((_, i) => (logs[i + 1]?.zxid ?? Infinity) <= oldest + 1);
  return [...snapshots.slice(0, -retain), ...logsGone];
}
