/**
 * Every quick model and witness of `spec/models/manifest.json`, through `zab check` as a user
 * runs it: the verdicts, the violated properties and the counts must be what the manifest says.
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { runCheck } from '../../../conformance/check/check.js';

interface Checked {
  readonly ok: boolean;
  readonly models: readonly {
    readonly model: string;
    readonly class: string;
    readonly mismatches: readonly string[];
  }[];
}

test('zab check: all quick models hold, all witnesses are reached', async (t) => {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCheck(['--json'], {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    status: null,
    signal: t.signal,
  });
  const said = [...out, ...err].join('\n');
  assert.notEqual(code, 2, said);
  const { ok, models } = JSON.parse(out.join('\n')) as Checked;
  for (const checked of models) {
    await t.test(`${checked.class} ${checked.model}`, () => {
      assert.deepEqual(checked.mismatches, []);
    });
  }
  assert.ok(models.filter((model) => model.class === 'quick').length >= 10, said);
  assert.equal(ok, true, said);
  assert.equal(code, 0, said);
});
