import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDistinguishedName } from '../../src/server/distinguished-name.js';

// What `new X500Principal(id)` of Java 17 takes and refuses.
const TAKEN = [
  ...['', 'CN=bob', 'cn=bob', 'CN=bob,O=home', 'CN=bob, O=home', 'CN = bob', 'CN=', 'CN=a+OU=b'],
  ...['CN=a;OU=b', '1.2.3=bar', 'OID.1.2.3=bar', 'CN="a,b"', 'CN=a\\,b', 'CN=a=b', '1.2=x'],
  ...['UID=x,DC=example,DC=com', 'EMAILADDRESS=x@y', 'CN=ü', 'CN=a\\2Cb', 'SERIALNUMBER=5', 'CN= '],
  ...['STREET=1', 'CN=a b c'],
];
const REFUSED = [
  ...[' ', 'bob', '=bob', 'CN=bob,', ',CN=bob', 'FOO=bar', 'CN=a,b', 'CN="a', 'CN=a"b', 'E=x'],
  ...['1=x', 'CN=bob\\', 'CN=a,,O=b', 'CN=<a>'],
];

test('a distinguished name is what Java takes for one', () => {
  for (const id of TAKEN) assert.ok(isDistinguishedName(id), id);
  for (const id of REFUSED) assert.ok(!isDistinguishedName(id), id);
});
