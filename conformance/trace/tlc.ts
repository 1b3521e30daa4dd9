/** Runs the trace specification over traces: how far each is explained, and why not further. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import { parseValue, runTlc, ToolsError } from '../tla2tools-runner/index.js';
import type { TlaValue, TlcResult, Tools } from '../tla2tools-runner/index.js';
import type { ModelTrace } from './resolve.js';
import { instrumented, TAKEN_MODULE, TAKEN_TEXT } from './branches.js';
import type { Branch } from './branches.js';
import { DATA_MODULE, dataModule, RUN_MODULE, RUN_TEXT } from './to-tla.js';

const CONFIG = 'ZabTrace.cfg';

export interface TlcOptions {
  readonly tools: Tools;
  readonly signal?: AbortSignal;
  /** How many lines are explained so far; what traces have in common is counted once. */
  readonly onProgress?: (explained: number) => void;
}

/**
 * Runs the trace specification over `data`.
 * @param modules files beside it, by name: what stands there is used in place of spec/'s, and
 *   `ZabTrace.cfg` too.
 */
export async function runModule(
  data: string,
  options: TlcOptions,
  onOutput: (line: string) => void,
  modules: ReadonlyMap<string, string> = new Map(),
): Promise<TlcResult> {
  const spec = join(packageRoot(), 'spec');
  const folder = await mkdtemp(join(tmpdir(), 'zab-trace-'));
  try {
    const path = join(folder, `${RUN_MODULE}.tla`);
    await writeFile(path, RUN_TEXT);
    await writeFile(join(folder, `${DATA_MODULE}.tla`), data);
    for (const [name, text] of modules) await writeFile(join(folder, name), text);
    return await runTlc(
      {
        mode: 'trace',
        module: path,
        config: join(modules.has(CONFIG) ? folder : spec, CONFIG),
        library: [spec],
        counterexample: false,
        short: true,
        onOutput,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      options.tools,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const EXPLAINED = /^<<"explained", (\d+)>>$/;

function refuseErrors(result: TlcResult): void {
  const { verdict } = result;
  if (verdict.kind === 'error')
    throw new ToolsError('tlc-failed', `the trace run: ${verdict.message}`);
  if (verdict.kind === 'stopped') throw new ToolsError('tlc-failed', 'the trace run was stopped');
}

/**
 * How many lines of each trace some behaviour of the specification explains, from its first on.
 * The traces are of ensembles with the same members; one JVM runs them all.
 *
 * One trace alone is wholly explained only if TLC says that TraceNotAccepted is violated; of
 * several, each if its last line was.
 */
export async function explainedLines(
  traces: readonly ModelTrace[],
  options: TlcOptions,
): Promise<readonly number[]> {
  const { text, paths } = dataModule(traces);
  const nodes = new Set<number>();
  const [only] = traces;
  const idle = paths.flat().filter((node) => node === 0).length;
  const result = await runModule(text, options, (line) => {
    const found = EXPLAINED.exec(line);
    if (found === null) return;
    nodes.add(Number(found[1]));
    options.onProgress?.(nodes.size + idle);
  });
  refuseErrors(result);
  const explained = paths.map((path) => {
    const at = path.findIndex((node) => node > 0 && !nodes.has(node));
    return at < 0 ? path.length : at;
  });
  const accepted = result.verdict.kind === 'violated';
  if (
    traces.length === 1 &&
    only !== undefined &&
    (explained[0] === only.lines.length) !== accepted
  ) {
    throw new ToolsError('tlc-failed', 'the trace run: its verdict and its progress do not agree');
  }
  return explained;
}

const TAKEN = /^<<"taken", (\d+)>>$/;

/** The numbers, from 1, of those of the specification's branches that explaining the traces takes. */
export async function takenBranches(
  traces: readonly ModelTrace[],
  branches: readonly Branch[],
  options: TlcOptions,
): Promise<ReadonlySet<number>> {
  const taken = new Set<number>();
  const modules = new Map(instrumented(branches)).set(`${TAKEN_MODULE}.tla`, TAKEN_TEXT);
  const onOutput = (line: string) => {
    const found = TAKEN.exec(line);
    if (found !== null) taken.add(Number(found[1]));
  };
  refuseErrors(await runModule(dataModule(traces).text, options, onOutput, modules));
  return taken;
}

/** What TLC says about a line that nothing explains, for each state that may come before it. */
export interface Candidate {
  /** The server's variables before the line. */
  readonly before: TlaValue;
  /** Actions that the server could have taken there. */
  readonly enabled: readonly string[];
  /** The event of the line could happen there. */
  readonly eventFits: boolean;
  /** After the line's action, for each way to take it: empty if it is not enabled. */
  readonly after: readonly ActionResult[];
}

export interface ActionResult {
  /** The server's variables after the action. */
  readonly shown: TlaValue;
  /** Parts of the line that are not what the action leads to. */
  readonly differs: readonly string[];
  readonly safe: boolean;
}

const PARTS = ['history', 'delivered', 'persisted', 'sent', 'sent (notifications)'];

function readCandidates(lines: readonly string[]): readonly Candidate[] {
  const candidates: { -readonly [K in keyof Candidate]: Candidate[K] }[] = [];
  for (const line of lines) {
    const value = parseValue(line);
    if (value.kind !== 'seq') continue;
    const [tag, first, ...rest] = value.elements;
    const current = candidates[candidates.length - 1];
    if (tag?.kind !== 'string' || first === undefined) continue;
    if (tag.value === 'before') {
      candidates.push({ before: first, enabled: [], eventFits: true, after: [] });
    } else if (current === undefined) {
      continue;
    } else if (tag.value === 'enabled' && first.kind === 'set') {
      current.enabled = first.elements.flatMap((e) => (e.kind === 'string' ? [e.value] : []));
    } else if (tag.value === 'event') {
      current.eventFits = first.kind === 'bool' && first.value;
    } else if (tag.value === 'after') {
      const differs = PARTS.filter((_, i) => {
        const part = rest[i];
        return part?.kind === 'bool' && !part.value;
      });
      current.after = [...current.after, { shown: first, differs, safe: true }];
    } else if (tag.value === 'safe' && first.kind === 'bool' && !first.value) {
      const last = current.after[current.after.length - 1];
      if (last !== undefined)
        current.after = [...current.after.slice(0, -1), { ...last, safe: false }];
    }
  }
  return candidates;
}

/** The states before line `index` (from 0) of a trace of which all lines before it are explained. */
export async function candidatesBefore(
  trace: ModelTrace,
  index: number,
  options: TlcOptions,
): Promise<readonly Candidate[]> {
  const upTo = { ...trace, lines: trace.lines.slice(0, index + 1) };
  const printed: string[] = [];
  await runModule(dataModule([upTo], true).text, options, (line) => {
    // What is long is printed over several lines.
    if (/^<<\s*"(before|enabled|event|after|safe)",/.test(line)) printed.push(line);
    else if (printed.length > 0 && /^\s/.test(line)) printed.push(`${printed.pop() ?? ''} ${line}`);
  });
  return readCandidates(printed);
}
