import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  parseState,
  parseValue,
  printValue,
  ToolsError,
  valueToJson,
} from '../../../conformance/tla2tools-runner/index.js';
import type { TlaValue } from '../../../conformance/tla2tools-runner/index.js';

const name = fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,6}$/);
const { value } = fc.letrec<{ value: TlaValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.integer().map((n): TlaValue => ({ kind: 'int', value: n })),
    fc.boolean().map((b): TlaValue => ({ kind: 'bool', value: b })),
    fc.string({ unit: 'grapheme-ascii' }).map((s): TlaValue => ({ kind: 'string', value: s })),
    name.map((n): TlaValue => ({ kind: 'model', name: n })),
    fc.array(tie('value'), { maxLength: 4 }).map((e): TlaValue => ({ kind: 'set', elements: e })),
    fc.array(tie('value'), { maxLength: 4 }).map((e): TlaValue => ({ kind: 'seq', elements: e })),
    fc
      .array(fc.tuple(name, tie('value')), { minLength: 1, maxLength: 4 })
      .map((f): TlaValue => ({ kind: 'record', fields: f })),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { minLength: 1, maxLength: 4 })
      .map((p): TlaValue => ({ kind: 'function', pairs: p })),
  ),
}));

test('a printed value parses to itself', () => {
  fc.assert(fc.property(value, (v) => assert.deepEqual(parseValue(printValue(v)), v)));
});

test('line breaks and spaces between tokens change nothing', () => {
  fc.assert(
    fc.property(value, (v) => {
      const text = printValue(v).replaceAll(/ (\|->|:>|@@) /g, '\n  $1\n');
      if (!/["]/.test(text)) assert.deepEqual(parseValue(text), v);
    }),
  );
});

test('every prefix of a value is refused or a shorter number or name', () => {
  fc.assert(
    fc.property(value, (v) => {
      const text = printValue(v);
      for (let end = 0; end < text.length; end++) {
        try {
          const { kind } = parseValue(text.slice(0, end));
          assert.ok(kind === 'int' || kind === 'model', `${kind} from ${text.slice(0, end)}`);
        } catch (e) {
          assert.ok(e instanceof ToolsError && e.code === 'bad-value');
        }
      }
    }),
  );
});

test('the forms that TLC 2.18 prints', () => {
  const json = (text: string) => valueToJson(parseValue(text));
  assert.deepEqual(json('<< (1 :> "u" @@ 3 :> "v"),\n   <<>> >>'), [{ '1': 'u', '3': 'v' }, []]);
  assert.deepEqual(json('[k |-> 0, s |-> "he\\"y\\\\ z", t |-> TRUE]'), {
    k: 0,
    s: 'he"y\\ z',
    t: true,
  });
  assert.deepEqual(json('{-1..2, 5..4}'), [[-1, 0, 1, 2], []]);
  assert.deepEqual(json('(s1 :> {} @@ s2 :> FALSE)'), { s1: [], s2: false });
  assert.deepEqual(json('(5)'), 5);
});

test('what is no value is refused', () => {
  for (const text of ['', '{1', '[a -> 1]', '1 2', '(1 :> )', '"x', '{,}', '#', '1..99999999999']) {
    assert.throws(() => parseValue(text), { name: 'ToolsError', code: 'bad-value' }, text);
  }
});

test('states: several variables, and one alone', () => {
  const several = parseState('/\\ x = 1\n/\\ queue_2 = <<"a",\n  2>>\n');
  assert.deepEqual([...several.keys()], ['x', 'queue_2']);
  assert.deepEqual(parseState('x = {1}').get('x'), {
    kind: 'set',
    elements: [{ kind: 'int', value: 1 }],
  });
  assert.throws(() => parseState('/\\ = 1'), { code: 'bad-value' });
});
