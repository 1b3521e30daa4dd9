/**
 * Reading log files. A log ends at the zeros that its file was padded with, at the end of the
 * file, or at a write that a crash tore apart.
 *
 * How a torn write is told from damage: nothing intact follows a torn write, as it was the last
 * one and no later one was begun before it was flushed. A bad record with an intact one behind it
 * is damage to what was acknowledged, and the server must not start as if it had never been
 * (Apache stops at any bad checksum, torn or not). A power cut may, rarely, leave the pages of one
 * unflushed batch so too; it is then refused as well, for safety. A last record that is there from
 * its head to its end mark, with a wrong checksum, is damage too, unless a whole sector of it is
 * missing: a disk writes a sector or does not, and what was not written is zeros.
 */
import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Txn } from '../../core/txn.js';
import { DecodeError } from '../../jute/decode-error.js';
import {
  FILE_HEADER_LENGTH,
  LOG_MAGIC,
  RECORD_OVERHEAD,
  WRONG_CHECKSUM,
  checkFileHeader,
  findLogRecord,
  scanLogRecord,
} from '../../jute/log.js';
import { decodeTxn } from '../../jute/txn.js';
import { StorageError } from './storage-error.js';

/** Longest transaction believed in, bytes. */
export const TXN_MAX = 256 * 1024 * 1024;

const WINDOW = 4 * 1024 * 1024;

/** How a log file ends. */
export interface LogEnd {
  /** Offset after the last whole record; below FILE_HEADER_LENGTH: no whole header. */
  readonly end: number;
  readonly size: number;
  /** What lies there if it is not clean, else null. */
  readonly torn: string | null;
  /** Offset of an intact record behind what is torn, or −1. */
  readonly intactAt: number;
  /** What is torn is there in full, and not what was written. */
  readonly altered: boolean;
}

/** The end of a file in which nothing is wrong. */
function cleanEnd(end: number, size: number): LogEnd {
  return { end, size, torn: null, intactAt: -1, altered: false };
}

/** What a disk writes at once, bytes. */
const SECTOR = 512;

/** Whether some sector's share of the record at `from`, up to `to`, is zeros. */
function hasMissingSector(record: Buffer, from: number): boolean {
  for (let at = 0; at < record.length;) {
    const end = Math.min(record.length, at + SECTOR - ((from + at) % SECTOR));
    if (record.subarray(at, end).every((byte) => byte === 0)) return true;
    at = end;
  }
  return false;
}

async function readAt(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let have = 0;
  while (have < length) {
    const { bytesRead } = await handle.read(bytes, have, length - have, from + have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return bytes.subarray(0, have);
}

/** Whether everything from `from` on is zero. */
async function restIsZero(handle: FileHandle, from: number, size: number): Promise<boolean> {
  const zeros = Buffer.alloc(WINDOW);
  for (let at = from; at < size; at += WINDOW) {
    const bytes = await readAt(handle, at, Math.min(WINDOW, size - at));
    if (!bytes.equals(zeros.subarray(0, bytes.length))) return false;
  }
  return true;
}

async function tornEnd(
  handle: FileHandle,
  end: number,
  size: number,
  torn: string,
): Promise<LogEnd> {
  const rest = await readAt(handle, end, size - end);
  const found = findLogRecord(rest, 1, TXN_MAX);
  const length = torn === WRONG_CHECKSUM ? rest.readInt32BE(8) + RECORD_OVERHEAD : 0;
  const altered = length > 0 && !hasMissingSector(rest.subarray(0, length), end);
  return { end, size, torn, intactAt: found === -1 ? -1 : end + found, altered };
}

async function readHeader(handle: FileHandle, path: string, size: number): Promise<LogEnd | null> {
  const header = await readAt(handle, 0, FILE_HEADER_LENGTH);
  if (header.length < FILE_HEADER_LENGTH || header.every((byte) => byte === 0)) {
    if (await restIsZero(handle, 0, size)) return cleanEnd(0, size);
    if (header.length < FILE_HEADER_LENGTH) {
      return { ...cleanEnd(0, size), torn: 'file header incomplete' };
    }
  }
  try {
    checkFileHeader(header, LOG_MAGIC);
  } catch (e) {
    if (!(e instanceof DecodeError)) throw e;
    throw new StorageError('CORRUPT', `log file ${path}: ${e.message}`, e);
  }
  return null;
}

/**
 * Reads the log file at `path` record by record; `visit` gets each transaction and the offset
 * after it, and ends the reading by returning false. @throws StorageError CORRUPT
 */
export async function readLogFile(
  path: string,
  visit: (txn: Txn, next: number) => boolean,
): Promise<LogEnd> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return (await readHeader(handle, path, size)) ?? (await readRecords(handle, path, size, visit));
  } finally {
    await handle.close();
  }
}

async function readRecords(
  handle: FileHandle,
  path: string,
  size: number,
  visit: (txn: Txn, next: number) => boolean,
): Promise<LogEnd> {
  let base = FILE_HEADER_LENGTH;
  let bytes = await readAt(handle, base, WINDOW);
  for (let at = 0; ;) {
    const whole = base + bytes.length >= size;
    const scan = scanLogRecord(bytes, at, whole, TXN_MAX);
    const offset = base + at;
    switch (scan.kind) {
      case 'more':
        base = offset;
        at = 0;
        bytes = await readAt(handle, base, Math.max(WINDOW, scan.length));
        continue;
      case 'record': {
        at = scan.next;
        if (visit(decodeRecord(path, offset, scan.txn), base + at)) continue;
        return cleanEnd(base + at, size);
      }
      case 'bad':
        return tornEnd(handle, offset, size, scan.reason);
      case 'end':
        if (await restIsZero(handle, offset, size)) return cleanEnd(offset, size);
        return tornEnd(handle, offset, size, 'bytes after the end');
    }
  }
}

/** The checksum is right here, so what cannot be decoded was written so. */
function decodeRecord(path: string, offset: number, bytes: Buffer): Txn {
  try {
    // Its own bytes: a view would keep the whole window alive.
    return decodeTxn(Buffer.from(bytes));
  } catch (e) {
    if (!(e instanceof DecodeError)) throw e;
    throw new StorageError('CORRUPT', `log file ${path}: record at ${offset}: ${e.message}`, e);
  }
}
