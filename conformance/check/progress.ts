/** How far a running model is: states, queue, rate, and a bound on what is left. */
import { count } from '../command-io.js';
import type { Progress } from '../tla2tools-runner/index.js';
import type { Model } from './manifest.js';

/** A rate over less than this says nothing yet. */
const RATE_MS_MIN = 1_500;
/** Older counts do not tell how fast the queue shrinks now. */
const WINDOW_MS = 20_000;

interface Sample {
  readonly atMs: number;
  readonly distinct: number;
  readonly queue: number;
}

export function seconds(ms: number): string {
  return ms < 100_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** Remembers a model's last counts, to tell rates. */
export class ProgressText {
  private samples: readonly Sample[] = [];
  private readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }

  /** `nowMs`: of a clock that only goes forward. */
  take({ distinct, queue, generated, depth }: Progress, nowMs: number): string {
    if (distinct === null || queue === null) return `${count(generated)} states`;
    this.samples = [
      ...this.samples.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS),
      { atMs: nowMs, distinct, queue },
    ];
    const found = `${count(distinct)} distinct, depth ${count(depth)}, ${count(queue)} queued`;
    const rate = this.perSecond(({ distinct: d }) => d);
    const speed = rate === null ? '' : `, ${count(Math.round(rate))}/s`;
    return `${found}${speed}, ${this.left(distinct, queue, rate)}`;
  }

  private perSecond(of: (sample: Sample) => number): number | null {
    const [first] = this.samples;
    const last = this.samples[this.samples.length - 1];
    if (first === undefined || last === undefined) return null;
    const ms = last.atMs - first.atMs;
    return ms < RATE_MS_MIN ? null : ((of(last) - of(first)) * 1000) / ms;
  }

  /**
   * With a pinned count what is left to find is what is not found: a bound from above. Without one
   * the queue is a bound from below; if it shrinks, it tells when it will be empty.
   */
  private left(distinct: number, queue: number, rate: number | null): string {
    const { distinct: pinned, expect } = this.model;
    if (pinned !== null) {
      const left = Math.max(0, pinned - distinct);
      const percent = Math.min(100, Math.floor((100 * distinct) / pinned));
      const time = rate === null || rate <= 0 ? '' : `, ${seconds((left / rate) * 1000)}`;
      return `${percent} %, at most ${count(left)} left${time}`;
    }
    if (expect !== 'holds') return 'until the violation';
    const growth = this.perSecond(({ queue: q }) => q);
    if (growth !== null && growth < 0) {
      return `at least ${count(queue)} left, about ${seconds((queue / -growth) * 1000)}`;
    }
    return `at least ${count(queue)} left, and growing`;
  }
}
