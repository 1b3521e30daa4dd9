/**
 * Replies and watch events (zookeeper.jute: `ReplyHeader`, the `…Response` records,
 * `WatcherEvent`; Apache: `MultiResponse`). A reply with an error code has no body, with one
 * exception: a failed multi says 0 in its header and carries one error result for each part.
 */
import type { Buffer } from 'node:buffer';
import type { Acl, Data, Identity } from '../core/txn.js';
import type { ClientRequest } from '../core/request.js';
import type { Stat } from '../core/stat.js';
import type { Zxid } from '../core/zxid.js';
import { ErrorCode } from '../core/error-code.js';
import { invalid } from './decode-error.js';
import { OpCode, Xid } from './opcode.js';
import { createReader, readBuffer, readInt, readString, readVector, readZxid } from './reader.js';
import type { Reader } from './reader.js';
import { MULTI_END, readAcls, readIdentity, readMultiHeader, readStat } from './records.js';
import { readStrings, writeAcls, writeIdentity, writeMultiHeader } from './records.js';
import { writeStat, writeStrings } from './records.js';
import { beginFrame, endFrame, writeBuffer, writeInt, writeLong, writeString } from './writer.js';
import { writeVector } from './writer.js';
import type { Writer } from './writer.js';

export interface ReplyHeader {
  readonly xid: number;
  /** The server's last applied transaction. */
  readonly zxid: Zxid;
  /** A KeeperException code, 0 for success. */
  readonly err: number;
}

/** One part of a multi's or a multiRead's answer. */
export type MultiResult =
  | { readonly type: 'create'; readonly path: string }
  /** Also for createContainer and createTTL. */
  | { readonly type: 'create2'; readonly path: string; readonly stat: Stat }
  | { readonly type: 'delete' | 'check' }
  | { readonly type: 'setData'; readonly stat: Stat }
  | { readonly type: 'getData'; readonly data: Data; readonly stat: Stat }
  | { readonly type: 'getChildren'; readonly children: readonly string[] }
  | { readonly type: 'error'; readonly err: number };

export type ReplyBody =
  | { readonly type: 'none' }
  /** create, sync. */
  | { readonly type: 'path'; readonly path: string }
  /** create2, createContainer, createTTL. */
  | { readonly type: 'pathStat'; readonly path: string; readonly stat: Stat }
  /** exists, setData, setACL. */
  | { readonly type: 'stat'; readonly stat: Stat }
  | { readonly type: 'data'; readonly data: Data; readonly stat: Stat }
  | { readonly type: 'children'; readonly children: readonly string[] }
  | { readonly type: 'childrenStat'; readonly children: readonly string[]; readonly stat: Stat }
  | { readonly type: 'acl'; readonly acl: readonly Acl[]; readonly stat: Stat }
  | { readonly type: 'multi'; readonly results: readonly MultiResult[] }
  | { readonly type: 'ephemerals'; readonly paths: readonly string[] }
  /** getAllChildrenNumber. */
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'whoAmI'; readonly identities: readonly Identity[] }
  /** addWatch: four bytes, 0 on success. */
  | { readonly type: 'error'; readonly err: number }
  /** sasl. */
  | { readonly type: 'token'; readonly token: Data };

export const NO_BODY: ReplyBody = { type: 'none' };

/** A watch event, its frame's header included. */
export interface WatchEvent {
  /** The transaction's; −1 when setWatches catches up. */
  readonly zxid: Zxid;
  /** EventType: 1 created, 2 deleted, 3 data changed, 4 children changed. */
  readonly type: number;
  /** KeeperState: 3 connected, −112 expired. */
  readonly state: number;
  readonly path: string;
}

function writeResult(w: Writer, result: MultiResult): void {
  const err = result.type === 'error' ? result.err : ErrorCode.OK;
  writeMultiHeader(w, { type: OpCode[result.type], done: false, err });
  switch (result.type) {
    case 'create':
      return writeString(w, result.path);
    case 'create2':
      writeString(w, result.path);
      return writeStat(w, result.stat);
    case 'delete':
    case 'check':
      return;
    case 'setData':
      return writeStat(w, result.stat);
    case 'getData':
      writeBuffer(w, result.data);
      return writeStat(w, result.stat);
    case 'getChildren':
      return writeStrings(w, result.children);
    case 'error':
      return writeInt(w, result.err);
    default: {
      const never: never = result;
      throw new Error(`unreachable: ${JSON.stringify(never)}`);
    }
  }
}

function writeBody(w: Writer, body: ReplyBody): void {
  switch (body.type) {
    case 'none':
      return;
    case 'path':
      return writeString(w, body.path);
    case 'pathStat':
      writeString(w, body.path);
      return writeStat(w, body.stat);
    case 'stat':
      return writeStat(w, body.stat);
    case 'data':
      writeBuffer(w, body.data);
      return writeStat(w, body.stat);
    case 'children':
      return writeStrings(w, body.children);
    case 'childrenStat':
      writeStrings(w, body.children);
      return writeStat(w, body.stat);
    case 'acl':
      writeAcls(w, body.acl);
      return writeStat(w, body.stat);
    case 'multi':
      for (const result of body.results) writeResult(w, result);
      return writeMultiHeader(w, MULTI_END);
    case 'ephemerals':
      return writeStrings(w, body.paths);
    case 'number':
      return writeInt(w, body.value);
    case 'whoAmI':
      return writeVector(w, body.identities, writeIdentity);
    case 'error':
      return writeInt(w, body.err);
    case 'token':
      return writeBuffer(w, body.token);
    default: {
      const never: never = body;
      throw new Error(`unreachable: ${JSON.stringify(never)}`);
    }
  }
}

