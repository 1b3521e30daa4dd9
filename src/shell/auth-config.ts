/**
 * The configuration's words on authentication as the reducers take them (Apache: `ProviderRegistry`,
 * `AuthenticationHelper`, `DigestAuthenticationProvider`).
 */
import { createHash, getHashes } from 'node:crypto';
import { schemeOfProvider } from '../config/auth-providers.js';
import type { ServerConfig } from '../config/server-config.js';
import { DEFAULT_RULES, type AccessRules } from '../server/acl.js';
import { OperatorError } from './operator-error.js';

type Settings = Pick<ServerConfig, 'security' | 'features' | 'authProviders' | 'secureClient'>;

/** Providers are those that Apache's server registers for the same configuration. */
export function accessRules(config: Settings): AccessRules {
  const { security, features, authProviders, secureClient } = config;
  const schemes = new Set(DEFAULT_RULES.schemes);
  if (!security.digestEnabled) schemes.delete('digest');
  if (secureClient !== null || security.clientPortUnification) schemes.add('x509');
  for (const name of Object.values(authProviders)) {
    const scheme = schemeOfProvider(name);
    if (scheme !== null) schemes.add(scheme);
  }
  const { x509SuperUser, letAnySaslUserDoX: anySaslUser } = security;
  return { skipAcl: features.skipAcl, schemes, x509SuperUser, anySaslUser };
}

/**
 * Schemes of which one must be proven; null: none need be.
 * @throws {OperatorError} if enforcement is on and names none, or one without a provider.
 */
export function enforcedSchemes(config: Settings): ReadonlySet<string> | null {
  const { sessionRequireClientSaslAuth, enforceAuthEnabled, enforceAuthSchemes } = config.security;
  if (!sessionRequireClientSaslAuth && !enforceAuthEnabled) return null;
  const schemes = sessionRequireClientSaslAuth ? ['sasl'] : enforceAuthSchemes;
  if (schemes.length === 0) {
    throw new OperatorError('enforce.auth.enabled is true, but enforce.auth.schemes is not set');
  }
  const { schemes: provided } = accessRules(config);
  for (const scheme of schemes) {
    if (provided.has(scheme)) continue;
    const key = sessionRequireClientSaslAuth
      ? 'sessionRequireClientSASLAuth'
      : 'enforce.auth.schemes';
    throw new OperatorError(`${key}: scheme ${scheme} has no provider: set authProvider.${scheme}`);
  }
  return new Set(schemes);
}

/** base64(hash(bytes)) for `DigestAuthenticationProvider.digestAlg`, a name of Java's. */
export function digestFunction(algorithm: string): (bytes: Uint8Array) => string {
  const name = hashName(algorithm);
  if (!getHashes().some((known) => known.toLowerCase() === name)) {
    throw new OperatorError(
      `DigestAuthenticationProvider.digestAlg: '${algorithm}' is no hash that this server has`,
    );
  }
  return (bytes) => createHash(name).update(bytes).digest('base64');
}

/** `SHA-256` is sha256, `SHA-512/256` sha512-256, `SHA3-256` sha3-256. */
function hashName(algorithm: string): string {
  const name = algorithm.toLowerCase().replace('/', '-');
  return name.replace(/^sha-?(1|224|256|384|512)/, 'sha$1');
}
