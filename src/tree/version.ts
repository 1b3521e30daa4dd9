/** Version counters of znodes (Apache 3.9: `PrepRequestProcessor.checkAndIncVersion`). */

/** Stands for "any version" in a request. */
export const ANY_VERSION = -1;

/** May a request that expects `expected` go on where the node has `current`? */
export function versionMatches(current: number, expected: number): boolean {
  return expected === ANY_VERSION || expected === current;
}

/** The version after one more change: an int32 that wraps, and does not skip −1 (4.0 will). */
export function nextVersion(current: number): number {
  return (current + 1) | 0;
}
