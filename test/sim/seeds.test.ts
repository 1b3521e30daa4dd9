/**
 * Seeds, in threads, as CI runs them: each that ever failed, and a fresh range for two minutes, whose
 * figures are printed. ZAB_SIMULATE_SEED=N begins the fresh range at N, ZAB_SIMULATE_MINUTES=M makes
 * it longer or shorter. About 2.5 minutes.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../conformance/package-root.js';
import { runPool } from '../../src/cli/simulate/pool.js';
import { totalsOf, totalsText } from '../../src/cli/simulate/totals.js';
import type { RunResult } from '../../src/sim/ensemble/run.js';

interface Regression {
  readonly seed: number;
  readonly property: string;
  readonly found: string;
}

const MINUTES = Number(process.env['ZAB_SIMULATE_MINUTES'] ?? 2);
/** Fewer mean that nothing was tested. */
const RUNS_MIN = 20;

async function run(next: () => number | null): Promise<readonly RunResult[]> {
  const results: RunResult[] = [];
  const threads = Math.min(availableParallelism(), 4);
  await runPool({ threads, next, onRun: ({ result }) => results.push(result) });
  return results;
}

function assertAllHold(results: readonly RunResult[]): void {
  const failed = results.filter(({ failure }) => failure !== null);
  const lines = failed.map(
    ({ seed, failure }) =>
      `zab simulate --seed ${seed}  # ${failure!.property}: ${failure!.detail}`,
  );
  assert.deepEqual(lines, []);
}

test('every seed that ever failed holds', async () => {
  const file = join(packageRoot(), 'test', 'sim', 'regressions.json');
  const regressions = JSON.parse(readFileSync(file, 'utf8')) as readonly Regression[];
  const seeds = regressions.map(({ seed }) => seed);
  assert.equal(new Set(seeds).size, seeds.length, 'a seed stands there twice');
  const results = await run(() => seeds.shift() ?? null);
  assert.equal(results.length, regressions.length);
  assertAllHold(results);
});

test('a fresh range of seeds holds', async (t) => {
  const chosen = process.env['ZAB_SIMULATE_SEED'];
  const from = chosen === undefined ? randomInt(0, 0x4000_0000) : Number(chosen);
  t.diagnostic(`seeds from ${from} on`);
  const started = performance.now();
  let seed = from;
  const results = await run(() =>
    performance.now() - started < MINUTES * 60_000 || seed - from < RUNS_MIN ? seed++ : null,
  );
  for (const line of totalsText(totalsOf(results), performance.now() - started)) t.diagnostic(line);
  assertAllHold(results);
  assert.ok(results.length >= RUNS_MIN);
  const totals = totalsOf(results);
  assert.ok(totals.committed > 0 && totals.answered > 0 && totals.watchEvents > 0);
  for (const kind of ['crash', 'partition', 'powerFailure', 'pause', 'tornWrite', 'disconnect']) {
    assert.ok((totals.faults[kind] ?? 0) > 0, `no ${kind}`);
  }
});
