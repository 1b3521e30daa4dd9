/**
 * Client requests (zookeeper.jute, module `proto`; Apache: `RequestHeader`, `MultiOperationRecord`).
 * A frame is {xid, opcode} and the operation's record; bytes after the record are ignored, as
 * Apache ignores them.
 */
import type { Buffer } from 'node:buffer';
import type {
  AuthRequest,
  ClientRequest,
  CreateRequest,
  CreateTtlRequest,
  MultiOpRequest,
  SetWatchesRequest,
  WatchingReadRequest,
} from '../core/request.js';
import { DecodeError, attempt, invalid } from './decode-error.js';
import { OpCode } from './opcode.js';
import { createReader, readBigLong, readBool, readBuffer, readInt } from './reader.js';
import { readClaimedZxid, readClampedLong, readNullableString, readString } from './reader.js';
import type { Reader } from './reader.js';
import { MULTI_END, readAcls, readMultiHeader, readStrings } from './records.js';
import { writeAcls, writeMultiHeader, writeStrings } from './records.js';
import { beginFrame, endFrame, writeBool, writeBuffer, writeInt } from './writer.js';
import { writeLong, writeString } from './writer.js';
import type { Writer } from './writer.js';

/** A frame of a client after the first one. */
export type DecodedRequest =
  | { readonly ok: true; readonly xid: number; readonly request: ClientRequest }
  /** The header was read, the record was not: Apache answers MARSHALLINGERROR. */
  | { readonly ok: false; readonly xid: number; readonly opcode: number; readonly reason: string };

/** Decodes a frame's body. @throws DecodeError if it has no whole header. */
export function decodeRequest(frame: Buffer): DecodedRequest {
  const r = createReader(frame);
  const xid = readInt(r);
  const opcode = readInt(r);
  // Servers make sessions, clients never ask for one by this opcode.
  if (opcode === OpCode.createSession) return { ok: true, xid, request: { op: 'unknown', opcode } };
  const request = attempt(() => readRequestBody(r, opcode));
  if (request instanceof DecodeError) return { ok: false, xid, opcode, reason: request.message };
  return { ok: true, xid, request };
}

/** A whole frame, length included. */
export function encodeRequest(w: Writer, xid: number, request: ClientRequest): Buffer {
  beginFrame(w);
  writeInt(w, xid);
  writeInt(w, opcodeOf(request));
  writeRequestBody(w, request);
  return endFrame(w);
}

/** The opcode under which a request travels. */
export function opcodeOf(request: ClientRequest): number {
  const { op } = request;
  return op === 'unknown' || op === 'unreadable' ? request.opcode : OpCode[op];
}

function readCreate(r: Reader, op: CreateRequest['op']): CreateRequest {
  const path = readString(r);
  const data = readBuffer(r);
  const acl = readAcls(r);
  return { op, path, data, acl, flags: readInt(r) };
}

function readCreateTtl(r: Reader): CreateTtlRequest {
  const create = readCreate(r, 'create');
  return { ...create, op: 'createTTL', ttl: readClampedLong(r) };
}

function readWatchingRead(r: Reader, op: WatchingReadRequest['op']): WatchingReadRequest {
  const path = readString(r);
  return { op, path, watch: readBool(r) };
}

/** The parts that a multi may hold; null for any other opcode. */
function readMultiOp(r: Reader, opcode: number): MultiOpRequest | null {
  switch (opcode) {
    case OpCode.create:
      return readCreate(r, 'create');
    case OpCode.create2:
      return readCreate(r, 'create2');
    case OpCode.createContainer:
      return readCreate(r, 'createContainer');
    case OpCode.createTTL:
      return readCreateTtl(r);
    case OpCode.delete:
    case OpCode.check: {
      const path = readString(r);
      const op = opcode === OpCode.delete ? 'delete' : 'check';
      return { op, path, version: readInt(r) };
    }
    case OpCode.setData: {
      const path = readString(r);
      const data = readBuffer(r);
      return { op: 'setData', path, data, version: readInt(r) };
    }
    default:
      return null;
  }
}

/** The parts that a multiRead may hold; null for any other opcode. */
function readMultiReadOp(r: Reader, opcode: number): WatchingReadRequest | null {
  if (opcode === OpCode.getData) return readWatchingRead(r, 'getData');
  if (opcode === OpCode.getChildren) return readWatchingRead(r, 'getChildren');
  return null;
}

function readParts<A>(r: Reader, read: (r: Reader, opcode: number) => A | null): A[] {
  const ops: A[] = [];
  for (;;) {
    const header = readMultiHeader(r);
    if (header.done) return ops;
    ops.push(read(r, header.type) ?? invalid(`operation ${header.type} in a multi`));
  }
}

function readSetWatches(r: Reader, op: SetWatchesRequest['op']): SetWatchesRequest {
  const relativeZxid = readClaimedZxid(r);
  const list = (): readonly string[] => readStrings(r) ?? [];
  const data = list();
  const exist = list();
  const child = list();
  const both = op === 'setWatches2';
  const persistent = both ? list() : [];
  const persistentRecursive = both ? list() : [];
  return { op, relativeZxid, data, exist, child, persistent, persistentRecursive };
}

function readAuth(r: Reader): AuthRequest {
  readInt(r); // AuthPacket.type, always 0 and never looked at
  const scheme = readNullableString(r) ?? '';
  return { op: 'auth', scheme, auth: readBuffer(r) };
}

