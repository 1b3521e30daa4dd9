/**
 * The first frame of a client connection and its answer (zookeeper.jute: `ConnectRequest`,
 * `ConnectResponse`). Clients of 3.3 and before end both before the readOnly byte
 * (Apache: `ProtocolManager`).
 */
import type { Buffer } from 'node:buffer';
import type { ConnectRequest } from '../core/request.js';
import type { Millis, SessionId } from '../core/ids.js';
import {
  createReader,
  readBool,
  readBuffer,
  readClaimedZxid,
  readInt,
  readSessionId,
  remaining,
} from './reader.js';
import {
  beginFrame,
  endFrame,
  writeBigLong,
  writeBool,
  writeBuffer,
  writeInt,
  writeLong,
} from './writer.js';
import type { Writer } from './writer.js';

export interface ConnectResponse {
  readonly protocolVersion: number;
  /** Negotiated timeout, ms; 0 with session id 0: the session is expired or was never there. */
  readonly timeout: Millis;
  readonly sessionId: SessionId;
  readonly password: Uint8Array | null;
  readonly readOnly: boolean;
  /** As the request's: whether the readOnly byte is written. */
  readonly hasReadOnly: boolean;
}

/** Decodes a frame's body. @throws DecodeError */
export function decodeConnectRequest(frame: Buffer): ConnectRequest {
  const r = createReader(frame);
  const protocolVersion = readInt(r);
  const lastZxidSeen = readClaimedZxid(r);
  const timeout = readInt(r);
  const sessionId = readSessionId(r);
  const password = readBuffer(r);
  const hasReadOnly = remaining(r) > 0;
  const readOnly = hasReadOnly && readBool(r);
  return { protocolVersion, lastZxidSeen, timeout, sessionId, password, readOnly, hasReadOnly };
}

/** A whole frame, length included. */
export function encodeConnectRequest(w: Writer, request: ConnectRequest): Buffer {
  beginFrame(w);
  writeInt(w, request.protocolVersion);
  writeLong(w, request.lastZxidSeen);
  writeInt(w, request.timeout);
  writeBigLong(w, request.sessionId);
  writeBuffer(w, request.password);
  if (request.hasReadOnly) writeBool(w, request.readOnly);
  return endFrame(w);
}

/** Decodes a frame's body. @throws DecodeError */
export function decodeConnectResponse(frame: Buffer): ConnectResponse {
  const r = createReader(frame);
  const protocolVersion = readInt(r);
  const timeout = readInt(r);
  const sessionId = readSessionId(r);
  const password = readBuffer(r);
  const hasReadOnly = remaining(r) > 0;
  const readOnly = hasReadOnly && readBool(r);
  return { protocolVersion, timeout, sessionId, password, readOnly, hasReadOnly };
}

/** A whole frame, length included. */
export function encodeConnectResponse(w: Writer, response: ConnectResponse): Buffer {
  beginFrame(w);
  writeInt(w, response.protocolVersion);
  writeInt(w, response.timeout);
  writeBigLong(w, response.sessionId);
  writeBuffer(w, response.password);
  if (response.hasReadOnly) writeBool(w, response.readOnly);
  return endFrame(w);
}
