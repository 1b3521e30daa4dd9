/**
 * Quorum packets (zookeeper.jute: `QuorumPacket`, `LearnerInfo`; Apache: `Leader`, `Learner`,
 * `LearnerHandler`): {type, zxid, data, authinfo}, one after the other, without a length in front.
 * What SNAP announces follows the packet: see `snapshot.ts`. Reading a stream: `quorum-stream.ts`.
 *
 * Deviation: a leader's SYNC says which request it answers; Apache's says nothing (the answers
 * come in order) and ignores what ours says. A SYNC without data decodes with session 0.
 */
import { Buffer } from 'node:buffer';
import type { SessionId, Sid } from '../core/ids.js';
import type { Packet, SessionTouch, SnapPacket } from '../core/message.js';
import type { ForwardedRequest } from '../core/request.js';
import type { Identity, Txn } from '../core/txn.js';
import { epochOf, makeZxid } from '../core/zxid.js';
import type { Zxid } from '../core/zxid.js';
import { DecodeError, attempt, invalid } from './decode-error.js';
import { createReader, readBool, readInt, readLong, readSessionId, readString } from './reader.js';
import { readZxid, remaining } from './reader.js';
import type { Reader } from './reader.js';
import { readIdentity, writeIdentity } from './records.js';
import { opcodeOf, readRequestBody, writeRequestBody } from './request.js';
import { decodeTxn } from './txn.js';
import { beginRecord, endRecord, writeBigLong, writeBool, writeInt, writeLong } from './writer.js';
import { writeBytes, writeString, writeVector } from './writer.js';
import type { Writer } from './writer.js';

export const PacketType = {
  REQUEST: 1,
  PROPOSAL: 2,
  ACK: 3,
  COMMIT: 4,
  PING: 5,
  REVALIDATE: 6,
  SYNC: 7,
  INFORM: 8,
  COMMITANDACTIVATE: 9,
  NEWLEADER: 10,
  FOLLOWERINFO: 11,
  UPTODATE: 12,
  DIFF: 13,
  TRUNC: 14,
  SNAP: 15,
  OBSERVERINFO: 16,
  LEADERINFO: 17,
  ACKEPOCH: 18,
  INFORMANDACTIVATE: 19,
} as const;

/** Protocol version in LearnerInfo and LEADERINFO: ZAB 1.0. */
export const PROTOCOL_VERSION = 0x10000;

const NO_IDENTITIES: readonly Identity[] = [];

/** A packet's fields up to its data, and where everything lies. */
export interface RawPacket {
  readonly type: number;
  readonly zxid: Zxid;
  /** A view; null if its length was −1. */
  readonly data: Buffer | null;
  readonly authinfo: readonly Identity[];
}

/** Begins the length-prefixed data of a packet; {@link endData} fills the length in. */
function beginData(w: Writer): number {
  writeInt(w, 0);
  return w.pos - w.start;
}

function endData(w: Writer, from: number): void {
  w.view.setInt32(w.start + from - 4, w.pos - w.start - from);
}

function writeForwarded(w: Writer, request: ForwardedRequest): void {
  writeBigLong(w, request.sessionId);
  writeInt(w, request.cxid);
  writeInt(w, opcodeOf(request.request));
  writeRequestBody(w, request.request);
}

function writeData(
  w: Writer,
  packet: Exclude<Packet, SnapPacket>,
  bytes: (t: Txn) => Buffer,
): void {
  const from = beginData(w);
  switch (packet.type) {
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO':
      writeLong(w, packet.sid);
      writeInt(w, packet.protocolVersion);
      writeLong(w, packet.configVersion);
      break;
    case 'LEADERINFO':
      writeInt(w, PROTOCOL_VERSION);
      break;
    case 'PROPOSAL':
    case 'INFORM':
      writeBytes(w, bytes(packet.txn));
      break;
    case 'ACKEPOCH':
      writeInt(w, packet.currentEpoch);
      break;
    case 'PING':
      for (const { sessionId, timeout } of packet.sessions) {
        writeBigLong(w, sessionId);
        writeInt(w, timeout);
      }
      break;
    case 'REQUEST':
      writeForwarded(w, packet.request);
      break;
    case 'REVALIDATE':
      writeBigLong(w, packet.sessionId);
      if (packet.valid === undefined) writeInt(w, packet.timeout);
      else writeBool(w, packet.valid);
      break;
    case 'SYNC':
      writeBigLong(w, packet.sessionId);
      writeInt(w, packet.cxid);
      writeString(w, packet.path);
      break;
    case 'DIFF':
    case 'TRUNC':
    case 'COMMIT':
    case 'NEWLEADER':
    case 'UPTODATE':
    case 'ACK':
      w.view.setInt32(w.start + from - 4, -1);
      return;
    default: {
      const never: never = packet;
      throw new Error(`unreachable: ${JSON.stringify(never)}`);
    }
  }
  endData(w, from);
}