function writeHeader(w: Writer, header: ReplyHeader): void {
  writeInt(w, header.xid);
  writeLong(w, header.zxid);
  writeInt(w, header.err);
}

/** A whole frame, length included. `body` is null or `none` when `header.err` is not 0. */
export function encodeReply(w: Writer, header: ReplyHeader, body: ReplyBody | null): Buffer {
  beginFrame(w);
  writeHeader(w, header);
  if (body !== null) writeBody(w, body);
  return endFrame(w);
}

/** A whole frame, length included: xid −1, err 0, then the WatcherEvent record. */
export function encodeWatchEvent(w: Writer, event: WatchEvent): Buffer {
  beginFrame(w);
  writeHeader(w, { xid: Xid.notification, zxid: event.zxid, err: ErrorCode.OK });
  writeInt(w, event.type);
  writeInt(w, event.state);
  writeString(w, event.path);
  return endFrame(w);
}

/** @throws DecodeError */
export function readReplyHeader(r: Reader): ReplyHeader {
  const xid = readInt(r);
  const zxid = readZxid(r);
  return { xid, zxid, err: readInt(r) };
}

/** The record that follows a header whose xid is −1. @throws DecodeError */
export function readWatchEvent(r: Reader, zxid: Zxid): WatchEvent {
  const type = readInt(r);
  const state = readInt(r);
  return { zxid, type, state, path: readString(r) };
}

function readResult(r: Reader, opcode: number): MultiResult {
  switch (opcode) {
    case OpCode.create:
      return { type: 'create', path: readString(r) };
    case OpCode.create2:
      return { type: 'create2', path: readString(r), stat: readStat(r) };
    case OpCode.delete:
      return { type: 'delete' };
    case OpCode.check:
      return { type: 'check' };
    case OpCode.setData:
      return { type: 'setData', stat: readStat(r) };
    case OpCode.getData:
      return { type: 'getData', data: readBuffer(r), stat: readStat(r) };
    case OpCode.getChildren:
      return { type: 'getChildren', children: readStrings(r) ?? [] };
    case OpCode.error:
      return { type: 'error', err: readInt(r) };
    default:
      return invalid(`result ${opcode} in a multi`);
  }
}

function readResults(r: Reader): MultiResult[] {
  const results: MultiResult[] = [];
  for (;;) {
    const header = readMultiHeader(r);
    if (header.done) return results;
    results.push(readResult(r, header.type));
  }
}

/** The body of a successful reply to a request of kind `op`. @throws DecodeError */
export function readReplyBody(r: Reader, op: ClientRequest['op']): ReplyBody {
  switch (op) {
    case 'create':
    case 'sync':
      return { type: 'path', path: readString(r) };
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return { type: 'pathStat', path: readString(r), stat: readStat(r) };
    case 'exists':
    case 'setData':
    case 'setACL':
      return { type: 'stat', stat: readStat(r) };
    case 'getData':
      return { type: 'data', data: readBuffer(r), stat: readStat(r) };
    case 'getChildren':
      return { type: 'children', children: readStrings(r) ?? [] };
    case 'getChildren2':
      return { type: 'childrenStat', children: readStrings(r) ?? [], stat: readStat(r) };
    case 'getACL':
      return { type: 'acl', acl: readAcls(r) ?? [], stat: readStat(r) };
    case 'multi':
    case 'multiRead':
      return { type: 'multi', results: readResults(r) };
    case 'getEphemerals':
      return { type: 'ephemerals', paths: readStrings(r) ?? [] };
    case 'getAllChildrenNumber':
      return { type: 'number', value: readInt(r) };
    case 'whoAmI':
      return { type: 'whoAmI', identities: readVector(r, 8, readIdentity) ?? [] };
    case 'addWatch':
      return { type: 'error', err: readInt(r) };
    case 'delete':
    case 'check':
    case 'deleteContainer':
    case 'auth':
    case 'setWatches':
    case 'setWatches2':
    case 'checkWatches':
    case 'removeWatches':
    case 'ping':
    case 'closeSession':
    case 'createSession':
    case 'unknown':
    case 'unreadable':
      return NO_BODY;
    default: {
      const never: never = op;
      throw new Error(`unreachable: ${String(never)}`);
    }
  }
}

/** A frame from a server, as a client reads it. */
export type DecodedReply =
  | { readonly type: 'event'; readonly event: WatchEvent }
  | { readonly type: 'reply'; readonly header: ReplyHeader; readonly body: ReplyBody };

/**
 * Decodes a frame's body. `opOf` tells what was asked under an xid; undefined for one that was not
 * asked, whose body is left unread. @throws DecodeError
 */
export function decodeReply(
  frame: Buffer,
  opOf: (xid: number) => ClientRequest['op'] | undefined,
): DecodedReply {
  const r = createReader(frame);
  const header = readReplyHeader(r);
  if (header.xid === Xid.notification) {
    return { type: 'event', event: readWatchEvent(r, header.zxid) };
  }
  const op = header.err === ErrorCode.OK ? opOf(header.xid) : undefined;
  return { type: 'reply', header, body: op === undefined ? NO_BODY : readReplyBody(r, op) };
}
