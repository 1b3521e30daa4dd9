/**
 * The configurations of spec/explore/ of class "full": more than 300,000 states of the specification, two
 * servers with crashes and disconnects, three servers, and fast leader election alone. On two quiet cores
 * about five minutes in all; TLC takes one of them, the search of the reducers the other.
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

const states = new Map<string, number>();

for (const { name, bounds } of full) {
  test(`the graphs of ${name} are equal (${bounds})`, async () => {
    const main = join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
    const { code, text } = await run([main, 'explore', name, '--json']);
    assert.equal(code, 0, text);
    const { models } = JSON.parse(text) as { readonly models: readonly { states: number }[] };
    states.set(name, models[0]!.states);
  });
}

test('they have 300,000 states, of two servers and of three, with failures', () => {
  const sum = [...states.values()].reduce((a, b) => a + b, 0);
  assert.ok(sum >= 300_000, `${sum} states`);
  assert.ok(full.some(({ bounds }) => /N=2 .*C=[1-9].*D=[1-9]/.test(bounds)));
  assert.ok(full.some(({ bounds }) => /N=3 .*[CD]=[1-9]/.test(bounds)));
});
