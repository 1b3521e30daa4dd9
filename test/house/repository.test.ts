/** What the repository itself promises: sizes of files, no registry host, no binary, no machine path. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const SKIP = new Set(['node_modules', 'dist', 'coverage', '.git', '.cache']);

/** Tracked files in a checkout; all files where there is no git (an unpacked archive). */
function files(): string[] {
  if (existsSync(join(root, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
    return listed.split('\0').filter((name) => name !== '' && existsSync(join(root, name)));
  }
  return readdirSync(root, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .split(sep)
        .join('/'),
    )
    .filter((name) => !SKIP.has(name.split('/')[0] ?? ''));
}

test('no source file is longer than a reader bears', () => {
  const long = files()
    .filter((name) => /^(src|conformance|test|bench)\/.*\.ts$|^spec\/.*\.tla$/.test(name))
    .map((name) => [name, readFileSync(join(root, name), 'utf8').split('\n').length - 1] as const)
    .filter(([, lines]) => lines > 450);
  assert.deepEqual(long, []);
});

test('no jar, class file or other binary is committed', () => {
  const binary = files().filter((name) => /\.(jar|class|so|node|exe|tgz|gz|zip|wasm)$/.test(name));
  assert.deepEqual(binary, []);
});

test('the lockfile names no download address', () => {
  assert.doesNotMatch(readFileSync(join(root, 'package-lock.json'), 'utf8'), /"resolved": "http/);
});

test('no test is skipped or left for later', () => {
  const word = ['skip', 'only', 'todo'].join('|');
  const pattern = new RegExp(`\\b(test|it|describe|t)\\.(${word})\\(`);
  const found = files()
    .filter((name) => /\.test\.ts$/.test(name))
    .filter((name) => pattern.test(readFileSync(join(root, name), 'utf8')));
  assert.deepEqual(found, []);
});
