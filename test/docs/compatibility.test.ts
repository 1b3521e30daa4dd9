/** docs/compatibility.md: every row of what is there names a test that is there, and the counts are those recorded. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRecorded } from '../interop/suites/outcomes.js';
import { SUITES } from '../interop/suites/suites.js';
import { projectRoot } from '../support/provision.js';

const text = readFileSync(join(projectRoot, 'docs', 'compatibility.md'), 'utf8');

/** The rows of a section's table, without its two lines of head. */
const rows = (section: string): readonly string[] => {
  const [, body = ''] = text.split(`\n## ${section}\n`);
  const own = body.split('\n## ')[0] ?? '';
  return own
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
};

for (const section of ['Clients', 'Operations', 'Servers', 'Mixed ensembles']) {
  test(`${section}: every row has the test that shows it`, () => {
    const all = rows(section);
    assert.ok(all.length >= 5);
    for (const row of all) {
      const last = row.split('|').at(-2) ?? '';
      const files = [...last.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, name = '']) => name);
      const suites = [...last.matchAll(/`npm run interop -- (\w+)`/g)].map(([, name = '']) => name);
      assert.ok(files.length + suites.length > 0, row);
      for (const file of files) assert.ok(existsSync(join(projectRoot, 'test', file)), file);
      for (const name of suites)
        assert.ok(
          SUITES.some((suite) => suite.name === name),
          name,
        );
    }
  });
}

test('every suite has its row', () => {
  const clients = rows('Clients').join('\n');
  for (const { name } of SUITES) assert.ok(clients.includes(`npm run interop -- ${name}\``), name);
});

test("the counts of the clients' own tests are those that were recorded", () => {
  const clients = rows('Clients');
  for (const name of ['kazoo', 'go', 'curator']) {
    const row = clients.find((line) => line.includes(`npm run interop -- ${name}\``)) ?? '';
    assert.match(row, new RegExp(`its own ${readRecorded(name).size} tests`), name);
  }
});
