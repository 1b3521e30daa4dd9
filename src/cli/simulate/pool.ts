/** Seeds on all cores: a thread each, every one with a seed of its own at a time. */
import { Worker } from 'node:worker_threads';
import type { RunResult } from '../../sim/ensemble/run.js';

export interface SeedRun {
  readonly result: RunResult;
  /** Wall clock. */
  readonly wallMs: number;
}

export interface PoolOptions {
  readonly threads: number;
  /** The next seed to run; null: there are no more. */
  readonly next: () => number | null;
  readonly onRun: (run: SeedRun) => void;
  /** Ends it early; what is under way is given up. */
  readonly signal?: AbortSignal;
}

/** Resolves when all seeds are run. Throws if a thread ends by itself. */
export async function runPool({ threads, next, onRun, signal }: PoolOptions): Promise<void> {
  const workers: Worker[] = [];
  const stop = (): void => {
    for (const worker of workers) void worker.terminate();
  };
  signal?.addEventListener('abort', stop);
  try {
    await Promise.all(Array.from({ length: threads }, () => runThread(workers, next, onRun)));
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Works seeds off in a thread of its own until there are no more, or it is ended. */
function runThread(
  workers: Worker[],
  next: () => number | null,
  onRun: (run: SeedRun) => void,
): Promise<void> {
  const first = next();
  if (first === null) return Promise.resolve();
  const worker = new Worker(new URL('./worker.js', import.meta.url));
  workers.push(worker);
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => resolve());
    worker.on('message', (run: SeedRun) => {
      onRun(run);
      const seed = next();
      if (seed === null) resolve();
      else worker.postMessage(seed);
    });
    worker.postMessage(first);
  });
}
