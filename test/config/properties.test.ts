import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseProperties } from '../../src/config/properties.js';

const pairs = (text: string) => parseProperties(text).map(({ key, value }) => [key, value]);

test('separators: =, : and white space, with white space around', () => {
  assert.deepEqual(pairs('a=1\nb : 2\nc 3\n  d\t=\t4\ne\nf=x=y'), [
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['d', '4'],
    ['e', ''],
    ['f', 'x=y'],
  ]);
});

test('comments and blank lines say nothing; a comment does not go on', () => {
  assert.deepEqual(pairs('# a=1\\\n  ! b=2\n\n \t\nc=3#4'), [['c', '3#4']]);
});

test('a backslash at the end joins lines, an escaped one does not', () => {
  assert.deepEqual(pairs('a=1,\\\n    2\nb=x\\\\\nc=3\\'), [
    ['a', '1,2'],
    ['b', 'x\\'],
    ['c', '3'],
  ]);
});

test('escapes, in keys as well', () => {
  assert.deepEqual(pairs('a\\=b\\ c=\\t\\u0041\\z'), [['a=b c', '\tAz']]);
});

test('each entry knows the line on which it begins', () => {
  const lines = parseProperties('#\r\na=1\\\r\n2\rb=3').map(({ key, line }) => [key, line]);
  assert.deepEqual(lines, [
    ['a', 2],
    ['b', 4],
  ]);
});

test('what is written with escapes is read back', () => {
  const escape = (text: string) =>
    [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const word = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(fc.array(fc.tuple(word, fc.string())), (entries) => {
      const text = entries.map(([key, value]) => `${escape(key)}=${escape(value)}`).join('\n');
      assert.deepEqual(pairs(text), entries);
    }),
  );
});
