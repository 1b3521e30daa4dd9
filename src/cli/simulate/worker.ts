/** A thread of `zab simulate`: runs the seeds that it is given, one after the other. */
import { parentPort } from 'node:worker_threads';
import { runSeed } from '../../sim/ensemble/run.js';

parentPort?.on('message', (seed: number) => {
  const started = performance.now();
  const result = runSeed(seed);
  parentPort?.postMessage({ result, wallMs: performance.now() - started });
});
