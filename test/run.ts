/**
 * The test command: every test file of dist/test under node:test and c8, then the coverage gates.
 *
 *   npm test                        all of it
 *   npm test -- jute core/history   only files whose path contains one of the words, no gates
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  .sort()
  .map((name) => relative(root, join(here, name)));
if (files.length === 0) {
  process.stderr.write(`no test file matches ${words.join(' ')}\n`);
  process.exit(2);
}

function node(args: readonly string[]): number {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (signal !== null) process.stderr.write(`ended by ${signal}\n`);
  return status ?? 1;
}

const nodeTest = [
  '--enable-source-maps',
  '--test',
  '--test-reporter=spec',
  '--test-concurrency=2',
  ...files,
];
if (words.length > 0) process.exit(node(nodeTest));

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

const tested = node([
  c8,
  '--reporter',
  'none',
  '--temp-directory',
  coverageDir,
  ...common,
  ...includes(['src/**', 'conformance/**/*.ts']),
  process.execPath,
  ...nodeTest,
]);
let failed = tested !== 0;
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
