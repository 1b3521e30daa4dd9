/** How two runs of a suite compare, and how the suites' own reports are read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVerbose } from './go.js';
import { readReport } from './kazoo.js';
import { compare, formatRecorded, parseRecorded, readRecorded, type Outcome } from './outcomes.js';
import { judge } from './suite.js';
import { SUITES } from './suites.js';

const outcome = (verdict: Outcome['verdict'], reason = ''): Outcome => ({
  ...{ verdict, reason, attempts: 1 },
});

test('another verdict, and a test that ran on one side only, are differences', () => {
  const apache = parseRecorded('# Apache\npassed a\nfailed b\nskipped c d\npassed gone\n');
  const ours = new Map([
    ['a', outcome('failed', 'why')],
    ['b', outcome('failed')],
    ['c d', outcome('skipped')],
    ['new', outcome('passed')],
  ]);
  assert.deepEqual(compare(apache, ours), [
    { name: 'a', apache: 'passed', ours: 'failed', reason: 'why' },
    { name: 'gone', apache: 'passed', ours: null, reason: 'did not run' },
    { name: 'new', apache: null, ours: 'passed', reason: '' },
  ]);
  const run = (): Promise<typeof ours> => Promise.resolve(ours);
  const known = [{ test: /^a$/, why: 'because' }];
  const judged = judge({ name: 'x', title: 'x', run, known }, apache, ours);
  assert.deepEqual(
    judged.explained.map(({ name, why }) => [name, why]),
    [['a', 'because']],
  );
  assert.deepEqual(
    judged.unexplained.map(({ name }) => name),
    ['gone', 'new'],
  );
});

test('what is recorded reads back, and nothing else does', () => {
  const text = formatRecorded(
    'what',
    new Map([
      ['b c', outcome('failed')],
      ['a', outcome('passed')],
    ]),
  );
  assert.equal(text, '# what\nfailed b c\npassed a\n');
  assert.deepEqual(
    [...parseRecorded(text)],
    [
      ['b c', 'failed'],
      ['a', 'passed'],
    ],
  );
  assert.throws(() => parseRecorded('perhaps a'), /not a recorded outcome/);
});

test('of the three reports of a pytest test a failure counts', () => {
  const line = (name: string, verdict: string): string =>
    JSON.stringify({ name, verdict, reason: verdict === 'failed' ? 'teardown' : '' });
  const text = [line('t.A', 'passed'), line('t.A', 'failed'), line('t.B', 'skipped'), ''].join(
    '\n',
  );
  assert.deepEqual(
    [...readReport(text)].map(([name, { verdict }]) => [name, verdict]),
    [
      ['t.A', 'failed'],
      ['t.B', 'skipped'],
    ],
  );
});

test("go's verbose output: subtests too, with the lines before a failure", () => {
  const text = [
    '=== RUN   TestA',
    '    a_test.go:1: no',
    '    --- FAIL: TestA/sub_one (0.00s)',
    '--- FAIL: TestA (0.10s)',
    '--- SKIP: TestB (0.00s)',
    '--- PASS: TestC (0.00s)',
    'FAIL',
  ].join('\n');
  const outcomes = readVerbose(text);
  assert.deepEqual(
    [...outcomes].map(([name, { verdict }]) => [name, verdict]),
    [
      ['TestA/sub_one', 'failed'],
      ['TestA', 'failed'],
      ['TestB', 'skipped'],
      ['TestC', 'passed'],
    ],
  );
  assert.match(outcomes.get('TestA/sub_one')!.reason, /a_test\.go:1: no/);
});

test('every suite has what Apache was seen to do, most of it passed', () => {
  for (const { name } of SUITES) {
    const recorded = [...readRecorded(name).values()];
    assert.ok(recorded.length > 10, name);
    const passed = recorded.filter((verdict) => verdict === 'passed').length;
    assert.ok(passed > 0.95 * recorded.length, `${name}: ${passed} of ${recorded.length}`);
  }
});
