/**
 * The writing end of the transaction log (Apache: `FileTxnLog.append`, `commit`, `rollLog`,
 * `truncate`). One call at a time; the caller (`storage.ts`) queues.
 */
import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import { rm, truncate } from 'node:fs/promises';
import type { Txn } from '../../core/txn.js';
import type { Zxid } from '../../core/zxid.js';
import {
  FILE_HEADER_LENGTH,
  LOG_MAGIC,
  RECORD_OVERHEAD,
  encodeFileHeader,
  putLogRecord,
} from '../../jute/log.js';
import { listFiles, logPath, syncFolder } from './files.js';
import { readLogFile } from './log-reader.js';
import { StorageError } from './storage-error.js';
import { encodedTxn } from './txn-bytes.js';

/** The calls that a commit is made of; replaced in tests, to make the disk full or broken. */
export interface LogIo {
  /** Writes all of `bytes` at `position`. */
  readonly write: (fd: number, bytes: Buffer, position: number) => Promise<void>;
  readonly sync: (fd: number) => Promise<void>;
}

export interface LogWriterConfig {
  readonly folder: string;
  /** Grow a file by this much at a time, bytes. */
  readonly preallocate: number;
  /** False: leave it to the system when bytes reach the disk (Apache: forceSync=no). */
  readonly fsync: boolean;
  readonly io: LogIo;
}

/** The open file. */
interface Current {
  readonly fd: number;
  readonly path: string;
  position: number;
  allocated: number;
}

/** Up to this size a write goes to the page cache at once: cheaper than a thread's round trip. */
const WRITE_NOW_MAX = 64 * 1024;
const FIRST_BUFFER = 256 * 1024;

function writeAll(fd: number, bytes: Buffer, at: number, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, at, bytes.length - at, position + at, (error, written) => {
      if (error !== null) reject(error);
      else if (at + written === bytes.length) resolve();
      else writeAll(fd, bytes, at + written, position).then(resolve, reject);
    });
  });
}

export const systemIo: LogIo = {
  write: (fd, bytes, position) => {
    if (bytes.length > WRITE_NOW_MAX) return writeAll(fd, bytes, 0, position);
    let done = 0;
    try {
      while (done < bytes.length) {
        done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
      }
    } catch (e) {
      return Promise.reject(e as Error);
    }
    return Promise.resolve();
  },
  sync: (fd) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
    }),
};

export interface LogWriter {
  /** Writes and flushes `txns` as one; what it resolves to is the number of bytes. */
  readonly append: (txns: readonly Txn[]) => Promise<number>;
  /** The next append begins a new file. */
  readonly roll: () => void;
  /** Drops every entry after `zxid`, newest file first, so that a crash leaves no hole. */
  readonly truncate: (zxid: Zxid) => Promise<void>;
  /** Drops every file. */
  readonly clear: () => Promise<void>;
  /** Closes the open file. Safe to call twice. */
  readonly close: () => void;
}

export function createLogWriter(config: LogWriterConfig): LogWriter {
  const { folder, io } = config;
  let current: Current | null = null;
  let scratch = Buffer.allocUnsafeSlow(FIRST_BUFFER);

  const close = (): void => {
    if (current !== null) fs.closeSync(current.fd);
    current = null;
  };

  /** Header (for a new file) and records, in one buffer that the next call reuses. */
  const encode = (txns: readonly Txn[], header: Buffer | null): Buffer => {
    let length = header === null ? 0 : header.length;
    for (const txn of txns) length += encodedTxn(txn).length + RECORD_OVERHEAD;
    if (scratch.length < length) scratch = Buffer.allocUnsafeSlow(2 * length);
    let at = header === null ? 0 : header.copy(scratch);
    for (const txn of txns) at = putLogRecord(scratch, at, encodedTxn(txn));
    return scratch.subarray(0, at);
  };

  const create = (firstZxid: Zxid): Current => {
    const path = logPath(folder, firstZxid);
    // Exclusive: a file of this name would hold what is about to be written a second time.
    return { fd: fs.openSync(path, 'wx'), path, position: 0, allocated: 0 };
  };

  /** Grows the file with zeros, as Apache's FilePadding: a flush then changes no file size. */
  const makeRoom = (file: Current, length: number): void => {
    const end = file.position + length;
    if (end <= file.allocated || config.preallocate === 0) return;
    file.allocated = Math.ceil(end / config.preallocate) * config.preallocate;
    fs.ftruncateSync(file.fd, file.allocated);
  };

  const append = async (txns: readonly Txn[]): Promise<number> => {
    const isNew = current === null;
    const file = (current ??= create(txns[0]!.zxid));
    const bytes = encode(txns, isNew ? encodeFileHeader(LOG_MAGIC, 0) : null);
    makeRoom(file, bytes.length);
    await io.write(file.fd, bytes, file.position);
    file.position += bytes.length;
    if (config.fsync) {
      await io.sync(file.fd);
      if (isNew) await syncFolder(folder);
    }
    return bytes.length;
  };

  const clear = async (): Promise<void> => {
    close();
    for (const file of [...(await listFiles(folder, 'log'))].reverse()) await rm(file.path);
    await syncFolder(folder);
  };

  const cut = async (zxid: Zxid): Promise<void> => {
    close();
    for (const file of [...(await listFiles(folder, 'log'))].reverse()) {
      if (file.zxid > zxid) {
        await rm(file.path);
        await syncFolder(folder);
        continue;
      }
      await cutFile(file.path, zxid);
      return;
    }
  };

  return { append, roll: close, truncate: cut, clear, close };
}

/** Cuts the file at `path` after its last entry that is not above `zxid`. */
async function cutFile(path: string, zxid: Zxid): Promise<void> {
  let end = FILE_HEADER_LENGTH;
  const found = await readLogFile(path, (txn, next) => {
    if (txn.zxid > zxid) return false;
    end = next;
    return true;
  });
  if (found.torn !== null) {
    throw new StorageError('CORRUPT', `log file ${path}: ${found.torn} at offset ${found.end}`);
  }
  await cutAt(path, end);
}

/** Makes the file at `path` end at `end`, durably. */
export async function cutAt(path: string, end: number): Promise<void> {
  await truncate(path, end);
  const fd = fs.openSync(path, 'r+');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
