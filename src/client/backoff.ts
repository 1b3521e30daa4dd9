/** How long to wait before the next attempt to connect. */

/** A connection that lived so long (ms) was a good one: its loss begins anew. */
const LONG_LIVED = 1_000;
const WAIT_MIN = 50;
const WAIT_MAX = 1_000;

/** Each host at once, then rounds that wait longer and longer, at random. Owned by one session. */
export class Backoff {
  private attempts = 0;
  private openedAt: number | null = null;

  /** A connection stands. */
  opened(): void {
    this.openedAt = performance.now();
  }

  /** It was lost, or did not come about: ms to wait. */
  next(hosts: number): number {
    if (this.openedAt !== null && performance.now() - this.openedAt > LONG_LIVED) this.attempts = 0;
    this.openedAt = null;
    const round = Math.floor(this.attempts++ / hosts);
    if (round === 0) return 0;
    const most = Math.min(WAIT_MAX, WAIT_MIN * 2 ** Math.min(round - 1, 10));
    return most * (0.5 + Math.random() / 2);
  }
}