/** Switched off: it is only read, as a record that is malformed is answered before anything else. */
function readReconfig(r: Reader): void {
  for (let text = 0; text < 3; text++) readNullableString(r);
  readBigLong(r);
}

/** The record of `opcode`; an opcode that is none of ours gives `unknown`. @throws DecodeError */
export function readRequestBody(r: Reader, opcode: number): ClientRequest {
  const part = readMultiOp(r, opcode);
  if (part !== null) return part;
  switch (opcode) {
    case OpCode.exists:
      return readWatchingRead(r, 'exists');
    case OpCode.getData:
      return readWatchingRead(r, 'getData');
    case OpCode.getChildren:
      return readWatchingRead(r, 'getChildren');
    case OpCode.getChildren2:
      return readWatchingRead(r, 'getChildren2');
    case OpCode.setACL: {
      const path = readString(r);
      const acl = readAcls(r);
      return { op: 'setACL', path, acl, version: readInt(r) };
    }
    case OpCode.ping:
      return { op: 'ping' };
    case OpCode.closeSession:
      return { op: 'closeSession' };
    case OpCode.whoAmI:
      return { op: 'whoAmI' };
    case OpCode.getACL:
      return { op: 'getACL', path: readString(r) };
    case OpCode.sync:
      return { op: 'sync', path: readString(r) };
    case OpCode.getEphemerals:
      return { op: 'getEphemerals', path: readString(r) };
    case OpCode.getAllChildrenNumber:
      return { op: 'getAllChildrenNumber', path: readString(r) };
    case OpCode.deleteContainer:
      return { op: 'deleteContainer', path: readString(r) };
    case OpCode.multi:
      return { op: 'multi', ops: readParts(r, readMultiOp) };
    case OpCode.multiRead:
      return { op: 'multiRead', ops: readParts(r, readMultiReadOp) };
    case OpCode.auth:
      return readAuth(r);
    case OpCode.setWatches:
      return readSetWatches(r, 'setWatches');
    case OpCode.setWatches2:
      return readSetWatches(r, 'setWatches2');
    case OpCode.checkWatches:
      return { op: 'checkWatches', path: readString(r), mode: readInt(r) };
    case OpCode.removeWatches:
      return { op: 'removeWatches', path: readString(r), mode: readInt(r) };
    case OpCode.addWatch:
      return { op: 'addWatch', path: readString(r), mode: readInt(r) };
    case OpCode.createSession:
      return { op: 'createSession', timeout: readInt(r) };
    case OpCode.reconfig:
      readReconfig(r);
      return { op: 'unknown', opcode };
    default:
      return { op: 'unknown', opcode };
  }
}

function writeCreate(w: Writer, request: CreateRequest | CreateTtlRequest): void {
  writeString(w, request.path);
  writeBuffer(w, request.data);
  writeAcls(w, request.acl);
  writeInt(w, request.flags);
}

function writeParts(w: Writer, ops: readonly (MultiOpRequest | WatchingReadRequest)[]): void {
  for (const op of ops) {
    writeMultiHeader(w, { type: OpCode[op.op], done: false, err: -1 });
    writeRequestBody(w, op);
  }
  writeMultiHeader(w, MULTI_END);
}

function writeSetWatches(w: Writer, request: SetWatchesRequest): void {
  writeLong(w, request.relativeZxid);
  writeStrings(w, request.data);
  writeStrings(w, request.exist);
  writeStrings(w, request.child);
  if (request.op === 'setWatches') return;
  writeStrings(w, request.persistent);
  writeStrings(w, request.persistentRecursive);
}

/** Nothing joins, leaves or is new: what is read of a reconfiguration is not kept. */
function writeNoReconfig(w: Writer): void {
  for (let text = 0; text < 3; text++) writeBuffer(w, null);
  writeLong(w, -1);
}

/** The record that follows the opcode. */
export function writeRequestBody(w: Writer, request: ClientRequest): void {
  switch (request.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
      return writeCreate(w, request);
    case 'createTTL':
      writeCreate(w, request);
      return writeLong(w, request.ttl);
    case 'delete':
    case 'check':
      writeString(w, request.path);
      return writeInt(w, request.version);
    case 'setData':
      writeString(w, request.path);
      writeBuffer(w, request.data);
      return writeInt(w, request.version);
    case 'setACL':
      writeString(w, request.path);
      writeAcls(w, request.acl);
      return writeInt(w, request.version);
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      writeString(w, request.path);
      return writeBool(w, request.watch);
    case 'getACL':
    case 'sync':
    case 'getEphemerals':
    case 'getAllChildrenNumber':
    case 'deleteContainer':
      return writeString(w, request.path);
    case 'multi':
    case 'multiRead':
      return writeParts(w, request.ops);
    case 'auth':
      writeInt(w, 0);
      writeString(w, request.scheme);
      return writeBuffer(w, request.auth);
    case 'setWatches':
    case 'setWatches2':
      return writeSetWatches(w, request);
    case 'checkWatches':
    case 'removeWatches':
    case 'addWatch':
      writeString(w, request.path);
      return writeInt(w, request.mode);
    case 'createSession':
      return writeInt(w, request.timeout);
    case 'unknown':
      return request.opcode === OpCode.reconfig ? writeNoReconfig(w) : undefined;
    case 'unreadable':
    case 'ping':
    case 'closeSession':
    case 'whoAmI':
      return;
    default: {
      const never: never = request;
      throw new Error(`unreachable: ${JSON.stringify(never)}`);
    }
  }
}
