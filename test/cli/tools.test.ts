/** No Java, no jar, a jar with another hash: every command that needs TLC says it in one line, exit 2. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../conformance/package-root.js';

const root = packageRoot();
const golden = join(root, 'traces', 'golden', 'observer-informed.ndjson');
const COMMANDS = [
  ['check', 'ElectionObserver'],
  ['check', '--distributed', 'TwoServersElection'],
  ['check', '--join', '127.0.0.1:9'],
  ['replay', '--simulate', 'ReplayObserver', '--traces', '1'],
  ['validate', golden],
] as const;

function zab(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }> {
  const main = join(root, 'dist', 'src', 'cli', 'main.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

const java = { PATH: process.env['PATH'] ?? '', JAVA_HOME: process.env['JAVA_HOME'] ?? '' };

for (const args of COMMANDS) {
  test(`zab ${args.slice(0, 2).join(' ')} without Java or its jar: one line, exit 2`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zab-tools-'));
    try {
      const wrong = join(folder, 'tla2tools.jar');
      writeFileSync(wrong, 'no jar');
      const cases = [
        [{ PATH: folder }, /^no Java found: install Java 11 or newer, or set JAVA_HOME\n$/],
        [{ ...java, TLA2TOOLS_JAR: wrong }, /tla2tools\.jar: SHA-256 [0-9a-f]{64} is not that of /],
        [{ ...java, TLA2TOOLS_JAR: folder }, /^TLA2TOOLS_JAR: cannot read .*\n$/],
      ] as const;
      for (const [env, expected] of cases) {
        const { code, stdout, stderr } = await zab(args, env);
        assert.deepEqual([code, stdout], [2, ''], stderr);
        assert.match(stderr, expected);
        assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
