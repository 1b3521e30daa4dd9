/** Where models run, and what is said of one that runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../../conformance/check/manifest.js';
import { costOf, placed } from '../../../conformance/check/place.js';
import { ProgressText } from '../../../conformance/check/progress.js';

const MODEL: Model = {
  name: 'A',
  module: 'A.tla',
  config: 'A.cfg',
  mode: 'check',
  expect: 'holds',
  distinct: 1_000,
  depth: null,
  class: 'quick',
  bounds: '',
  workers: 2,
  deadlock: false,
  timeoutSeconds: 60,
  mutant: null,
  description: '',
};
const named = (name: string, seconds: number, more: Partial<Model> = {}): Model => ({
  ...MODEL,
  name,
  seconds,
  ...more,
});

test('the longest start first, on a worker each; one that outweighs the rest takes all cores', () => {
  const even = placed([named('a', 10), named('b', 30), named('c', 25)], 2);
  assert.deepEqual(
    even.map(({ model, workers }) => [model.name, workers]),
    [
      ['b', 1],
      ['c', 1],
      ['a', 1],
    ],
  );
  const uneven = placed([named('a', 10), named('b', 300), named('c', 25)], 2);
  assert.deepEqual(
    uneven.map(({ model, workers }) => [model.name, workers]),
    [
      ['b', 2],
      ['c', 1],
      ['a', 1],
    ],
  );
  const narrow = placed([named('b', 300, { workers: 1 }), named('a', 10)], 2);
  assert.equal(narrow[0]?.workers, 1);
});

test('a model without a time is taken for as long as its states, or its kind, suggest', () => {
  assert.ok(costOf({ ...MODEL, distinct: 300_000 }) > costOf(MODEL));
  const violated = { violates: 'P', kind: 'invariant' } as const;
  assert.ok(costOf({ ...MODEL, distinct: null, expect: violated }) < 20);
  assert.ok(costOf({ ...MODEL, distinct: null, class: 'deep' }) > 600);
  assert.equal(costOf({ ...MODEL, seconds: 7 }), 7);
});

const counts = (distinct: number, queue: number) => ({ generated: 0, distinct, queue, depth: 5 });

test('progress: states, queue, rate, and what is left at most of a pinned count', () => {
  const text = new ProgressText(MODEL);
  const first = text.take(counts(100, 40), 0);
  assert.equal(first, '100 distinct, depth 5, 40 queued, 10 %, at most 900 left');
  const second = text.take(counts(300, 90), 2_000);
  assert.equal(second, '300 distinct, depth 5, 90 queued, 100/s, 30 %, at most 700 left, 7.0 s');
});

test('progress without a pinned count: at least the queue, and when a shrinking one is empty', () => {
  const text = new ProgressText({ ...MODEL, distinct: null });
  assert.match(text.take(counts(100, 40), 0), /at least 40 left, and growing$/);
  assert.match(text.take(counts(200, 90), 2_000), /50\/s, at least 90 left, and growing$/);
  const later = text.take(counts(2_000, 30), 30_000);
  assert.match(later, /at least 30 left, and growing$/, 'old counts are forgotten');
  assert.match(text.take(counts(2_100, 10), 32_000), /at least 10 left, about 1\.0 s$/);
  const mutant = {
    ...MODEL,
    distinct: null,
    expect: { violates: 'P', kind: 'invariant' } as const,
  };
  assert.match(new ProgressText(mutant).take(counts(1, 1), 0), /until the violation$/);
});
