/** Apache's classes of authentication providers, by which `authProvider.NAME` keys name schemes. */
const PACKAGE = 'org.apache.zookeeper.server.auth.';
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  [`${PACKAGE}SASLAuthenticationProvider`, 'sasl'],
  [`${PACKAGE}X509AuthenticationProvider`, 'x509'],
  [`${PACKAGE}DigestAuthenticationProvider`, 'digest'],
  [`${PACKAGE}IPAuthenticationProvider`, 'ip'],
]);

/** The scheme of a class; null: this server has no such provider. */
export function schemeOfProvider(className: string): string | null {
  return PROVIDERS.get(className) ?? null;
}
