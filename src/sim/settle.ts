/** The end of a watched run: no more failures, until all is as it should be. */
import type { Millis, Sid } from '../core/ids.js';
import type { Watched } from './check.js';
import { actWatched } from './check.js';
import type { Cluster } from './cluster.js';
import { earliestTicks, isSettled, progress } from './schedule.js';

/** Everything works again: all servers are up and reach each other. */
export function healWatched(watched: Watched): Watched {
  let next = watched;
  for (const pair of watched.cluster.blocked) {
    const [a, b] = pair.split('-').map(Number) as [Sid, Sid];
    next = actWatched(next, { type: 'unblock', a, b });
  }
  for (const [sid, { state }] of watched.cluster.nodes) {
    if (state === null) next = actWatched(next, { type: 'start', sid });
  }
  return next;
}

export interface Patience {
  /** Of the ensemble's clock. */
  readonly ms: Millis;
  readonly actions: number;
}

/** Everything happens, the earliest deadline last, until `done`; null if that does not come. */
export function settleWatched(
  watched: Watched,
  patience: Patience,
  done: (cluster: Cluster) => boolean = isSettled,
): Watched | null {
  let next = watched;
  const end = next.cluster.now + patience.ms;
  for (let i = 0; !done(next.cluster); i++) {
    const action = progress(next.cluster)[0] ?? earliestTicks(next.cluster)[0];
    if (next.cluster.now >= end || i >= patience.actions || action === undefined) return null;
    next = actWatched(next, action);
  }
  return next;
}
