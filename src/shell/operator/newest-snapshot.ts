/** Snapshot files as AdminServer's commands tell of them and send them. */
import { createReadStream, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Zxid } from '../../core/zxid.js';
import { parseName } from '../storage/files.js';
import type { TakenSnapshot } from './admin-data.js';

export interface SnapshotFile {
  readonly zxid: number;
  /** When it was written, s since 1970. */
  readonly seconds: number;
}

/** null: there is none. */
export function newestSnapshot(folder: string): SnapshotFile | null {
  try {
    const [newest] = snapshotNames(folder).sort((a, b) => b.zxid - a.zxid);
    if (newest === undefined) return null;
    const { mtimeMs } = statSync(join(folder, newest.name));
    return { zxid: newest.zxid, seconds: Math.floor(mtimeMs / 1000) };
  } catch {
    // The folder, or the file, is being replaced.
    return null;
  }
}

function snapshotNames(folder: string): { readonly name: string; readonly zxid: number }[] {
  return readdirSync(folder).flatMap((name) => {
    const parsed = parseName(name);
    if (parsed?.prefix !== 'snapshot') return [];
    return [{ name, zxid: Number.parseInt(parsed.hex, 16) }];
  });
}

/** The snapshot at `zxid`, if it is there; as it lies on disk, compressed or not. */
export function takenSnapshot(folder: string, zxid: Zxid): TakenSnapshot | null {
  const known = snapshotNames(folder).find((snapshot) => snapshot.zxid === zxid);
  if (known === undefined) return null;
  const path = join(folder, known.name);
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return null;
  // Opened at once: a file that is removed meanwhile can still be read to its end.
  return { zxid, bytes, open: () => createReadStream(path, { fd: openSync(path, 'r') }) };
}
