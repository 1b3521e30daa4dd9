/**
 * Who may do what, and which ACLs may be set (Apache: `ZooKeeperServer.checkACL`,
 * `PrepRequestProcessor.fixupACL`, the getACL branch of `FinalRequestProcessor`).
 *
 * Schemes: `world`, `digest`, `ip`; `auth` in requests only, where it stands for the digest
 * identities of the connection; `super` as an identity only, which may do everything.
 */
import type { Acl, Identity } from '../core/txn.js';
import { Perms } from '../tree/acl.js';
import { inRange, parseRange } from './ip-address.js';

/**
 * May one who has `identities` do something that needs any of the bits in `perms`? An empty ACL
 * lets everybody.
 */
export function isAllowed(
  acl: readonly Acl[],
  perms: number,
  identities: readonly Identity[],
): boolean {
  if (acl.length === 0) return true;
  for (const entry of acl) {
    if ((entry.perms & perms) === 0) continue;
    if (isAnyone(entry) || identities.some((identity) => matches(identity, entry))) return true;
  }
  return identities.some(({ scheme }) => scheme === 'super');
}

function isAnyone({ scheme, id }: Acl): boolean {
  return scheme === 'world' && id === 'anyone';
}

function matches(identity: Identity, entry: Acl): boolean {
  if (identity.scheme !== entry.scheme) return false;
  switch (entry.scheme) {
    case 'digest':
      return identity.id === entry.id;
    case 'ip': {
      const range = parseRange(entry.id);
      return range !== null && inRange(identity.id, range);
    }
    default:
      return false;
  }
}

/**
 * The ACL to store for one that a request brings: without duplicates, `auth` replaced by the
 * connection's digest identities. Null (INVALIDACL) if it is missing or empty, if an entry's
 * scheme or id is not valid, or if there is no identity for `auth` to stand for.
 */
export function fixupAcl(
  acl: readonly Acl[] | null,
  identities: readonly Identity[],
): readonly Acl[] | null {
  if (acl === null || acl.length === 0) return null;
  const fixed: Acl[] = [];
  for (const entry of withoutDuplicates(acl)) {
    if (entry.scheme === 'auth') {
      const authenticated = identities.filter(({ scheme }) => scheme === 'digest');
      if (authenticated.length === 0) return null;
      for (const { scheme, id } of authenticated) fixed.push({ perms: entry.perms, scheme, id });
    } else if (isValidEntry(entry)) {
      fixed.push(entry);
    } else {
      return null;
    }
  }
  return fixed;
}

function withoutDuplicates(acl: readonly Acl[]): readonly Acl[] {
  if (acl.length === 1) return acl;
  return acl.filter((entry, i) => acl.findIndex((other) => isSame(entry, other)) === i);
}

function isSame(a: Acl, b: Acl): boolean {
  return a.perms === b.perms && a.scheme === b.scheme && a.id === b.id;
}

function isValidEntry(entry: Acl): boolean {
  switch (entry.scheme) {
    case 'world':
      return isAnyone(entry);
    case 'digest':
      return isValidDigestId(entry.id);
    case 'ip':
      return parseRange(entry.id) !== null;
    default:
      return false;
  }
}

/** Two parts around a colon, as Java's `split` counts them: empty ones at the end do not count. */
function isValidDigestId(id: string): boolean {
  return id.replace(/:+$/, '').split(':').length === 2;
}

/** What getACL shows: without ADMIN, digest identities come without their digest (`user:x`). */
export function visibleAcl(acl: readonly Acl[], identities: readonly Identity[]): readonly Acl[] {
  if (isAllowed(acl, Perms.ADMIN, identities)) return acl;
  return acl.map((entry) =>
    entry.scheme === 'digest' ? { ...entry, id: maskDigest(entry.id) } : entry,
  );
}

/** Java's `.` stops at line ends, of which U+0085 is one that JavaScript's does not know. */
function maskDigest(id: string): string {
  return id.replace(/:[^\n\r\u0085\u2028\u2029]*/g, ':x');
}
