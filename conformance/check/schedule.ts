/** Runs jobs that each need one or more cores and memory, as many at once as there is room for. */

/** What a job takes, or what there is. */
export interface Room {
  readonly cores: number;
  readonly memoryMb: number;
}

function fits(needs: Room, free: Room): boolean {
  return needs.cores <= free.cores && needs.memoryMb <= free.memoryMb;
}

function plus(a: Room, b: Room, sign: 1 | -1): Room {
  return { cores: a.cores + sign * b.cores, memoryMb: a.memoryMb + sign * b.memoryMb };
}

/**
 * Starts the jobs in order, but lets a later one that fits go before an earlier one that does
 * not; a job that wants more than there is gets all. Results are in the order of the jobs.
 * After the first rejection nothing new starts, and it rejects when all that runs has ended.
 */
export async function runOnCores<T, R>(
  jobs: readonly T[],
  room: Room,
  needsOf: (job: T) => Room,
  run: (job: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(jobs.length);
  const waiting = jobs.map((job, index) => {
    const { cores, memoryMb } = needsOf(job);
    const needs = {
      cores: Math.min(cores, room.cores),
      memoryMb: Math.min(memoryMb, room.memoryMb),
    };
    return { job, index, needs };
  });
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let free = room;
  for (;;) {
    const next = failures.length > 0 ? -1 : waiting.findIndex(({ needs }) => fits(needs, free));
    if (next < 0) {
      if (running.size === 0) break;
      await Promise.race(running);
      continue;
    }
    const [entry] = waiting.splice(next, 1);
    if (entry === undefined) break;
    free = plus(free, entry.needs, -1);
    const task: Promise<void> = run(entry.job)
      .then((result) => {
        results[entry.index] = result;
      })
      .catch((e: unknown) => {
        failures.push(e);
      })
      .finally(() => {
        free = plus(free, entry.needs, 1);
        running.delete(task);
      });
    running.add(task);
  }
  if (failures.length > 0) throw failures[0];
  return results;
}
