/**
 * What the tests need of the world and npm does not bring: built once into the project's cache folder,
 * on demand, by whichever test asks first. A missing tool is a failing test with one clear line, never a skip.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The repository's root: this file runs as dist/test/support/provision.js. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** `ZAB_CACHE_DIR`, else `zab` in the user's cache folder. */
export const cacheDir = (): string => {
  const chosen = process.env['ZAB_CACHE_DIR'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const xdg = process.env['XDG_CACHE_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'zab');
};

/** Debian package of each tool that `run` may not find. */
const debianPackage: Readonly<Record<string, string>> = {
  go: 'golang-go',
  jar: 'openjdk-17-jdk-headless',
  java: 'openjdk-17-jdk-headless',
  javac: 'openjdk-17-jdk-headless',
  mvn: 'maven',
  python3: 'python3 python3-venv',
  gcc: 'build-essential',
  make: 'build-essential',
  'g++': 'build-essential',
};

export const missingTool = (tool: string, purpose: string): Error =>
  new Error(
    `${purpose} needs \`${tool}\` on PATH` +
      (debianPackage[tool] === undefined
        ? ''
        : ` (Debian: apt-get install ${debianPackage[tool]})`),
  );

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What it is for: the first words of the message when it fails. */
  readonly purpose: string;
}

/** Run a tool to its end; its standard output, or an Error that names the tool or shows its last lines. */
export const run = (tool: string, args: readonly string[], options: RunOptions): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk) && all.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => all.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? missingTool(tool, options.purpose) : error);
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else {
        const tail = Buffer.concat(all).toString().trimEnd().split('\n').slice(-25).join('\n');
        const how = signal ?? String(code);
        reject(new Error(`${options.purpose}: ${tool} ended with ${how}\n${tail}`));
      }
    });
  });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** A lock file that holds its owner's pid; one whose owner is dead is taken over. */
const tryLock = (file: string): boolean => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  let owner: string;
  try {
    owner = readFileSync(file, 'utf8');
  } catch {
    return false;
  }
  if (owner !== '' && !isAlive(Number(owner))) {
    // Renaming is atomic: of several that see the dead owner's file, one moves it away.
    try {
      renameSync(file, `${file}.${process.pid}`);
      rmSync(`${file}.${process.pid}`, { force: true });
    } catch {
      /* another one did */
    }
  }
  return false;
};

const running = new Map<string, Promise<string>>();

/**
 * The folder `name-<hash of recipe>` in the cache, filled by `fill` if it is not complete yet.
 * `recipe` is all that decides the content: another recipe is another folder. Safe between processes.
 */
export const provision = (
  name: string,
  recipe: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> => {
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  const folder = join(cacheDir(), `${name}-${hash}`);
  const known = running.get(folder);
  if (known !== undefined) return known;
  const made = (async () => {
    const complete = join(folder, '.complete');
    if (existsSync(complete)) return folder;
    mkdirSync(cacheDir(), { recursive: true });
    const lock = `${folder}.lock`;
    while (!tryLock(lock)) await delay(100);
    try {
      if (existsSync(complete)) return folder;
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      await fill(folder);
      writeFileSync(complete, '');
      return folder;
    } finally {
      rmSync(lock, { force: true });
    }
  })();
  running.set(folder, made);
  made.catch(() => running.delete(folder));
  return made;
};
