/**
 * One timer for a deadline that moves often. Moving it later costs nothing: the timer that is set
 * fires early, sees that, and is set again.
 */
import { monotonicNow } from './clock.js';

/** Longest delay that a timer of Node takes. */
const DELAY_MAX = 0x7fff_ffff;

export class Alarm {
  readonly #ring: () => void;
  #at: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = 0;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings once when {@link monotonicNow} has reached `at`; null: not at all. */
  set(at: number | null): void {
    this.#at = at;
    if (at === null) return;
    if (this.#timer !== null) {
      if (this.#timerAt <= at) return;
      clearTimeout(this.#timer);
    }
    this.#arm(at);
  }

  stop(): void {
    this.#at = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(at: number): void {
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#fired(), clamp(at - monotonicNow()));
  }

  #fired(): void {
    this.#timer = null;
    if (this.#at === null) return;
    if (monotonicNow() < this.#at) this.#arm(this.#at);
    else {
      this.#at = null;
      this.#ring();
    }
  }
}

function clamp(delay: number): number {
  return Math.min(Math.max(0, delay), DELAY_MAX);
}
