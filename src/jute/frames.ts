/**
 * Splits a byte stream into length-prefixed frames (client port, election port). A state and a
 * chunk go in, a state and whole frames come out; frames are views of the chunk where they lie in
 * one chunk, and copies where they were split.
 */
import { Buffer } from 'node:buffer';
import { DecodeError } from './decode-error.js';
import { appendPiece } from './pieces.js';

/** What was read and belongs to no whole frame yet. */
export interface FrameState {
  /** Longest frame accepted, in bytes, without its length word. */
  readonly max: number;
  readonly rest: readonly Buffer[];
  readonly restLength: number;
}

export interface SplitFrames {
  readonly state: FrameState;
  readonly frames: readonly Buffer[];
  /** Set when a length word is negative or above the limit: the stream is of no use any more. */
  readonly error: DecodeError | null;
}

const NONE: readonly Buffer[] = [];

/** The state of a stream of which nothing was read. */
export function frameState(max: number): FrameState {
  return { max, rest: NONE, restLength: 0 };
}

function readLength(buf: Buffer, at: number): number {
  return (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!;
}

/** Length word of a stream that begins with `rest`, or null if fewer than four bytes are there. */
function firstLength(rest: readonly Buffer[], total: number): number | null {
  if (total < 4) return null;
  const first = rest[0]!;
  return readLength(first.length >= 4 ? first : Buffer.concat([...rest], total), 0);
}

/** Frames that lie whole in `buf`, and what is left. */
function split(max: number, buf: Buffer): SplitFrames {
  const frames: Buffer[] = [];
  let at = 0;
  while (buf.length - at >= 4) {
    const length = readLength(buf, at);
    if (length < 0 || length > max) {
      const error = new DecodeError('invalid', `frame of length ${length}, limit ${max}`);
      return { state: frameState(max), frames, error };
    }
    if (buf.length - at - 4 < length) break;
    frames.push(buf.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const restLength = buf.length - at;
  const rest = restLength === 0 ? NONE : [at === 0 ? buf : buf.subarray(at)];
  return { state: { max, rest, restLength }, frames, error: null };
}

/** Feeds `chunk`: the frames that it completes, in order. Never throws. */
export function splitFrames(state: FrameState, chunk: Buffer): SplitFrames {
  const { max, restLength } = state;
  if (restLength === 0) return split(max, chunk);
  const rest = appendPiece(state.rest, chunk);
  const total = restLength + chunk.length;
  const length = firstLength(rest, total);
  const incomplete = length === null || (length >= 0 && length <= max && total < length + 4);
  if (incomplete) return { state: { max, rest, restLength: total }, frames: NONE, error: null };
  return split(max, Buffer.concat(rest, total));
}
