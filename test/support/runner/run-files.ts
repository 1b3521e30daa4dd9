/** Runs test files phase by phase, says what it is doing meanwhile, and sums up at the end. */
import { inPhases, WIDTH } from './places.js';
import { COUNTS, NONE, runFile, type Counts, type FileResult } from './run-file.js';

export interface RunOptions {
  readonly cwd: string;
  /** The tests' folder, below `cwd`: files are named within it. */
  readonly folder: string;
  readonly write: (text: string) => void;
  readonly color: boolean;
  readonly signal: AbortSignal;
  /** A line of life as often as this. */
  readonly heartbeatSeconds: number;
  /** No file may take longer. */
  readonly limitSeconds: number;
}

const SLOWEST = 10;

function sum(all: readonly Counts[]): Counts {
  const total = { ...NONE };
  for (const counts of all) for (const name of COUNTS) total[name] += counts[name];
  return total;
}

function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** Resolves with the results; every failing test has been shown once more by then, and the sums. */
export async function runFiles(
  files: readonly string[],
  options: RunOptions,
): Promise<readonly FileResult[]> {
  const { folder, write, signal, heartbeatSeconds } = options;
  const began = performance.now();
  const elapsed = (): string => minutes((performance.now() - began) / 1000);
  const running = new Map<string, number>();
  const results: FileResult[] = [];
  const beat = setInterval(() => {
    const now = performance.now();
    const names = [...running].map(([name, since]) => `${name} (${minutes((now - since) / 1000)})`);
    const { tests, fail } = sum(results.map(({ counts }) => counts));
    write(
      `… ${elapsed()}: ${names.join(', ')}; ${results.length} of ${files.length} files, ` +
        `${tests} tests, ${fail} failed\n`,
    );
  }, heartbeatSeconds * 1000);
  const one = async (file: string): Promise<void> => {
    running.set(file, performance.now());
    const result = await runFile(`${folder}/${file}`, options);
    running.delete(file);
    results.push(result);
    const { seconds, output, counts } = result;
    write(`\n▶ ${file}: ${counts.tests} tests, ${seconds.toFixed(1)} s\n${output}\n`);
  };
  try {
    for (const { phase, files: queue } of inPhases(files)) {
      const width = WIDTH[phase];
      const often = width === 1 ? 'one at a time' : `${width} at a time`;
      write(`\n═ ${elapsed()} ${phase}: ${queue.length} files, ${often}\n`);
      const waiting = [...queue];
      const lane = async (): Promise<void> => {
        for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
          if (signal.aborted) return;
          await one(file);
        }
      };
      await Promise.all(Array.from({ length: width }, lane));
    }
  } finally {
    clearInterval(beat);
  }
  write(closing(results, (performance.now() - began) / 1000));
  return results;
}

/** The longest files, the failing tests once more, and the sums as node:test gives them. */
function closing(results: readonly FileResult[], seconds: number): string {
  const slowest = [...results].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const failed = results.filter((result) => result.failed);
  const counts = sum(results.map((result) => result.counts));
  return [
    '\nlongest files',
    ...slowest.map(({ file, seconds: s }) => `  ${minutes(s).padStart(6)}  ${file}`),
    ...(failed.length === 0 ? [] : ['\n✖ failing tests:']),
    ...failed.map(({ file, failures }) => `\n${file}\n${failures}`),
    '',
    ...COUNTS.map((name) => `ℹ ${name} ${counts[name]}`),
    `ℹ duration_ms ${Math.round(seconds * 1000)}`,
    '',
  ].join('\n');
}
