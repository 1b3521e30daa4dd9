/** One test file in a process of its own; what node:test's `spec` reporter said of it, taken apart. */
import { spawn } from 'node:child_process';

export type Count = 'tests' | 'suites' | 'pass' | 'fail' | 'cancelled' | 'skipped' | 'todo';
export type Counts = Readonly<Record<Count, number>>;

export const COUNTS: readonly Count[] = [
  ...(['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const),
];
export const NONE: Counts = {
  tests: 0,
  suites: 0,
  pass: 0,
  fail: 0,
  cancelled: 0,
  skipped: 0,
  todo: 0,
};

export interface FileResult {
  readonly file: string;
  readonly seconds: number;
  readonly counts: Counts;
  readonly failed: boolean;
  /** What it printed, without the summary. */
  readonly output: string;
  /** Its failing tests once more, as the reporter lists them at the end. */
  readonly failures: string;
}

export interface FileOptions {
  readonly cwd: string;
  readonly color: boolean;
  readonly signal: AbortSignal;
  readonly limitSeconds: number;
}

const ESCAPES = /\u001b\[\d*m/g;
const SUMMARY = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo) (\d+)$/;
const DURATION = /^ℹ duration_ms /;
const FAILING = /^✖ failing tests:$/;
const KILL_AFTER_MS = 10_000;

/** Takes apart what `spec` printed. Without a summary the process did not get to its end. */
export function readReport(text: string): {
  readonly counts: Counts | null;
  readonly output: string;
  readonly failures: string;
} {
  const counts = new Map<Count, number>();
  const output: string[] = [];
  const failures: string[] = [];
  let failing = false;
  for (const line of text.split('\n')) {
    const plain = line.replace(ESCAPES, '');
    const [, name, count] = SUMMARY.exec(plain) ?? [];
    if (name !== undefined) counts.set(name as Count, Number(count));
    else if (DURATION.test(plain)) continue;
    else if (FAILING.test(plain)) failing = true;
    else (failing ? failures : output).push(line);
  }
  const whole = COUNTS.every((name) => counts.has(name));
  return {
    counts: whole ? { ...NONE, ...Object.fromEntries(counts) } : null,
    output: output.join('\n').trimEnd(),
    failures: failures.join('\n').trim(),
  };
}

export async function runFile(file: string, options: FileOptions): Promise<FileResult> {
  const began = performance.now();
  const args = ['--enable-source-maps', '--test-reporter=spec', file];
  // A test of ours may run this under node:test, whose children talk to it otherwise.
  const env: NodeJS.ProcessEnv = { ...process.env, ...(options.color ? { FORCE_COLOR: '1' } : {}) };
  delete env['NODE_TEST_CONTEXT'];
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  let tooLong = false;
  let killer: NodeJS.Timeout | null = null;
  const end = (): void => {
    child.kill('SIGTERM');
    killer ??= setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  const limit = setTimeout(() => {
    tooLong = true;
    end();
  }, options.limitSeconds * 1000);
  options.signal.addEventListener('abort', end);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (c, s) => resolve([c, s]));
  });
  clearTimeout(limit);
  if (killer !== null) clearTimeout(killer);
  options.signal.removeEventListener('abort', end);
  const { counts, output, failures } = readReport(Buffer.concat(chunks).toString());
  const seconds = (performance.now() - began) / 1000;
  const bad = (counts?.fail ?? 1) + (counts?.cancelled ?? 0) > 0;
  if (counts !== null && (code === 0 || bad)) {
    return { file, seconds, counts, failed: bad, output, failures };
  }
  // The tests passed, or never got to their end: the file failed.
  const how = signal === null ? `exit code ${String(code)}` : `ended by ${signal}`;
  const why = tooLong ? `not done in ${options.limitSeconds} s` : how;
  const line = `✖ ${file}: ${why}${counts === null ? ', before its summary' : ''}`;
  const known = counts ?? NONE;
  return {
    ...{ file, seconds, output, failed: true },
    counts: { ...known, tests: known.tests + 1, fail: known.fail + 1 },
    failures: [line, failures === '' ? output.split('\n').slice(-20).join('\n') : failures].join(
      '\n',
    ),
  };
}
