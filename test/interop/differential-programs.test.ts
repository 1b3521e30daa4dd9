/**
 * Generated programs on Apache ZooKeeper 3.9.5 and on ours, standalone and an ensemble: the kept cases, each a difference that there
 * once was or a trap, and fresh ones for a while. `npm run differential` runs as many as one likes.
 * About 150 s on a quiet machine. FC_SEED: the first seed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Comparison, report, search } from '../differential/compare.js';
import type { Program } from '../differential/program.js';
import { differences, type Transcript } from '../differential/run.js';
import { startServers } from '../differential/servers.js';
import { SETTINGS, type Setting, type SettingName } from '../differential/settings.js';
import { projectRoot } from '../support/provision.js';

interface Case {
  readonly name: string;
  /** Standard without. */
  readonly setting?: SettingName;
  readonly program: Program;
}

const file = join(projectRoot, 'test', 'differential', 'cases.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[];
const casesOf = (setting: SettingName): readonly Case[] =>
  cases.filter((one) => (one.setting ?? 'standard') === setting);

/** Of fresh programs, each. */
const SECONDS: Readonly<Record<SettingName, number>> = {
  standard: 50,
  defaults: 4,
  quotas: 8,
  auth: 6,
  'local-sessions': 8,
  'local-only': 4,
  'read-only': 4,
};
/** Operations between two looks at the clock. */
const OPERATIONS = 300;

const fresh = async (t: TestContext, comparison: Comparison, setting: SettingName) => {
  const features = { setting, clients: 4, length: 30, expiry: setting === 'standard', without: [] };
  let seed = Number(process.env['FC_SEED'] ?? Date.now() % 1_000_000_000);
  const end = performance.now() + SECONDS[setting] * 1000;
  const before = comparison.operations;
  do {
    const result = await search(comparison, features, seed, OPERATIONS);
    if (typeof result !== 'number') {
      const how = `--setting ${setting} --seed ${result.seed} --path ${result.path}`;
      assert.fail(`npm run differential -- ${how}\n${report(result.found)}`);
    }
    seed = result;
  } while (performance.now() < end);
  t.diagnostic(`${comparison.operations - before} operations, the next seed is ${seed}`);
};

for (const [setting, { what }] of Object.entries(SETTINGS) as [SettingName, Setting][]) {
  const name = `programs do the same on our servers as on Apache’s: ${what}`;
  test(name, { timeout: 600_000 }, async (t) => {
    await using servers = await startServers(setting);
    const comparison = new Comparison(servers);
    for (const { name: title, program } of casesOf(setting)) {
      await t.test(title, async () => {
        const found = await comparison.compare(program);
        assert.equal(found.length, 0, found.map(report).join('\n'));
      });
    }
    await t.test('fresh programs', (inner) => fresh(inner, comparison, setting));
  });
}

test('a difference in a line, in its step and in the number of lines is seen', () => {
  const one: Transcript = [[{ step: 1, text: 'a' }], [{ step: 2, text: 'b' }]];
  const seen = (other: Transcript): number[] => differences(one, other).map(({ client }) => client);
  assert.deepEqual(seen(one), []);
  assert.deepEqual(seen([[{ step: 1, text: 'x' }], [{ step: 2, text: 'b' }]]), [0]);
  assert.deepEqual(seen([[{ step: 1, text: 'a' }], [{ step: 3, text: 'b' }]]), [1]);
  assert.deepEqual(seen([[{ step: 1, text: 'a' }], []]), [1]);
  assert.deepEqual(
    seen([
      [],
      [
        { step: 2, text: 'b' },
        { step: 2, text: 'c' },
      ],
    ]),
    [0, 1],
  );
});
