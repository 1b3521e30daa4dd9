/**
 * `zab check`: runs the models of the manifest through TLC and holds each result against what the
 * manifest says: verdict, the property that is violated, distinct states, depth.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CommandIo } from '../command-io.js';
import { table } from '../command-io.js';
import { packageRoot } from '../package-root.js';
import { findTools, judge, runTlc, ToolsError, verdictText } from '../tla2tools-runner/index.js';
import type { Progress, TlcResult, TlcRun, Tools } from '../tla2tools-runner/index.js';
import {
  expectationOf,
  expectationText,
  libraryOf,
  loadManifest,
  selectModels,
} from './manifest.js';
import { UnusableInput } from '../unusable-input.js';
import type { Manifest, Model } from './manifest.js';
import { runOnCores } from './schedule.js';

/** More than two JVMs at once need more memory than they save time. */
const CORES_MAX = 2;

export const usage = `Usage: zab check [MODEL…] [--deep] [--list] [--json] [--manifest FILE]

Checks the TLA+ models of spec/models/manifest.json with TLC and compares what it finds with what
the manifest says. Without MODEL: all models but the deep ones.

  --deep           the deep models, too
  --list           only list the models
  --json           one JSON object on stdout
  --manifest FILE  another manifest

Exit code: 0 all is as the manifest says; 1 something is not; 2 unusable input, or no Java or TLC.
Java 11 or newer is looked for in JAVA_HOME and PATH; the TLC jar in TLA2TOOLS_JAR, in the cache
folder (ZAB_CACHE_DIR), in the TLA+ project's release v1.7.4, and with Maven.`;

/** One model's outcome. */
export interface Outcome {
  readonly model: Model;
  readonly result: TlcResult;
  /** Empty if all is as the manifest says. */
  readonly mismatches: readonly string[];
}

function moduleRun(manifest: Manifest, model: Model): TlcRun {
  const common = {
    module: join(manifest.folder, model.module),
    config: join(manifest.folder, model.config),
    library: libraryOf(manifest),
    workers: model.workers,
    deadlock: model.deadlock,
    timeoutMs: model.timeoutSeconds * 1000,
    ...(model.heapMb === undefined ? {} : { heapMb: model.heapMb }),
  };
  if (model.mode === 'check') {
    return { ...common, mode: model.mutant === null ? 'check' : 'mutant' };
  }
  const { traces, depth, seed } = model.simulate ?? { traces: 1000, depth: 100, seed: 0 };
  return { ...common, mode: 'simulate', traces, depth, seed };
}

/** What differs from the manifest, in words. */
export function mismatchesOf(model: Model, result: TlcResult): readonly string[] {
  const mismatches: string[] = [];
  const judgement = judge(result, expectationOf(model));
  if (!judgement.ok) mismatches.push(judgement.why);
  const { distinct, depth } = result.progress;
  if (model.distinct !== null && distinct !== model.distinct) {
    mismatches.push(`expected ${count(model.distinct)} distinct states, got ${count(distinct)}`);
  }
  if (model.depth !== null && depth !== model.depth) {
    mismatches.push(`expected depth ${count(model.depth)}, got ${count(depth)}`);
  }
  return mismatches;
}

async function runModels(
  manifest: Manifest,
  models: readonly Model[],
  tools: Tools,
  io: CommandIo,
  quiet: boolean,
): Promise<readonly Outcome[]> {
  const running = new Map<string, Progress | null>();
  let done = 0;
  const show = () => {
    if (quiet) return;
    const parts = [...running].map(([name, p]) => `${name} ${p === null ? '…' : progressText(p)}`);
    io.status?.(`[${done}/${models.length}] ${parts.join(' · ')}`);
  };
  const runOne = async (model: Model): Promise<Outcome> => {
    if (io.signal?.aborted === true) throw new UnusableInput('zab check: interrupted');
    running.set(model.name, null);
    show();
    const onProgress = (progress: Progress) => {
      running.set(model.name, progress);
      show();
    };
    try {
      const signal = io.signal === undefined ? {} : { signal: io.signal };
      const run = { ...moduleRun(manifest, model), onProgress, ...signal };
      const result = await runTlc(run, tools);
      const outcome = { model, result, mismatches: mismatchesOf(model, result) };
      done++;
      if (!quiet) io.out(outcomeLine(outcome));
      return outcome;
    } catch (e) {
      if (e instanceof ToolsError)
        throw new ToolsError(e.code, `${model.name}: ${e.message}`, e.details);
      throw e;
    } finally {
      running.delete(model.name);
      show();
    }
  };
  const cores = Math.min(CORES_MAX, availableParallelism());
  try {
    return await runOnCores(models, cores, (m) => m.workers, runOne);
  } finally {
    io.status?.('');
  }
}

