/** The test command itself: what fails, dies or never ends is counted, named and shown at the end. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { inPhases, placeOf } from '../support/runner/places.js';
import { runFiles } from '../support/runner/run-files.js';
import { dropFolder, makeFolder } from '../support/server-process.js';

const FILES: Readonly<Record<string, string>> = {
  'core/passes.test.mjs': `test('adds', () => {}); test('skips', { skip: true }, () => {});`,
  'cli/fails.test.mjs': `test('goes well', () => {}); test('goes wrong', () => { throw new Error('the reason'); });`,
  'core/dies.test.mjs': `test('dies', () => process.kill(process.pid, 'SIGKILL'));`,
  'core/none.test.mjs': `throw new Error('never gets to a test');`,
  'sim/hangs.test.mjs': `test('hangs', () => new Promise(() => setInterval(() => {}, 1000)));`,
};

test('sums, failing tests once more, signs of life', async () => {
  const folder = makeFolder('zab-runner-');
  try {
    for (const [name, body] of Object.entries(FILES)) {
      const path = join(folder, 'tests', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `import { test } from 'node:test';\n${body}\n`);
    }
    let text = '';
    const results = await runFiles(Object.keys(FILES), {
      ...{ cwd: folder, folder: 'tests', color: false, signal: new AbortController().signal },
      write: (piece) => (text += piece),
      heartbeatSeconds: 0.05,
      limitSeconds: 5,
    });
    const failed = results.filter((result) => result.failed).map(({ file }) => file);
    assert.deepEqual(failed.sort(), [
      'tests/cli/fails.test.mjs',
      'tests/core/dies.test.mjs',
      'tests/core/none.test.mjs',
      'tests/sim/hangs.test.mjs',
    ]);
    const end = text.slice(text.indexOf('✖ failing tests:'));
    assert.match(end, /goes wrong[^]*the reason/);
    assert.match(end, /✖ tests\/core\/dies\.test\.mjs: ended by SIGKILL, before its summary/);
    assert.match(end, /✖ tests\/core\/none\.test\.mjs: exit code 1/);
    assert.match(end, /✖ tests\/sim\/hangs\.test\.mjs: not done in 5 s/);
    assert.ok(!end.includes('goes well') && !end.includes('adds'));
    assert.match(end, /\nℹ pass 2\nℹ fail \d\n/);
    assert.match(
      text,
      /^… 0:0\d: .*hangs\.test\.mjs \(0:0\d\).* of 5 files, \d+ tests, \d failed$/m,
    );
    assert.match(text, /▶ core\/passes\.test\.mjs: 2 tests/);
  } finally {
    dropFolder(folder);
  }
});

test('real time first, one core next, all cores last; the long ones first', () => {
  const files = ['core/reduce.test.js', 'conformance/explore/full.test.js', 'jute/txn.test.js'];
  const phases = inPhases([...files, 'e2e/trace-under-faults.test.js', 'e2e/a.test.js']);
  assert.deepEqual(phases, [
    { phase: 'real time', files: ['e2e/trace-under-faults.test.js', 'e2e/a.test.js'] },
    { phase: 'one core', files: ['core/reduce.test.js', 'jute/txn.test.js'] },
    { phase: 'all cores', files: ['conformance/explore/full.test.js'] },
  ]);
  assert.deepEqual(placeOf('new/x.test.js'), { phase: 'one core', seconds: 1 });
});
