/** The simulator calls a property what the specification calls it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../conformance/package-root.js';

const read = (...path: string[]): string => readFileSync(join(packageRoot(), ...path), 'utf8');

test('what core-watch.ts checks are properties of spec/Properties.tla', () => {
  const source = read('src', 'sim', 'ensemble', 'core-watch.ts');
  const names = [...source.matchAll(/must\(\s*[^;]*?'([A-Z]\w+)', (?:\(\)|what|seen)/gs)].map(
    (found) => found[1] ?? '',
  );
  assert.ok(new Set(names).size >= 15, `only ${names.length} found`);
  const spec = read('spec', 'Properties.tla');
  const unknown = names.filter((name) => !new RegExp(`^${name} ==`, 'm').test(spec));
  assert.deepEqual(unknown, []);
});
