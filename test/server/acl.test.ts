import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Acl, Identity } from '../../src/core/txn.js';
import {
  DEFAULT_RULES,
  fixupAcl,
  isAllowed,
  visibleAcl,
  type AccessRules,
} from '../../src/server/acl.js';
import { OPEN_ACL_UNSAFE, Perms, READ_ACL_UNSAFE } from '../../src/tree/acl.js';

const RULES = DEFAULT_RULES;
/** With every provider that there is. */
const ALL_RULES: AccessRules = {
  skipAcl: false,
  schemes: new Set(['ip', 'digest', 'x509', 'sasl']),
  x509SuperUser: 'CN=root',
  anySaslUser: null,
};
const LOCAL: Identity = { scheme: 'ip', id: '127.0.0.1' };
const BOB: Identity = { scheme: 'digest', id: 'bob:h1=' };
const EVE: Identity = { scheme: 'digest', id: 'eve:h2=' };
const SUPER: Identity = { scheme: 'super', id: '' };

function acl(...entries: readonly (readonly [number, string, string])[]): readonly Acl[] {
  return entries.map(([perms, scheme, id]) => ({ perms, scheme, id }));
}

/** ACL, identities, and the permissions of 1, 2, 4, 8, 16 that they have, as a mask. */
const MATRIX: readonly (readonly [string, readonly Acl[], readonly Identity[], number])[] = [
  ['the open ACL', OPEN_ACL_UNSAFE, [], 31],
  ['the read ACL', READ_ACL_UNSAFE, [LOCAL], 1],
  ['an empty ACL', [], [], 31],
  ['a digest, its owner', acl([31, 'digest', BOB.id]), [LOCAL, BOB], 31],
  ['a digest, another', acl([31, 'digest', BOB.id]), [LOCAL, EVE], 0],
  ['a digest, nobody', acl([31, 'digest', BOB.id]), [LOCAL], 0],
  ['a digest, the superuser', acl([1, 'digest', BOB.id]), [LOCAL, SUPER], 31],
  ['no permission at all, the superuser', acl([0, 'world', 'anyone']), [SUPER], 31],
  ['no permission at all', acl([0, 'world', 'anyone']), [LOCAL, BOB], 0],
  ['all but write', acl([29, 'world', 'anyone']), [], 29],
  ['several, each for its bits', acl([1, 'world', 'anyone'], [18, 'digest', BOB.id]), [BOB], 19],
  ['several, for another', acl([1, 'world', 'anyone'], [18, 'digest', BOB.id]), [EVE], 1],
  [
    'two digests of one connection',
    acl([2, 'digest', BOB.id], [4, 'digest', EVE.id]),
    [EVE, BOB],
    6,
  ],
  ['an address', acl([3, 'ip', '127.0.0.1']), [LOCAL], 3],
  ['a range of addresses', acl([3, 'ip', '127.0.0.0/8']), [LOCAL], 3],
  ['another range', acl([3, 'ip', '10.0.0.0/8']), [LOCAL], 0],
  ['a range that is none', acl([3, 'ip', 'home']), [LOCAL], 0],
  ['a scheme that is not known', acl([31, 'sasl', 'bob']), [{ scheme: 'sasl', id: 'bob' }], 0],
  ['world, but not anyone', acl([31, 'world', 'bob']), [{ scheme: 'world', id: 'bob' }], 0],
  ['an identity is not a scheme', acl([31, 'digest', 'x']), [{ scheme: 'ip', id: 'x' }], 0],
];

for (const [name, list, identities, expected] of MATRIX) {
  test(`rights: ${name}`, () => {
    let mask = 0;
    for (const perm of [1, 2, 4, 8, 16]) if (isAllowed(RULES, list, perm, identities)) mask |= perm;
    assert.equal(mask, expected);
  });
}

test('any of several permissions is enough', () => {
  const list = acl([Perms.ADMIN, 'digest', BOB.id]);
  assert.ok(isAllowed(RULES, list, Perms.READ | Perms.ADMIN, [BOB]));
  assert.ok(!isAllowed(RULES, list, Perms.READ | Perms.WRITE, [BOB]));
});

const VALID: readonly (readonly [string, string])[] = [
  ['world', 'anyone'],
  ['digest', 'a:b'],
  ['digest', ':b'],
  ['digest', 'a:b:'],
  ['ip', '10.0.0.0/8'],
  ['ip', '::1'],
];
const INVALID: readonly (readonly [string, string])[] = [
  ['world', 'everyone'],
  ['world', ''],
  ['digest', ''],
  ['digest', 'a'],
  ['digest', 'a:'],
  ['digest', ':'],
  ['digest', 'a:b:c'],
  ['ip', 'localhost'],
  ['super', ''],
  ['sasl', 'bob'],
  ['x509', 'CN=bob'],
  ['', ''],
];

test('entries are checked by their scheme', () => {
  for (const [scheme, id] of VALID) {
    const list = acl([31, scheme, id]);
    assert.deepEqual(fixupAcl(RULES, list, []), list, `${scheme}:${id}`);
  }
  for (const [scheme, id] of INVALID) {
    assert.equal(fixupAcl(RULES, acl([31, scheme, id]), [LOCAL, BOB]), null, `${scheme}:${id}`);
    assert.equal(fixupAcl(RULES, acl([1, 'world', 'anyone'], [31, scheme, id]), [BOB]), null);
  }
});

