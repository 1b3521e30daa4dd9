/**
 * The test command: every test file of dist/test under node:test and V8's coverage, in the order of
 * support/runner/places.ts, then the coverage gates.
 *
 *   npm test                        all of it
 *   npm test -- jute core/history   only files whose path contains one of the words, no gates
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runFiles } from './support/runner/run-files.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const c8 = join(root, 'node_modules', 'c8', 'bin', 'c8.js');
const coverageDir = join(root, 'coverage', 'tmp');

/** Line coverage that each group of files must reach, in per cent. */
const gates = [
  {
    name: 'pure folders',
    lines: 97,
    include: ['src/core/**', 'src/tree/**', 'src/server/**', 'src/jute/**'],
  },
  { name: 'src and conformance', lines: 90, include: ['src/**', 'conformance/**/*.ts'] },
];

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.js'))
  // What an earlier build left of a test that is gone does not count.
  .filter((name) => existsSync(join(root, 'test', name.replace(/\.js$/, '.ts'))))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`no test file matches ${words.join(' ')}\n`);
  process.exit(2);
}

function node(args: readonly string[]): number {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (signal !== null) process.stderr.write(`ended by ${signal}\n`);
  return status ?? 1;
}

const HEARTBEAT_SECONDS = 60;
const LIMIT_SECONDS = 20 * 60;

async function test(): Promise<boolean> {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const results = await runFiles(files, {
    cwd: root,
    folder: relative(root, here),
    write: (text) => process.stdout.write(text),
    color: process.stdout.isTTY,
    signal: abort.signal,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    limitSeconds: LIMIT_SECONDS,
  });
  return !abort.signal.aborted && results.every((result) => !result.failed);
}

if (words.length > 0) process.exit((await test()) ? 0 : 1);

/** Modules of types alone: nothing of them runs, so `--all` would count each as not covered. */
function typeOnly(): string[] {
  const dist = join(root, 'dist');
  return ['src', 'conformance'].flatMap((top) =>
    readdirSync(join(dist, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(top, name))
      .filter((name) => {
        const code = readFileSync(join(dist, name), 'utf8').replace(
          /\/\*[\s\S]*?\*\/|\/\/.*$/gm,
          '',
        );
        return code.trim() === 'export {};';
      })
      .map((name) => name.replace(/\.js$/, '.ts')),
  );
}

rmSync(join(root, 'coverage'), { recursive: true, force: true });
const common = ['--all', '--src', 'src', '--src', 'conformance', '--exclude-after-remap'];
const includes = (globs: readonly string[]): string[] => [
  ...globs.flatMap((glob) => ['--include', glob]),
  ...typeOnly().flatMap((file) => ['--exclude', file]),
];

// Each process that the tests start writes its coverage there, however deep it is.
process.env['NODE_V8_COVERAGE'] = coverageDir;
let failed = !(await test());
delete process.env['NODE_V8_COVERAGE'];
for (const gate of gates) {
  process.stdout.write(`\ncoverage of ${gate.name}: at least ${gate.lines} % of lines\n`);
  const reporter =
    gate === gates[1]
      ? ['--reporter', 'text', '--reporter', 'lcovonly']
      : ['--reporter', 'text-summary'];
  const checked = node([
    c8,
    'report',
    '--temp-directory',
    coverageDir,
    ...common,
    ...includes(gate.include),
    ...reporter,
    '--check-coverage',
    '--lines',
    String(gate.lines),
    '--functions',
    '0',
    '--branches',
    '0',
    '--statements',
    '0',
  ]);
  if (checked !== 0) {
    failed = true;
    process.stdout.write(`coverage of ${gate.name} is below ${gate.lines} %\n`);
  }
}
process.exit(failed ? 1 : 0);
