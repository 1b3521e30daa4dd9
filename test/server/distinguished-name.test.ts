import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDistinguishedName } from '../../src/server/distinguished-name.js';

/** What Java 17's X500Principal takes, and what it does not. */
const NAMES: readonly string[] = [
  ...['', 'CN=a', 'cn=a', '1.2.3=a', 'OID.1.2.3=a', 'oid.1.2=b', 'CN=a+O=b', 'CN=a;O=b'],
  ...['CN="a,b"', 'CN=a\\,b', 'CN=a\\41b', 'CN=#040161', 'CN=a=b', 'CN=a#b', 'CN= a ', 'CN='],
  ...['CN=,O=b', 'EMAILADDRESS=a@b', 'UID=x', 'DC=a,DC=b', 'CN=""', 'CN=ä', 'CN=a\nb', 'CN=a\\ '],
  ...['CN =a', ' CN=a', 'CN="a\\"b"', 'CN=\\ a', '2.100=a', 'CN=a\\\nb', 'S=x', 'C=Germany'],
];
const OTHERS: readonly string[] = [
  ...['  ', 'CN=a,', 'CN=a,,O=b', ',CN=a', 'CN', '=a', 'FOO=a', '9.2.3=a', 'CN="a', 'CN=a"b'],
  ...['CN=a\\', 'CN=a\\zb', 'CN=#0402', 'CN=#xyz', 'CN=#', 'CN=a<b', 'TITLE=x', 'NAME=x'],
  ...['CN="a"b', 'anyone', 'a,b', '1=a', '3.1=a', '1.40=a', 'CN=a+', 'CN="a\\zb"', 'CN=#0'],
];

test('names of X.500, as Java reads them', () => {
  for (const name of NAMES) assert.ok(isDistinguishedName(name), JSON.stringify(name));
  for (const name of OTHERS) assert.ok(!isDistinguishedName(name), JSON.stringify(name));
});
