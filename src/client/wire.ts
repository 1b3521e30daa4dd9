/**
 * The codecs of `src/jute` from a client's side: what is asked, what comes back, and stats with
 * bigints. `reconfig` and `sasl` are written here (zookeeper.jute: `ReconfigRequest`,
 * `GetSASLRequest`).
 */
import type { Buffer } from 'node:buffer';
import type { ClientRequest } from '../core/request.js';
import type { Stat as CoreStat } from '../core/stat.js';
import { ErrorCode } from '../core/error-code.js';
import { OpCode, Xid } from '../jute/opcode.js';
import { createReader, readBuffer } from '../jute/reader.js';
import { readStat } from '../jute/records.js';
import { readReplyBody, readReplyHeader, readWatchEvent } from '../jute/reply.js';
import type { ReplyBody, ReplyHeader } from '../jute/reply.js';
import { encodeRequest } from '../jute/request.js';
import { beginFrame, endFrame, writeBigLong, writeBuffer, writeInt } from '../jute/writer.js';
import type { Writer } from '../jute/writer.js';
import { writeString } from '../jute/writer.js';
import type { Stat, WatchedEvent } from './types.js';
import { EVENT_TYPES } from './types.js';

export interface WireReconfig {
  readonly op: 'reconfig';
  readonly joining: string | null;
  readonly leaving: string | null;
  readonly members: string | null;
  /** −1n: whatever version is configured. */
  readonly fromConfig: bigint;
}
export interface WireSasl {
  readonly op: 'sasl';
  readonly token: Uint8Array;
}
export type WireRequest =
  Exclude<ClientRequest, { op: 'reconfig' | 'sasl' }> | WireReconfig | WireSasl;
export type WireOp = WireRequest['op'];

export type WireReply = ReplyBody | { readonly type: 'sasl'; readonly token: Buffer | null };

function writeNullable(w: Writer, text: string | null): void {
  if (text === null) writeBuffer(w, null);
  else writeString(w, text);
}

/** A whole frame, length included. */
export function encode(w: Writer, xid: number, request: WireRequest): Buffer {
  if (request.op === 'reconfig') {
    beginFrame(w);
    writeInt(w, xid);
    writeInt(w, OpCode.reconfig);
    writeNullable(w, request.joining);
    writeNullable(w, request.leaving);
    writeNullable(w, request.members);
    writeBigLong(w, request.fromConfig);
    return endFrame(w);
  }
  if (request.op === 'sasl') {
    beginFrame(w);
    writeInt(w, xid);
    writeInt(w, OpCode.sasl);
    writeBuffer(w, request.token);
    return endFrame(w);
  }
  return encodeRequest(w, xid, request);
}

export type Incoming =
  | { readonly type: 'event'; readonly event: WatchedEvent }
  | { readonly type: 'reply'; readonly header: ReplyHeader; readonly body: WireReply };

/**
 * A frame's body. `opOf` says what was asked under an xid, null for nothing.
 * @throws DecodeError
 */
export function decode(frame: Buffer, opOf: (xid: number) => WireOp | null): Incoming {
  const r = createReader(frame);
  const header = readReplyHeader(r);
  if (header.xid === Xid.notification) {
    const { type, state, path } = readWatchEvent(r, header.zxid);
    return {
      type: 'event',
      event: {
        type: EVENT_TYPES[type] ?? 'None',
        state: state === READ_ONLY_STATE ? 'ConnectedReadOnly' : 'SyncConnected',
        path,
        zxid: BigInt(header.zxid),
      },
    };
  }
  const op = header.err === ErrorCode.OK ? opOf(header.xid) : null;
  if (op === null) return { type: 'reply', header, body: { type: 'none' } };
  if (op === 'sasl') return { type: 'reply', header, body: { type: 'sasl', token: readBuffer(r) } };
  if (op === 'reconfig') {
    const body = { type: 'data', data: readBuffer(r), stat: readStat(r) } as const;
    return { type: 'reply', header, body };
  }
  return { type: 'reply', header, body: readReplyBody(r, op) };
}

/** KeeperState ConnectedReadOnly. */
const READ_ONLY_STATE = 5;

/** The Stat that users see. */
export function statOf(stat: CoreStat): Stat {
  return {
    czxid: BigInt(stat.czxid),
    mzxid: BigInt(stat.mzxid),
    pzxid: BigInt(stat.pzxid),
    ctime: BigInt(stat.ctime),
    mtime: BigInt(stat.mtime),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: stat.ephemeralOwner,
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
  };
}
