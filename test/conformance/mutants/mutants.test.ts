/**
 * `zab check --mutants` as a user runs it: every planted fault, of the specification and of the code,
 * is found by what the tables name, as a violation of the property that they name.
 * About three minutes on two quiet cores.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCheck } from '../../../conformance/check/check.js';
import { CODE_MUTANTS } from '../../../conformance/mutants/code.js';
import { plant } from '../../../conformance/mutants/plant.js';
import { runOnce } from '../../../conformance/mutants/simulate.js';
import { SCHEDULES } from '../../../conformance/mutants/schedules.js';
import { packageRoot } from '../../../conformance/package-root.js';

interface Matrix {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly mutant: string;
    readonly by: string;
    readonly where: string;
    readonly killed: boolean;
    readonly how: string;
  }[];
}

/** All numbers of the project's list of mutants. */
const NUMBERS = Array.from({ length: 45 }, (_, i) => String(i + 1).padStart(2, '0'));

function run(args: readonly string[], signal: AbortSignal): Promise<[number, readonly string[]]> {
  const out: string[] = [];
  const say = (line: string) => void out.push(line);
  return runCheck(args, { out: say, err: say, status: null, signal }).then((code) => [code, out]);
}

test('every passage that a mutant replaces is in its module once', () => {
  for (const mutant of CODE_MUTANTS) {
    assert.ok(mutant.killers.length > 0, mutant.name);
    for (const { file } of mutant.edits) {
      const source = readFileSync(join(packageRoot(), 'dist', file), 'utf8');
      assert.notEqual(plant(source, file, mutant), source, mutant.name);
    }
  }
});

test('a passage that is not there, or twice, is an error', () => {
  const [mutant] = CODE_MUTANTS;
  assert.ok(mutant);
  const [edit] = mutant.edits;
  assert.ok(edit);
  assert.throws(() => plant('', edit.file, mutant), /found 0 times/);
  assert.throws(() => plant(edit.find + edit.find, edit.file, mutant), /found 2 times/);
  assert.equal(plant('', 'another.js', mutant), '');
});

test('without a mutant the schedules violate nothing', () => {
  for (const name of Object.keys(SCHEDULES)) assert.equal(runOnce(name), null, name);
});

test('zab check --mutants: all 45 are killed', async (t) => {
  const [code, out] = await run(['--mutants', '--json'], t.signal);
  const { ok, findings } = JSON.parse(out.join('\n')) as Matrix;
  for (const { mutant, by, where, killed, how } of findings) {
    await t.test(`${mutant}: ${by} ${where}`, () => assert.ok(killed, how));
  }
  const seen = new Set(findings.map(({ mutant }) => mutant.slice(1, 3)));
  assert.deepEqual(
    NUMBERS.filter((number) => !seen.has(number)),
    [],
  );
  assert.equal(ok, true);
  assert.equal(code, 0);
});

test('a mutant that nobody has: one line, exit 2', async (t) => {
  const [code, out] = await run(['--mutants', 'm99'], t.signal);
  assert.deepEqual([code, out.length], [2, 1]);
  assert.match(out[0] ?? '', /no mutant 'm99'/);
});
