/**
 * `zab explore`: the graph of everything that N real reducers can do, against TLC's graph of the same
 * configuration, in both directions. See README.md beside this file.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CommandIo } from '../command-io.js';
import { count, table } from '../command-io.js';
import { writeJunit } from '../junit.js';
import type { JUnitCase } from '../junit.js';
import { packageRoot } from '../package-root.js';
import { parsedOptions, runCommand } from '../run-command.js';
import { parseShard, shardOf, WHOLE } from '../shard.js';
import type { Shard } from '../shard.js';
import { findTools, ToolsError } from '../tla2tools-runner/index.js';
import type { Tools } from '../tla2tools-runner/index.js';
import type { Exploration, Explorations } from './manifest.js';
import { loadExplorations, selectExplorations } from './manifest.js';
import { differenceLines, mismatches, pinnedOf } from './report.js';
import type { Explored, Standing } from './run.js';
import { explore } from './run.js';

export const usage = `Usage: zab explore [MODEL…] [--shard I/N] [--list] [--json] [--junit FILE]
                   [--manifest FILE]

Walks every state that N real reducers with disks and a network can reach, by breadth-first search,
and compares with TLC's whole graph of the same configuration: the same states of the specification,
the same edges (action and who takes it), in both directions. The first difference is printed as a
path from the start. Without MODEL: all of spec/explore/manifest.json.

  --shard I/N      only the I-th of N parts of the models, for a CI matrix
  --list           only list the models
  --json           one JSON object on stdout
  --junit FILE     results as JUnit XML
  --manifest FILE  another manifest

Exit code: 0 equal, and counts and digest are as pinned; 1 they are not; 2 unusable input, or no Java
or TLC (looked for as zab check does).`;

interface Options {
  readonly names: readonly string[];
  readonly list: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly manifest: string;
  readonly shard: Shard;
  readonly junit: string | null;
}

function parseOptions(argv: readonly string[]): Options {
  return parsedOptions('zab explore', () => {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        manifest: { type: 'string' },
        shard: { type: 'string' },
        junit: { type: 'string' },
      },
    });
    const manifest = values.manifest ?? join(packageRoot(), 'spec', 'explore', 'manifest.json');
    const shard = values.shard === undefined ? WHOLE : parseShard(values.shard);
    return { ...values, names: positionals, manifest, shard, junit: values.junit ?? null };
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Between two lines about progress where no terminal shows it, ms. */
const LINE_EVERY = 10_000;

/** Shows how far both searches are: on a terminal at once, elsewhere a line now and then. */
function progressOf(name: string, io: CommandIo, quiet: boolean): (standing: Standing) => void {
  if (quiet) return () => undefined;
  const started = performance.now();
  let shown = started;
  return ({ tlc, found, queued }) => {
    const now = performance.now();
    if (now - shown < (io.status === null ? LINE_EVERY : 100)) return;
    shown = now;
    const rate = Math.round((1000 * found) / (now - started));
    const reducers = `${count(found)} found, ${count(queued)} queued, ${count(rate)}/s`;
    const theirs =
      tlc?.distinct == null ? '…' : `${count(tlc.distinct)} found, ${count(tlc.queue ?? 0)} queued`;
    const text = `${name}: reducers ${reducers}; TLC ${theirs}`;
    if (io.status === null) io.out(text);
    else io.status(text);
  };
}

function verdictOf(explored: Explored): string {
  if (explored.comparison.difference !== null) return 'DIFFERENT';
  const wrong = mismatches(explored);
  return wrong.length === 0 ? 'equal' : `FAIL: ${wrong.join('; ')}`;
}

function isOk(explored: Explored): boolean {
  return explored.comparison.difference === null && mismatches(explored).length === 0;
}

function outcomeTable(outcomes: readonly Explored[]): readonly string[] {
  const rows = outcomes.map((explored) => {
    const { exploration, comparison, worlds, tlcStates, elapsedMs } = explored;
    const figures = [comparison.states, comparison.edges, worlds, tlcStates].map(count);
    const { name, bounds } = exploration;
    return [name, bounds, ...figures, seconds(elapsedMs), verdictOf(explored)];
  });
  const head = ['model', 'bounds', 'states', 'edges', 'worlds', 'TLC', 'time', 'verdict'];
  return table([head, ...rows], [2, 3, 4, 5, 6]);
}

