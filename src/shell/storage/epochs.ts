/**
 * The files `acceptedEpoch` and `currentEpoch`: a decimal number each, replaced as a whole
 * (Apache: `QuorumPeer.readLongFromFile`, `AtomicFileOutputStream`).
 */
import { readFile } from 'node:fs/promises';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { EPOCH_MAX, epochOf } from '../../core/zxid.js';
import type { Zxid } from '../../core/zxid.js';
import { TMP, renameDurably, writeDurably } from './files.js';
import { StorageError, hasCode } from './storage-error.js';

export type EpochName = 'acceptedEpoch' | 'currentEpoch';

async function readEpoch(folder: string, name: EpochName): Promise<number | null> {
  const path = join(folder, name);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (e) {
    if (hasCode(e, 'ENOENT')) return null;
    throw e;
  }
  const epoch = Number(text.trim());
  if (!/^\d+\s*$/.test(text) || epoch > EPOCH_MAX) {
    throw new StorageError(
      'CORRUPT',
      `${path} holds no epoch: ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  return epoch;
}

export async function writeEpoch(folder: string, name: EpochName, epoch: number): Promise<void> {
  const path = join(folder, name);
  await writeDurably(path + TMP, Buffer.from(String(epoch)));
  await renameDurably(folder, path + TMP, path);
}

export interface Epochs {
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
}

/**
 * Reads both. As Apache does, a missing one is taken from the last zxid; unlike Apache, it is not
 * written then (a standalone server has none), and a currentEpoch below the last zxid's epoch is
 * what it is: a follower that crashed between logging its leader's history and taking its epoch.
 * @throws StorageError CORRUPT if they contradict each other or the log
 */
export async function readEpochs(folder: string, lastZxid: Zxid, notes: string[]): Promise<Epochs> {
  const lastEpoch = epochOf(lastZxid);
  const orLast = (found: number | null, name: EpochName): number => {
    if (found !== null) return found;
    if (lastEpoch > 0) notes.push(`${name} not found: taking ${lastEpoch} from the last zxid`);
    return lastEpoch;
  };
  const currentEpoch = orLast(await readEpoch(folder, 'currentEpoch'), 'currentEpoch');
  const acceptedEpoch = orLast(await readEpoch(folder, 'acceptedEpoch'), 'acceptedEpoch');
  if (acceptedEpoch < currentEpoch) {
    throw new StorageError(
      'CORRUPT',
      `${folder}: acceptedEpoch ${acceptedEpoch} is less than currentEpoch ${currentEpoch}`,
    );
  }
  if (acceptedEpoch < lastEpoch) {
    throw new StorageError(
      'CORRUPT',
      `${folder}: acceptedEpoch ${acceptedEpoch} is less than the last zxid's epoch ${lastEpoch}`,
    );
  }
  return { acceptedEpoch, currentEpoch };
}
