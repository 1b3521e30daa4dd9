/**
 * Which model runs when, with how many workers. TLC's second worker brings less than a second JVM
 * does (its start, its liveness check and small frontiers keep to one core), so models run one
 * worker each, as many at once as there are cores, the longest first; a model that alone takes
 * longer than its share of the whole gets all cores, and goes first.
 */
import { totalmem } from 'node:os';
import type { Model } from './manifest.js';

/** A model's start of a JVM and reading of modules, s. */
const START_SECONDS = 3;
/** Distinct states a second of one worker on the whole protocol, measured on 2 cores. */
const STATES_PER_SECOND = 1_500;
/** A mutant or a witness ends at its first violation. */
const VIOLATION_SECONDS = 8;
const DEEP_SECONDS = 1_200;
/** Below this the start of TLC, which keeps to one core, is too much of the whole. */
const ALONE_SECONDS_MIN = 60;
const HEAP_MB = 2_000;
/** The rest is for the JVMs' own needs and the machine. */
const MEMORY_SHARE = 0.8;

export interface Placed {
  readonly model: Model;
  readonly workers: number;
  readonly heapMb: number;
}

/** Seconds on one worker: as the manifest says, or a guess from the distinct states. */
export function costOf(model: Model): number {
  if (model.seconds !== undefined) return model.seconds;
  if (model.distinct !== null) return START_SECONDS + model.distinct / STATES_PER_SECOND;
  if (model.expect !== 'holds') return VIOLATION_SECONDS;
  return model.class === 'deep' ? DEEP_SECONDS : VIOLATION_SECONDS * 2;
}

/** In the order in which they should start. */
export function placed(models: readonly Model[], cores: number): readonly Placed[] {
  const longestFirst = models.toSorted((a, b) => costOf(b) - costOf(a));
  let rest = longestFirst.reduce((sum, model) => sum + costOf(model), 0);
  return longestFirst.map((model) => {
    const share = rest / cores;
    const alone = costOf(model) > Math.max(share, ALONE_SECONDS_MIN) && model.workers > 1;
    if (alone) rest -= costOf(model);
    const workers = alone ? Math.min(model.workers, cores) : 1;
    return { model, workers, heapMb: model.heapMb ?? HEAP_MB };
  });
}

/** How much of the machine's memory heaps may take, MB; one that is larger runs alone. */
export function memoryMb(): number {
  return Math.floor((totalmem() / 2 ** 20) * MEMORY_SHARE);
}
