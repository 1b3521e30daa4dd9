/** `zab replay`: drives the reducers along TLC's counterexamples and simulated behaviours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CommandIo } from '../command-io.js';
import { table } from '../command-io.js';
import { writeJunit } from '../junit.js';
import type { JUnitCase } from '../junit.js';
import { packageRoot } from '../package-root.js';
import { parsedOptions, runCommand } from '../run-command.js';
import { parseShard, shardOf, WHOLE } from '../shard.js';
import type { Shard } from '../shard.js';
import { findTools } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';
import { loadSimulations } from './manifest.js';
import type { Simulation, Simulations } from './manifest.js';
import { disagreementLines, replayTrace } from './report.js';
import type { Replayed } from './report.js';
import { knownOfConfig } from './setting.js';
import { replaySimulations } from './simulations.js';
import { readTrace } from './trace.js';

export const usage = `Usage: zab replay FILE… [--config CFG] [--json] [--junit FILE]
       zab replay --simulate [NAME…] [--traces N] [--seed N] [--shard I/N] [--json] [--junit FILE]

Drives the reducers of src/core along behaviours of the specification, step by step: they must be
able to take each step, and come to the specification's next state. Prints the first disagreement:
the step, the variables, the specification's value and the reducers'.

FILE: what zab check saved (zab-counterexamples/MODEL.json), what TLC printed (with -tool or
without), or a file of TLC's -simulate file=….

  --config CFG  the configuration that a bare trace of TLC is of: servers, observers, granularity.
                Without it they are taken from the states, and granularities are tried
  --simulate    have TLC simulate the configurations of spec/replay/, and replay what it does
  --traces N    behaviours of each configuration, instead of the manifest's number
  --seed N      TLC's seed; 1 if not given
  --shard I/N   only the I-th of N parts of the configurations' behaviours: each has its own seed
  --list        only list the configurations
  --json        one JSON object on stdout
  --junit FILE  JUnit XML, too

Exit code: 0 all agree; 1 a disagreement; 2 unusable input, or (--simulate) no Java or TLC.`;

interface Options {
  readonly names: readonly string[];
  readonly config: string | null;
  readonly simulate: boolean;
  readonly list: boolean;
  readonly traces: number | null;
  readonly seed: number;
  readonly shard: Shard;
  readonly json: boolean;
  readonly junit: string | null;
  readonly help: boolean;
}

function numberOf(option: string, text: string | undefined, least: number): number | null {
  if (text === undefined) return null;
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least) {
    throw new UnusableInput(`zab replay: ${option} ${text}: expected a number from ${least}`);
  }
  return number;
}

const OPTIONS = {
  config: { type: 'string' },
  simulate: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  traces: { type: 'string' },
  seed: { type: 'string' },
  shard: { type: 'string' },
  json: { type: 'boolean', default: false },
  junit: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

function parseOptions(argv: readonly string[]): Options {
  const { values, positionals } = parsedOptions('zab replay', () =>
    parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS }),
  );
  const { simulate, list, help, config = null, junit = null } = values;
  const ofSimulation = [values.traces, values.seed, values.shard].some((v) => v !== undefined);
  if (!help && !simulate && !list) {
    if (positionals.length === 0) {
      throw new UnusableInput('zab replay: no file given (see zab replay --help)');
    }
    if (ofSimulation) {
      throw new UnusableInput('zab replay: --traces, --seed and --shard go with --simulate');
    }
  }
  if (simulate && config !== null) {
    throw new UnusableInput('zab replay: --config goes with files, not with --simulate');
  }
  return {
    ...{ names: positionals, config, simulate, list, help, json: values.json, junit },
    traces: numberOf('--traces', values.traces, 1),
    seed: numberOf('--seed', values.seed, 0) ?? 1,
    shard: values.shard === undefined ? WHOLE : parseShard(values.shard),
  };
}

function files({ names, config }: Options, io: CommandIo, quiet: boolean): readonly Replayed[] {
  const known = config === null ? null : knownOfConfig(config, configText(config));
  return names.map((path) => {
    const started = performance.now();
    const trace = readTrace(path);
    const replayed = replayTrace(known === null ? trace : { ...trace, known }, started);
    if (!quiet) for (const line of resultLines(replayed)) io.out(line);
    return replayed;
  });
}

function configText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UnusableInput(`cannot read ${path}`);
  }
}

function resultLines({ name, replay }: Replayed): readonly string[] {
  if (replay.disagreement !== null) return disagreementLines(name, replay.disagreement);
  return [`agrees ${name} (${replay.steps} steps)`];
}

function selected({ all }: Simulations, names: readonly string[]): readonly Simulation[] {
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) {
    throw new UnusableInput(`no simulation '${unknown}' (zab replay --list shows them all)`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

async function simulations(
  options: Options,
  io: CommandIo,
  quiet: boolean,
): Promise<readonly Replayed[]> {
  const manifest = loadSimulations(join(packageRoot(), 'spec', 'replay', 'manifest.json'));
  const chosen = selected(manifest, options.names);
  const tools = await findTools();
  const { index, count } = options.shard;
  return replaySimulations(manifest.folder, chosen, {
    tools,
    // Of N parts, each replays every N-th behaviour's worth of each configuration, on its own seed.
    traces: (simulation) => {
      const whole = options.traces ?? simulation.traces;
      return shardOf(Array.from({ length: whole }), options.shard).length;
    },
    seed: options.seed * count + index - 1,
    ...(io.signal === undefined ? {} : { signal: io.signal }),
    onReplayed: (replayed, done, total) => {
      const failed = replayed.replay.disagreement !== null;
      if (failed && !quiet) for (const line of resultLines(replayed)) io.out(line);
      if (!quiet) io.status?.(`${done} of ${total} behaviours`);
    },
  });
}

/** How often each action was taken, by name. */
function actionsOf(all: readonly Replayed[]): readonly (readonly [string, number])[] {
  const actions = new Map<string, number>();
  for (const { replay } of all) {
    for (const [name, n] of replay.actions) actions.set(name, (actions.get(name) ?? 0) + n);
  }
  return [...actions].sort(([a], [b]) => (a < b ? -1 : 1));
}

