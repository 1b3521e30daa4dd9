/**
 * Runs TLC once: a JVM with a scratch folder of its own (its metadir, and where it unpacks the
 * standard modules; two runs that share either can collide), removed at the end.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { temporalProperties } from './cfg.js';
import { Collector } from './collector.js';
import { ToolsError } from './errors.js';
import { findJar } from './jar.js';
import { findJava } from './java.js';
import type { Env } from './java.js';
import { liveProgress } from './live-progress.js';
import { MessageReader } from './messages.js';
import type { Progress, TlcResult } from './result.js';

/** Where Java and the jar are; `findTools` looks for them once. */
export interface Tools {
  readonly java: string;
  readonly jar: string;
}

/** Throws ToolsError `no-java`, `no-jar` or `wrong-hash`. */
export async function findTools(env: Env = process.env): Promise<Tools> {
  const java = await findJava(env);
  const jar = await findJar(env);
  return { java: java.command, jar: jar.path };
}

interface Common {
  /** Path of the .tla file. */
  readonly module: string;
  /** Path of the .cfg file. */
  readonly config: string;
  /** Folders to look for further modules in; the module's own is always one. */
  readonly library?: readonly string[];
  /** The JVM's heap, MB; 2,000 if not given. */
  readonly heapMb?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Count how often each action is taken. */
  readonly coverage?: boolean;
  /** Without `liveProgress`, TLC says how far it is once a minute and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** `onProgress` every second. */
  readonly liveProgress?: boolean;
  /** Gets each line that the specification prints, and SANY's. */
  readonly onOutput?: (line: string) => void;
  /** false: the first violation ends the run before TLC has worked out how it came about. */
  readonly counterexample?: boolean;
  /** A path ending in `.dot`, to which the state graph goes: actions as labels of edges. */
  readonly dump?: string;
  /** Take the JVM's quick compiler only: a run of a second or two starts faster. */
  readonly short?: boolean;
}

/** Exhaust the state space. */
export interface CheckRun extends Common {
  readonly mode: 'check';
  readonly workers?: number;
  readonly deadlock?: boolean;
}
/** Random walks. */
export interface SimulateRun extends Common {
  readonly mode: 'simulate';
  readonly traces: number;
  readonly depth: number;
  /** Each behaviour goes to a file of this name with two numbers after it. */
  readonly file?: string;
  readonly seed?: number;
  readonly workers?: number;
  readonly deadlock?: boolean;
}
/** As `check`, for a model that must violate a named property; `judgeMutant` tells if it did. */
export interface MutantRun extends Common {
  readonly mode: 'mutant';
  readonly workers?: number;
  readonly deadlock?: boolean;
}
/** Trace validation: one worker, no deadlock check; the search is over when the trace is. */
export interface TraceRun extends Common {
  readonly mode: 'trace';
}

export type TlcRun = CheckRun | SimulateRun | MutantRun | TraceRun;

/**
 * A run of seconds: the quick compiler alone, and room for what is new, most of which is soon of no
 * use. (With the default, a fiftieth of memory, what lives was copied again and again: 15 % of the CPU.)
 */
const SHORT_RUN = ['-XX:TieredStopAtLevel=1', '-Xmn400m'];

function modeArguments(run: TlcRun): readonly string[] {
  switch (run.mode) {
    case 'trace':
      return ['-workers', '1', '-deadlock'];
    case 'simulate': {
      const file = run.file === undefined ? '' : `,file=${run.file}`;
      return [
        ...['-simulate', `num=${run.traces}${file}`, '-depth', String(run.depth)],
        ...(run.seed === undefined ? [] : ['-seed', String(run.seed)]),
        ...['-workers', String(run.workers ?? 1)],
        ...(run.deadlock === true ? [] : ['-deadlock']),
      ];
    }
    case 'check':
    case 'mutant':
      return [
        ...['-workers', String(run.workers ?? 1)],
        ...(run.deadlock === true ? [] : ['-deadlock']),
      ];
  }
}

/** `-deadlock` tells TLC *not* to look for deadlocks. */
function tlcArguments(run: TlcRun, tools: Tools, scratch: string): readonly string[] {
  const module = resolve(run.module);
  const library = [dirname(module), ...(run.library ?? []).map((folder) => resolve(folder))];
  return [
    '-XX:+UseSerialGC',
    ...(run.short === true ? SHORT_RUN : []),
    `-Xmx${run.heapMb ?? 2000}m`,
    // TLC evaluates by recursion, one element after the other where a definition does: a follower that
    // missed 1,200 transactions is more than its default stack holds (test/conformance/trace/long.test.ts).
    '-Xss64m',
    `-Djava.io.tmpdir=${scratch}`,
    `-DTLA-Library=${library.join(delimiter)}`,
    '-Dfile.encoding=UTF-8',
    ...['-cp', tools.jar, 'tlc2.TLC', '-tool', '-metadir', join(scratch, 'states')],
    ...['-config', resolve(run.config)],
    ...modeArguments(run),
    ...(run.coverage === true ? ['-coverage', '1'] : []),
    ...(run.dump === undefined ? [] : ['-dump', 'dot,actionlabels', run.dump]),
    // By name: with a path, TLC looks for the configuration beside the module only.
    basename(module, '.tla'),
  ];
}

async function readConfig(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new ToolsError('bad-config', `cannot read ${path}`);
  }
}

/**
 * Runs TLC to its end, or until `timeoutMs` or `signal` stops it.
 * Throws ToolsError `bad-spec`, `bad-config` or `tlc-failed` if nothing could be checked.
 */
export async function runTlc(run: TlcRun, tools: Tools): Promise<TlcResult> {
  const config = await readConfig(run.config);
  const properties = temporalProperties(config);
  const scratch = await mkdtemp(join(tmpdir(), 'zab-tlc-'));
  try {
    if (run.liveProgress !== true) return await execute(run, tools, scratch, properties);
    const library = [dirname(resolve(run.module)), ...(run.library ?? [])];
    const live = await liveProgress(scratch, basename(run.module, '.tla'), config);
    return await execute({ ...run, ...live, library }, tools, scratch, properties);
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

function execute(
  run: TlcRun,
  tools: Tools,
  scratch: string,
  properties: readonly string[],
): Promise<TlcResult> {
  const started = performance.now();
  return new Promise((resolvePromise, reject) => {
    const collector = new Collector(properties, (p) => run.onProgress?.(p));
    const reader = new MessageReader((message) => {
      if (message.code === 0) run.onOutput?.(message.text);
      collector.take(message);
      if (run.counterexample === false && collector.violated) child.kill('SIGKILL');
    });
    const child = spawn(tools.java, tlcArguments(run, tools, scratch), {
      cwd: scratch,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    let stopped: 'timeout' | 'aborted' | null = null;
    const stop = (reason: 'timeout' | 'aborted') => {
      stopped ??= reason;
      child.kill('SIGKILL');
    };
    const onAbort = () => stop('aborted');
    const timer =
      run.timeoutMs === undefined ? undefined : setTimeout(() => stop('timeout'), run.timeoutMs);
    run.signal?.addEventListener('abort', onAbort, { once: true });
    if (run.signal?.aborted === true) onAbort();
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => reader.feed(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', onAbort);
      finish();
    };
    child.on('error', (e) =>
      settle(() => reject(new ToolsError('tlc-failed', `cannot run ${tools.java}: ${e.message}`))),
    );
    child.on('close', (exitCode) =>
      settle(() => {
        reader.end();
        try {
          resolvePromise(collector.finish(exitCode, stopped, performance.now() - started, stderr));
        } catch (e) {
          reject(e as Error);
        }
      }),
    );
  });
}
