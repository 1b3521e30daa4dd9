/**
 * Generated programs on Apache ZooKeeper 3.9.5 and on ours, standalone and an ensemble: the kept cases, each a difference that there
 * once was or a trap, and fresh ones for a while. `npm run differential` runs as many as one likes.
 * About 100 s on a quiet machine. FC_SEED: the first seed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Comparison, report, search } from '../differential/compare.js';
import type { Program } from '../differential/program.js';
import { differences, type Transcript } from '../differential/run.js';
import { startServers } from '../differential/servers.js';
import { projectRoot } from '../support/provision.js';

interface Case {
  readonly name: string;
  readonly program: Program;
}

const file = join(projectRoot, 'test', 'differential', 'cases.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[];
const features = { clients: 4, length: 30, expiry: true, without: [] };
const SECONDS = 75;
/** Operations between two looks at the clock. */
const OPERATIONS = 300;

test('programs do the same on our servers as on Apache’s', { timeout: 600_000 }, async (t) => {
  await using servers = await startServers(['standalone', 'ensemble']);
  const comparison = new Comparison(servers);
  for (const { name, program } of cases) {
    await t.test(name, async () => {
      const found = await comparison.compare(program);
      assert.equal(found.length, 0, found.map(report).join('\n'));
    });
  }
  await t.test('fresh programs', async (fresh) => {
    let seed = Number(process.env['FC_SEED'] ?? Date.now() % 1_000_000_000);
    const end = performance.now() + SECONDS * 1000;
    const before = comparison.operations;
    do {
      const result = await search(comparison, features, seed, OPERATIONS);
      if (typeof result !== 'number') {
        const how = `npm run differential -- --seed ${result.seed} --path ${result.path}`;
        assert.fail(`${how}\n${report(result.found)}`);
      }
      seed = result;
    } while (performance.now() < end);
    fresh.diagnostic(`${comparison.operations - before} operations, the next seed is ${seed}`);
  });
});

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