function zxidOf(packet: Exclude<Packet, SnapPacket>): Zxid {
  switch (packet.type) {
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO':
      return makeZxid(packet.acceptedEpoch, 0);
    case 'LEADERINFO':
      return makeZxid(packet.epoch, 0);
    case 'ACKEPOCH':
      return packet.lastZxid;
    case 'PROPOSAL':
    case 'INFORM':
      return packet.txn.zxid;
    case 'REQUEST':
    case 'REVALIDATE':
      return -1 as Zxid;
    case 'SYNC':
      return 0 as Zxid;
    default:
      return packet.zxid;
  }
}

/** The bytes of a packet. `txnBytes` gives a transaction's (see `encodeTxn`), encoded once. */
export function encodePacket(
  w: Writer,
  packet: Exclude<Packet, SnapPacket>,
  txnBytes: (txn: Txn) => Buffer,
): Buffer {
  beginRecord(w);
  writeInt(w, PacketType[packet.type]);
  writeLong(w, zxidOf(packet));
  writeData(w, packet, txnBytes);
  if (packet.type === 'REQUEST') writeVector(w, packet.request.identities, writeIdentity);
  else writeInt(w, -1);
  return endRecord(w);
}

/** The SNAP packet alone; the chunks of `encodeSnapStream` follow it. */
export function encodeSnapHead(w: Writer, zxid: Zxid): Buffer {
  beginRecord(w);
  writeInt(w, PacketType.SNAP);
  writeLong(w, zxid);
  writeInt(w, -1);
  writeInt(w, -1);
  return endRecord(w);
}

function readLearnerInfo(type: 'FOLLOWERINFO' | 'OBSERVERINFO', raw: RawPacket, r: Reader): Packet {
  const sid = readLong(r) as Sid;
  const protocolVersion = remaining(r) > 0 ? readInt(r) : 1;
  // Versions of dynamic configurations are zxids, or 0.
  const configVersion = remaining(r) > 0 ? readLong(r) : 0;
  return { type, sid, acceptedEpoch: epochOf(raw.zxid), protocolVersion, configVersion };
}

function readTouches(r: Reader): SessionTouch[] {
  const sessions: SessionTouch[] = [];
  while (remaining(r) > 0) {
    const sessionId = readSessionId(r);
    sessions.push({ sessionId, timeout: readInt(r) });
  }
  return sessions;
}

function readForwarded(r: Reader, identities: readonly Identity[]): ForwardedRequest {
  const sessionId = readSessionId(r);
  const cxid = readInt(r);
  const opcode = readInt(r);
  const request = attempt(() => readRequestBody(r, opcode));
  // An Apache follower forwards what its client sent unread: a client's fault must not cost the
  // connection of the follower.
  if (request instanceof DecodeError) {
    return { sessionId, cxid, request: { op: 'unknown', opcode }, identities };
  }
  return { sessionId, cxid, request, identities };
}

function readRevalidate(r: Reader): Packet {
  const sessionId: SessionId = readSessionId(r);
  if (remaining(r) >= 4) return { type: 'REVALIDATE', sessionId, timeout: readInt(r) };
  return { type: 'REVALIDATE', sessionId, timeout: 0, valid: readBool(r) };
}

function readSync(r: Reader): Packet {
  if (remaining(r) === 0) return { type: 'SYNC', sessionId: 0n as SessionId, cxid: 0, path: '' };
  const sessionId = readSessionId(r);
  const cxid = readInt(r);
  return { type: 'SYNC', sessionId, cxid, path: readString(r) };
}

