/** `--shard I/N`: the parts are disjoint and together the whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseShard, shardOf, shardText } from '../../conformance/shard.js';
import { UnusableInput } from '../../conformance/unusable-input.js';

test('the parts of a list are disjoint, together the whole, and differ by one item at most', () => {
  const sizes = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(sizes, ([length, count]) => {
      const items = Array.from({ length }, (_, n) => n);
      const parts = Array.from({ length: count }, (_, n) =>
        shardOf(items, parseShard(`${n + 1}/${count}`)),
      );
      assert.deepEqual(
        parts.flat().sort((a, b) => a - b),
        items,
      );
      const lengths = parts.map((part) => part.length);
      assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1);
    }),
  );
});

test('what is no part is refused in one line', () => {
  for (const text of ['', '0/3', '4/3', '1', '1/0', '-1/2', '1/2/3', 'a/b', '1.5/2', ' 1/2']) {
    assert.throws(() => parseShard(text), UnusableInput, text);
  }
  assert.equal(shardText(parseShard('2/8')), '2/8');
});
