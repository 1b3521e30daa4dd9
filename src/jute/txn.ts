/**
 * Transactions as the log holds them and PROPOSAL and INFORM carry them: TxnHeader, the body's
 * record, and perhaps a TxnDigest (zookeeper.jute, module `txn`; Apache: `SerializeUtils`).
 *
 * Read besides what is written: a create without parentCVersion and a closeSession without its
 * record, both of old servers (a digest behind the latter is not found, nor does Apache find it);
 * reconfig, which is a setData of the configuration node.
 */
import { Buffer } from 'node:buffer';
import type { Acl, SingleBody, Txn, TxnBody } from '../core/txn.js';
import type { SessionId } from '../core/ids.js';
import type { Zxid } from '../core/zxid.js';
import { DecodeError, attempt, invalid } from './decode-error.js';
import { OpCode } from './opcode.js';
import { createReader, readBool, readBuffer, readInt, readLong, readSessionId } from './reader.js';
import { readString, readVector, readZxid, remaining } from './reader.js';
import type { Reader } from './reader.js';
import { readAcls, readStrings, writeAcls, writeStrings } from './records.js';
import { beginRecord, endRecord, reserve, writeBigLong, writeBool, writeBuffer } from './writer.js';
import { writeInt, writeLong, writeString } from './writer.js';
import type { Writer } from './writer.js';

/** Length of a TxnHeader, the shortest transaction. */
export const TXN_HEADER_LENGTH = 32;

const TXN_DIGEST_LENGTH = 12;

const NO_ACL: readonly Acl[] = [];

function readCreate(r: Reader, type: 'create' | 'create2'): SingleBody {
  const path = readString(r);
  const data = readBuffer(r);
  const acl = readAcls(r) ?? NO_ACL;
  const ephemeral = readBool(r);
  // CreateTxnV0 ends here; −1 has the parent's cversion counted up when it is applied.
  const parentCVersion = remaining(r) === 0 ? -1 : readInt(r);
  return { type, path, data, acl, ephemeral, parentCVersion };
}

function readSingle(r: Reader, type: number): SingleBody | null {
  switch (type) {
    case OpCode.create:
      return readCreate(r, 'create');
    case OpCode.create2:
      return readCreate(r, 'create2');
    case OpCode.createContainer:
    case OpCode.createTTL: {
      const path = readString(r);
      const data = readBuffer(r);
      const acl = readAcls(r) ?? NO_ACL;
      const parentCVersion = readInt(r);
      if (type === OpCode.createContainer) {
        return { type: 'createContainer', path, data, acl, parentCVersion };
      }
      return { type: 'createTTL', path, data, acl, parentCVersion, ttl: readLong(r) };
    }
    case OpCode.delete:
      return { type: 'delete', path: readString(r) };
    case OpCode.deleteContainer:
      return { type: 'deleteContainer', path: readString(r) };
    case OpCode.setData:
    case OpCode.reconfig: {
      const path = readString(r);
      const data = readBuffer(r);
      return { type: 'setData', path, data, version: readInt(r) };
    }
    case OpCode.setACL: {
      const path = readString(r);
      const acl = readAcls(r) ?? NO_ACL;
      return { type: 'setACL', path, acl, version: readInt(r) };
    }
    case OpCode.check:
      return { type: 'check', path: readString(r), version: readInt(r) };
    case OpCode.error:
      return { type: 'error', err: readInt(r) };
    default:
      return null;
  }
}

/** One `Txn{type, data}` of a multi. */
function readPart(r: Reader): SingleBody {
  const type = readInt(r);
  const part = readSingle(createReader(readBuffer(r) ?? Buffer.alloc(0), false), type);
  return part ?? invalid(`transaction of type ${type} in a multi`);
}

