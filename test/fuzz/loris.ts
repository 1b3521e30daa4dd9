/**
 * Connections that are held open with half of something sent: they must cost nobody else anything, and whoever gets to the end of its
 * frame after all is answered.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { connectFrame, FrameSocket, parseReply, Writer } from '../support/raw-client.js';
import type { Port } from './fuzz.js';
import type { Random } from './random.js';

/** Connections of each kind at each server. */
const EACH = 16;
/** Longer than the fuzzing of a port takes between two trickles. */
const SESSION_MS = 60_000;

const exists = new Writer().int(1).int(3).buffer('/').bool(false).bytes();
const existsFrame = new Writer().buffer(exists).bytes();

/** What is begun and never ended, by port. */
const HALVES: Readonly<Record<Port, readonly Buffer[]>> = {
  client: [
    Buffer.alloc(0),
    Buffer.of(0, 0),
    connectFrame().subarray(0, 20),
    Buffer.from('rou'),
    // A frame as long as may be, of which little comes.
    Buffer.concat([connectFrame({ timeout: SESSION_MS }), new Writer().int(0xf_fff0).bytes()]),
  ],
  quorum: [
    Buffer.alloc(0),
    Buffer.of(0, 0, 0),
    // FOLLOWERINFO with half a megabyte of data to come.
    new Writer().int(11).long(0n).int(500_000).bytes(),
  ],
  election: [
    Buffer.alloc(0),
    new Writer().long(-65_536n).bytes(),
    new Writer().long(-65_536n).long(99n).int(200).bytes(),
  ],
};

const open = async (address: string): Promise<FrameSocket> => {
  const [host = '', port = ''] = address.split(':');
  return FrameSocket.open(host, Number(port));
};

/** A client whose requests take many trickles each. */
class Slow {
  answers = 0;
  #at = 0;
  private constructor(private readonly socket: FrameSocket) {}

  static async start(address: string): Promise<Slow> {
    const socket = await open(address);
    socket.send(connectFrame({ timeout: SESSION_MS }));
    assert.notEqual(await socket.next(), null, 'a slow client has no session');
    return new Slow(socket);
  }
  /** A few bytes more; the answer when they were the last ones. */
  async trickle(bytes: number): Promise<void> {
    const piece = existsFrame.subarray(this.#at, this.#at + bytes);
    this.socket.send(piece);
    this.#at += piece.length;
    if (this.#at < existsFrame.length) return;
    this.#at = 0;
    const answer = await this.socket.next();
    if (answer === null) throw new Error('a slow client lost its connection');
    assert.equal(parseReply(answer).err, 0, 'exists of a slow client');
    this.answers += 1;
  }
  end(): void {
    this.socket.destroy();
  }
}

export class Holds {
  readonly #held: { readonly address: string; readonly half: Buffer; socket: FrameSocket }[] = [];
  private constructor(private readonly slow: readonly Slow[]) {}

  static async start(port: Port, targets: readonly string[]): Promise<Holds> {
    const at = targets.flatMap((address) => Array.from({ length: EACH }, () => address));
    const holds = new Holds(port === 'client' ? await Promise.all(at.map(Slow.start)) : []);
    for (const half of HALVES[port]) {
      for (const address of at) holds.#held.push({ address, half, socket: await open(address) });
    }
    for (const { half, socket } of holds.#held) socket.send(half);
    return holds;
  }
  /** Some bytes more on each; whom the server has sent away comes again. */
  async trickle(random: Random): Promise<void> {
    for (const one of this.#held) {
      if (one.socket.socket.destroyed || one.socket.socket.readableEnded) {
        one.socket.destroy();
        one.socket = await open(one.address);
        one.socket.send(one.half);
      } else if (one.half.length > 4 && random.oneIn(4)) one.socket.send(Buffer.of(0));
    }
    await Promise.all(this.slow.map((client) => client.trickle(1 + random.below(8))));
  }
  /** Throws if a slow client was never answered. */
  end(): void {
    for (const { socket } of this.#held) socket.destroy();
    for (const client of this.slow) {
      client.end();
      assert.ok(client.answers > 0, 'a slow client was never answered');
    }
  }
}
