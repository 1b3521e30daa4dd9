/** Runs one killer against one mutant of the code, in processes of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import type { Tools } from '../tla2tools-runner/index.js';
import { loadRuns } from '../trace/load.js';
import { validateRuns } from '../trace/validate.js';
import type { CodeMutant, Killer } from './plant.js';
import type { Simulated } from './simulate.js';

export interface Kill {
  readonly killer: Killer;
  /** The property that was violated; null: none was. */
  readonly property: string | null;
  /** True if that is the one that the table names. */
  readonly killed: boolean;
  /** What was seen, one line. */
  readonly how: string;
  readonly elapsedMs: number;
}

/** In place of a property's name, where a killer has but one. */
export const TRACE_REFUSED = 'TraceRefused';
export const GRAPHS_DIFFER = 'GraphsDiffer';
export const TEST_FAILED = 'AssertionFailed';

/** Seeds that a random search may take; the table names a search that needs far fewer. */
const SEEDS_MAX = 40;
const TIMEOUT_MS = 300_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function dist(...parts: readonly string[]): string {
  return join(packageRoot(), 'dist', ...parts);
}

/** A Node process in which the mutant is planted. */
function mutated(
  { name }: CodeMutant,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Ended> {
  const env: NodeJS.ProcessEnv = { ...process.env, ZAB_MUTANT: name };
  // What a mutant runs is no coverage of the code, and its test is nobody's subtest.
  delete env['NODE_V8_COVERAGE'];
  delete env['NODE_TEST_CONTEXT'];
  const register = new URL('./register.js', import.meta.url).href;
  const options = {
    cwd: packageRoot(),
    env,
    maxBuffer: 1 << 28,
    timeout: TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', register, ...args],
      options,
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

type Seen = Pick<Kill, 'property' | 'how'>;

const NOTHING: Seen = { property: null, how: 'survived' };

function lastJson(ended: Ended): unknown {
  const line = ended.stdout.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(`no result (exit ${ended.code}): ${(ended.stderr || line).slice(-400)}`);
  }
}

async function bySimulator(mutant: CodeMutant, run: string, signal?: AbortSignal): Promise<Seen> {
  const child = dist('conformance', 'mutants', 'child.js');
  const ended = await mutated(mutant, [child, 'simulator', run, String(SEEDS_MAX)], signal);
  const { found, seed } = lastJson(ended) as Simulated;
  if (found === null) return NOTHING;
  const how = `${run}, seed ${seed}: ${found.how}`;
  return { property: found.kind === 'violated' ? found.property : null, how };
}

async function byTrace(
  mutant: CodeMutant,
  run: string,
  tools: Tools,
  signal?: AbortSignal,
): Promise<Seen> {
  const folder = await mkdtemp(join(tmpdir(), 'zab-mutant-'));
  try {
    const path = join(folder, 'run.ndjson');
    const child = dist('conformance', 'mutants', 'child.js');
    const ended = await mutated(mutant, [child, 'trace', run, path], signal);
    const { why } = lastJson(ended) as { readonly why: string | null };
    if (!existsSync(path)) return { property: null, how: why ?? 'no trace' };
    const options = { tools, ...(signal === undefined ? {} : { signal }) };
    const [validation] = await validateRuns(loadRuns([path]), options);
    const refusal = validation?.refusal ?? null;
    if (refusal === null) return NOTHING;
    const { line } = refusal.at;
    const what = `${run}: line ${line.seq}, ${line.action ?? 'no step'} of server ${line.server}`;
    return { property: TRACE_REFUSED, how: `${what}: ${refusal.why[0] ?? ''}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function byExplorer(mutant: CodeMutant, model: string, signal?: AbortSignal): Promise<Seen> {
  const main = dist('src', 'cli', 'main.js');
  const ended = await mutated(mutant, [main, 'explore', model, '--json'], signal);
  const { models } = lastJson(ended) as {
    readonly models: readonly { readonly equal: boolean; readonly difference: readonly string[] }[];
  };
  const [first] = models;
  if (first === undefined || first.equal) return NOTHING;
  // A reducer that throws where the specification takes a step violates nothing by itself.
  const only = first.difference.filter((line) => /Throws/.test(line));
  if (only[0] !== undefined) return { property: null, how: only[0] };
  return { property: GRAPHS_DIFFER, how: `${model}: ${first.difference[0] ?? ''}` };
}

/** Killed by an assertion of that test alone; any other error of it is none. */
async function byTest(
  mutant: CodeMutant,
  file: string,
  test: string,
  signal?: AbortSignal,
): Promise<Seen> {
  const path = dist('test', `${file}.test.js`);
  if (!existsSync(path)) return { property: null, how: 'the tests are in the repository only' };
  const pattern = `^${test.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`;
  const args = ['--test-reporter=tap', '--test-name-pattern', pattern, path];
  const { stdout } = await mutated(mutant, args, signal);
  const failed = /^not ok \d+ - (.*)$/m.exec(stdout);
  if (failed === null) return NOTHING;
  const asserted = /code: 'ERR_ASSERTION'/.test(stdout);
  const how = `${file}: ${failed[1] ?? ''}`;
  return { property: asserted ? TEST_FAILED : null, how };
}

function see(
  mutant: CodeMutant,
  killer: Killer,
  tools: Tools,
  signal?: AbortSignal,
): Promise<Seen> {
  switch (killer.by) {
    case 'simulator':
      return bySimulator(mutant, killer.run, signal);
    case 'trace':
      return byTrace(mutant, killer.run, tools, signal);
    case 'explorer':
      return byExplorer(mutant, killer.model, signal);
    case 'test':
      return byTest(mutant, killer.file, killer.test, signal);
    default:
      return killer satisfies never;
  }
}

/** What a killer must find. */
export function expected(killer: Killer): string {
  switch (killer.by) {
    case 'simulator':
      return killer.property;
    case 'trace':
      return TRACE_REFUSED;
    case 'explorer':
      return GRAPHS_DIFFER;
    case 'test':
      return TEST_FAILED;
    default:
      return killer satisfies never;
  }
}

export async function kill(
  mutant: CodeMutant,
  killer: Killer,
  tools: Tools,
  signal?: AbortSignal,
): Promise<Kill> {
  const started = performance.now();
  const { property, how } = await see(mutant, killer, tools, signal).catch((e: unknown) => ({
    property: null,
    how: String(e),
  }));
  const elapsedMs = performance.now() - started;
  const short = how.replace(/\s+/g, ' ').slice(0, 300);
  return { killer, property, killed: property === expected(killer), how: short, elapsedMs };
}
