/**
 * Identities of a client connection, and the auth packets that add to them (Apache:
 * `ServerCnxn.proved`, `ZooKeeperServer.processPacket`, `DigestAuthenticationProvider`,
 * `IPAuthenticationProvider`).
 */
import type { AuthRequest } from '../core/request.js';
import type { Identity } from '../core/txn.js';
import type { ServiceConfig } from './events.js';

/** A connection's identities before any auth packet: its address, and what it brings. */
export function initialIdentities(
  ip: string,
  proved: readonly Identity[] = [],
): readonly Identity[] {
  return withIdentities([ipIdentity(ip)], proved);
}

/** The identities with those of `more` that are new. */
export function withIdentities(
  identities: readonly Identity[],
  more: readonly Identity[],
): readonly Identity[] {
  return more.reduce(withIdentity, identities);
}

/** An IPv4 address that a dual-stack socket shows as IPv6 is the IPv4 address, as in Java. */
function ipIdentity(ip: string): Identity {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(ip);
  return { scheme: 'ip', id: mapped?.[1] ?? ip };
}

/**
 * The connection's identities after an auth packet; null: AUTHFAILED, and the connection must be
 * closed. Scheme `digest` never fails: whoever knows a name and a password *is* that identity.
 * Scheme `ip` adds what the connection has already.
 */
export function authenticate(
  identities: readonly Identity[],
  request: AuthRequest,
  ip: string,
  config: Pick<ServiceConfig, 'superDigest' | 'digestBase64' | 'rules'>,
): readonly Identity[] | null {
  switch (request.scheme) {
    case 'digest': {
      if (request.auth === null || !config.rules.schemes.has('digest')) return null;
      const id = digestId(request.auth, config.digestBase64);
      const added =
        id === config.superDigest
          ? withIdentity(identities, { scheme: 'super', id: '' })
          : identities;
      return withIdentity(added, { scheme: 'digest', id });
    }
    case 'ip':
      return withIdentity(identities, ipIdentity(ip));
    case 'x509':
      // The certificate that the connection came with was verified then.
      return identities.some(({ scheme }) => scheme === 'x509') ? identities : null;
    default:
      return null;
  }
}

function withIdentity(
  identities: readonly Identity[],
  { scheme, id }: Identity,
): readonly Identity[] {
  const known = identities.some((other) => other.scheme === scheme && other.id === id);
  return known ? identities : [...identities, { scheme, id }];
}

/** `user:base64(hash(user:password))`; the bytes are read and hashed as UTF-8, bad ones replaced. */
function digestId(auth: Uint8Array, digestBase64: ServiceConfig['digestBase64']): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(auth);
  const colon = text.indexOf(':');
  const user = colon === -1 ? text : text.slice(0, colon);
  return `${user}:${digestBase64(new TextEncoder().encode(text))}`;
}
