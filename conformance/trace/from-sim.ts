/** The trace of a run in memory (`src/sim`): a line for each core step, in the order of the run. */
import { toArray } from '../../src/core/chunked.js';
import type { PeerConn } from '../../src/core/ids.js';
import type { Cluster } from '../../src/sim/cluster.js';
import { traceLine } from './recorder.js';
import type { TraceLine } from './schema.js';

/** The ends of the simulator's connection n are numbered 2n and 2n + 1. */
function connName(conn: PeerConn): string {
  return `c${conn >> 1}`;
}

export function traceOf(cluster: Cluster): readonly TraceLine[] {
  return toArray(cluster.steps).map((step, index) => traceLine(step, { seq: index + 1, connName }));
}