function readBody(r: Reader, type: number): TxnBody {
  switch (type) {
    case OpCode.createSession:
      return { type: 'createSession', timeout: readInt(r) };
    case OpCode.closeSession: {
      const paths = attempt(() => readStrings(r));
      return { type: 'closeSession', paths: paths instanceof DecodeError ? null : paths };
    }
    case OpCode.multi:
      return { type: 'multi', ops: readVector(r, 8, readPart) ?? [] };
    default:
      return readSingle(r, type) ?? invalid(`transaction of type ${type}`);
  }
}

/**
 * Decodes one transaction; its byte arrays are views of `bytes`, so pass bytes of its own.
 * @throws DecodeError
 */
export function decodeTxn(bytes: Buffer): Txn {
  const r = createReader(bytes, false);
  const sessionId: SessionId = readSessionId(r);
  const cxid = readInt(r);
  const zxid: Zxid = readZxid(r);
  const time = readLong(r);
  const type = readInt(r);
  const body = readBody(r, type);
  if (remaining(r) < TXN_DIGEST_LENGTH || isWithoutRecord(body)) {
    return { zxid, sessionId, cxid, time, body };
  }
  const digest = { version: readInt(r), high: readInt(r), low: readInt(r) };
  return { zxid, sessionId, cxid, time, body, digest };
}

function isWithoutRecord(body: TxnBody): boolean {
  return body.type === 'closeSession' && body.paths === null;
}

function writeSingle(w: Writer, body: SingleBody): void {
  switch (body.type) {
    case 'create':
    case 'create2':
      writeString(w, body.path);
      writeBuffer(w, body.data);
      writeAcls(w, body.acl);
      writeBool(w, body.ephemeral);
      return writeInt(w, body.parentCVersion);
    case 'createContainer':
    case 'createTTL':
      writeString(w, body.path);
      writeBuffer(w, body.data);
      writeAcls(w, body.acl);
      writeInt(w, body.parentCVersion);
      if (body.type === 'createTTL') writeLong(w, body.ttl);
      return;
    case 'delete':
    case 'deleteContainer':
      return writeString(w, body.path);
    case 'setData':
      writeString(w, body.path);
      writeBuffer(w, body.data);
      return writeInt(w, body.version);
    case 'setACL':
      writeString(w, body.path);
      writeAcls(w, body.acl);
      return writeInt(w, body.version);
    case 'check':
      writeString(w, body.path);
      return writeInt(w, body.version);
    case 'error':
      return writeInt(w, body.err);
    default: {
      const never: never = body;
      throw new Error(`unreachable: ${JSON.stringify(never)}`);
    }
  }
}

function writePart(w: Writer, body: SingleBody): void {
  writeInt(w, OpCode[body.type]);
  writeInt(w, 0);
  // Offsets from the record's start: writing may move it to a larger buffer.
  const from = w.pos - w.start;
  writeSingle(w, body);
  w.view.setInt32(w.start + from - 4, w.pos - w.start - from);
}

function writeBody(w: Writer, body: TxnBody): void {
  switch (body.type) {
    case 'createSession':
      return writeInt(w, body.timeout);
    case 'closeSession':
      if (body.paths !== null) writeStrings(w, body.paths);
      return;
    case 'multi':
      writeInt(w, body.ops.length);
      for (const op of body.ops) writePart(w, op);
      return;
    default:
      return writeSingle(w, body);
  }
}

/** The bytes of a transaction: header, body, and the digest if it has one. */
export function encodeTxn(w: Writer, txn: Txn): Buffer {
  beginRecord(w);
  reserve(w, TXN_HEADER_LENGTH);
  writeBigLong(w, txn.sessionId);
  writeInt(w, txn.cxid);
  writeLong(w, txn.zxid);
  writeLong(w, txn.time);
  writeInt(w, OpCode[txn.body.type]);
  writeBody(w, txn.body);
  const { digest } = txn;
  if (digest !== undefined) {
    writeInt(w, digest.version);
    writeInt(w, digest.high);
    writeInt(w, digest.low);
  }
  return endRecord(w);
}
