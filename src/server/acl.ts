/**
 * Who may do what, and which ACLs may be set (Apache: `ZooKeeperServer.checkACL`,
 * `PrepRequestProcessor.fixupACL`, the getACL branch of `FinalRequestProcessor`, the providers of
 * package `server.auth`).
 *
 * Schemes: `world`, `digest`, `ip`, `x509`, `sasl`; `auth` in requests only, where it stands for
 * what the connection has proved to be; `super` as an identity only, which may do everything.
 */
import type { Acl, Identity } from '../core/txn.js';
import { isDistinguishedName } from './distinguished-name.js';
import { Perms } from '../tree/acl.js';
import { inRange, parseRange } from './ip-address.js';

/** What a server's configuration says of ACLs. */
export interface AccessRules {
  /** Nothing is refused (`skipACL`). */
  readonly skipAcl: boolean;
  /** The schemes that have a provider; `world`, `auth` and `super` need none. */
  readonly schemes: ReadonlySet<string>;
  /** The id of scheme x509 that may do everything, or null. */
  readonly x509SuperUser: string | null;
  /** What entries of scheme sasl let this id do they let every sasl identity do; null: nobody's. */
  readonly anySaslUser: string | null;
}

/** Those of a server that is not told otherwise. */
export const DEFAULT_RULES: AccessRules = {
  skipAcl: false,
  schemes: new Set(['ip', 'digest']),
  x509SuperUser: null,
  anySaslUser: null,
};

/**
 * May one who has `identities` do something that needs any of the bits in `perms`? An empty ACL
 * lets everybody.
 */
export function isAllowed(
  rules: AccessRules,
  acl: readonly Acl[],
  perms: number,
  identities: readonly Identity[],
): boolean {
  if (acl.length === 0 || rules.skipAcl) return true;
  for (const entry of acl) {
    if ((entry.perms & perms) === 0) continue;
    if (isAnyone(entry)) return true;
    if (identities.some((identity) => matches(rules, identity, entry))) return true;
  }
  return identities.some(({ scheme }) => scheme === 'super');
}

function isAnyone({ scheme, id }: Acl): boolean {
  return scheme === 'world' && id === 'anyone';
}

function matches(rules: AccessRules, identity: Identity, entry: Acl): boolean {
  if (identity.scheme !== entry.scheme || !rules.schemes.has(entry.scheme)) return false;
  switch (entry.scheme) {
    case 'digest':
      return identity.id === entry.id;
    case 'x509':
      return identity.id === entry.id || identity.id === rules.x509SuperUser;
    case 'sasl':
      return [identity.id, rules.anySaslUser].includes(entry.id) || identity.id === 'super';
    case 'ip': {
      const range = parseRange(entry.id);
      return range !== null && inRange(identity.id, range);
    }
    default:
      return false;
  }
}

/** What has been proved: an address has not been, and `super` is no provider's. */
function isAuthenticated(rules: AccessRules, { scheme }: Identity): boolean {
  return scheme !== 'ip' && rules.schemes.has(scheme);
}

/**
 * The ACL to store for one that a request brings: without duplicates, `auth` replaced by what the
 * connection is authenticated as. Null (INVALIDACL) if it is missing or empty, if an entry's
 * scheme or id is not valid, or if there is no identity for `auth` to stand for.
 */
export function fixupAcl(
  rules: AccessRules,
  acl: readonly Acl[] | null,
  identities: readonly Identity[],
): readonly Acl[] | null {
  if (acl === null || acl.length === 0) return null;
  const fixed: Acl[] = [];
  for (const entry of withoutDuplicates(acl)) {
    if (entry.scheme === 'auth') {
      const authenticated = identities.filter((identity) => isAuthenticated(rules, identity));
      if (authenticated.length === 0) return null;
      for (const { scheme, id } of authenticated) fixed.push({ perms: entry.perms, scheme, id });
    } else if (isValidEntry(rules, entry)) {
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

function isValidEntry(rules: AccessRules, entry: Acl): boolean {
  if (entry.scheme === 'world') return isAnyone(entry);
  if (!rules.schemes.has(entry.scheme)) return false;
  switch (entry.scheme) {
    case 'digest':
      return isValidDigestId(entry.id);
    case 'ip':
      return parseRange(entry.id) !== null;
    case 'x509':
      return isDistinguishedName(entry.id);
    case 'sasl':
      return isKerberosName(entry.id);
    default:
      return false;
  }
}

/** A name without a realm, or `service/host@realm` (Apache: `KerberosName`). */
function isKerberosName(id: string): boolean {
  return !id.includes('@') || /^[^/@]*(?:\/[^/@]*)?@[^/@]*$/.test(id);
}

/** Two parts around a colon, as Java's `split` counts them: empty ones at the end do not count. */
function isValidDigestId(id: string): boolean {
  return id.replace(/:+$/, '').split(':').length === 2;
}

/** What getACL shows: without ADMIN, digest identities come without their digest (`user:x`). */
export function visibleAcl(
  rules: AccessRules,
  acl: readonly Acl[],
  identities: readonly Identity[],
): readonly Acl[] {
  if (isAllowed(rules, acl, Perms.ADMIN, identities)) return acl;
  return acl.map((entry) =>
    entry.scheme === 'digest' ? { ...entry, id: maskDigest(entry.id) } : entry,
  );
}

/** Java's `.` stops at line ends, of which U+0085 is one that JavaScript's does not know. */
function maskDigest(id: string): string {
  return id.replace(/:[^\n\r\u0085\u2028\u2029]*/g, ':x');
}
