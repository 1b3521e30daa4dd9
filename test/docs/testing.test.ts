/**
 * docs/testing.md: every example is a file that runs as it stands, in a project that has zab among its packages:
 * node:test, vitest, jest, pytest, JUnit and go test. About 40 s, and as long again to fetch what is not there.
 */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { curator } from '../support/curator.js';
import { goModule } from '../support/go-zookeeper.js';
import { javascriptRunners } from '../support/javascript-runners.js';
import { kazooSuitePython } from '../support/kazoo.js';
import { runGroup, type GroupEnding } from '../support/process-group.js';
import { projectRoot, run } from '../support/provision.js';

const text = readFileSync(join(projectRoot, 'docs', 'testing.md'), 'utf8');

/** The blocks whose first line is a comment that names a file. */
const examples = new Map(
  [...text.matchAll(/^```(\w+)\n(?:\/\/|#) (\S+\.\w+)\n([\s\S]*?)^```/gm)].map(
    ([, , name = '', body = '']) => [name, body],
  ),
);

interface Project {
  readonly folder: string;
  readonly temporary: string;
  readonly run: (tool: string, ...args: readonly string[]) => Promise<GroupEnding>;
}

/** Runs `body` in a folder with these examples and packages; nothing may be left in its temporary folder. */
const inProject = async (
  files: readonly string[],
  { packages = [], env = {} }: { packages?: readonly string[]; env?: NodeJS.ProcessEnv },
  body: (project: Project) => Promise<void>,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'zab-docs-'));
  try {
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '.bin'), { recursive: true });
    symlinkSync(projectRoot, join(modules, 'zab'));
    // As npm installs the package's binary.
    const main = join(projectRoot, 'dist', 'src', 'cli', 'main.js');
    const bin = `#!/bin/sh\nexec ${process.execPath} --max-semi-space-size=64 '${main}' "$@"\n`;
    writeFileSync(join(modules, '.bin', 'zab'), bin, { mode: 0o755 });
    for (const path of packages) {
      const [scope, name] = path.split('/').slice(-2);
      if (scope?.startsWith('@') === true) mkdirSync(join(modules, scope), { recursive: true });
      const under = scope?.startsWith('@') === true ? join(modules, scope) : modules;
      symlinkSync(path, join(under, name ?? ''));
    }
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    for (const file of files) {
      const example = examples.get(file);
      assert.ok(example !== undefined, `docs/testing.md has no ${file}`);
      writeFileSync(join(folder, file), example);
    }
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    const purpose = `the example ${files.join(', ')}`;
    const all = { TMPDIR: temporary, npm_config_update_notifier: 'false', ...env };
    const tool = (name: string, ...args: readonly string[]): Promise<GroupEnding> =>
      runGroup(name, args, { cwd: folder, env: all, purpose });
    await body({ folder, temporary, run: tool });
    const servers = readdirSync(temporary).filter((name) => name.startsWith('zab-'));
    assert.deepEqual(servers, [], 'a server has left its folder');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const passed = ({ code, lines, tail }: GroupEnding, saying: RegExp): void => {
  assert.equal(code, 0, tail);
  assert.match(`${lines.join('\n')}\n${tail}`, saying);
};

test('every example is run by a test below', () => {
  assert.deepEqual([...examples.keys()].sort(), [
    'GreetingTest.java',
    'expiry.jest.test.js',
    'greeting.node.test.js',
    'greeting_test.go',
    'jest.config.js',
    'leader.vitest.test.js',
    'test_greeting.py',
  ]);
});

test('node:test', async () => {
  await inProject(['greeting.node.test.js'], {}, async (project) => {
    // Not as a child of this runner.
    const args = ['--test', '--test-reporter=tap', 'greeting.node.test.js'];
    passed(
      await project.run('env', '-u', 'NODE_TEST_CONTEXT', process.execPath, ...args),
      /# pass 1/,
    );
  });
});

test('vitest', async () => {
  const modules = await javascriptRunners();
  const packages = [join(modules, 'vitest')];
  await inProject(['leader.vitest.test.js'], { packages }, async (project) => {
    const vitest = join(modules, '.bin', 'vitest');
    passed(await project.run(vitest, 'run', '--no-color'), /Tests\s+1 passed/);
  });
});

test('jest', async () => {
  const modules = await javascriptRunners();
  const packages = [join(modules, '@jest')];
  const env = { NODE_OPTIONS: '--experimental-vm-modules', NODE_V8_COVERAGE: '' };
  await inProject(['jest.config.js', 'expiry.jest.test.js'], { packages, env }, async (project) => {
    passed(await project.run(join(modules, '.bin', 'jest'), '--no-cache'), /Tests:\s+1 passed/);
  });
});

test('pytest', async () => {
  const python = await kazooSuitePython();
  await inProject(['test_greeting.py'], {}, async (project) => {
    const args = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'test_greeting.py'];
    passed(await project.run(python, ...args), /1 passed/);
  });
});

test('JUnit', async () => {
  const { classPath } = await curator();
  await inProject(['GreetingTest.java'], {}, async (project) => {
    const purpose = 'the example GreetingTest.java';
    await run('javac', ['-cp', classPath, 'GreetingTest.java'], { cwd: project.folder, purpose });
    const path = [project.folder, classPath].join(delimiter);
    const ending = await project.run('java', '-cp', path, 'RunTests', 'GreetingTest');
    passed(ending, /RESULT\tpassed\taGreetingIsKept/);
    assert.doesNotMatch(ending.lines.join('\n'), /failed/);
  });
});

test('go test', async () => {
  const { path, version, env } = await goModule();
  await inProject(['greeting_test.go'], { env }, async (project) => {
    const mod = `module greeting\n\ngo 1.13\n\nrequire ${path} ${version}\n`;
    writeFileSync(join(project.folder, 'go.mod'), mod);
    passed(await project.run('go', 'test', '-count=1', '.'), /^ok\s+greeting/m);
  });
});
