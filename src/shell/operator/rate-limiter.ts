/** Lets one through in each interval (Apache: `RateLimiter`). */
export class RateLimiter {
  readonly #interval: number;
  readonly #now: () => number;
  #since: number;
  #used = false;

  /** @param interval ms. */
  constructor(interval: number, now: () => number) {
    this.#interval = interval;
    this.#now = now;
    this.#since = now();
  }

  allow(): boolean {
    const now = this.#now();
    if (now > this.#since + this.#interval) {
      this.#since = now;
      this.#used = false;
    }
    if (this.#used) return false;
    this.#used = true;
    return true;
  }
}
