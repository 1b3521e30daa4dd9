/**
 * What the disk holds when a server starts: the newest snapshot that can be read, the log after
 * it, the epochs (Apache: `FileTxnSnapLog.restore`, `QuorumPeer.loadDataBase`). A torn end of the
 * log is cut off; anything else that is wrong is an error, never silence.
 */
import { rm } from 'node:fs/promises';
import type { DiskContent } from '../../core/event.js';
import type { SnapshotImage } from '../../core/image.js';
import type { Txn } from '../../core/txn.js';
import { counterOf, epochOf, zxidToHex } from '../../core/zxid.js';
import type { Zxid } from '../../core/zxid.js';
import { FILE_HEADER_LENGTH } from '../../jute/log.js';
import { readEpochs } from './epochs.js';
import { listFiles, renameDurably, removeTemporary, snapshotPath, syncFolder } from './files.js';
import type { ZxidFile } from './files.js';
import { readLogFile } from './log-reader.js';
import type { LogEnd } from './log-reader.js';
import { cutAt } from './log-writer.js';
import { newestSnapshot } from './snapshots.js';
import { StorageError } from './storage-error.js';

export interface Recovered {
  readonly disk: DiskContent;
  /** The snapshot's state; null: there is none, and the log begins with the first transaction. */
  readonly image: SnapshotImage | null;
  /** What an operator should know: a line each. */
  readonly notes: readonly string[];
}

export interface Folders {
  /** Snapshots and epochs: `version-2` of dataDir. */
  readonly snapshots: string;
  /** Logs: `version-2` of dataLogDir. */
  readonly logs: string;
}

/** Ends an installation of a received snapshot that a crash interrupted; see `storage.ts`. */
export async function finishInstall(folders: Folders): Promise<void> {
  const [installed] = [...(await listFiles(folders.snapshots, 'install'))].reverse();
  if (installed === undefined) return;
  for (const file of [...(await listFiles(folders.logs, 'log'))].reverse()) await rm(file.path);
  await syncFolder(folders.logs);
  for (const file of await listFiles(folders.snapshots, 'snapshot')) await rm(file.path);
  await renameDurably(
    folders.snapshots,
    installed.path,
    snapshotPath(folders.snapshots, installed.zxid, installed.compression),
  );
}

/** Whether `next` may directly follow `last` in a log. */
function follows(last: Zxid, next: Zxid): boolean {
  return next === last + 1 || (epochOf(next) > epochOf(last) && counterOf(next) <= 1);
}

interface LogContent {
  readonly txns: Txn[];
  lastZxid: Zxid;
}

function take(content: LogContent, path: string, txn: Txn, notes: string[]): void {
  if (txn.zxid <= content.lastZxid) {
    // Logs of Apache's learners may repeat entries after a resynchronization.
    if (content.txns.length > 0) {
      notes.push(`log file ${path} repeats 0x${zxidToHex(txn.zxid)}: skipped`);
    }
    return;
  }
  if (!follows(content.lastZxid, txn.zxid)) {
    throw new StorageError(
      'CORRUPT',
      `log file ${path}: 0x${zxidToHex(txn.zxid)} comes after 0x${zxidToHex(content.lastZxid)}: ` +
        'transactions in between are missing',
    );
  }
  content.txns.push(txn);
  content.lastZxid = txn.zxid;
}

function damaged(path: string, end: LogEnd, isLast: boolean): StorageError {
  const where =
    end.intactAt !== -1
      ? `an intact record follows at ${end.intactAt}`
      : isLast
        ? 'the record is there in full'
        : 'later log files hold records';
  return new StorageError(
    'CORRUPT',
    `log file ${path} is damaged at offset ${end.end} (${end.torn}), and ${where}: ` +
      'acknowledged transactions would be lost',
  );
}

/** Removes or cuts what a crash left at the end of the last log file. */
async function tidy(folder: string, path: string, end: LogEnd, notes: string[]): Promise<void> {
  if (end.torn !== null) {
    notes.push(`log file ${path} ends in a torn write (${end.torn}): cut at ${end.end}`);
  }
  if (end.end <= FILE_HEADER_LENGTH) {
    await rm(path);
    await syncFolder(folder);
  } else if (end.torn !== null) {
    await cutAt(path, end.end);
  }
}

/** The files that may hold entries after `base`: from the last one that begins at or before it. */
function relevant(files: readonly ZxidFile[], base: Zxid): readonly ZxidFile[] {
  const first = files.findLastIndex((file) => file.zxid <= base + 1);
  return files.slice(Math.max(first, 0));
}

async function readLogs(folder: string, base: Zxid, notes: string[]): Promise<LogContent> {
  const content: LogContent = { txns: [], lastZxid: base };
  const files = relevant(await listFiles(folder, 'log'), base);
  for (const [i, { path }] of files.entries()) {
    const end = await readLogFile(path, (txn) => {
      take(content, path, txn, notes);
      return true;
    });
    const isLast = i === files.length - 1;
    const refused = end.intactAt !== -1 || end.altered || !isLast;
    if (end.torn !== null && refused) throw damaged(path, end, isLast);
    if (isLast) await tidy(folder, path, end, notes);
  }
  return content;
}

/** Reads everything, and leaves the folders fit for going on. @throws StorageError CORRUPT */
export async function recover(folders: Folders): Promise<Recovered> {
  const notes: string[] = [];
  await removeTemporary(folders.snapshots);
  await removeTemporary(folders.logs);
  await finishInstall(folders);
  const image = await newestSnapshot(folders.snapshots, notes);
  const snapshotZxid = image === null ? (0 as Zxid) : image.zxid;
  const { txns, lastZxid } = await readLogs(folders.logs, snapshotZxid, notes);
  const epochs = await readEpochs(folders.snapshots, lastZxid, notes);
  return { disk: { ...epochs, snapshotZxid, log: txns }, image, notes };
}
