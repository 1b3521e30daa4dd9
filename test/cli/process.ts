/** Runs the binary as a user would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MAIN = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  'src',
  'cli',
  'main.js',
);

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Zab {
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #wake: (() => void)[] = [];

  constructor(...args: readonly string[]) {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      this.#notify();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
        this.#notify();
      });
    });
  }

  /** The first line on stdout. Throws if it ends without one. */
  async firstLine(): Promise<string> {
    while (!this.#stdout.includes('\n')) {
      if (this.#child.exitCode !== null) throw new Error(`ended without a line: ${this.#stderr}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.#stdout.split('\n')[0] ?? '';
  }

  async signal(signal: NodeJS.Signals): Promise<Outcome> {
    this.#child.kill(signal);
    return this.ended;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

export async function zab(...args: readonly string[]): Promise<Outcome> {
  return new Zab(...args).ended;
}
