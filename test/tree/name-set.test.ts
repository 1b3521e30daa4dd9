import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type NameSet,
  NO_NAMES,
  addName,
  countNames,
  eachName,
  hasName,
  namesOf,
  removeName,
  sortedNames,
} from '../../src/tree/name-set.js';

function check(set: NameSet, model: ReadonlySet<string>): void {
  const names = [...model].sort();
  assert.deepEqual(sortedNames(set), names);
  assert.deepEqual([...eachName(set)], names);
  assert.equal(countNames(set), model.size);
  checkShape(set);
}

/** Leaves equally deep, nothing empty inside, no node wider than 64, counts right. */
function checkShape(set: NameSet): number {
  if (Array.isArray(set)) {
    assert.ok(set.length <= 64);
    return 0;
  }
  const branch = set as Exclude<NameSet, readonly string[]>;
  assert.ok(branch.kids.length > 0 && branch.kids.length <= 64);
  assert.equal(branch.lows.length, branch.kids.length);
  const depths = new Set(branch.kids.map(checkShape));
  assert.equal(depths.size, 1, 'leaves equally deep');
  branch.kids.forEach((kid, i) => {
    const names = sortedNames(kid);
    assert.ok(names.length > 0, 'no empty child');
    assert.ok(branch.lows[i]! <= names[0]!);
    if (i > 0) assert.ok(branch.lows[i]! > sortedNames(branch.kids[i - 1]!).at(-1)!);
  });
  assert.equal(
    branch.size,
    branch.kids.reduce((sum, kid) => sum + countNames(kid), 0),
  );
  return depths.values().next().value! + 1;
}

/** Runs of neighbours, upwards and downwards, so that leaves fill, split, empty and merge. */
const run = fc.record({
  add: fc.boolean(),
  from: fc.integer({ min: 0, max: 9000 }),
  length: fc.integer({ min: 1, max: 700 }),
  step: fc.constantFrom(1, -1, 7, 4001),
});

function nameOf(i: number): string {
  return `n-${String(((i % 9973) + 9973) % 9973)}`;
}

test('agrees with a set, is sorted and balanced, and leaves older versions alone', () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 12, size: 'max' }), (runs) => {
      const model = new Set<string>();
      let set = NO_NAMES;
      const versions: (readonly [NameSet, ReadonlySet<string>])[] = [];
      for (const { add, from, length, step } of runs) {
        for (let i = 0; i < length; i++) {
          const name = nameOf(from + i * step);
          const before = set;
          set = add ? addName(set, name) : removeName(set, name);
          const known = model.has(name);
          assert.equal(hasName(before, name), known);
          assert.equal(hasName(set, name), add);
          if (known === add) assert.equal(set, before, 'no change: same value');
          if (add) model.add(name);
          else model.delete(name);
        }
        versions.push([set, new Set(model)]);
      }
      for (const [version, then] of versions) check(version, then);
    }),
    { numRuns: 60 },
  );
});

test('any strings, in code unit order', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (names) => {
      check(names.reduce(addName, NO_NAMES), new Set(names));
    }),
  );
});

test('a set made at once has the shape of one made step by step', () => {
  for (const count of [0, 1, 64, 65, 4096, 4097, 9000]) {
    const names = Array.from({ length: count }, (_, i) => nameOf(i * 733));
    check(namesOf(names), new Set(names));
    const [first] = names;
    if (first === undefined) continue;
    check(removeName(namesOf(names), first), new Set(names.slice(1)));
    check(addName(namesOf(names), 'more'), new Set([...names, 'more']));
  }
});

test('every name can go again, in any order, down to the empty set', () => {
  for (const order of [
    (i: number) => i,
    (i: number) => 5000 - i,
    (i: number) => (i * 733) % 5001,
  ]) {
    const model = new Set<string>();
    let set = NO_NAMES;
    for (let i = 0; i <= 5000; i++) {
      set = addName(set, nameOf(i));
      model.add(nameOf(i));
    }
    check(set, model);
    for (let i = 0; i <= 5000; i++) {
      set = removeName(set, nameOf(order(i)));
      model.delete(nameOf(order(i)));
      if (i % 501 === 0) check(set, model);
    }
    assert.equal(set, NO_NAMES);
  }
});

function countLeaves(set: NameSet): number {
  if (Array.isArray(set)) return 1;
  const { kids } = set as Exclude<NameSet, readonly string[]>;
  return kids.reduce((sum, kid) => sum + countLeaves(kid), 0);
}

test('names that come in order fill their leaves, others at least half', () => {
  const name = (i: number): string => String(i).padStart(10, '0');
  let inOrder = NO_NAMES;
  let mixed = NO_NAMES;
  for (let i = 0; i < 6400; i++) {
    inOrder = addName(inOrder, name(i));
    mixed = addName(mixed, name((i * 3917) % 6400));
  }
  assert.equal(countNames(mixed), 6400);
  assert.ok(countLeaves(inOrder) <= 101, `${countLeaves(inOrder)} leaves`);
  assert.ok(countLeaves(mixed) <= 200, `${countLeaves(mixed)} leaves`);
});
