/** Snapshot files as AdminServer's commands tell of them and send them. */
import { createReadStream, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Zxid } from '../../core/zxid.js';
import { snapshotPath } from '../storage/files.js';
import type { TakenSnapshot } from './admin-data.js';

export interface SnapshotFile {
  readonly zxid: number;
  /** When it was written, s since 1970. */
  readonly seconds: number;
}

/** null: there is none. */
export function newestSnapshot(folder: string): SnapshotFile | null {
  try {
    const zxids = readdirSync(folder)
      .map((name) => /^snapshot\.([0-9a-f]{1,16})$/.exec(name)?.[1])
      .filter((text) => text !== undefined)
      .map((text) => Number.parseInt(text, 16));
    if (zxids.length === 0) return null;
    const zxid = Math.max(...zxids);
    const { mtimeMs } = statSync(join(folder, `snapshot.${zxid.toString(16)}`));
    return { zxid, seconds: Math.floor(mtimeMs / 1000) };
  } catch {
    // The folder, or the file, is being replaced.
    return null;
  }
}

/** The snapshot at `zxid`, if it is there. */
export function takenSnapshot(folder: string, zxid: Zxid): TakenSnapshot | null {
  const path = snapshotPath(folder, zxid);
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return null;
  // Opened at once: a file that is removed meanwhile can still be read to its end.
  return { zxid, bytes, open: () => createReadStream(path, { fd: openSync(path, 'r') }) };
}