function summary(all: readonly Replayed[], wallMs: number): readonly string[] {
  const rows = actionsOf(all).map(([name, n]) => [name, String(n)]);
  const steps = all.reduce((sum, { replay }) => sum + replay.steps, 0);
  const wrong = all.filter(({ replay }) => replay.disagreement !== null).length;
  const verdict = wrong === 0 ? 'all agree' : `${wrong} disagree`;
  const time = `${(wallMs / 1000).toFixed(1)} s`;
  return [
    ...(all.length > 1 ? table(rows, [1]) : []),
    `${all.length} behaviours, ${steps} steps of ${rows.length} actions: ${verdict}; ${time}`,
  ];
}

function caseOf({ name, replay, elapsedMs }: Replayed): JUnitCase {
  const { steps, disagreement } = replay;
  const common = { name, classname: 'zab.replay', elapsedMs, output: `${steps} steps agree` };
  if (disagreement === null) return { ...common, outcome: { kind: 'passed' } };
  const [message = '', ...details] = disagreementLines(name, disagreement);
  return { ...common, outcome: { kind: 'failed', message, details: details.join('\n') } };
}

function replayedJson({ name, replay }: Replayed): unknown {
  const { steps, disagreement } = replay;
  return { name, agrees: disagreement === null, steps, disagreement };
}

async function replay(options: Options, io: CommandIo): Promise<number> {
  if (options.list) {
    const { all } = loadSimulations(join(packageRoot(), 'spec', 'replay', 'manifest.json'));
    const rows = all.map((s) => [s.name, String(s.traces), s.description]);
    if (options.json) io.out(JSON.stringify(all));
    else for (const line of table([['name', 'traces', 'description'], ...rows], [1])) io.out(line);
    return 0;
  }
  const started = performance.now();
  const all = options.simulate
    ? await simulations(options, io, options.json)
    : files(options, io, options.json);
  io.status?.('');
  const elapsedMs = performance.now() - started;
  const agrees = all.every((each) => each.replay.disagreement === null);
  if (options.junit !== null) {
    const properties = options.simulate ? { properties: { seed: String(options.seed) } } : {};
    const cases = all.map(caseOf);
    writeJunit(options.junit, [{ name: 'zab replay', elapsedMs, cases, ...properties }]);
  }
  const actions = Object.fromEntries(actionsOf(all));
  if (options.json) io.out(JSON.stringify({ agrees, actions, traces: all.map(replayedJson) }));
  else for (const line of summary(all, elapsedMs)) io.out(line);
  return agrees ? 0 : 1;
}

/** The whole command; never throws for what a user can do wrong. */
export function runReplay(argv: readonly string[], io: CommandIo): Promise<number> {
  return runCommand(
    io,
    usage,
    () => parseOptions(argv),
    (options) => replay(options, io),
  );
}
