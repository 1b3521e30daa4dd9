/** The README's table says what the manifest says. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadManifest } from '../../../conformance/check/manifest.js';
import {
  modelsTable,
  ranges,
  readmeWithTable,
  withTable,
} from '../../../conformance/check/readme-table.js';
import { packageRoot } from '../../../conformance/package-root.js';

const manifest = loadManifest(join(packageRoot(), 'spec', 'models', 'manifest.json'));

test('the table in the README is what npm run spec:table writes', () => {
  const { is, due } = readmeWithTable();
  assert.equal(is, due, 'the manifest has changed: npm run spec:table');
});

test('every quick and deep model has a row with its bounds, figures and properties', () => {
  const table = modelsTable(manifest);
  for (const model of manifest.models) {
    const row = table.find((line) => line.startsWith(`| ${model.name} |`));
    const due = model.class === 'quick' || model.class === 'deep';
    assert.equal(row !== undefined, due, model.name);
    if (row === undefined) continue;
    const [, , bounds, distinct, depth, properties] = row.split(' | ').map((cell) => cell.trim());
    assert.ok(row.includes(model.bounds), bounds);
    if (model.distinct !== null) assert.ok(row.includes(model.distinct.toLocaleString('en-US')));
    assert.ok(
      [distinct, depth, properties].every((cell) => cell !== ''),
      row,
    );
  }
  const other = { ...manifest, models: manifest.models.map((m) => ({ ...m, distinct: 12_345 })) };
  assert.notDeepEqual(modelsTable(other), table);
});

test('runs of numbers are shortened; a README without a place for the table is refused', () => {
  const of = (letter: string, ...numbers: readonly number[]) =>
    numbers.map((number) => ({ letter, number }));
  assert.deepEqual(ranges([...of('A', 2), ...of('P', 3, 1, 2, 7, 8, 2)]), [
    'P1–P3',
    'P7',
    'P8',
    'A2',
  ]);
  assert.throws(() => withTable('# zab\n', []), /has no <!-- models/);
});