/** The transaction of a PROPOSAL or INFORM; `data` must be bytes of its own. @throws DecodeError */
export function readTxnPacket(type: 'PROPOSAL' | 'INFORM', zxid: Zxid, data: Buffer): Packet {
  const txn = decodeTxn(data);
  if (txn.zxid !== zxid) invalid(`${type} ${zxid} carries transaction ${txn.zxid}`);
  return { type, txn };
}

/** Any packet but SNAP, PROPOSAL and INFORM as a value. @throws DecodeError */
export function packetOf(raw: RawPacket): Packet {
  const { zxid } = raw;
  const r = createReader(raw.data ?? Buffer.alloc(0));
  switch (raw.type) {
    case PacketType.FOLLOWERINFO:
      return readLearnerInfo('FOLLOWERINFO', raw, r);
    case PacketType.OBSERVERINFO:
      return readLearnerInfo('OBSERVERINFO', raw, r);
    case PacketType.LEADERINFO:
      return { type: 'LEADERINFO', epoch: epochOf(zxid) };
    case PacketType.ACKEPOCH:
      return { type: 'ACKEPOCH', currentEpoch: readInt(r), lastZxid: zxid };
    case PacketType.DIFF:
      return { type: 'DIFF', zxid };
    case PacketType.TRUNC:
      return { type: 'TRUNC', zxid };
    case PacketType.COMMIT:
      return { type: 'COMMIT', zxid };
    case PacketType.NEWLEADER:
      return { type: 'NEWLEADER', zxid };
    case PacketType.UPTODATE:
      return { type: 'UPTODATE', zxid };
    case PacketType.ACK:
      return { type: 'ACK', zxid };
    case PacketType.PING:
      return { type: 'PING', zxid, sessions: readTouches(r) };
    case PacketType.REVALIDATE:
      return readRevalidate(r);
    case PacketType.REQUEST:
      return { type: 'REQUEST', request: readForwarded(r, raw.authinfo) };
    case PacketType.SYNC:
      return readSync(r);
    default:
      return invalid(`quorum packet of type ${raw.type}`);
  }
}

/** Where a packet that begins at `at` ends, or how many bytes from `at` are needed to say. */
export type PacketExtent = { readonly end: number } | { readonly needed: number };

/** Bytes before the data of a packet. */
const HEAD = 16;
/** Most identities that a packet may carry. */
const IDENTITIES_MAX = 1024;

/** Measures the packet at `at`, so that nothing is decoded twice. @throws DecodeError */
export function packetExtent(bytes: Buffer, at: number, maxLength: number): PacketExtent {
  const have = bytes.length - at;
  if (have < HEAD) return { needed: HEAD };
  const dataLength = bytes.readInt32BE(at + 12);
  if (dataLength < -1 || dataLength > maxLength) {
    invalid(`quorum packet with data of length ${dataLength}, limit ${maxLength}`);
  }
  let length = HEAD + Math.max(dataLength, 0) + 4;
  if (have < length) return { needed: length };
  const identities = bytes.readInt32BE(at + length - 4);
  if (identities < -1 || identities > IDENTITIES_MAX) invalid(`${identities} identities`);
  for (let strings = identities * 2; strings > 0; strings--) {
    if (have < length + 4) return { needed: length + 4 };
    const stringLength = bytes.readInt32BE(at + length);
    if (stringLength < -1 || stringLength > maxLength) invalid(`string of length ${stringLength}`);
    length += 4 + Math.max(stringLength, 0);
    if (have < length) return { needed: length };
  }
  return { end: at + length };
}

/** The packet in `bytes[at, end)`, as {@link packetExtent} measured it. @throws DecodeError */
export function readRawPacket(bytes: Buffer, at: number, end: number): RawPacket {
  const r: Reader = { buf: bytes, pos: at, end, copy: false };
  const type = readInt(r);
  const zxid = readZxid(r);
  const length = readInt(r);
  const data = length === -1 ? null : bytes.subarray(r.pos, r.pos + length);
  r.pos += Math.max(length, 0);
  const count = readInt(r);
  if (count <= 0) return { type, zxid, data, authinfo: NO_IDENTITIES };
  const authinfo: Identity[] = [];
  for (let i = 0; i < count; i++) authinfo.push(readIdentity(r));
  return { type, zxid, data, authinfo };
}
