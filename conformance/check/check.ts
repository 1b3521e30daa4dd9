/**
 * `zab check`: runs the models of the manifest through TLC and holds each result against what the
 * manifest says: verdict, the property that is violated, distinct states, depth.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CommandIo } from '../command-io.js';
import { writeJunit } from '../junit.js';
import { runMutants } from '../mutants/matrix.js';
import { packageRoot } from '../package-root.js';
import { parsedOptions, runCommand } from '../run-command.js';
import { findTools } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';
import { distributedOptions, executeDistributed, refuseOthers, runJoin } from './distributed.js';
import type { DistributedOptions } from './distributed.js';
import { loadManifest, selectModels } from './manifest.js';
import { listTable, outcomeJson, outcomeSuite, outcomeTable, tell, totalLine } from './report.js';
import type { Told } from './report.js';
import { runModels } from './run-models.js';
import type { Outcome } from './run-models.js';

/** Where counterexamples that nobody expected go, below the current folder. */
const SAVE_FOLDER = 'zab-counterexamples';

export const usage = `Usage: zab check [MODEL…] [OPTIONS]

Checks the TLA+ models of spec/models/manifest.json with TLC and compares what it finds with what
the manifest says: verdicts, violated properties, distinct states, depth. Without MODEL: all models
but the deep ones and the mutants.

  --deep           all of them
  --mutants        every planted fault, of the specification and of the code, and what finds it;
                   with names only those: m10, c35, or 10 for both
  --list           only list the models
  --story          tell the counterexamples that the manifest expects, too
  --save DIR       save all counterexamples in DIR; without it those that the manifest does not
                   expect are saved in ${SAVE_FOLDER}/: MODEL.json, which zab replay
                   reads, and MODEL.ndjson, a trace, which zab validate reads
  --json           one JSON object on stdout
  --junit FILE     JUnit XML, too
  --manifest FILE  another manifest
  --distributed    the named models one after another on TLC's distributed mode: a server, and
                   workers of one thread each (invariants and action properties; no liveness)
  --workers N      of these, how many are started here (2); with 0 all join from elsewhere
  --host ADDRESS   this machine's address for the others (127.0.0.1)
  --port N         the server's port (any free one)
  --join HOST:PORT be a worker for the server that zab check --distributed runs there

Models run one TLC worker each, two at a time, the longest first; one that takes longer than all
others together runs alone with as many workers as the manifest allows.

Exit code: 0 all is as the manifest says; 1 something is not; 2 unusable input, or no Java or TLC.
Java 11 or newer is looked for in JAVA_HOME and PATH; the TLC jar in TLA2TOOLS_JAR, in the cache
folder (ZAB_CACHE_DIR), in the TLA+ project's release v1.7.4, and with Maven.`;

interface Options {
  readonly names: readonly string[];
  readonly deep: boolean;
  readonly list: boolean;
  readonly mutants: boolean;
  readonly story: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly save: string | null;
  readonly junit: string | null;
  readonly manifest: string;
  readonly distributed: boolean;
  readonly distribution: DistributedOptions;
  /** HOST:PORT of a server to join. */
  readonly server: string | null;
}

function parseOptions(argv: readonly string[]): Options {
  return parsedOptions('zab check', () => {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        deep: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        mutants: { type: 'boolean', default: false },
        story: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        save: { type: 'string' },
        junit: { type: 'string' },
        manifest: { type: 'string' },
        distributed: { type: 'boolean', default: false },
        workers: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        join: { type: 'string' },
      },
    });
    const manifest = values.manifest ?? join(packageRoot(), 'spec', 'models', 'manifest.json');
    const { save = null, junit = null, join: server = null } = values;
    const { workers, host, port } = values;
    const given = [workers, host, port].some((value) => value !== undefined);
    if (given && !values.distributed && server === null) {
      throw new Error('--workers, --host and --port go with --distributed or --join');
    }
    const distribution = distributedOptions({ workers, host, port });
    return { ...values, save, junit, server, distribution, names: positionals, manifest };
  });
}

function wrong(outcome: Outcome): boolean {
  return outcome.mismatches.length > 0;
}

function printStories(told: readonly Told[], all: boolean, io: CommandIo): void {
  for (const { outcome, story, file, trace, noTrace } of told) {
    if (!all && !wrong(outcome)) continue;
    io.out('');
    io.out(`counterexample of ${outcome.model.name}`);
    for (const line of story) io.out(`  ${line}`);
    if (file !== null) io.out(`  saved as ${file}`);
    if (trace !== null) io.out(`  and as a trace: ${trace}`);
    if (noTrace !== null) io.out(`  not as a trace: ${noTrace}`);
  }
}

async function check(options: Options, io: CommandIo): Promise<number> {
  const manifest = loadManifest(options.manifest);
  if (options.mutants) {
    const { names, json } = options;
    return runMutants({ names, json, manifest, tools: await findTools() }, io);
  }
  const models = selectModels(manifest, options.names, options.deep || options.list);
  if (options.list) {
    if (options.json) io.out(JSON.stringify(models));
    else for (const line of listTable(models)) io.out(line);
    return 0;
  }
  const { distributed, distribution } = options;
  if (distributed) {
    if (options.names.length === 0)
      throw new UnusableInput('zab check --distributed: which MODEL?');
    refuseOthers(manifest, models);
  }
  const tools = await findTools();
  const started = performance.now();
  const quiet = options.json;
  const spread = distributed
    ? {
        execute: executeDistributed(distribution, io, quiet),
        alone: Math.max(1, distribution.workers),
      }
    : {};
  const outcomes = await runModels(manifest, models, { tools, io, quiet, ...spread });
  const wallMs = performance.now() - started;
  const ok = !outcomes.some(wrong);
  const expected = outcomes.filter((outcome) => !wrong(outcome));
  const told = [
    ...tell(manifest, outcomes.filter(wrong), options.save ?? SAVE_FOLDER),
    ...tell(manifest, expected, options.save),
  ];
  if (options.junit !== null) writeJunit(options.junit, [outcomeSuite(outcomes, told, wallMs)]);
  if (options.json) {
    const parts = outcomes.map((outcome) => outcomeJson(outcome, told));
    io.out(JSON.stringify({ ok, elapsedMs: Math.round(wallMs), models: parts }));
    return ok ? 0 : 1;
  }
  printStories(told, options.story, io);
  for (const line of ['', ...outcomeTable(outcomes), totalLine(outcomes, wallMs)]) io.out(line);
  return ok ? 0 : 1;
}

/** The whole command; never throws for what a user can do wrong. */
export function runCheck(argv: readonly string[], io: CommandIo): Promise<number> {
  return runCommand(
    io,
    usage,
    () => parseOptions(argv),
    async (options) => {
      const { server, distribution } = options;
      if (server !== null) return await runJoin(server, distribution.host, io);
      return await check(options, io);
    },
  );
}
