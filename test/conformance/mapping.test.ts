/** Holds specification, code, trace and conformance/mapping.md together, both ways. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../conformance/package-root.js';
import { STEP_MODULES, STEP_NAMES } from '../../src/core/step.js';

const root = packageRoot();
const MODULES = ['Election', 'Discovery', 'Synchronization', 'Broadcast', 'Faults'];
const mapping = readFileSync(join(root, 'conformance', 'mapping.md'), 'utf8');
const spec = (module: string) => readFileSync(join(root, 'spec', `${module}.tla`), 'utf8');

/** Actions of the model that are no step of a core, and the part of a step that has a name. */
const NO_STEP = ['ElectLeader', 'JoinLeader', 'Crash', 'TakeSnapshot'];
const PART_OF_STEPS = ['LookForLeader'];

/** The rows of the table under a heading: their cells. */
function table(heading: string): readonly (readonly string[])[] {
  const section = mapping.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function namesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/([A-Z]\w+)\(/g)].map((found) => found[1] ?? '');
}

const rows = table('Actions').flatMap(([actions = '', module = '', code = '']) =>
  namesIn(actions).map((name) => ({ name, module, code })),
);

test('the disjuncts of Next are the steps of the core, and those that no core takes', () => {
  const next = /^Next ==$([\s\S]*?)^Spec ==/m.exec(spec('Zab'))?.[1] ?? '';
  const disjuncts = [...next.matchAll(/: (\w+)\(/g)].map((found) => found[1] ?? '');
  assert.deepEqual([...disjuncts].sort(), [...STEP_NAMES, ...NO_STEP].sort());
});

test('each action is defined in the module that code and mapping name', () => {
  for (const [module, names] of Object.entries(STEP_MODULES)) {
    for (const name of names) {
      assert.match(spec(module), new RegExp(`^${name}\\(`, 'm'), `${module}!${name}`);
      assert.deepEqual(
        rows.filter((row) => row.name === name).map((row) => row.module),
        [module],
        `mapping.md: ${name}`,
      );
    }
  }
});

test('mapping.md has every action once, and names a function that says the same', () => {
  const expected = [...STEP_NAMES, ...NO_STEP, ...PART_OF_STEPS];
  assert.deepEqual(rows.map((row) => row.name).sort(), [...expected].sort());
  for (const { name, code } of rows) {
    const [, file, fn] = /^(\S+\.ts) `(\w+)`$/.exec(code) ?? [];
    if (file === undefined) {
      assert.match(code, /^none: /, name);
      continue;
    }
    const text = readFileSync(join(root, 'src', 'core', file), 'utf8');
    assert.match(text, new RegExp(`export function ${fn ?? ''}\\b`), `${name}: ${code}`);
  }
});

test('the @spec tags of the reducers are the actions, each with its module', () => {
  const folder = join(root, 'src', 'core');
  const tags = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/@spec (\w+)!(\w+)/g)].map((found) => ({
      module: found[1] ?? '',
      name: found[2] ?? '',
    })),
  );
  const known = new Set([...STEP_NAMES, ...PART_OF_STEPS] as string[]);
  for (const { module, name } of tags) {
    assert.ok(MODULES.includes(module), `${module}!${name}`);
    assert.ok(known.has(name), `${module}!${name}`);
    assert.match(spec(module), new RegExp(`^${name}\\(`, 'm'), `${module}!${name}`);
  }
  const tagged = new Set(tags.map(({ name }) => name));
  assert.deepEqual(
    [...known].filter((name) => !tagged.has(name)),
    [],
  );
});

test('the trace specification knows the same actions', () => {
  const text = spec('ZabTrace');
  const listed = /^ActionNames == \{([\s\S]*?)\}/m.exec(text)?.[1] ?? '';
  const names = [...listed.matchAll(/"(\w+)"/g)].map((found) => found[1] ?? '');
  assert.deepEqual([...names].sort(), [...STEP_NAMES].sort());
  const taken = [...text.matchAll(/name = "(\w+)"\s+-> (\w+)\(/g)];
  assert.deepEqual(taken.map((found) => found[1]).sort(), [...STEP_NAMES].sort());
  for (const [, name, action] of taken) assert.equal(action, name);
});

test('mapping.md has every variable of the specification once', () => {
  const declared = [...MODULES, 'ZabBase', 'History'].flatMap((module) => {
    const block = /^VARIABLES\n([\s\S]*?)\n\n/m.exec(spec(module))?.[1] ?? '';
    return block
      .split('\n')
      .map((line) => /^ {2}(\w+),?\s/.exec(line)?.[1])
      .filter((name) => name !== undefined);
  });
  assert.ok(declared.length > 20);
  const named = table('Variables').flatMap(([cell = '']) =>
    cell
      .replace(/\(.*?\)/g, '')
      .split(',')
      .map((name) => name.trim().split('.')[0] ?? ''),
  );
  assert.deepEqual([...new Set(named)].sort(), [...declared].sort());
});

test('every field that a line shows of the state is in mapping.md', () => {
  const text = spec('ZabTrace');
  const shown = /^Shown\(i\) ==\n([\s\S]*?)\]$/m.exec(text)?.[1] ?? '';
  const fields = [...shown.matchAll(/(\w+) \|->/g)].map((found) => found[1] ?? '');
  assert.ok(fields.length >= 13);
  for (const field of fields)
    assert.ok(mapping.includes(`\`post.${field}\``) || mapping.includes(`post.${field}`), field);
});
