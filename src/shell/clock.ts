/** The clocks of this process. */

/** Monotonic time that the reducers live by, whole ms; the same for all servers of a process. */
export function monotonicNow(): number {
  return Math.floor(performance.now());
}

/** ms since 1970. */
export function wallClock(): number {
  return Date.now();
}
