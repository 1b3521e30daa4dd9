/** Connections that send what no client, learner or voter would. Each resolves with the number of frames that it has sent. */
import { Buffer } from 'node:buffer';
import { createConnection, type Socket } from 'node:net';
import { createReader, readLong } from '../../src/jute/reader.js';
import { Writer } from '../support/raw-client.js';
import { connectFrames, FUZZ_ROOT, STRANGER } from './frames.js';
import { misread, mutated, pieces } from './mutate.js';
import type { Random } from './random.js';

/** After the last frame the server may answer, close, or wait for the rest of a frame: that long it is given. */
const LINGER_MS = 30;
const FRAMES_MAX = 400;
/** Of a client's frame behind its length: xid and opcode. */
const HEADER = 8;

class Wire {
  #ended = false;
  #came: () => void = () => undefined;
  private constructor(readonly socket: Socket) {
    const end = (): void => {
      this.#ended = true;
      this.#came();
    };
    socket.on('error', end);
    socket.on('close', end);
    socket.on('data', () => this.#came());
  }
  static open(address: string): Promise<Wire> {
    const [host = '', port = ''] = address.split(':');
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port: Number(port), noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Wire(socket));
      });
    });
  }
  get ended(): boolean {
    return this.#ended;
  }
  /** Resolves when it is written out; at once when there is nobody any more. */
  send(bytes: Uint8Array): Promise<void> {
    if (this.#ended || this.socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }
  /** Until something comes, the end included; not for long. */
  quiet(ms = LINGER_MS): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#came = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  leave(random: Random): void {
    if (random.oneIn(3)) this.socket.end();
    this.socket.destroy();
  }
}

export type Attack = (address: string, random: Random) => Promise<number>;

const sendAll = async (wire: Wire, random: Random, frames: readonly Buffer[]): Promise<number> => {
  if (wire.ended) return 0;
  for (const piece of pieces(random, Buffer.concat(frames))) await wire.send(piece);
  return frames.length;
};

const several = (random: Random, most: number, one: () => Buffer): Buffer[] =>
  Array.from({ length: 1 + random.below(most) }, one);

const closeSession = new Writer().int(8).int(1).int(-11).bytes();
const makeRoot = ((): Buffer => {
  const body = new Writer().int(1_000_000).int(1).buffer(FUZZ_ROOT).buffer('').int(1);
  return new Writer().buffer(body.int(31).buffer('world').buffer('anyone').int(0).bytes()).bytes();
})();

/** A client: garbage before the handshake, or a session and then frames that are mostly wrong. */
export const clientAttack = (corpus: readonly Buffer[]): Attack => {
  const greetings = connectFrames();
  return async (address, random) => {
    const wire = await Wire.open(address);
    let sent = 0;
    try {
      if (random.oneIn(6)) {
        sent += await sendAll(wire, random, [mutated(random, greetings)]);
        if (random.oneIn(2)) sent += await sendAll(wire, random, [mutated(random, corpus)]);
        await wire.quiet();
        return sent;
      }
      await wire.send(greetings[0]!);
      // Most wait for the session, some send on at once.
      if (!random.oneIn(4)) await wire.quiet(2_000);
      await wire.send(makeRoot);
      const frame = (): Buffer => {
        if (random.oneIn(5)) return random.pick(corpus);
        return random.oneIn(60) ? mutated(random, corpus) : misread(random, corpus, HEADER);
      };
      while (!wire.ended && sent < FRAMES_MAX) {
        sent += await sendAll(wire, random, several(random, 40, frame));
        if (random.oneIn(20)) sent += await sendAll(wire, random, [closeSession, frame()]);
        await wire.quiet(5);
      }
      if (random.oneIn(4)) await wire.quiet();
      return sent;
    } finally {
      wire.leave(random);
    }
  };
};

/** By chance a frame could name a member, and would then not be garbage but that member. */
const namesMember = (bytes: Buffer, at: number): boolean => {
  for (let i = Math.max(0, at); i + 8 <= bytes.length && i <= at; i++) {
    const sid = readLong(createReader(bytes.subarray(i)));
    if (sid > 0 && sid < STRANGER) return true;
  }
  return false;
};

const greeted =
  (
    { hello, rest }: { readonly hello: readonly Buffer[]; readonly rest: readonly Buffer[] },
    sidAt: number,
  ): Attack =>
  async (address, random) => {
    const wire = await Wire.open(address);
    let sent = 0;
    try {
      let greeting = random.oneIn(3) ? mutated(random, hello) : random.pick(hello);
      try {
        if (namesMember(greeting, sidAt) || namesMember(greeting, 0)) greeting = hello[0]!;
      } catch {
        // No number that this project holds, and hence no member's.
      }
      sent += await sendAll(wire, random, [greeting]);
      if (!random.oneIn(3)) await wire.quiet();
      const frame = (): Buffer => (random.oneIn(3) ? random.pick(rest) : mutated(random, rest));
      while (!wire.ended && sent < FRAMES_MAX) {
        sent += await sendAll(wire, random, several(random, 8, frame));
        await wire.quiet(5);
      }
      await wire.quiet();
      return sent;
    } finally {
      wire.leave(random);
    }
  };

/** A learner that is none: LearnerInfo has its sid behind type, zxid and length. */
export const quorumAttack = (frames: Parameters<typeof greeted>[0]): Attack => greeted(frames, 16);
/** A voter that is none: the initial message has its sid behind the version. */
export const electionAttack = (frames: Parameters<typeof greeted>[0]): Attack => greeted(frames, 8);
