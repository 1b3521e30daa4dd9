/** What `zab check` says in the end: a table, one JSON object, JUnit XML, stories. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { count, table } from '../command-io.js';
import type { JUnitCase, JUnitSuite } from '../junit.js';
import { propertySources } from '../story/properties.js';
import { saveTrace } from '../counterexample/save.js';
import { saveCounterexample } from '../story/saved.js';
import { tellStory } from '../story/story.js';
import type { Violated } from '../story/story.js';
import { temporalProperties, verdictText } from '../tla2tools-runner/index.js';
import { expectationText } from './manifest.js';
import type { Manifest, Model } from './manifest.js';
import { seconds } from './progress.js';
import { moduleName } from './run-models.js';
import type { Outcome } from './run-models.js';

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

/** Distinct states of the models that were searched to the end. */
function exhausted(outcomes: readonly Outcome[]): number {
  return outcomes
    .filter(({ model, result }) => model.mode === 'check' && result.verdict.kind === 'holds')
    .reduce((sum, { result }) => sum + (result.progress.distinct ?? 0), 0);
}

export function totalLine(outcomes: readonly Outcome[], wallMs: number): string {
  const wrong = outcomes.filter(({ mismatches }) => mismatches.length > 0).length;
  const inTlc = outcomes.reduce((sum, { result }) => sum + result.elapsedMs, 0);
  const verdict = wrong === 0 ? 'all as the manifest says' : `${wrong} not as the manifest says`;
  const states = `${count(exhausted(outcomes))} distinct states exhausted`;
  return `${outcomes.length} models: ${verdict}; ${states}; ${seconds(wallMs)} (TLC: ${seconds(inTlc)})`;
}

export function listTable(models: readonly Model[]): readonly string[] {
  const rows = models.map((m) => [
    m.name,
    m.class,
    m.bounds,
    count(m.distinct),
    count(m.depth),
    expectationText(m),
    m.description,
  ]);
  const head = ['model', 'class', 'bounds', 'distinct', 'depth', 'expected', 'description'];
  return table([head, ...rows], [3, 4]);
}

/** A counterexample that was told or saved. */
export interface Told {
  readonly outcome: Outcome;
  readonly story: readonly string[];
  /** Where it was saved; null: it was not. */
  readonly file: string | null;
  /** Where it was saved as a trace. */
  readonly trace: string | null;
  /** Why there is no trace of it, though it is one of the protocol. */
  readonly noTrace: string | null;
}

function configOf(manifest: Manifest, model: Model): string {
  return readFileSync(join(manifest.folder, model.config), 'utf8');
}

/** What TLC says is violated; of several liveness properties it does not say which. */
function violatedOf({ model, result }: Outcome, config: string): Violated | null {
  if (result.verdict.kind !== 'violated') return null;
  const { kind, property } = result.verdict.violation;
  if (property !== null) return { kind, properties: [property] };
  if (kind !== 'liveness') return { kind, properties: [] };
  const named = temporalProperties(config);
  const wanted = model.expect === 'holds' ? null : model.expect.violates;
  return { kind, properties: wanted !== null && named.length === 1 ? [wanted] : named };
}

/** Tells, and saves if a folder is given, the counterexamples of these outcomes. */
export function tell(
  manifest: Manifest,
  outcomes: readonly Outcome[],
  folder: string | null,
): readonly Told[] {
  const sources = propertySources([dirname(manifest.folder), manifest.folder]);
  return outcomes.flatMap((outcome) => {
    const { model, result } = outcome;
    const config = configOf(manifest, model);
    const violated = violatedOf(outcome, config);
    const { counterexample } = result;
    if (violated === null || counterexample === null) return [];
    const story = tellStory(counterexample, violated, sources);
    const saved = {
      model: model.name,
      module: moduleName(model),
      config,
      violated,
      counterexample,
    };
    const file = folder === null ? null : saveCounterexample(folder, saved);
    const none = { trace: null, noTrace: null };
    const traced = folder === null ? none : saveTrace(folder, saved);
    return [{ outcome, story, file, ...traced }];
  });
}

export function outcomeJson(outcome: Outcome, told: readonly Told[]): unknown {
  const { model, result, workers, mismatches } = outcome;
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
    workers,
    elapsedMs: Math.round(result.elapsedMs),
    counterexample: (result.counterexample?.states ?? []).map((s) => s.action ?? 'Init'),
    file: told.find((each) => each.outcome === outcome)?.file ?? null,
    trace: told.find((each) => each.outcome === outcome)?.trace ?? null,
  };
}

function outcomeCase(outcome: Outcome, told: readonly Told[]): JUnitCase {
  const { model, result, mismatches } = outcome;
  const { distinct, depth, generated } = result.progress;
  const found = told.find((each) => each.outcome === outcome);
  const { story = [], file = null, trace = null } = found ?? {};
  const common = {
    name: model.name,
    classname: `zab.check.${model.class}`,
    elapsedMs: result.elapsedMs,
    output:
      `${model.description} ${model.bounds}: ${verdictText(result.verdict)}, ` +
      `${count(distinct)} distinct states of ${count(generated)}, depth ${count(depth)}`,
  };
  if (mismatches.length === 0) return { ...common, outcome: { kind: 'passed' } };
  const where = [file, trace].flatMap((path) => (path === null ? [] : [`saved as ${path}`]));
  return {
    ...common,
    outcome: {
      // An evaluation error or a time-out is no verdict about the property.
      kind: ['error', 'stopped'].includes(result.verdict.kind) ? 'error' : 'failed',
      message: mismatches.join('; '),
      details: [...mismatches, ...where, ...story].join('\n'),
    },
  };
}

export function outcomeSuite(
  outcomes: readonly Outcome[],
  told: readonly Told[],
  wallMs: number,
): JUnitSuite {
  return {
    name: 'zab check',
    elapsedMs: wallMs,
    properties: { tlc: outcomes[0]?.result.version ?? '' },
    cases: outcomes.map((outcome) => outcomeCase(outcome, told)),
  };
}