function listTable(all: readonly Exploration[]): readonly string[] {
  const rows = all.map((one) => {
    const states = one.pinned === null ? '–' : count(one.pinned.states);
    return [one.name, one.class, one.bounds, states, one.description];
  });
  return table([['model', 'class', 'bounds', 'states', 'description'], ...rows], [3]);
}

function outcomeJson(explored: Explored): unknown {
  const { exploration, comparison, states, tlcStates, servers, elapsedMs } = explored;
  const { difference } = comparison;
  return {
    model: exploration.name,
    bounds: exploration.bounds,
    ok: isOk(explored),
    equal: difference === null,
    ...pinnedOf(explored),
    tlcStates,
    serverStates: servers,
    mismatches: mismatches(explored),
    difference: difference === null ? [] : differenceLines(states, difference),
    elapsedMs: Math.round(elapsedMs),
  };
}

function outcomeCase(explored: Explored): JUnitCase {
  const { exploration, comparison, states, elapsedMs } = explored;
  const figures = `${count(comparison.states)} states, ${count(comparison.edges)} edges`;
  const common = { name: exploration.name, classname: 'zab.explore', elapsedMs, output: figures };
  if (isOk(explored)) return { ...common, outcome: { kind: 'passed' } };
  const { difference } = comparison;
  const lines = difference === null ? mismatches(explored) : differenceLines(states, difference);
  const message = verdictOf(explored);
  return { ...common, outcome: { kind: 'failed', message, details: lines.join('\n') } };
}

async function runOne(
  explorations: Explorations,
  one: Exploration,
  tools: Tools,
  io: CommandIo,
  quiet: boolean,
): Promise<Explored> {
  try {
    const onStanding = progressOf(one.name, io, quiet);
    const explored = await explore(explorations, one, tools, onStanding, io.signal);
    if (quiet) return explored;
    const { states, edges, difference } = explored.comparison;
    const figures = `${count(states)} states, ${count(edges)} edges, ${seconds(explored.elapsedMs)}`;
    io.out(`${isOk(explored) ? 'ok  ' : 'FAIL'} ${one.name}: ${verdictOf(explored)} (${figures})`);
    if (difference !== null) {
      for (const line of differenceLines(explored.states, difference)) io.out(line);
    }
    return explored;
  } catch (e) {
    if (!(e instanceof ToolsError)) throw e;
    throw new ToolsError(e.code, `${one.name}: ${e.message}`, e.details);
  } finally {
    io.status?.('');
  }
}

async function exploreAll(options: Options, io: CommandIo): Promise<number> {
  const explorations = loadExplorations(options.manifest);
  const selected = shardOf(selectExplorations(explorations, options.names), options.shard);
  if (options.list) {
    if (options.json) io.out(JSON.stringify(selected));
    else for (const line of listTable(selected)) io.out(line);
    return 0;
  }
  const tools = await findTools();
  const outcomes: Explored[] = [];
  // One at a time: TLC and the search of the reducers take a core each.
  for (const one of selected) {
    outcomes.push(await runOne(explorations, one, tools, io, options.json));
  }
  const ok = outcomes.every(isOk);
  if (options.junit !== null) {
    writeJunit(options.junit, [{ name: 'zab explore', cases: outcomes.map(outcomeCase) }]);
  }
  if (options.json) io.out(JSON.stringify({ ok, models: outcomes.map(outcomeJson) }));
  else for (const line of ['', ...outcomeTable(outcomes)]) io.out(line);
  return ok ? 0 : 1;
}

/** The whole command; never throws for what a user can do wrong. */
export function runExplore(argv: readonly string[], io: CommandIo): Promise<number> {
  return runCommand(
    io,
    usage,
    () => parseOptions(argv),
    (options) => exploreAll(options, io),
  );
}
