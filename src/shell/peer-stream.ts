/**
 * The sending end of a quorum connection: packets leave in order, gathered by turn; a snapshot is
 * encoded piece by piece as the socket takes it, and what follows it waits.
 */
import type { Socket } from 'node:net';
import type { SnapshotImage } from '../core/image.js';
import { encodeSnapStream } from '../jute/snapshot.js';
import { Outbox, type Flusher } from './outbox.js';

/** How much of a snapshot may wait in memory for a slow learner. */
const SNAPSHOT_AHEAD_BYTES = 1 << 20;

export class PeerStream {
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  /** Packets behind a snapshot that is under way; null: there is none. */
  #behind: (Uint8Array | SnapshotImage)[] | null = null;
  #chunks: Iterator<Uint8Array> | null = null;
  #ending = false;

  constructor(socket: Socket, flusher: Flusher) {
    this.#socket = socket;
    this.#outbox = new Outbox(socket, flusher);
    socket.on('drain', () => this.#pump());
  }

  /** Bytes not yet taken by the kernel. */
  get pending(): number {
    return this.#outbox.pending;
  }

  send(packet: Uint8Array): void {
    if (this.#behind === null) this.#outbox.write(packet);
    else this.#behind.push(packet);
  }

  /** Sends the snapshot that the packet before has announced. */
  sendSnapshot(image: SnapshotImage): void {
    if (this.#behind !== null) {
      this.#behind.push(image);
      return;
    }
    this.#behind = [];
    this.#chunks = encodeSnapStream(image)[Symbol.iterator]();
    this.#pump();
  }

  /** Ends the connection once all of it is sent. */
  end(): void {
    this.#ending = true;
    if (this.#behind === null) this.#outbox.end();
  }

  flush(): void {
    this.#outbox.flush();
  }

  #pump(): void {
    const chunks = this.#chunks;
    if (chunks === null || this.#socket.destroyed) return;
    if (this.#outbox.pending >= SNAPSHOT_AHEAD_BYTES) return;
    const chunk = chunks.next();
    if (chunk.done === true) this.#finished();
    else {
      this.#outbox.write(chunk.value);
      // One piece a turn: nobody else waits for a large state.
      setImmediate(() => this.#pump());
    }
  }

  #finished(): void {
    const behind = this.#behind ?? [];
    this.#behind = null;
    this.#chunks = null;
    for (const item of behind) {
      if (item instanceof Uint8Array) this.send(item);
      else this.sendSnapshot(item);
    }
    if (this.#ending && this.#behind === null) this.#outbox.end();
  }
}
