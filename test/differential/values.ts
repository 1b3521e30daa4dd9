/** What requests of generated programs are made of: few values, so that what they do meets, and odd ones. */
import fc from 'fast-check';
import type { Acl, Data } from './program.js';

export type Weighted<T> = readonly (readonly [number, fc.Arbitrary<T>])[];

export const oneOf = <T>(choices: Weighted<T>): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
export const some = <T>(...choices: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...choices);

/** Nodes that programs make and use. */
const known = some('~', '~/a', '~/b', '~/a/x', '~/a/y', '~/a/x/k', '~/e', '~/c');
/** What sequential creates make. */
const numbered = some(
  '~/a/0000000000',
  '~/s0000000000',
  '~/s0000000001',
  '~/s0000000002',
  '~/a/s0000000000',
);
/** What begins like another one and is none below it. */
const alike = some('~/ab', '~/a/xy', '~/a/x/', '~/a/');
/** What exists on every server. */
const system = some('/', '/zookeeper', '/zookeeper/quota', '/zookeeper/none');
/** One of each class that a path may be refused for. */
const odd = some(
  '',
  'a',
  '~/',
  '~//a',
  '/',
  '//',
  '~/.',
  '~/..',
  '~/./a',
  '~/../a',
  '~/.a',
  '~/a.',
  '~/...',
  '~/a/.',
  '~/a/..',
  '~/\u0000',
  '~/a\u0000b',
  '~/\u0001',
  '~/\u001f',
  '~/ ',
  '~/\u007f',
  '~/\u0080',
  '~/\u009f',
  '~/\u00a0',
  '~/\u00e9',
  '~/\u2028',
  '~/\ud7ff',
  '~/\ue000',
  '~/\uf8ff',
  '~/\uf900',
  '~/\uffef',
  '~/\ufff0',
  '~/\ufffd',
  '~/\uffff',
  '~/%d',
  '~/a b',
  '~/\u4e2d\u6587',
  '~/\\',
);
export const path: fc.Arbitrary<string> = oneOf([
  [40, known],
  [6, numbered],
  [1, alike],
  [2, odd],
  [1, system],
]);
/** For what must not touch what programs share. */
export const ownPath: fc.Arbitrary<string> = oneOf([
  [40, known],
  [6, numbered],
  [1, alike],
  [2, odd],
]);

export const data: fc.Arbitrary<Data> = oneOf<Data>([
  [6, some('', 'x', 'hello', '\u00e9')],
  [2, fc.constant(null)],
  [1, some(1, 100, 5000)],
]);
export const version = some(-1, -1, -1, 0, 1, 2, 3, -2, 2147483647, -2147483648, 2147483646);
const perms = some(31, 31, 31, 1, 2, 4, 8, 16, 30, 15, 3, 17, 0, -1, 32, 63);
const aclEntry = oneOf<readonly [number, string, string]>([
  [6, fc.tuple(perms, some('world'), some('anyone'))],
  [3, fc.tuple(perms, some('auth'), some('', 'ignored'))],
  // The first is ann:secret.
  [
    4,
    fc.tuple(
      perms,
      some('digest'),
      some(
        'ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=',
        'bob:x',
        'a:b',
        'a:b:c',
        'nocolon',
        ':',
        'a:',
        ':b',
        '',
      ),
    ),
  ],
  [
    4,
    fc.tuple(
      perms,
      some('ip'),
      some(
        '127.0.0.1',
        '127.0.0.0/8',
        '10.0.0.0/8',
        '0.0.0.0/0',
        '127.0.0.1/32',
        '127.0.0.1/33',
        '127.0.0.1/-1',
        '127.0.0',
        '256.0.0.1',
        '::1',
        '127.0.0.1/x',
        '',
      ),
    ),
  ],
  [1, fc.tuple(perms, some('world'), some('someone', ''))],
  [1, fc.tuple(perms, some('super', 'sasl', 'x509', 'none', ''), some('', 'x'))],
]);
export const acl: fc.Arbitrary<Acl> = oneOf<Acl>([
  [16, fc.constant([[31, 'world', 'anyone']] as const)],
  [4, fc.array(aclEntry, { minLength: 1, maxLength: 3 })],
  [1, some(null, [])],
]);

export const flags = oneOf([
  [12, fc.constant(0)],
  [4, fc.constant(1)],
  [5, fc.constant(2)],
  [3, fc.constant(3)],
  [2, some(4, 5, 6)],
  [1, some(7, -1, 100, 2147483647)],
]);
