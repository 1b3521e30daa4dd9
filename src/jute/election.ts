/**
 * The election port (Apache: `QuorumCnxManager`, `FastLeaderElection.buildMsg`). A connection
 * begins with the dialler's initial message: a protocol version, its sid, its election addresses.
 * Then notifications, each a frame with a length in front (`frames.ts`).
 */
import { Buffer } from 'node:buffer';
import type { Sid } from '../core/ids.js';
import type { Notification, ServerState } from '../core/vote.js';
import { epochOf } from '../core/zxid.js';
import type { Zxid } from '../core/zxid.js';
import { invalid } from './decode-error.js';
import { createReader, readBytes, readInt, readLong, remaining } from './reader.js';
import { beginFrame, beginRecord, endFrame, endRecord, writeBytes, writeInt } from './writer.js';
import { writeLong } from './writer.js';
import type { Writer } from './writer.js';

/** Longest notification accepted, bytes (Apache: PACKETMAXSIZE). */
export const NOTIFICATION_MAX = 512 * 1024;
/** One `host:port`. */
export const INITIAL_V1 = -65536;
/** Several, with `|` between them. */
export const INITIAL_V2 = -65535;

const ADDRESSES_MAX = 2048;
const STATES: readonly ServerState[] = ['LOOKING', 'FOLLOWING', 'LEADING', 'OBSERVING'];
const NOTIFICATION_VERSION = 2;

export interface InitialMessage {
  readonly version: number;
  readonly sid: Sid;
  /** `host:port` each; empty from servers before 3.5, which send their sid alone. */
  readonly addresses: readonly string[];
}

/** The first bytes on a dialled connection. */
export function encodeInitialMessage(w: Writer, message: InitialMessage): Buffer {
  const addresses = Buffer.from(message.addresses.join('|'), 'utf8');
  beginRecord(w);
  writeLong(w, message.version);
  writeLong(w, message.sid);
  writeInt(w, addresses.length);
  writeBytes(w, addresses);
  return endRecord(w);
}

/**
 * Reads the initial message from the bytes so far; null if they are too few. `length` is how many
 * of them it took. @throws DecodeError
 */
export function decodeInitialMessage(
  bytes: Buffer,
): { readonly message: InitialMessage; readonly length: number } | null {
  if (bytes.length < 8) return null;
  const r = createReader(bytes);
  const version = readLong(r);
  if (version >= 0) {
    return { message: { version, sid: version as Sid, addresses: [] }, length: 8 };
  }
  if (version !== INITIAL_V1 && version !== INITIAL_V2) invalid(`protocol version ${version}`);
  if (bytes.length < 20) return null;
  const sid = readLong(r) as Sid;
  const length = readInt(r);
  if (length <= 0 || length > ADDRESSES_MAX) invalid(`addresses of length ${length}`);
  if (remaining(r) < length) return null;
  const addresses = readBytes(r, length).toString('utf8').split('|');
  return { message: { version, sid, addresses }, length: r.pos };
}

/** A whole frame, length included. `config` is the sender's configuration as text, or empty. */
export function encodeNotification(w: Writer, n: Notification, config: Uint8Array): Buffer {
  beginFrame(w);
  writeInt(w, STATES.indexOf(n.state));
  writeLong(w, n.leader);
  writeLong(w, n.zxid);
  writeLong(w, n.electionEpoch);
  writeLong(w, n.peerEpoch);
  writeInt(w, NOTIFICATION_VERSION);
  writeInt(w, config.length);
  writeBytes(w, config);
  return endFrame(w);
}

export interface ReceivedNotification {
  readonly notification: Notification;
  /** 0 for the two formats before 3.4.6. */
  readonly version: number;
  /** Null before version 2. */
  readonly config: Buffer | null;
}

/**
 * Decodes a frame's body. Numbers may be −2⁶³: an observer votes for nobody that way. Apache skips
 * a frame that it cannot read and keeps the connection. @throws DecodeError
 */
export function decodeNotification(frame: Buffer): ReceivedNotification {
  const r = createReader(frame);
  const code = readInt(r);
  const state = STATES[code] ?? invalid(`server state ${code}`);
  const leader = readLong(r) as Sid;
  const zxid = readLong(r) as Zxid;
  const electionEpoch = readLong(r);
  const peerEpoch = remaining(r) === 0 ? epochOf(zxid) : readLong(r);
  const notification = { leader, zxid, peerEpoch, state, electionEpoch };
  const version = remaining(r) === 0 ? 0 : readInt(r);
  if (version < NOTIFICATION_VERSION) return { notification, version, config: null };
  const length = readInt(r);
  if (length < 0) invalid(`configuration of length ${length}`);
  return { notification, version, config: readBytes(r, length) };
}
