/** Counters of a client port, as the four-letter words show them (Apache: `ServerStats`). */
export class ClientStats {
  received = 0;
  sent = 0;
  #answers = 0;
  #totalMs = 0;
  #minMs = Infinity;
  #maxMs = 0;

  /** A request was answered `ms` after it came. */
  answered(ms: number): void {
    this.sent += 1;
    this.#answers += 1;
    this.#totalMs += ms;
    if (ms < this.#minMs) this.#minMs = ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** In ms, whole as Apache has them, but for the average. */
  get latency(): { readonly min: number; readonly avg: number; readonly max: number } {
    if (this.#answers === 0) return { min: 0, avg: 0, max: 0 };
    return {
      min: Math.round(this.#minMs),
      avg: this.#totalMs / this.#answers,
      max: Math.round(this.#maxMs),
    };
  }
}
