/**
 * The transaction log's file format (Apache: `FileTxnLog`): FileHeader {"ZKLG", 2, dbid}, then for
 * each transaction its Adler-32 as a long, its length, its bytes, and 'B'; zeros after the last.
 */
import { Buffer } from 'node:buffer';
import { ADLER_SEED, adler32 } from './adler32.js';
import { DecodeError } from './decode-error.js';
import { TXN_HEADER_LENGTH } from './txn.js';

/** "ZKLG". */
export const LOG_MAGIC = 0x5a4b4c47;
/** "ZKSN". */
export const SNAPSHOT_MAGIC = 0x5a4b534e;
export const FILE_VERSION = 2;
/** Bytes of a FileHeader. */
export const FILE_HEADER_LENGTH = 16;
/** Bytes that a record takes besides its transaction. */
export const RECORD_OVERHEAD = 13;

/** What is wrong with a record that is there, from its head to its end mark. */
export const WRONG_CHECKSUM = 'checksum does not match';

const HEAD = 12;
const END_OF_RECORD = 0x42;

/** The header of a log or snapshot file; `dbid` is 0 for logs and −1 for snapshots. */
export function encodeFileHeader(magic: number, dbid: number): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_LENGTH);
  bytes.writeInt32BE(magic, 0);
  bytes.writeInt32BE(FILE_VERSION, 4);
  bytes.writeBigInt64BE(BigInt(dbid), 8);
  return bytes;
}

/** Checks a file's first bytes. @throws DecodeError */
export function checkFileHeader(bytes: Buffer, magic: number): void {
  if (bytes.length < FILE_HEADER_LENGTH) {
    throw new DecodeError('truncated', 'file header incomplete', FILE_HEADER_LENGTH);
  }
  const found = bytes.readInt32BE(0);
  if (found !== magic) {
    const hex = (found >>> 0).toString(16).padStart(8, '0');
    throw new DecodeError('invalid', `invalid magic number 0x${hex}`);
  }
}

/** Puts the record of `txn` (its encoded bytes) at `at`; returns the offset after it. */
export function putLogRecord(into: Buffer, at: number, txn: Buffer): number {
  const { length } = txn;
  into.writeUInt32BE(0, at);
  into.writeUInt32BE(adler32(ADLER_SEED, txn, 0, length), at + 4);
  into.writeInt32BE(length, at + 8);
  into.set(txn, at + HEAD);
  into[at + HEAD + length] = END_OF_RECORD;
  return at + HEAD + length + 1;
}

/** What lies at an offset of a log. */
export type LogScan =
  /** A whole record with the right checksum; `next` is the offset after it. */
  | { readonly kind: 'record'; readonly txn: Buffer; readonly next: number }
  /** Zeros, or nothing: the log ends here. */
  | { readonly kind: 'end' }
  /** At least `length` bytes from the offset are needed to say. */
  | { readonly kind: 'more'; readonly length: number }
  /** No record, and not the end either. */
  | { readonly kind: 'bad'; readonly reason: string };

/**
 * Looks at offset `at` of `bytes`. With `whole`, nothing follows `bytes` in the file, and `more`
 * never comes back. The record's bytes are a view.
 */
export function scanLogRecord(
  bytes: Buffer,
  at: number,
  whole: boolean,
  maxLength: number,
): LogScan {
  const left = bytes.length - at;
  if (left === 0 && whole) return { kind: 'end' };
  if (left < HEAD) {
    if (!whole) return { kind: 'more', length: HEAD };
    for (let i = at; i < bytes.length; i++) {
      if (bytes[i] !== 0) return { kind: 'bad', reason: 'record head incomplete' };
    }
    return { kind: 'end' };
  }
  const length = bytes.readInt32BE(at + 8);
  const high = bytes.readUInt32BE(at);
  const sum = bytes.readUInt32BE(at + 4);
  if (length === 0 && high === 0 && sum === 0) return { kind: 'end' };
  if (length < TXN_HEADER_LENGTH || length > maxLength) {
    return { kind: 'bad', reason: `record of length ${length}` };
  }
  if (high !== 0) return { kind: 'bad', reason: 'checksum out of range' };
  if (left < length + RECORD_OVERHEAD) {
    if (!whole) return { kind: 'more', length: length + RECORD_OVERHEAD };
    return { kind: 'bad', reason: 'record incomplete' };
  }
  const end = at + HEAD + length;
  if (bytes[end] !== END_OF_RECORD) return { kind: 'bad', reason: 'end of record missing' };
  if (adler32(ADLER_SEED, bytes, at + HEAD, end) !== sum) {
    return { kind: 'bad', reason: WRONG_CHECKSUM };
  }
  return { kind: 'record', txn: bytes.subarray(at + HEAD, end), next: end + 1 };
}

/**
 * The offset of the first whole record at or after `from`, or −1. Used after a bad one: a torn
 * write leaves nothing intact behind it, a damaged record does.
 */
export function findLogRecord(bytes: Buffer, from: number, maxLength: number): number {
  const last = bytes.length - RECORD_OVERHEAD - TXN_HEADER_LENGTH;
  for (let at = from; at <= last; at++) {
    // The cheap tests first: the checksum's upper half is 0, and the length's first byte is too
    // for anything that fits.
    if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 0 || bytes[at + 3] !== 0) {
      continue;
    }
    const length = bytes.readInt32BE(at + 8);
    if (length < TXN_HEADER_LENGTH || length > maxLength) continue;
    if (scanLogRecord(bytes, at, true, maxLength).kind === 'record') return at;
  }
  return -1;
}
