import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type StringMap,
  emptyMap,
  entriesOf,
  getAt,
  insertAt,
  mapOf,
  removeAt,
  replaceAt,
  setAt,
} from '../../src/tree/string-map.js';

/** Four strings of one 32-bit hash, found by search. */
const COLLIDING = ['/2pf86rnw', '/2pf8npba', '/jrj66rnw', '/jrj6npba'] as const;

const key = fc.oneof(
  fc.constantFrom(...COLLIDING),
  fc.integer({ min: 0, max: 300 }).map((n) => `/app/n${n}`),
  fc.string({ maxLength: 3 }),
);
const op = fc.oneof(
  { weight: 3, arbitrary: fc.record({ set: fc.constant(true), key, value: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ set: fc.constant(false), key, value: fc.nat() }) },
);

function asMap<V>(map: StringMap<V>): Map<string, V> {
  const entries = [...entriesOf(map)];
  assert.equal(entries.length, map.size, 'size');
  const copy = new Map(entries);
  assert.equal(copy.size, map.size, 'every key once');
  return copy;
}

test('agrees with a mutable map, and leaves older versions alone', () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 400, size: 'max' }), (ops) => {
      const model = new Map<string, number>();
      let map = emptyMap<number>();
      const versions: (readonly [StringMap<number>, Map<string, number>])[] = [];
      ops.forEach((step, i) => {
        const before = map;
        if (step.set) {
          map = setAt(map, step.key, step.value);
          model.set(step.key, step.value);
        } else {
          map = removeAt(map, step.key);
          if (!model.delete(step.key)) assert.equal(map, before, 'nothing to remove: same map');
        }
        assert.equal(getAt(map, step.key), model.get(step.key));
        if (i % 37 === 0) versions.push([map, new Map(model)]);
      });
      assert.deepEqual(sorted(asMap(map)), sorted(model));
      for (const [version, then] of versions)
        assert.deepEqual(sorted(asMap(version)), sorted(then));
    }),
  );
});

function sorted(map: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

test('the same keys make the same trie, whatever was there before', () => {
  const keys = fc.uniqueArray(fc.string({ maxLength: 4 }), { maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(keys, keys, (kept, gone) => {
      const insertAll = (map: StringMap<string>, names: readonly string[]): StringMap<string> =>
        names.reduce((m, name) => setAt(m, name, name), map);
      const straight = insertAll(emptyMap<string>(), kept);
      const passing = gone.filter((name) => !kept.includes(name));
      const detour = passing.reduce(
        (m, name) => removeAt(m, name),
        insertAll(insertAll(emptyMap<string>(), passing), [...kept].reverse()),
      );
      assert.deepEqual(detour, straight);
      assert.deepEqual(mapOf(new Map(kept.map((name) => [name, name]))), straight);
    }),
  );
});

test('keys with equal hashes are kept apart', () => {
  let map = emptyMap<string>();
  for (const name of COLLIDING) map = insertAt(map, name, `value of ${name}`);
  assert.equal(map.size, 4);
  assert.deepEqual([...entriesOf(map)].map(([name]) => name).sort(), [...COLLIDING].sort());
  map = replaceAt(map, COLLIDING[2], 'new');
  assert.equal(getAt(map, COLLIDING[2]), 'new');
  assert.equal(getAt(map, COLLIDING[3]), `value of ${COLLIDING[3]}`);
  for (const [i, name] of COLLIDING.entries()) {
    map = removeAt(map, name);
    assert.equal(map.size, 3 - i);
    assert.equal(getAt(map, name), undefined);
    assert.equal(removeAt(map, name), map);
    const rest = COLLIDING.slice(i + 1);
    assert.deepEqual([...entriesOf(map)].map(([n]) => n).sort(), [...rest].sort());
  }
  assert.deepEqual(map, emptyMap());
});

test('a change copies one branch and shares the rest', () => {
  let map = emptyMap<number>();
  for (let i = 0; i < 5000; i++) map = insertAt(map, `/n${i}`, i);
  const after = replaceAt(map, '/n77', -1);
  const shared = after.root.filter((slot, i) => slot === map.root[i]).length;
  assert.equal(after.root.length, map.root.length);
  assert.equal(shared, map.root.length - 1);
});

test('a map made at once is the one made step by step', () => {
  for (const count of [0, 1, 2, 16, 17, 1000, 20_000]) {
    const entries = new Map<string, number>();
    for (let i = 0; i < count; i++) entries.set(`/app/n${i}`, i);
    if (count > 16) for (const name of COLLIDING) entries.set(name, -1);
    let steps = emptyMap<number>();
    for (const [name, value] of entries) steps = insertAt(steps, name, value);
    assert.deepEqual(mapOf(entries), steps);
  }
});
