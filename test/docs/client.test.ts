/** docs/client.md and docs/cli.md: their examples run as they stand and print what they say. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { packageRoot } from '../../conformance/package-root.js';
import { SHELL_COMMANDS, CLI_COMMANDS } from '../../src/cli/commands/cli/table.js';
import * as client from '../../src/client/index.js';
import { ZooKeeperServer } from '../../src/testing/index.js';

const root = packageRoot();
const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const blocks = (text: string, language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, body = '']) => body,
  );

function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 60_000 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}

/** What the comments behind `console.log` say that it prints. */
function promised(example: string): readonly string[] {
  return [...example.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].flatMap(([, said = '']) =>
    said.split(', then '),
  );
}

for (const [i, example] of blocks(page('client.md'), 'ts run').entries()) {
  test(`example ${i + 1} of docs/client.md`, async () => {
    // Inside the project, so that `zab/client` means this package.
    const folder = mkdtempSync(join(root, 'dist', 'docs-client-'));
    try {
      const file = join(folder, 'example.mjs');
      const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
      writeFileSync(file, ts.transpileModule(example, { compilerOptions: options }).outputText);
      const { code, out, err } = await run([file]);
      assert.equal(code, 0, err);
      assert.deepEqual(out.trimEnd().split('\n'), promised(example));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('docs/client.md names every recipe and every class that is named there exists', () => {
  const text = page('client.md');
  for (const name of [
    'Lock',
    'ReadWriteLock',
    'LeaderLatch',
    'LeaderSelector',
    'Barrier',
    'Group',
  ]) {
    assert.ok(text.includes(`\`${name}\``), name);
  }
  for (const [, name = ''] of text.matchAll(/`(\w+Error)[.`]/g)) {
    if (name !== 'TypeError') assert.ok(name in client, name);
  }
});

test('the session of docs/cli.md goes as it is shown', async () => {
  await using server = await ZooKeeperServer.start();
  const main = join(root, 'dist', 'src', 'cli', 'main.js');
  const steps = blocks(page('cli.md'), 'console')
    .join('')
    .replaceAll('$SERVER', server.connectString)
    .split(/^\$ /m)
    .slice(1);
  assert.ok(steps.length >= 6);
  for (const step of steps) {
    const [line = '', ...shown] = step.trimEnd().split('\n');
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    );
    assert.equal(words[0], 'zab');
    const { code, out, err } = await run([main, ...words.slice(1)]);
    const exit = code === 0 ? '' : `exit code ${code}\n`;
    assert.equal(`${out}${err}${exit}`.trimEnd(), shown.join('\n'), line);
  }
});

test('docs/cli.md names every command', () => {
  const text = page('cli.md');
  for (const name of [...CLI_COMMANDS.keys(), ...SHELL_COMMANDS.keys()]) {
    assert.match(text, new RegExp(`\\b${name}\\b`), name);
  }
});
