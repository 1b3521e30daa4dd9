import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Identity } from '../../src/core/txn.js';
import { DEFAULT_RULES } from '../../src/server/acl.js';
import { authenticate, initialIdentities } from '../../src/server/auth.js';

const CONFIG = {
  superDigest: null,
  rules: DEFAULT_RULES,
  digestBase64: (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('base64'),
};
const IP = '127.0.0.1';
const LOCAL: Identity = { scheme: 'ip', id: IP };

function auth(
  identities: readonly Identity[],
  scheme: string,
  text: string | Uint8Array | null,
  config: Parameters<typeof authenticate>[3] = CONFIG,
): readonly Identity[] | null {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return authenticate(identities, { op: 'auth', scheme, auth: bytes }, IP, config);
}

test('a connection begins with its address, in the IPv4 form if it has one', () => {
  assert.deepEqual(initialIdentities(IP), [LOCAL]);
  assert.deepEqual(initialIdentities('::ffff:10.1.2.3'), [{ scheme: 'ip', id: '10.1.2.3' }]);
  assert.deepEqual(initialIdentities('::1'), [{ scheme: 'ip', id: '::1' }]);
});

/** Passwords, and what Apache's `DigestAuthenticationProvider.generateDigest` makes of them. */
const DIGESTS: readonly (readonly [string, string])[] = [
  ['super:test', 'super:D/InIHSb7yEEbrWz8b9l71RjZJU='],
  ['bob:secret', 'bob:fyVmFCwVbTJYrznoSu1koqYEYF0='],
];

test('digest: the user and a hash of everything', () => {
  for (const [text, id] of DIGESTS) {
    assert.deepEqual(auth([LOCAL], 'digest', text), [LOCAL, { scheme: 'digest', id }]);
  }
  const hash = (text: string) => createHash('sha1').update(text, 'utf8').digest('base64');
  for (const text of ['a:b:c', 'nocolon', '', ':p', 'jürgen:ö', '\ufeffbom:x']) {
    const user = text.split(':')[0]!;
    const id = `${user}:${hash(text)}`;
    assert.deepEqual(auth([], 'digest', text), [{ scheme: 'digest', id }], JSON.stringify(text));
  }
});

test('bytes that are no UTF-8 count as replacement characters, in the hash too', () => {
  const replaced = auth([], 'digest', '\ufffd:x');
  assert.deepEqual(auth([], 'digest', new Uint8Array([0xff, 0x3a, 0x78])), replaced);
});

test('several digests add up, the same one once', () => {
  const once = auth([LOCAL], 'digest', 'a:b')!;
  const twice = auth(once, 'digest', 'c:d')!;
  assert.equal(twice.length, 3);
  assert.deepEqual(auth(twice, 'digest', 'a:b'), twice);
});

test('the super digest makes a superuser, who is also himself', () => {
  const config = { ...CONFIG, superDigest: DIGESTS[0]![1] };
  assert.deepEqual(auth([LOCAL], 'digest', 'super:test', config), [
    LOCAL,
    { scheme: 'super', id: '' },
    { scheme: 'digest', id: config.superDigest },
  ]);
  const other = auth([LOCAL], 'digest', 'super:guess', config)!;
  assert.deepEqual(
    other.map(({ scheme }) => scheme),
    ['ip', 'digest'],
  );
});

test('ip adds what the connection has; any other scheme, and no data, fails', () => {
  assert.deepEqual(auth([LOCAL], 'ip', 'ignored'), [LOCAL]);
  assert.deepEqual(auth([], 'ip', null), [LOCAL]);
  for (const scheme of ['world', 'auth', 'super', 'sasl', 'x509', '', 'DIGEST']) {
    assert.equal(auth([LOCAL], scheme, 'a:b'), null, scheme);
  }
  assert.equal(auth([LOCAL], 'digest', null), null);
});
