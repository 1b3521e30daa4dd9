/**
 * Writes gathered by turn of the event loop: whatever is sent on a socket while one turn's events
 * are worked off leaves in one system call at the turn's end.
 */
import type { Socket } from 'node:net';

/** Runs every outbox that has something to send once the current turn's input is worked off. */
export class Flusher {
  #dirty: Outbox[] = [];
  #scheduled = false;

  schedule(outbox: Outbox): void {
    this.#dirty.push(outbox);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const outbox of dirty) outbox.flush();
  }
}

/** What waits to be written on one socket. */
export class Outbox {
  readonly #socket: Socket;
  readonly #flusher: Flusher;
  #chunks: Uint8Array[] = [];
  /** The last chunk; what lies right behind it in memory has been added up to `#runEnd`. */
  #run: Uint8Array | null = null;
  #runEnd = 0;
  #bytes = 0;
  #ending = false;
  #scheduled = false;

  constructor(socket: Socket, flusher: Flusher) {
    this.#socket = socket;
    this.#flusher = flusher;
  }

  /** Bytes not yet taken by the kernel. */
  get pending(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** `chunk` must not change until it is sent. */
  write(chunk: Uint8Array): void {
    if (this.#ending) return;
    this.#schedule();
    this.#bytes += chunk.length;
    // Records of one writer lie side by side: one view of them all saves a copy.
    if (this.#run?.buffer !== chunk.buffer || this.#runEnd !== chunk.byteOffset) {
      this.#endRun();
      this.#run = chunk;
    }
    this.#runEnd = chunk.byteOffset + chunk.length;
  }

  /** Ends the connection after all that was written before. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#schedule();
  }

  flush(): void {
    this.#scheduled = false;
    this.#endRun();
    const chunks = this.#chunks;
    const [first] = chunks;
    if (first !== undefined) {
      const bytes = this.#bytes;
      this.#chunks = [];
      this.#bytes = 0;
      if (!this.#socket.destroyed) {
        this.#socket.write(chunks.length === 1 ? first : Buffer.concat(chunks, bytes));
      }
    }
    if (this.#ending) this.#socket.end();
  }

  #endRun(): void {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    const length = this.#runEnd - run.byteOffset;
    const whole = length === run.length;
    this.#chunks.push(whole ? run : new Uint8Array(run.buffer, run.byteOffset, length));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#flusher.schedule(this);
  }
}
