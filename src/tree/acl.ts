/** Permissions and the ACLs that ZooKeeper names (Apache: `ZooDefs.Perms`, `ZooDefs.Ids`). */
import type { Acl } from '../core/txn.js';

export const Perms = {
  READ: 1,
  WRITE: 2,
  CREATE: 4,
  DELETE: 8,
  ADMIN: 16,
  ALL: 31,
} as const;

export const OPEN_ACL_UNSAFE: readonly Acl[] = [
  { perms: Perms.ALL, scheme: 'world', id: 'anyone' },
];
export const READ_ACL_UNSAFE: readonly Acl[] = [
  { perms: Perms.READ, scheme: 'world', id: 'anyone' },
];

export function sameAcl(a: readonly Acl[], b: readonly Acl[]): boolean {
  return a === b || (a.length === b.length && a.every((entry, i) => sameEntry(entry, b[i]!)));
}

function sameEntry(a: Acl, b: Acl): boolean {
  return a.perms === b.perms && a.scheme === b.scheme && a.id === b.id;
}
