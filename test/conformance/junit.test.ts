/** What the commands write for CI systems is well-formed XML with the right counts. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { junitXml, writeJunit } from '../../conformance/junit.js';
import type { JUnitSuite } from '../../conformance/junit.js';
import { UnusableInput } from '../../conformance/unusable-input.js';
import { temporaryFolder } from './tla2tools-runner/helper.js';
import { parseXml } from './xml.js';

const SUITES: readonly JUnitSuite[] = [
  {
    name: 'zab check',
    properties: { seed: '7', 'a "b"': '<c>' },
    elapsedMs: 2_500,
    cases: [
      { name: 'A', classname: 'zab.check', elapsedMs: 1_000, outcome: { kind: 'passed' } },
      {
        name: 'B & <C>',
        classname: 'zab.check',
        elapsedMs: 2_000,
        outcome: {
          kind: 'failed',
          message: 'it\'s "not"\nso',
          details: 'a < b\n\u0000 ]]> \ud800',
        },
      },
      {
        name: 'D',
        classname: 'zab.check',
        elapsedMs: 0,
        outcome: { kind: 'error', message: 'no' },
        output: 'said <this>',
      },
      { name: 'E', classname: 'zab.check', elapsedMs: -1, outcome: { kind: 'skipped' } },
    ],
  },
  {
    name: 'second',
    cases: [{ name: 'F', classname: 'x', elapsedMs: 1, outcome: { kind: 'passed' } }],
  },
];

test('suites, cases, failures and errors, counted; text comes back as it went in', () => {
  const root = parseXml(junitXml(SUITES));
  assert.equal(root.name, 'testsuites');
  const { tests, failures, errors, skipped, time } = root.attributes;
  assert.deepEqual([tests, failures, errors, skipped, time], ['5', '1', '1', '1', '2.501']);
  const [first, second] = root.children.filter(({ name }) => name === 'testsuite');
  assert.deepEqual(
    first?.children.map(({ name }) => name),
    ['properties', 'testcase', 'testcase', 'testcase', 'testcase'],
  );
  assert.deepEqual(first?.children[0]?.children[1]?.attributes, { name: 'a "b"', value: '<c>' });
  const failed = first?.children[2];
  assert.equal(failed?.attributes['name'], 'B & <C>');
  assert.equal(failed?.children[0]?.attributes['message'], 'it\'s "not"\nso');
  assert.equal(failed?.children[0]?.text, 'a < b\n\ufffd ]]> \ufffd');
  assert.equal(first?.children[3]?.children[0]?.name, 'error');
  assert.equal(first?.children[3]?.children[1]?.text, 'said <this>');
  assert.equal(first?.children[4]?.attributes['time'], '0.000');
  assert.equal(second?.attributes['time'], '0.001');
});

test('the file is written with its folder, or the reason is said', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'results', 'junit.xml');
  writeJunit(path, SUITES);
  assert.equal(await readFile(path, 'utf8'), junitXml(SUITES));
  await writeFile(join(folder, 'file'), '');
  assert.throws(() => writeJunit(join(folder, 'file', 'junit.xml'), SUITES), UnusableInput);
  assert.throws(() => writeJunit(folder, SUITES), /^UnusableInput: cannot write .*EISDIR/);
});

test('the reader of these tests refuses what is not well-formed', () => {
  for (const text of ['<a>', '<a></b>', '<a x=1/>', '<a>&nbsp;</a>', '<a/><b/>', '<a>\u0001</a>']) {
    assert.throws(() => parseXml(text), text);
  }
});
