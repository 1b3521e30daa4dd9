/** `zab simulate`: one seed replayed, or a range of seeds on all cores. */
import type { CommandIo } from '../../../conformance/command-io.js';
import { writeJunit, type JUnitCase } from '../../../conformance/junit.js';
import { shardText, WHOLE } from '../../../conformance/shard.js';
import { UnusableInput } from '../../../conformance/unusable-input.js';
import { planOf } from '../../sim/ensemble/plan.js';
import type { RunFailure, RunResult } from '../../sim/ensemble/run.js';
import { UsageError } from '../command.js';
import { readArguments, type SimulateArguments } from './arguments.js';
import { runPool, type SeedRun } from './pool.js';
import { replay, type Replay } from './replay.js';
import { totalsOf, totalsText } from './totals.js';

export async function runSimulate(args: readonly string[], io: CommandIo): Promise<number> {
  const asked = readArguments(args);
  try {
    return asked.single ? runSingle(asked, io) : await runRange(asked, io);
  } catch (e) {
    if (e instanceof UnusableInput) throw new UsageError(`zab simulate: ${e.message}`);
    throw e;
  }
}

function failureText({ property, detail, at, step }: RunFailure): string {
  return `${property} does not hold at step ${step}, ${at.toFixed(3)} ms: ${detail}`;
}

function again(seed: number): string {
  return `zab simulate --seed ${seed}`;
}

function planText(seed: number): string {
  const { voters, observers, clients, tickTime, duration } = planOf(seed);
  const observing = observers === 0 ? '' : ` and ${observers} observer${observers > 1 ? 's' : ''}`;
  const servers = voters === 1 ? 'standalone' : `${voters} voters${observing}`;
  return `seed ${seed}: ${servers}, ${clients} clients, tick ${tickTime} ms, ${duration} ms of faults`;
}

/** The seed's trace, where it was asked for or if it fails, and what led to its failure. */
function runSingle(asked: SimulateArguments, io: CommandIo): number {
  const { from: seed, trace, verbose, json } = asked;
  const started = performance.now();
  const watched = verbose && !json ? { onEvent: io.out } : {};
  const run = replay(seed, { ...watched, ...(trace === null ? {} : { trace }) });
  const wallMs = performance.now() - started;
  const { failure } = run.result;
  const saved = failure === null ? trace : (trace ?? saveTrace(seed, null));
  if (json) io.out(JSON.stringify({ ...run.result, trace: saved, lastEvents: run.lastEvents }));
  else {
    io.out(planText(seed));
    if (failure === null) {
      for (const line of totalsText(totalsOf([run.result]), wallMs)) io.out(line);
      io.out(`digest ${run.result.digest}: all properties hold`);
    } else tellFailure(run, verbose, saved, io);
  }
  if (asked.junit !== null) writeSuite(asked, [{ result: run.result, wallMs }], wallMs);
  return failure === null ? 0 : 1;
}

function tellFailure(
  { result, lastEvents }: Replay,
  told: boolean,
  trace: string | null,
  io: CommandIo,
): void {
  if (!told) {
    io.out('last events:');
    for (const line of lastEvents) io.out(line);
  }
  io.out(failureText(result.failure!));
  io.out(`again: ${again(result.seed)}`);
  if (trace !== null) io.out(`trace: ${trace}`);
}

/** Runs the seed once more for its trace; returns where that is. */
function saveTrace(seed: number, path: string | null): string {
  const trace = path ?? `simulate-${seed}.ndjson`;
  replay(seed, { trace });
  return trace;
}

async function runRange(asked: SimulateArguments, io: CommandIo): Promise<number> {
  const { from, to, fresh, minutes, shard, threads, first, json } = asked;
  const started = performance.now();
  const until = minutes === null ? Infinity : started + minutes * 60_000;
  if (!json) {
    const part = shard === WHOLE ? '' : `, part ${shardText(shard)}`;
    const range = to - from > 0x4000_0000 ? `from ${from} on` : `${from}..${to}`;
    io.out(`${fresh ? 'fresh seeds' : 'seeds'} ${range}${part}, ${threads} threads`);
  }
  const runs: SeedRun[] = [];
  const failed: RunResult[] = [];
  let seed = from + shard.index - 1;
  const next = (): number | null => {
    const over = performance.now() >= until || (first && failed.length > 0);
    if (over || seed > to || io.signal?.aborted === true) return null;
    const current = seed;
    seed += shard.count;
    return current;
  };
  const onRun = (run: SeedRun): void => {
    runs.push(run);
    const { result } = run;
    if (result.failure !== null) {
      failed.push(result);
      if (!json) io.out(`seed ${result.seed}: ${failureText(result.failure)}`);
    }
    const hours = runs.reduce((sum, each) => sum + each.result.elapsed, 0) / 3_600_000;
    io.status?.(
      `${runs.length} seeds, ${hours.toFixed(1)} simulated hours, ${failed.length} failed`,
    );
  };
  const signal = io.signal === undefined ? {} : { signal: io.signal };
  await runPool({ threads, next, onRun, ...signal });
  const wallMs = performance.now() - started;
  runs.sort((a, b) => a.result.seed - b.result.seed);
  failed.sort((a, b) => a.seed - b.seed);
  const trace = failed[0] === undefined ? null : saveTrace(failed[0].seed, asked.trace);
  report(asked, runs, failed, trace, wallMs, io);
  if (asked.junit !== null) writeSuite(asked, runs, wallMs);
  return failed.length === 0 ? 0 : 1;
}

function report(
  asked: SimulateArguments,
  runs: readonly SeedRun[],
  failed: readonly RunResult[],
  trace: string | null,
  wallMs: number,
  io: CommandIo,
): void {
  const totals = totalsOf(runs.map(({ result }) => result));
  if (asked.json) {
    const rate = totals.simulatedHours / (wallMs / 60_000);
    const failures = failed.map(({ seed, failure }) => ({ seed, ...failure, again: again(seed) }));
    const { from, shard } = asked;
    const figures = { from, shard: shardText(shard), ...totals, wallMs, hoursPerMinute: rate };
    io.out(JSON.stringify({ ...figures, failures, trace }));
    return;
  }
  for (const line of totalsText(totals, wallMs)) io.out(line);
  if (failed.length === 0) {
    io.out('all properties hold');
    return;
  }
  io.out(`${failed.length} of ${runs.length} seeds violate a property:`);
  for (const { seed, failure } of failed) io.out(`  ${again(seed)}  # ${failure!.property}`);
  io.out(`trace of seed ${failed[0]!.seed}: ${trace}`);
}

function caseOf({ result, wallMs }: SeedRun): JUnitCase {
  const { seed, failure, steps, elapsed } = result;
  const common = { name: `seed ${seed}`, classname: 'zab.simulate', elapsedMs: wallMs };
  if (failure === null) {
    const output = `${steps} steps, ${elapsed} ms simulated, digest ${result.digest}`;
    return { ...common, outcome: { kind: 'passed' }, output };
  }
  const details = `${failureText(failure)}\nagain: ${again(seed)}`;
  return { ...common, outcome: { kind: 'failed', message: failure.property, details } };
}

function writeSuite(asked: SimulateArguments, runs: readonly SeedRun[], wallMs: number): void {
  const properties = { from: String(asked.from), shard: shardText(asked.shard) };
  const suite = { name: 'zab simulate', cases: runs.map(caseOf), properties, elapsedMs: wallMs };
  writeJunit(asked.junit!, [suite]);
}
