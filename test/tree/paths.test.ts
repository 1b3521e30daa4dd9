import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  childPath,
  isCreatablePath,
  isDeletablePath,
  isValidPath,
  nameOf,
  parentOf,
  sequenceSuffix,
} from '../../src/tree/paths.js';

/** What Apache's `PathUtils.validatePath` said of each. */
const PATHS: readonly (readonly [string, boolean])[] = [
  ['/', true],
  ['/a', true],
  ['/a/b', true],
  ['/zookeeper', true],
  ['/...', true],
  ['/.a', true],
  ['/..a', true],
  ['/a.', true],
  ['/a..', true],
  ['/a/.b/c', true],
  ['/a b', true],
  ['/\u007e', true],
  ['/\u00a0', true],
  ['/\u4e2d\u6587', true],
  ['/\ud7ff', true],
  ['/\uf900', true],
  ['/\uffef', true],
  ['', false],
  ['a', false],
  ['a/b', false],
  ['/a/', false],
  ['//', false],
  ['//a', false],
  ['/a//b', false],
  ['/.', false],
  ['/..', false],
  ['/./a', false],
  ['/../a', false],
  ['/a/.', false],
  ['/a/..', false],
  ['/a/./b', false],
  ['/a/../b', false],
  ['/\u0000', false],
  ['/a\u0000b', false],
  ['/\u0001', false],
  ['/\u001f', false],
  ['/\u007f', false],
  ['/\u0080', false],
  ['/\u009f', false],
  ['/\ud800', false],
  ['/\ue000', false],
  ['/\uf8ff', false],
  ['/\ufff0', false],
  ['/\uffff', false],
  ['/\u{1f600}', false],
];

for (const [path, valid] of PATHS) {
  test(`${JSON.stringify(path)} is ${valid ? 'a' : 'no'} path`, () => {
    assert.equal(isValidPath(path), valid);
  });
}

test('a path is valid if all of its parts are', () => {
  const bad = /^$|^\.{1,2}$|[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;
  const char = fc.constantFrom('.', 'a', '\u0001', '\u007f', '\ue123', 'é', '/');
  fc.assert(
    fc.property(fc.string({ unit: char, maxLength: 8 }), (text) => {
      const parts = text.split('/');
      const valid = text === '' || parts.every((part) => !bad.test(part));
      assert.equal(isValidPath(`/${text}`), valid);
    }),
    { numRuns: 2000 },
  );
});

test('a delete is only asked for a slash and no NUL, and spares what is the server’s own', () => {
  for (const path of ['/a', '/a/', '//', 'a/b', '/..', '/\u0001', '/zookeeper/quota/x']) {
    assert.ok(isDeletablePath(path), path);
  }
  for (const path of [
    '',
    'a',
    '/a\0',
    '/',
    '/zookeeper',
    '/zookeeper/quota',
    '/zookeeper/config',
  ]) {
    assert.ok(!isDeletablePath(path), path);
  }
});

test('a create is only asked for a slash and no NUL before its suffix is known', () => {
  for (const path of ['/', '/a', '/a/', 'a/b', '//']) assert.ok(isCreatablePath(path), path);
  for (const path of ['', 'a', '/\0', 'a\0/']) assert.ok(!isCreatablePath(path), path);
});

test('parent and name', () => {
  const cases = [
    ['/a', '/', 'a'],
    ['/a/b', '/a', 'b'],
    ['/a/b/', '/a/b', ''],
    ['/', '/', ''],
    ['//a', '/', 'a'],
    ['a/b', 'a', 'b'],
  ] as const;
  for (const [path, parent, name] of cases) {
    assert.equal(parentOf(path), parent, path);
    assert.equal(nameOf(path), name, path);
  }
  assert.equal(childPath('/', 'a'), '/a');
  assert.equal(childPath('/a', 'b'), '/a/b');
});

test('sequence suffixes are Java’s %010d', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0000000000'],
    [5, '0000000005'],
    [2147483647, '2147483647'],
    [-1, '-000000001'],
    [-5, '-000000005'],
    [-999999999, '-999999999'],
    [-1000000000, '-1000000000'],
    [-2147483648, '-2147483648'],
  ];
  for (const [n, text] of cases) assert.equal(sequenceSuffix(n), text);
});
