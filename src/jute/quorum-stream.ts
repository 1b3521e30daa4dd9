/**
 * The reading end of a quorum connection: bytes in, packets out, at every split point. A pure
 * state, but for the snapshot that a SNAP announces: while one is under way the state holds the
 * generator that reads it, so a state must be fed once only.
 */
import { Buffer } from 'node:buffer';
import type { SnapshotImage } from '../core/image.js';
import type { Packet } from '../core/message.js';
import type { Zxid } from '../core/zxid.js';
import { DecodeError } from './decode-error.js';
import { appendPiece } from './pieces.js';
import { PacketType, packetExtent, packetOf, readRawPacket, readTxnPacket } from './quorum.js';
import { decodeSnapStream } from './snapshot-decode.js';
import type { Decoding, SnapshotContent } from './snapshot-decode.js';

/** A packet, and for PROPOSAL and INFORM the bytes of its transaction as the leader encoded them. */
export interface ReceivedPacket {
  readonly packet: Packet;
  readonly txnBytes: Buffer | null;
}

type SnapDecoding = Decoding<{ readonly content: SnapshotContent; readonly rest: Buffer }>;

export interface QuorumStream {
  /** Longest data of a packet, bytes. */
  readonly maxLength: number;
  readonly rest: readonly Buffer[];
  readonly restLength: number;
  /** Bytes that the packet in `rest` needs at least. */
  readonly needed: number;
  readonly snap: { readonly zxid: Zxid; readonly decoding: SnapDecoding } | null;
}

export interface FedStream {
  readonly stream: QuorumStream;
  readonly packets: readonly ReceivedPacket[];
  /** Set when the bytes are no packets: the connection is of no use any more. */
  readonly error: DecodeError | null;
}

/** The state of a connection on which nothing was read. */
export function quorumStream(maxLength: number): QuorumStream {
  return { maxLength, rest: [], restLength: 0, needed: 1, snap: null };
}

function imageOf(zxid: Zxid, content: SnapshotContent): SnapshotImage {
  return { zxid, sessions: content.sessions, nodes: content.nodes };
}

/** Appends the packets in `bytes` to `packets`. */
function readPackets(maxLength: number, bytes: Buffer, packets: ReceivedPacket[]): QuorumStream {
  for (let at = 0; ;) {
    if (at === bytes.length) return quorumStream(maxLength);
    const extent = packetExtent(bytes, at, maxLength);
    if ('needed' in extent) {
      const rest = bytes.subarray(at);
      return { ...quorumStream(maxLength), rest: [rest], restLength: rest.length, ...extent };
    }
    const raw = readRawPacket(bytes, at, extent.end);
    at = extent.end;
    if (raw.type === PacketType.SNAP) {
      const decoding = decodeSnapStream(bytes.subarray(at));
      return readSnapshot(
        { ...quorumStream(maxLength), snap: { zxid: raw.zxid, decoding } },
        null,
        packets,
      );
    }
    if (raw.type === PacketType.PROPOSAL || raw.type === PacketType.INFORM) {
      const txnBytes = Buffer.from(raw.data ?? []);
      const type = raw.type === PacketType.PROPOSAL ? 'PROPOSAL' : 'INFORM';
      packets.push({ packet: readTxnPacket(type, raw.zxid, txnBytes), txnBytes });
    } else {
      packets.push({ packet: packetOf(raw), txnBytes: null });
    }
  }
}

function readSnapshot(
  stream: QuorumStream,
  chunk: Buffer | null,
  packets: ReceivedPacket[],
): QuorumStream {
  const { zxid, decoding } = stream.snap!;
  // The first call of a generator's `next` takes no value.
  const step = chunk === null ? decoding.next(Buffer.alloc(0)) : decoding.next(chunk);
  if (step.done !== true) return stream;
  const { content, rest } = step.value;
  const snapshot = { zxid, image: imageOf(zxid, content) };
  packets.push({ packet: { type: 'SNAP', snapshot }, txnBytes: null });
  return readPackets(stream.maxLength, rest, packets);
}

function advance(stream: QuorumStream, chunk: Buffer, packets: ReceivedPacket[]): QuorumStream {
  if (stream.snap !== null) return readSnapshot(stream, chunk, packets);
  if (stream.restLength === 0) return readPackets(stream.maxLength, chunk, packets);
  const rest = appendPiece(stream.rest, chunk);
  const restLength = stream.restLength + chunk.length;
  if (restLength < stream.needed) return { ...stream, rest, restLength };
  return readPackets(stream.maxLength, Buffer.concat(rest, restLength), packets);
}

/** Feeds `chunk`: the packets that it completes, in order; with an error, those before it. */
export function feedQuorum(stream: QuorumStream, chunk: Buffer): FedStream {
  const packets: ReceivedPacket[] = [];
  try {
    return { stream: advance(stream, chunk, packets), packets, error: null };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { stream: quorumStream(stream.maxLength), packets, error };
  }
}
