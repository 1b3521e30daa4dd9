/** Runs recorded for tests. */
import { traceOf } from '../../../conformance/trace/from-sim.js';
import type { SourceLine } from '../../../conformance/trace/file.js';
import type { Run } from '../../../conformance/trace/validate.js';
import { act } from '../../../src/sim/action.js';
import { newCluster } from '../../../src/sim/cluster.js';
import { pickAction, ROUGH } from '../../../src/sim/schedule.js';

export function asRun(name: string, lines: ReturnType<typeof traceOf>): Run {
  return {
    name,
    lines: lines.map((line, i) => ({ file: name, number: i + 1, line })),
    refused: null,
  };
}

/** Three servers, faults, whatever the seed says. */
export function recordedRun(seed: number, steps: number): Run {
  let cluster = newCluster({ voters: [1, 2, 3], config: { commitLogCount: 3 } });
  for (const sid of cluster.nodes.keys()) cluster = act(cluster, { type: 'start', sid });
  let next = seed;
  for (let i = 0; i < steps; i++) {
    const [action, after] = pickAction(cluster, ROUGH, next);
    next = after;
    if (action === null) break;
    cluster = act(cluster, action);
  }
  return asRun(`seed ${seed}`, traceOf(cluster));
}

export function splitByServer(lines: readonly SourceLine[]): readonly (readonly SourceLine[])[] {
  const files = new Map<number, SourceLine[]>();
  for (const source of lines) {
    const { server } = source.line;
    files.set(server, [...(files.get(server) ?? []), source]);
  }
  return [...files.values()];
}
