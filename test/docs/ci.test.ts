/** docs/ci.md: its commands exist with the options they are given, what it uses is pinned, what is cheap runs. About 40 s. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/registry.js';
import { packageRoot } from '../../conformance/package-root.js';
import { PINNED } from '../../conformance/tla2tools-runner/index.js';
import { parseXml } from '../conformance/xml.js';

const root = packageRoot();
const text = readFileSync(join(root, 'docs', 'ci.md'), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, body = '']) => body,
  );

interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** `npx zab …` of all blocks, with CI's expressions as a machine would fill them in. */
function commandLines(body: string): readonly CommandLine[] {
  const filled = body
    .replace(/\$\{\{ matrix\.shard \}\}/g, '2/4')
    .replace(/\$\{\{ github\.run_number \}\}/g, '7')
    .replace(/\$\(\( FROM \+ 1999 \)\)/g, '7001999')
    .replace(/\$FROM/g, '7000000');
  return [...filled.matchAll(/npx zab ([^\n`]+)/g)].map(([, line = '']) => {
    const [command = '', ...args] = line.trim().split(/\s+/);
    return { command, args };
  });
}

const all = [...blocks('yaml'), ...blocks('sh')].flatMap(commandLines);

function zab(cwd: string, args: readonly string[]): Promise<{ code: number; said: string }> {
  const main = join(root, 'dist', 'src', 'cli', 'main.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, said: stdout + stderr });
    });
  });
}

test('every command of docs/ci.md exists and has the options that it is given', async () => {
  const names = new Set(all.map(({ command }) => command));
  assert.deepEqual([...names].sort(), ['check', 'explore', 'replay', 'simulate', 'validate']);
  for (const { command, args } of all) {
    const entry = COMMANDS.find(({ name }) => name === command);
    assert.ok(entry, `zab ${command}`);
    const { usage } = await entry.load();
    for (const option of args.filter((arg) => arg.startsWith('--'))) {
      assert.match(usage, new RegExp(`${option}\\b`), `zab ${command} ${option}`);
    }
    assert.ok(!args.some((arg) => /[${}]/.test(arg)), args.join(' '));
  }
});

test('the options are read: what is wrong is the name or the file that follows them', async () => {
  for (const { command, args } of all) {
    if (args.includes('--join') || command === 'simulate') continue;
    // The first word after validate is the folder, which is not there.
    const options = (command === 'validate' ? args.slice(1) : args).filter(
      (arg) => arg !== '--list',
    );
    const simulate = command === 'replay' && args.includes('--list') ? ['--simulate'] : [];
    const { code, said } = await zab(tmpdir(), [command, 'NoSuchThing', ...options, ...simulate]);
    assert.equal(code, 2, said);
    assert.match(said, /NoSuchThing/, `zab ${command} ${args.join(' ')}`);
  }
  const { code, said } = await zab(tmpdir(), ['simulate', '--shard', '2/4', '--seeds', '1..x']);
  assert.equal(code, 2, said);
});

test('actions are pinned by commit, versions whole, and the jar by the hash that zab demands', () => {
  const [workflow = ''] = blocks('yaml');
  const uses = [...workflow.matchAll(/uses: (\S+)(.*)/g)];
  assert.ok(uses.length >= 8);
  for (const [line, action = '', comment = ''] of uses) {
    assert.match(action, /^actions\/[a-z-]+@[0-9a-f]{40}$/, line);
    assert.match(comment, /^ # v\d+\.\d+\.\d+$/, line);
  }
  for (const [, version = ''] of workflow.matchAll(/(?:node|java)-version: (\S+)/g)) {
    assert.match(version, /^\d+\.\d+\.\d+(\+\d+)?$/);
  }
  const hashes = [...workflow.matchAll(/"([0-9a-f]{64}) /g)].map(([, hash = '']) => hash);
  assert.equal(hashes.length, 2);
  for (const hash of hashes) assert.ok(PINNED.some(({ sha256 }) => sha256 === hash));
  assert.match(workflow, /runs-on: ubuntu-\d+\.\d+/);
  assert.doesNotMatch(workflow, /runs-on: .*latest|\t/);
  assert.equal([...workflow.matchAll(/if: always\(\)/g)].length, 3, 'results are always kept');
});

test('the cheap commands run as they stand, and their JUnit files are whole', async () => {
  const cheap = blocks('sh').slice(0, 1).flatMap(commandLines);
  assert.equal(cheap.length, 6);
  const folder = mkdtempSync(join(tmpdir(), 'zab-ci-'));
  try {
    for (const { command, args } of cheap) {
      const { code, said } = await zab(folder, [command, ...args]);
      assert.equal(code, 0, `zab ${command} ${args.join(' ')}\n${said}`);
      const junit = args[args.indexOf('--junit') + 1];
      if (!args.includes('--junit') || junit === undefined) continue;
      const path = join(folder, junit);
      assert.ok(existsSync(path), path);
      const { attributes, children } = parseXml(readFileSync(path, 'utf8'));
      assert.deepEqual([attributes['failures'], attributes['errors']], ['0', '0']);
      assert.ok(Number(attributes['tests']) > 0 && children.length > 0);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