test('no ACL is no valid ACL', () => {
  assert.equal(fixupAcl(RULES, null, [BOB]), null);
  assert.equal(fixupAcl(RULES, [], [BOB]), null);
});

test('auth stands for the digests of the connection, and needs one', () => {
  const list = acl([5, 'auth', ''], [1, 'world', 'anyone']);
  assert.deepEqual(
    fixupAcl(RULES, list, [LOCAL, BOB, SUPER, EVE]),
    acl([5, 'digest', BOB.id], [5, 'digest', EVE.id], [1, 'world', 'anyone']),
  );
  assert.deepEqual(
    fixupAcl(RULES, acl([5, 'auth', 'whatever']), [BOB]),
    acl([5, 'digest', BOB.id]),
  );
  assert.equal(fixupAcl(RULES, list, [LOCAL]), null);
  assert.equal(fixupAcl(RULES, list, [LOCAL, SUPER]), null);
});

test('duplicates go, before auth is expanded', () => {
  const world = [1, 'world', 'anyone'] as const;
  const list = acl(world, [2, 'world', 'anyone'], world, world);
  assert.deepEqual(fixupAcl(RULES, list, []), acl(world, [2, 'world', 'anyone']));
  const twice = acl([1, 'digest', BOB.id], [1, 'auth', '']);
  assert.deepEqual(
    fixupAcl(RULES, twice, [BOB]),
    acl([1, 'digest', BOB.id], [1, 'digest', BOB.id]),
  );
});

test('getACL hides digests from those who do not administer the node', () => {
  const list = acl([17, 'digest', 'bob:h1='], [1, 'ip', '10.0.0.1'], [1, 'world', 'anyone']);
  assert.equal(visibleAcl(RULES, list, [BOB]), list);
  assert.equal(visibleAcl(RULES, list, [SUPER]), list);
  const masked = acl([17, 'digest', 'bob:x'], [1, 'ip', '10.0.0.1'], [1, 'world', 'anyone']);
  assert.deepEqual(visibleAcl(RULES, list, [LOCAL, EVE]), masked);
  const odd = acl([1, 'digest', 'a:b:c'], [1, 'digest', 'a:b\u0085c:d\ne:f'], [1, 'digest', 'a']);
  assert.deepEqual(
    visibleAcl(RULES, odd, []).map(({ id }) => id),
    ['a:x', 'a:x\u0085c:x\ne:x', 'a'],
  );
});

const CERTIFIED: Identity = { scheme: 'x509', id: 'CN=bob,O=home' };
const KERBEROS: Identity = { scheme: 'sasl', id: 'bob@HOME' };

test('certificates and SASL identities are compared whole, if they have a provider', () => {
  const list = acl([1, 'x509', CERTIFIED.id], [2, 'sasl', KERBEROS.id]);
  const may = (rules: AccessRules, who: Identity): number =>
    [1, 2].reduce((mask, p) => mask | (isAllowed(rules, list, p, [who]) ? p : 0), 0);
  assert.equal(may(ALL_RULES, CERTIFIED), 1);
  assert.equal(may(ALL_RULES, KERBEROS), 2);
  assert.equal(may(ALL_RULES, { scheme: 'x509', id: 'CN=bob' }), 0);
  assert.equal(may(ALL_RULES, { scheme: 'x509', id: 'CN=root' }), 1);
  assert.equal(may(ALL_RULES, { scheme: 'sasl', id: 'super' }), 2);
  assert.equal(may(RULES, CERTIFIED), 0);
  assert.equal(may(RULES, KERBEROS), 0);
});

test('auth stands for all that is authenticated, if it has a provider', () => {
  const all = [LOCAL, CERTIFIED, KERBEROS, SUPER, BOB];
  assert.deepEqual(
    fixupAcl(ALL_RULES, acl([5, 'auth', '']), all),
    [CERTIFIED, KERBEROS, BOB].map((who) => ({ perms: 5, ...who })),
  );
  assert.equal(fixupAcl(RULES, acl([5, 'auth', '']), [LOCAL, CERTIFIED, KERBEROS]), null);
});

test('ids of certificates are distinguished names, of SASL Kerberos’s', () => {
  const valid = (scheme: string, id: string): boolean =>
    fixupAcl(ALL_RULES, acl([1, scheme, id]), []) !== null;
  for (const id of ['bob', 'bob@HOME', 'zk/host@HOME', '', '@']) assert.ok(valid('sasl', id), id);
  for (const id of ['a@b@c', 'a/b/c@d', 'a@b/c']) assert.ok(!valid('sasl', id), id);
  assert.ok(valid('x509', 'CN=bob'));
  assert.ok(!valid('x509', 'bob'));
  assert.ok(!valid('super', 'bob'));
});

test('skipACL refuses nothing', () => {
  const rules = { ...RULES, skipAcl: true };
  assert.ok(isAllowed(rules, acl([0, 'world', 'anyone']), 31, []));
  const list = acl([1, 'digest', BOB.id]);
  assert.equal(visibleAcl(rules, list, []), list);
});
