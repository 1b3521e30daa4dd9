/** `zab validate`: has TLC accept or refuse recorded traces. */
import { parseArgs } from 'node:util';
import type { CommandIo } from '../command-io.js';
import { writeJunit } from '../junit.js';
import type { JUnitCase } from '../junit.js';
import { parsedOptions, runCommand } from '../run-command.js';
import { findTools } from '../tla2tools-runner/index.js';
import { actionCoverage, branchCoverage, coverageLines } from './coverage.js';
import { loadRuns } from './load.js';
import { validateRuns } from './validate.js';
import type { Run, Validation } from './validate.js';

export const usage = `Usage: zab validate TRACE… [--allow-cut] [--coverage] [--json] [--junit FILE]

Has TLC accept or refuse traces (see zab start --trace, zab server --trace): a trace is accepted if
the whole specification has a behaviour that matches every line of it.

A file with lines of several servers is one trace. Files with the lines of one server each are
together one trace: they are merged. A folder stands for the .ndjson files in it. docs/traces.md
describes the format, for servers of other makes.

  --allow-cut  drop a last line without its line break: its server was killed while it wrote it
  --coverage   also print which branches of the specification's actions the traces take
  --json       one JSON object on stdout
  --junit FILE results as JUnit XML

Exit code: 0 all are accepted; 1 one is rejected: the line and why are printed; 2 unusable input, or
no Java or TLC (see zab check --help).`;

interface Options {
  readonly json: boolean;
  readonly 'allow-cut': boolean;
  readonly coverage: boolean;
  readonly junit: string | null;
  readonly help: boolean;
  readonly paths: readonly string[];
}

function parseOptions(argv: readonly string[]): Options {
  return parsedOptions('zab validate', () => {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        coverage: { type: 'boolean', default: false },
        'allow-cut': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        junit: { type: 'string' },
      },
    });
    if (positionals.length === 0 && !values.help) {
      throw new Error('no trace given (see zab validate --help)');
    }
    return { ...values, junit: values.junit ?? null, paths: positionals };
  });
}

/** All lines of a run, also those behind one that has no place in it. */
function lineCount(run: Run): number {
  return run.lines.length + (run.refused === null ? 0 : 1);
}

function placeOf({ refusal }: Validation): string {
  return refusal === null ? '' : `${refusal.at.file}:${refusal.at.number}`;
}

function report(validation: Validation, io: CommandIo): void {
  const { name, lines, refusal } = validation;
  if (refusal === null) {
    io.out(`accepted ${name} (${lines} lines)`);
    return;
  }
  const [first, ...more] = refusal.why;
  io.out(`rejected ${placeOf(validation)}: ${first ?? 'no behaviour explains it'}`);
  for (const text of more) io.out(`  ${text}`);
}

function validationJson(validation: Validation): unknown {
  const { name, lines, refusal, coverage } = validation;
  return {
    name,
    lines,
    accepted: refusal === null,
    refusal:
      refusal === null
        ? null
        : { file: refusal.at.file, line: refusal.at.number, why: refusal.why },
    coverage: Object.fromEntries(coverage),
  };
}

function validationCase(validation: Validation): JUnitCase {
  const { name, lines, refusal } = validation;
  const common = { name, classname: 'zab.validate', elapsedMs: 0, output: `${lines} lines` };
  if (refusal === null) return { ...common, outcome: { kind: 'passed' } };
  const message = `${placeOf(validation)}: ${refusal.why[0] ?? 'no behaviour explains it'}`;
  return { ...common, outcome: { kind: 'failed', message, details: refusal.why.join('\n') } };
}

async function validate(options: Options, io: CommandIo): Promise<number> {
  const runs = loadRuns(options.paths, { allowCut: options['allow-cut'] });
  const tools = await findTools();
  const started = performance.now();
  let firstLine = started;
  const total = runs.reduce((n, run) => n + lineCount(run), 0);
  const validations = await validateRuns(runs, {
    tools,
    ...(io.signal === undefined ? {} : { signal: io.signal }),
    onProgress: (explained) => {
      if (firstLine === started) firstLine = performance.now();
      io.status?.(`${explained} of ${total} lines`);
    },
  });
  const ended = performance.now();
  io.status?.('');
  const accepted = validations.every(({ refusal }) => refusal === null);
  const seconds = (ended - started) / 1000;
  const rate = Math.round(total / seconds);
  const searching = Math.round(total / Math.max(0.001, (ended - firstLine) / 1000));
  const actions = actionCoverage(validations);
  const branches = options.coverage ? await branchCoverage(runs, { tools }) : null;
  if (options.junit !== null) {
    const cases = validations.map(validationCase);
    writeJunit(options.junit, [{ name: 'zab validate', elapsedMs: ended - started, cases }]);
  }
  if (options.json) {
    const body = {
      accepted,
      seconds,
      linesPerSecond: rate,
      traces: validations.map(validationJson),
      actions,
      branches,
    };
    io.out(JSON.stringify(body));
  } else {
    for (const validation of validations) report(validation, io);
    for (const line of coverageLines('actions', actions)) io.out(line);
    for (const line of branches === null ? [] : coverageLines('branches of actions', branches)) {
      io.out(line);
    }
    io.out(
      `${total} lines in ${seconds.toFixed(1)} s: ${rate} lines a second, ${searching} without TLC's start`,
    );
  }
  return accepted ? 0 : 1;
}

/** The whole command; never throws for what a user can do wrong. */
export function runValidate(argv: readonly string[], io: CommandIo): Promise<number> {
  return runCommand(
    io,
    usage,
    () => parseOptions(argv),
    (options) => validate(options, io),
  );
}
