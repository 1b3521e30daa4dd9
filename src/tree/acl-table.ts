/**
 * Equal ACL lists as one array (Apache: `ReferenceCountedACLCache`). A list is held as long as a
 * znode uses it. The two lists that almost every node has are known without the table.
 */
import type { Acl } from '../core/txn.js';
import { OPEN_ACL_UNSAFE, READ_ACL_UNSAFE, sameAcl } from './acl.js';
import { type StringMap, emptyMap, getAt, removeAt, setAt } from './string-map.js';

interface Entry {
  readonly acl: readonly Acl[];
  readonly uses: number;
}

export type AclTable = StringMap<Entry>;

export const NO_ACLS: AclTable = emptyMap();

/** Every string with its length before it, so that no two lists have the same key. */
function keyOf(acl: readonly Acl[]): string {
  let key = '';
  for (const { perms, scheme, id } of acl) {
    key += `${perms},${scheme.length},${id.length}:${scheme}${id}`;
  }
  return key;
}

function wellKnown(acl: readonly Acl[]): readonly Acl[] | null {
  if (sameAcl(acl, OPEN_ACL_UNSAFE)) return OPEN_ACL_UNSAFE;
  return sameAcl(acl, READ_ACL_UNSAFE) ? READ_ACL_UNSAFE : null;
}

/** One more use of `acl`: the table after it, and the array to store. */
export function internAcl(
  table: AclTable,
  acl: readonly Acl[],
): readonly [AclTable, readonly Acl[]] {
  const known = wellKnown(acl);
  if (known !== null) return [table, known];
  const key = keyOf(acl);
  const entry = getAt(table, key) ?? { acl, uses: 0 };
  return [setAt(table, key, { acl: entry.acl, uses: entry.uses + 1 }), entry.acl];
}

/** One use of `acl` fewer. */
export function releaseAcl(table: AclTable, acl: readonly Acl[]): AclTable {
  if (wellKnown(acl) !== null) return table;
  const key = keyOf(acl);
  const entry = getAt(table, key);
  if (entry === undefined) throw new Error(`ACL released that no node uses: ${key}`);
  return entry.uses === 1
    ? removeAt(table, key)
    : setAt(table, key, { acl: entry.acl, uses: entry.uses - 1 });
}
