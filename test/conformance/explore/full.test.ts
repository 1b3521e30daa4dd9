/**
 * The configurations of spec/explore/ of class "full": more than 300,000 states of the specification, two
 * servers with crashes and disconnects, three servers, and fast leader election alone. On two quiet cores
 * about four minutes in all; TLC takes one of them, the search of the reducers the other.
 */
import { execFile } from 'node:child_process';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadExplorations } from '../../../conformance/explore/manifest.js';
import { packageRoot } from '../../../conformance/package-root.js';

const explorations = loadExplorations(join(packageRoot(), 'spec', 'explore', 'manifest.json'));
const full = explorations.all.filter((one) => one.class === 'full');

function run(args: readonly string[]): Promise<{ readonly code: unknown; readonly text: string }> {
  const env: NodeJS.ProcessEnv = { ...process.env };
  // Counting coverage doubles the time; the quick configurations run the same lines.
  delete env['NODE_V8_COVERAGE'];
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, text: `${stdout}${stderr}` }),
    );
  });
}

for (const { name, bounds } of full) {
  test(`the graphs of ${name} are equal (${bounds})`, async () => {
    const main = join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
    const { code, text } = await run([main, 'explore', name]);
    assert.equal(code, 0, text);
  });
}

test('the full configurations have 300,000 states, two servers and three, pinned', () => {
  const states = full.map(({ pinned }) => pinned?.states ?? 0);
  assert.ok(states.reduce((sum, n) => sum + n, 0) >= 300_000);
  assert.ok(full.some(({ bounds }) => /N=2 .*C=[1-9].*D=[1-9]/.test(bounds)));
  assert.ok(full.some(({ bounds }) => /N=3 .*[CD]=[1-9]/.test(bounds)));
  assert.ok(explorations.all.every(({ pinned }) => pinned !== null));
});
