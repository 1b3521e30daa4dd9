/**
 * docs/trace.schema.json and the codec say the same of every line: of recorded ones, and of those
 * with one thing changed, at any depth.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { packageRoot } from '../../../conformance/package-root.js';
import { decodeLine } from '../../../conformance/trace/schema.js';
import { fits, type Schema } from './json-schema.js';
import { recordedRun } from './helper.js';

const path = join(packageRoot(), 'docs', 'trace.schema.json');
const schema = JSON.parse(readFileSync(path, 'utf8')) as Schema;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const lines = [3, 4, 5].flatMap((seed) =>
  recordedRun(seed, 250).lines.map(({ line }) => JSON.stringify(line)),
);

const samples: readonly Json[] = [
  ...[null, true, 0, 1, -1, -2, 1.5, 2 ** 31, 2 ** 53, '', 'ab1', 'a b', 'LEADING', 'ACK', 'x'],
  ...[[], [1], [1, 2], [1, 2, 'a'], [1, 2, 3], {}, { type: 'PING' }, { type: 'tick' }, { a: 1 }],
];

/** Every container within a value, itself included. */
function containers(value: Json): (Json[] | { [key: string]: Json })[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(containers)];
}

/** One thing changed: a member gone, another value for it, or one more. */
const changed = fc
  .record({
    line: fc.constantFrom(...lines),
    where: fc.nat(),
    which: fc.nat(),
    how: fc.constantFrom('drop', 'replace', 'add'),
    sample: fc.constantFrom(...samples),
  })
  .map(({ line, where, which, how, sample }) => {
    const value = JSON.parse(line) as Json;
    const all = containers(value);
    const target = all[where % all.length]!;
    const keys = Object.keys(target);
    const key = keys[which % Math.max(1, keys.length)];
    if (Array.isArray(target)) {
      if (how === 'add') target.push(sample);
      else target.splice(Number(key ?? 0), 1, ...(how === 'drop' ? [] : [sample]));
    } else if (how === 'add' || key === undefined) target['other'] = sample;
    else if (how === 'drop') Reflect.deleteProperty(target, key);
    else target[key] = sample;
    return value;
  });

test('recorded lines fit the schema', () => {
  assert.ok(lines.length > 500);
  for (const line of lines) assert.ok(fits(schema, schema, JSON.parse(line)), line);
});

test('a changed line fits the schema if and only if it is one to the codec', () => {
  const outcomes = { fit: 0, refused: 0 };
  fc.assert(
    fc.property(changed, (value) => {
      const text = JSON.stringify(value);
      const decoded = decodeLine(text);
      const fit = fits(schema, schema, value);
      assert.equal(fit, decoded.ok, decoded.ok ? text : `${decoded.why}: ${text}`);
      outcomes[fit ? 'fit' : 'refused']++;
    }),
    { numRuns: 5_000 },
  );
  assert.ok(outcomes.fit > 200 && outcomes.refused > 1_000, JSON.stringify(outcomes));
});

test('what a line leaves out is listed, and has a value that says nothing', () => {
  const whole = JSON.parse(lines[0]!) as { post: Record<string, unknown>; sent?: unknown };
  const optional = ['ackEpochs', 'ackNewLeader', 'delivered', 'history', 'newEpoch', 'pending'];
  const names = [...optional, 'round', 'vote'];
  for (const name of names) Reflect.deleteProperty(whole.post, name);
  delete whole.sent;
  const decoded = decodeLine(JSON.stringify(whole));
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.value.omitted, [...names.map((n) => `post.${n}`), 'sent']);
  assert.deepEqual([decoded.value.sent, decoded.value.post.ackEpochs], [[], []]);
  for (const name of ['state', 'zabState', 'leader', 'lastZxid', 'acceptedEpoch']) {
    const less = JSON.parse(lines[0]!) as { post: Record<string, unknown> };
    Reflect.deleteProperty(less.post, name);
    const refused = decodeLine(JSON.stringify(less));
    assert.ok(!refused.ok && refused.why.startsWith(`post.${name}: expected`), name);
  }
});
