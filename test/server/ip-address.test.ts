import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inRange, parseAddress, parseRange } from '../../src/server/ip-address.js';

/** Texts, and whether Apache's `IPAuthenticationProvider.isValid` takes them. */
const RANGES: readonly (readonly [string, boolean])[] = [
  ['127.0.0.1', true],
  ['0.0.0.0', true],
  ['255.255.255.255', true],
  ['010.0.0.1', true],
  ['+1.0.0.1', true],
  ['10.0.0.0/8', true],
  ['10.0.0.0/0', true],
  ['10.0.0.0/32', true],
  ['10.0.0.0/+8', true],
  ['::', true],
  ['::1', true],
  ['1::', true],
  ['fe80::1', true],
  ['1:2:3:4:5:6:7:8', true],
  ['1:2:3::6:7:8', true],
  ['::1/128', true],
  ['2001:DB8::/32', true],
  ['', false],
  ['localhost', false],
  ['1.2.3', false],
  ['1.2.3.4.5', false],
  ['1.2.3.', false],
  ['1.2.3.256', false],
  ['1.2.3.-1', false],
  ['1.2.3.x', false],
  ['1.2.3.4/', false],
  ['1.2.3.4/33', false],
  ['1.2.3.4/-1', false],
  ['1.2.3.4/a', false],
  ['1.2.3.4/8/8', false],
  ['1:2:3', false],
  ['1:2:3:4:5:6:7:8:9', false],
  ['1::2::3', false],
  ['1:2:3:4:5:6:7::8', false],
  [':1', false],
  ['1:', false],
  ['12345::', false],
  ['g::', false],
  ['::1/129', false],
  ['::ffff:1.2.3.4', false],
  ['/8', false],
  ['-1::', true],
  ['1.2.3.-0', true],
];

for (const [text, valid] of RANGES) {
  test(`${JSON.stringify(text)} is ${valid ? 'an' : 'no'} address or range`, () => {
    assert.equal(parseRange(text) !== null, valid);
  });
}

test('addresses as bytes', () => {
  assert.deepEqual(parseAddress('1.2.3.4'), [1, 2, 3, 4]);
  assert.deepEqual(parseAddress('102:304::ff'), [1, 2, 3, 4, ...Array<number>(11).fill(0), 255]);
  assert.deepEqual(parseAddress('::'), Array<number>(16).fill(0));
});

test('a range holds the addresses that agree with it in its first bits', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const address = fc.tuple(byte, byte, byte, byte);
  const flips = fc.integer({ min: 0, max: 32 });
  fc.assert(
    fc.property(address, flips, fc.integer({ min: 0, max: 32 }), (bytes, flipped, bits) => {
      const range = parseRange(`${bytes.join('.')}/${bits}`)!;
      const other = bytes.map((b, i) => (flipped >> 3 === i ? b ^ (0x80 >> (flipped & 7)) : b));
      assert.equal(inRange(other.join('.'), range), flipped >= bits);
    }),
    { numRuns: 500 },
  );
});

test('the two kinds of addresses never match, nor does what is none', () => {
  const everything = parseRange('0.0.0.0/0')!;
  assert.ok(inRange('9.9.9.9', everything));
  assert.ok(!inRange('::1', everything));
  assert.ok(!inRange('nowhere', everything));
  assert.ok(inRange('0:0:0:0:0:0:0:1', parseRange('::1')!));
  assert.ok(inRange('2001:db8:ffff::', parseRange('2001:db8::/32')!));
  assert.ok(!inRange('2001:db9::', parseRange('2001:db8::/32')!));
});
