/**
 * Records of SASL authentication: GetSASLRequest and SetSASLResponse on the client ports, both one
 * buffer (zookeeper.jute, module `proto`), and the packets that servers exchange when they connect
 * (Apache: `QuorumAuth`, QuorumAuthPacket).
 */
import { Buffer } from 'node:buffer';
import { OpCode } from './opcode.js';
import { createReader, readBuffer, readInt } from './reader.js';

/** Is the request in `frame` a SASL token? */
export function isSaslRequest(frame: Buffer): boolean {
  return frame.length >= 8 && frame.readInt32BE(4) === OpCode.sasl;
}

/** Its xid and token. @throws DecodeError */
export function decodeSaslRequest(frame: Buffer): { readonly xid: number; readonly token: Buffer } {
  const r = createReader(frame);
  const xid = readInt(r);
  readInt(r);
  const token = readBuffer(r);
  return { xid, token: token === null ? Buffer.alloc(0) : Buffer.from(token) };
}
