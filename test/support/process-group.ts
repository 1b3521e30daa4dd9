/** A harness that starts servers of its own: run as the leader of a process group, of which nothing is left at the end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { missingTool } from './provision.js';

export interface GroupOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What it is for: the first words of the message if the tool is not there. */
  readonly purpose: string;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds after which it is ended. */
  readonly limit?: number;
}

export interface GroupEnding {
  readonly code: number | null;
  readonly tooLong: boolean;
  /** Lines of standard output. */
  readonly lines: readonly string[];
  /** The last that it wrote to either. */
  readonly tail: string;
}

const groups = new Set<ChildProcess>();
const end = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it is gone.
  }
};
process.on('exit', () => {
  for (const child of groups) end(child);
});

/** Resolves when it has ended, its servers too; throws when the signal is aborted. */
export const runGroup = (
  tool: string,
  args: readonly string[],
  { cwd, env, purpose, onLine, signal, limit }: GroupOptions,
): Promise<GroupEnding> =>
  new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    groups.add(child);
    let tooLong = false;
    let tail = '';
    let rest = '';
    const lines: string[] = [];
    const timer =
      limit === undefined
        ? null
        : setTimeout(() => {
            tooLong = true;
            end(child);
          }, limit);
    const abort = (): void => {
      end(child);
    };
    signal?.addEventListener('abort', abort);
    child.stdout.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
      for (const line of parts) onLine?.(line);
      tail = (tail + chunk.toString()).slice(-8_000);
    });
    child.stderr.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString()).slice(-8_000)));
    const done = (): void => {
      if (timer !== null) clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      // What it started and did not end would keep its output open: 'close' would not come.
      end(child);
      groups.delete(child);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      done();
      reject(error.code === 'ENOENT' ? missingTool(tool, purpose) : error);
    });
    child.on('exit', done);
    child.on('close', (code) => {
      if (signal?.aborted === true) reject(new Error(`${purpose}: aborted`));
      else resolve({ code, tooLong, lines: rest === '' ? lines : [...lines, rest], tail });
    });
  });