function count(n: number | null): string {
  return n === null ? '–' : n.toLocaleString('en-US');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function progressText({ distinct, generated, depth, queue }: Progress): string {
  if (distinct === null) return `${count(generated)} states`;
  return `${count(distinct)} distinct, depth ${count(depth)}, ${count(queue)} queued`;
}

function outcomeLine({ model, result, mismatches }: Outcome): string {
  const { distinct, depth } = result.progress;
  const figures = `${count(distinct)} distinct, depth ${count(depth)}, ${seconds(result.elapsedMs)}`;
  const verdict = mismatches.length === 0 ? verdictText(result.verdict) : mismatches.join('; ');
  return `${mismatches.length === 0 ? 'ok  ' : 'FAIL'} ${model.name}: ${verdict} (${figures})`;
}

/** model | bounds | distinct | depth | time | verdict */
export function outcomeTable(outcomes: readonly Outcome[]): readonly string[] {
  const rows = outcomes.map(({ model, result, mismatches }) => [
    model.name,
    model.bounds,
    count(result.progress.distinct),
    count(result.progress.depth),
    seconds(result.elapsedMs),
    (mismatches.length === 0 ? 'ok: ' : 'FAIL: ') +
      (mismatches.length === 0 ? verdictText(result.verdict) : mismatches.join('; ')),
  ]);
  return table([['model', 'bounds', 'distinct', 'depth', 'time', 'verdict'], ...rows], [2, 3, 4]);
}

function listTable(models: readonly Model[]): readonly string[] {
  const rows = models.map((m) => [m.name, m.class, m.bounds, expectationText(m), m.description]);
  return table([['model', 'class', 'bounds', 'expected', 'description'], ...rows], []);
}

function outcomeJson({ model, result, mismatches }: Outcome): unknown {
  const { distinct, depth, generated } = result.progress;
  return {
    model: model.name,
    class: model.class,
    bounds: model.bounds,
    expected: expectationText(model),
    verdict: verdictText(result.verdict),
    ok: mismatches.length === 0,
    mismatches,
    generated,
    distinct,
    depth,
    elapsedMs: Math.round(result.elapsedMs),
    counterexample: (result.counterexample?.states ?? []).map((s) => s.action ?? 'Init'),
  };
}

interface Options {
  readonly names: readonly string[];
  readonly deep: boolean;
  readonly list: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly manifest: string;
}

function parseOptions(argv: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        deep: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        manifest: { type: 'string' },
      },
    });
    const manifest = values.manifest ?? join(packageRoot(), 'spec', 'models', 'manifest.json');
    return { ...values, names: positionals, manifest };
  } catch (e) {
    throw new UnusableInput(`zab check: ${(e as Error).message.split('\n')[0] ?? ''}`);
  }
}

async function check(options: Options, io: CommandIo): Promise<number> {
  const manifest = loadManifest(options.manifest);
  const models = selectModels(manifest, options.names, options.deep || options.list);
  if (options.list) {
    if (options.json) io.out(JSON.stringify(models));
    else for (const line of listTable(models)) io.out(line);
    return 0;
  }
  const tools = await findTools();
  const outcomes = await runModels(manifest, models, tools, io, options.json);
  const ok = outcomes.every((o) => o.mismatches.length === 0);
  if (options.json) io.out(JSON.stringify({ ok, models: outcomes.map(outcomeJson) }));
  else for (const line of ['', ...outcomeTable(outcomes)]) io.out(line);
  return ok ? 0 : 1;
}

/** The whole command; never throws for what a user can do wrong. */
export async function runCheck(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (options.help) {
      io.out(usage);
      return 0;
    }
    return await check(options, io);
  } catch (e) {
    if (!(e instanceof ToolsError || e instanceof UnusableInput)) throw e;
    io.err(e.message);
    return 2;
  }
}
