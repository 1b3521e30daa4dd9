/** Many simulated behaviours: TLC simulates the next configuration while one is replayed. */
import type { Tools } from '../tla2tools-runner/index.js';
import type { Simulation } from './manifest.js';
import { Replayer } from './replay.js';
import type { Replayed } from './report.js';
import { settingsOf } from './setting.js';
import { simulate } from './simulate.js';
import type { Trace } from './trace.js';

export interface SimulationsOptions {
  readonly tools: Tools;
  readonly traces: (simulation: Simulation) => number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onReplayed: (replayed: Replayed, done: number, total: number) => void;
  readonly replayerOf?: (setting: ReturnType<typeof settingsOf>[number]) => Replayer;
}

/** Throws UnusableInput or ToolsError if TLC cannot simulate one of them. */
export async function replaySimulations(
  folder: string,
  simulations: readonly Simulation[],
  options: SimulationsOptions,
): Promise<readonly Replayed[]> {
  const { tools, seed, signal, onReplayed, traces } = options;
  const total = simulations.reduce((sum, simulation) => sum + traces(simulation), 0);
  const replayed: Replayed[] = [];
  const start = (simulation: Simulation) => {
    const own = { tools, seed, traces: traces(simulation) };
    const running = simulate(folder, simulation, signal === undefined ? own : { ...own, signal });
    // It is awaited when its turn comes, and until then a failure must not end the process.
    running.catch(() => undefined);
    return running;
  };
  const [first, ...others] = simulations.filter((simulation) => traces(simulation) > 0);
  let running = first === undefined ? null : start(first);
  let waiting = others;
  while (running !== null) {
    const simulated = await running;
    const [next, ...rest] = waiting;
    running = next === undefined ? null : start(next);
    waiting = rest;
    try {
      const replayer = new OneSetting(options.replayerOf);
      for await (const trace of simulated.traces()) {
        const each = replayer.replay(trace);
        replayed.push(each);
        onReplayed(each, replayed.length, total);
      }
    } finally {
      await simulated.remove();
    }
  }
  return replayed;
}

/** All behaviours of a simulation have one setting. */
class OneSetting {
  private replayer: Replayer | null = null;
  private readonly replayerOf: NonNullable<SimulationsOptions['replayerOf']>;

  constructor(replayerOf: SimulationsOptions['replayerOf']) {
    this.replayerOf = replayerOf ?? ((setting) => new Replayer(setting));
  }

  replay(trace: Trace): Replayed {
    const started = performance.now();
    const [setting] = trace.known === null ? [] : settingsOf(trace.known);
    if (setting === undefined) throw new Error('a simulation without a setting');
    this.replayer ??= this.replayerOf(setting);
    const replay = this.replayer.replay(trace);
    return { name: trace.name, replay, elapsedMs: performance.now() - started };
  }
}
