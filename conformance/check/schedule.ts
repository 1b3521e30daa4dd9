/** Runs jobs that each need one or more cores, as many at once as the cores allow. */

/**
 * Starts the jobs in order, but lets a later one that fits go before an earlier one that does
 * not; a job that wants more than there is gets all. Results are in the order of the jobs.
 * After the first rejection nothing new starts, and it rejects when all that runs has ended.
 */
export async function runOnCores<T, R>(
  jobs: readonly T[],
  cores: number,
  coresOf: (job: T) => number,
  run: (job: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(jobs.length);
  const waiting = jobs.map((job, index) => ({ job, index, needs: Math.min(coresOf(job), cores) }));
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let free = cores;
  for (;;) {
    const next = failures.length > 0 ? -1 : waiting.findIndex(({ needs }) => needs <= free);
    if (next < 0) {
      if (running.size === 0) break;
      await Promise.race(running);
      continue;
    }
    const [entry] = waiting.splice(next, 1);
    if (entry === undefined) break;
    free -= entry.needs;
    const task: Promise<void> = run(entry.job)
      .then((result) => {
        results[entry.index] = result;
      })
      .catch((e: unknown) => {
        failures.push(e);
      })
      .finally(() => {
        free += entry.needs;
        running.delete(task);
      });
    running.add(task);
  }
  if (failures.length > 0) throw failures[0];
  return results;
}
