/** The README's library example, run as it stands. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

function blocks(language: string): string[] {
  const found = readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'));
  return [...found].map((match) => match[1] ?? '');
}

test('the first TypeScript example of the README runs', () => {
  const example = blocks('ts')[0];
  assert.ok(example, 'the README has a TypeScript example');
  assert.ok(example.trim().split('\n').length <= 12, 'it is about ten lines');
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const code = ts.transpileModule(example, { compilerOptions: options }).outputText;
  // Inside the project, so that `zab/testing` means this package.
  const folder = mkdtempSync(join(root, 'dist', 'readme-'));
  try {
    const file = join(folder, 'example.mjs');
    writeFileSync(file, code);
    const printed = execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 });
    assert.match(printed, /127\.0\.0\.1:\d+(,127\.0\.0\.1:\d+){2}/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the first screen says the two commands', () => {
  const screen = readme.split('\n').slice(0, 40).join('\n');
  assert.match(screen, /npm ci && npm start/);
  assert.match(screen, /npm cit/);
});
