/** A transaction log laid open, and checked record by record (Apache: `TxnLogToolkit`). */
import { Buffer } from 'node:buffer';
import type { SingleBody, Txn, TxnBody } from '../../core/txn.js';
import { zxidToHex } from '../../core/zxid.js';
import { DecodeError, attempt } from '../../jute/decode-error.js';
import {
  FILE_HEADER_LENGTH,
  LOG_MAGIC,
  checkFileHeader,
  findLogRecord,
  scanLogRecord,
} from '../../jute/log.js';
import { decodeTxn } from '../../jute/txn.js';
import { TXN_MAX } from '../../shell/storage/log-reader.js';
import { digestNumber } from '../../tree/digest.js';
import { hex, type Finding, type TxnFinding } from './finding.js';

/** `txn`: each that could be read, in order, beside its finding. */
export function* inspectLog(
  file: string,
  bytes: Buffer,
  onTxn: (txn: Txn) => void,
): Generator<Finding> {
  const header = attempt(() => checkFileHeader(bytes, LOG_MAGIC));
  if (header instanceof DecodeError) {
    const offset = 0;
    yield { kind: 'damage', file, offset, reason: header.message };
    yield { kind: 'end', file, txns: 0, first: null, last: null, damaged: true };
    return;
  }
  const version = bytes.readInt32BE(4);
  const dbid = String(bytes.readBigInt64BE(8));
  yield { kind: 'log', file, size: bytes.length, version, dbid };
  yield* records(file, bytes, onTxn);
}

function* records(file: string, bytes: Buffer, onTxn: (txn: Txn) => void): Generator<Finding> {
  let txns = 0;
  let first: string | null = null;
  let last: Txn | null = null;
  let damaged = false;
  for (let at = FILE_HEADER_LENGTH; at !== -1;) {
    const scan = scanLogRecord(bytes, at, true, TXN_MAX);
    if (scan.kind === 'record') {
      const txn = attempt(() => decodeTxn(scan.txn));
      if (txn instanceof DecodeError) {
        damaged = true;
        yield { kind: 'damage', file, offset: at, reason: txn.message };
      } else {
        yield txnFinding(file, at, scan.txn.length, txn);
        if (last !== null && txn.zxid <= last.zxid) {
          const note = `0x${zxidToHex(txn.zxid)} at ${at} comes after 0x${zxidToHex(last.zxid)}`;
          yield { kind: 'note', file, note };
        }
        onTxn(txn);
        txns++;
        last = txn;
        first ??= hex(txn.zxid);
      }
      at = scan.next;
      continue;
    }
    if (scan.kind === 'end' && isZero(bytes, at)) break;
    // Something is wrong here; what is intact behind it is worth seeing all the same.
    const reason = scan.kind === 'bad' ? scan.reason : 'bytes after the end';
    const next = findLogRecord(bytes, at + 1, TXN_MAX);
    const rest = next === -1 ? 'nothing intact follows' : `an intact record follows at ${next}`;
    damaged = true;
    yield { kind: 'damage', file, offset: at, reason: `${reason}; ${rest}` };
    at = next;
  }
  const zxid = last === null ? null : hex(last.zxid);
  yield { kind: 'end', file, txns, first, last: zxid, damaged };
}

function isZero(bytes: Buffer, from: number): boolean {
  const rest = bytes.subarray(from);
  return rest.equals(Buffer.alloc(rest.length));
}

function txnFinding(file: string, offset: number, length: number, txn: Txn): TxnFinding {
  const { zxid, sessionId, cxid, time, body, digest } = txn;
  return {
    ...{ kind: 'txn', file, offset, length },
    ...{ zxid: hex(zxid), session: hex(sessionId), cxid, time, type: body.type },
    body: bodyFacts(body),
    digest: digest === undefined ? null : `${digest.version}/${digestNumber(digest)}`,
  };
}

export function aclTexts(acl: readonly { perms: number; scheme: string; id: string }[]): string[] {
  return acl.map(({ perms, scheme, id }) => `${scheme}:${id}:${permsText(perms)}`);
}

/** In zkCli's order. */
const LETTERS: readonly (readonly [string, number])[] = [
  ['c', 4],
  ['d', 8],
  ['r', 1],
  ['w', 2],
  ['a', 16],
];

function permsText(perms: number): string {
  const letters = LETTERS.filter(([, bit]) => (perms & bit) !== 0).map(([letter]) => letter);
  return perms >= 0 && perms <= 31 ? letters.join('') : String(perms);
}

function dataLength(data: Uint8Array | null): number | null {
  return data === null ? null : data.length;
}

function bodyFacts(body: TxnBody): Readonly<Record<string, unknown>> {
  switch (body.type) {
    case 'createSession':
      return { timeout: body.timeout };
    case 'closeSession':
      return { paths: body.paths };
    case 'multi':
      return { ops: body.ops.map((op) => ({ type: op.type, ...singleFacts(op) })) };
    default:
      return singleFacts(body);
  }
}

function singleFacts(body: SingleBody): Readonly<Record<string, unknown>> {
  switch (body.type) {
    case 'create':
    case 'create2': {
      const { path, data, acl, ephemeral, parentCVersion } = body;
      return { path, dataLength: dataLength(data), acl: aclTexts(acl), ephemeral, parentCVersion };
    }
    case 'createContainer':
    case 'createTTL': {
      const { path, data, acl, parentCVersion } = body;
      const facts = { path, dataLength: dataLength(data), acl: aclTexts(acl), parentCVersion };
      return body.type === 'createTTL' ? { ...facts, ttl: body.ttl } : facts;
    }
    case 'delete':
    case 'deleteContainer':
      return { path: body.path };
    case 'setData':
      return { path: body.path, dataLength: dataLength(body.data), version: body.version };
    case 'setACL':
      return { path: body.path, acl: aclTexts(body.acl), version: body.version };
    case 'check':
      return { path: body.path, version: body.version };
    case 'error':
      return { err: body.err };
    default: {
      const never: never = body;
      throw new Error(`unreachable: ${JSON.stringify(never)}`);
    }
  }
}
