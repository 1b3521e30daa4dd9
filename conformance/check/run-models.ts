/** Runs models through TLC, several at once, and holds each result against the manifest. */
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import type { CommandIo } from '../command-io.js';
import { count } from '../command-io.js';
import { judge, runTlc, ToolsError, verdictText } from '../tla2tools-runner/index.js';
import type { Progress, TlcResult, TlcRun, Tools } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';
import { expectationOf, libraryOf } from './manifest.js';
import type { Manifest, Model } from './manifest.js';
import { costOf, memoryMb, placed } from './place.js';
import type { Placed } from './place.js';
import { withNamedSteps } from './named-steps.js';
import { ProgressText, seconds } from './progress.js';
import { runOnCores } from './schedule.js';

/** More than two JVMs at once need more memory than they save time. */
const CORES_MAX = 2;
/** Before that the JVM's thorough compiler takes more time than its code saves (40,000 states). */
const THOROUGH_COMPILER_SECONDS_MIN = 30;
/** Elsewhere than on a terminal TLC's own progress is shown, of models that run as long as this. */
const LONG_MS = 30_000;

/** One model's outcome. */
export interface Outcome {
  readonly model: Model;
  readonly result: TlcResult;
  readonly workers: number;
  /** Empty if all is as the manifest says. */
  readonly mismatches: readonly string[];
}

export interface RunOptions {
  readonly tools: Tools;
  readonly io: CommandIo;
  /** No line for each model, no progress. */
  readonly quiet: boolean;
  /** Runs one model; TLC in one process if not given. */
  readonly execute?: (run: TlcRun, tools: Tools) => Promise<TlcResult>;
  /** Distributed: one model at a time, on this many workers. */
  readonly alone?: number;
}

function moduleRun(manifest: Manifest, { model, workers, heapMb }: Placed): TlcRun {
  const common = {
    module: join(manifest.folder, model.module),
    config: join(manifest.folder, model.config),
    library: libraryOf(manifest),
    workers,
    heapMb,
    deadlock: model.deadlock,
    timeoutMs: model.timeoutSeconds * 1000,
    short: model.class === 'mutant' || costOf(model) < THOROUGH_COMPILER_SECONDS_MIN,
  };
  if (model.mode === 'check') {
    return { ...common, mode: model.mutant === null ? 'check' : 'mutant' };
  }
  const { traces, depth, seed } = model.simulate ?? { traces: 1000, depth: 100, seed: 0 };
  return { ...common, mode: 'simulate', traces, depth, seed };
}

/**
 * One worker reports the longest of the shortest paths; several the longest path that any of them took,
 * which is no shorter; a server with workers the path to the state found last, which may be any.
 */
function depthFits(
  pinned: number,
  found: number | null,
  workers: number,
  distributed: boolean,
): boolean {
  if (distributed) return true;
  return found !== null && (workers === 1 ? found === pinned : found >= pinned);
}

/** What differs from the manifest, in words. */
export function mismatchesOf(
  model: Model,
  result: TlcResult,
  workers: number,
  distributed = false,
): readonly string[] {
  const mismatches: string[] = [];
  const judgement = judge(result, expectationOf(model));
  if (!judgement.ok) mismatches.push(judgement.why);
  const { distinct, depth } = result.progress;
  if (model.distinct !== null && distinct !== model.distinct) {
    mismatches.push(`expected ${count(model.distinct)} distinct states, got ${count(distinct)}`);
  }
  if (model.depth !== null && !depthFits(model.depth, depth, workers, distributed)) {
    mismatches.push(`expected depth ${count(model.depth)}, got ${count(depth)}`);
  }
  return mismatches;
}

export function outcomeLine({ model, result, mismatches }: Outcome): string {
  const { distinct, depth } = result.progress;
  const figures = `${count(distinct)} distinct, depth ${count(depth)}, ${seconds(result.elapsedMs)}`;
  const verdict = mismatches.length === 0 ? verdictText(result.verdict) : mismatches.join('; ');
  return `${mismatches.length === 0 ? 'ok  ' : 'FAIL'} ${model.name}: ${verdict} (${figures})`;
}

/** On a terminal one line that changes, elsewhere a line now and then. */
class Display {
  private readonly running = new Map<string, string>();
  private done = 0;
  private readonly total: number;
  private readonly options: RunOptions;

  constructor(total: number, options: RunOptions) {
    this.total = total;
    this.options = options;
  }

  /** Returns what is to be called with the model's counts. */
  started({ model }: Placed): (progress: Progress) => void {
    const text = new ProgressText(model);
    const since = performance.now();
    this.running.set(model.name, '…');
    this.show();
    return (progress) => {
      const now = performance.now();
      const said = text.take(progress, now);
      this.running.set(model.name, said);
      const { io, quiet } = this.options;
      const long = now - since >= LONG_MS && progress.queue !== 0;
      if (io.status === null && !quiet && long) io.out(`...  ${model.name}: ${said}`);
      this.show();
    };
  }

  ended({ model }: Placed): void {
    this.done++;
    this.running.delete(model.name);
    this.show();
  }

  private show(): void {
    if (this.options.quiet) return;
    const parts = [...this.running].map(([name, said]) => `${name} ${said}`);
    this.options.io.status?.(`[${this.done}/${this.total}] ${parts.join(' · ')}`);
  }
}

async function runOne(
  manifest: Manifest,
  each: Placed,
  display: Display,
  { tools, io, quiet, alone, execute = runTlc }: RunOptions,
): Promise<Outcome> {
  if (io.signal?.aborted === true) throw new UnusableInput('zab check: interrupted');
  const onProgress = display.started(each);
  const { model } = each;
  try {
    const run: TlcRun = {
      ...moduleRun(manifest, each),
      onProgress,
      liveProgress: io.status !== null && model.mode === 'check' && alone === undefined,
      ...(io.signal === undefined ? {} : { signal: io.signal }),
    };
    const once = (each: TlcRun): Promise<TlcResult> => execute(each, tools);
    const result = await withNamedSteps(await once(run), run, model.namedBy, once);
    const mismatches = mismatchesOf(model, result, each.workers, alone !== undefined);
    const outcome = { model, result, workers: each.workers, mismatches };
    if (!quiet) io.out(outcomeLine(outcome));
    return outcome;
  } catch (e) {
    if (e instanceof ToolsError) {
      throw new ToolsError(e.code, `${model.name}: ${e.message}`, e.details);
    }
    throw e;
  } finally {
    display.ended(each);
  }
}

/** Outcomes in the order of `models`. Throws UnusableInput, or ToolsError with the model's name. */
export async function runModels(
  manifest: Manifest,
  models: readonly Model[],
  options: RunOptions,
): Promise<readonly Outcome[]> {
  const cores = Math.min(CORES_MAX, availableParallelism());
  const { alone } = options;
  const order = placed(models, cores).map((each) =>
    alone === undefined ? each : { ...each, workers: Math.max(alone, cores) },
  );
  const display = new Display(models.length, options);
  try {
    const outcomes = await runOnCores(
      order,
      { cores, memoryMb: memoryMb() },
      ({ workers, heapMb }) => ({ cores: workers, memoryMb: heapMb }),
      (each) => runOne(manifest, each, display, options),
    );
    return models.flatMap((model) => outcomes.filter((outcome) => outcome.model === model));
  } finally {
    options.io.status?.('');
  }
}

/** The module's name, as TLC calls it. */
export function moduleName(model: Model): string {
  return basename(model.module, '.tla');
}
