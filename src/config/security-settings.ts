/**
 * Keys of encryption, authentication and authorization (Apache: zookeeperAdmin.md; `X509Util`,
 * `ZooKeeperSaslServer`, `AuthenticationHelper`, the providers of package `server.auth`).
 */
import { bool, integer, maybeBool, oneOf, optionalText, text, words, yesNo } from './codecs.js';
import { setting, type ValuesOf } from './setting.js';

const INT_MAX = 0x7fff_ffff;

/** One set for the client port (`ssl.`), one for the ports between servers (`ssl.quorum.`). */
function tls<P extends 'ssl.' | 'ssl.quorum.'>(prefix: P) {
  const store = oneOf('', 'JKS', 'PEM', 'PKCS12', 'BCFKS');
  return {
    keyStoreLocation: setting(`${prefix}keyStore.location`, optionalText, null),
    keyStorePassword: setting(`${prefix}keyStore.password`, optionalText, null),
    /** A file with the password; it counts before the password. */
    keyStorePasswordPath: setting(`${prefix}keyStore.passwordPath`, optionalText, null),
    /** Empty: by the file's ending. */
    keyStoreType: setting(`${prefix}keyStore.type`, store, ''),
    trustStoreLocation: setting(`${prefix}trustStore.location`, optionalText, null),
    trustStorePassword: setting(`${prefix}trustStore.password`, optionalText, null),
    trustStorePasswordPath: setting(`${prefix}trustStore.passwordPath`, optionalText, null),
    trustStoreType: setting(`${prefix}trustStore.type`, store, ''),
    /** `TLSv1.2` and the like; null: what the runtime prefers. */
    protocol: setting(`${prefix}protocol`, optionalText, null),
    enabledProtocols: setting(`${prefix}enabledProtocols`, words, []),
    cipherSuites: setting(`${prefix}ciphersuites`, words, []),
    /** null: yes on the client ports; between servers unless in FIPS mode, as Apache has it. */
    hostnameVerification: setting(`${prefix}hostnameVerification`, maybeBool, null),
    clientHostnameVerification: setting(
      `${prefix}clientHostnameVerification`,
      bool,
      prefix === 'ssl.quorum.',
    ),
    allowReverseDnsLookup: setting(`${prefix}allowReverseDnsLookup`, bool, false),
    crl: setting(`${prefix}crl`, bool, false),
    ocsp: setting(`${prefix}ocsp`, bool, false),
    clientAuth: setting(`${prefix}clientAuth`, oneOf('none', 'want', 'need'), 'need'),
    /** ms in which a connection of a unified port shows whether it speaks TLS. */
    handshakeDetectionTimeout: setting(
      `${prefix}handshakeDetectionTimeoutMillis`,
      integer(1, INT_MAX),
      5000,
    ),
    /** A class of Java's; nothing here. */
    contextSupplierClass: setting(`${prefix}context.supplier.class`, optionalText, null),
    certReload: setting(
      prefix === 'ssl.' ? 'client.certReload' : 'sslQuorumReloadCertFiles',
      bool,
      false,
    ),
  };
}

export const CLIENT_TLS = tls('ssl.');
export const QUORUM_TLS = tls('ssl.quorum.');

export const SECURITY = {
  /** TLS between servers; with port unification, plain connections as well. */
  sslQuorum: setting('sslQuorum', bool, false),
  quorumPortUnification: setting('portUnification', bool, false),
  /** TLS and plain clients on the one clientPort. */
  clientPortUnification: setting('client.portUnification', bool, false),
  /** The provider that a client certificate goes to. */
  sslAuthProvider: setting('ssl.authProvider', text, 'x509'),
  sslProvider: setting('ssl.sslProvider', oneOf('JDK', 'OPENSSL', 'OPENSSL_REFCNT'), 'JDK'),
  fipsMode: setting('fips-mode', bool, true),
  outstandingHandshakeLimit: setting(
    'netty.server.outstandingHandshake.limit',
    integer(-1, INT_MAX),
    -1,
    'outstandingHandshake.limit',
  ),
  earlyDropSecureHandshakes: setting(
    'netty.server.earlyDropSecureConnectionHandshakes',
    bool,
    false,
  ),
  digestEnabled: setting('DigestAuthenticationProvider.enabled', bool, true),
  /** A name that Java's `MessageDigest` knows. */
  digestAlg: setting('DigestAuthenticationProvider.digestAlg', text, 'SHA1'),
  ipUseXForwardedFor: setting('IPAuthenticationProvider.usexforwardedfor', bool, false),
  x509SuperUser: setting('X509AuthenticationProvider.superUser', optionalText, null),
  x509ClientCertIdType: setting('X509AuthenticationProvider.clientCertIdType', optionalText, null),
  x509ClientCertIdSanMatchType: setting(
    'X509AuthenticationProvider.clientCertIdSanMatchType',
    integer(-1, INT_MAX),
    -1,
  ),
  x509ClientCertIdSanMatchRegex: setting(
    'X509AuthenticationProvider.clientCertIdSanMatchRegex',
    optionalText,
    null,
  ),
  x509ClientCertIdSanExtractRegex: setting(
    'X509AuthenticationProvider.clientCertIdSanExtractRegex',
    optionalText,
    null,
  ),
  x509ClientCertIdSanExtractMatcherGroupIndex: setting(
    'X509AuthenticationProvider.clientCertIdSanExtractMatcherGroupIndex',
    integer(-1, INT_MAX),
    -1,
  ),
  /** Identities of scheme sasl that may do everything; several have names `superUser.…`. */
  saslSuperUser: setting('superUser', optionalText, null),
  saslSuperPassword: setting('SASLAuthenticationProvider.superPassword', optionalText, null),
  ensembleAuthName: setting('ensembleAuthName', words, []),
  sessionRequireClientSaslAuth: setting('sessionRequireClientSASLAuth', bool, false),
  allowSaslFailedClients: setting('allowSaslFailedClients', bool, false),
  /** What ACLs of scheme sasl let this id do, they let every sasl identity do. */
  letAnySaslUserDoX: setting('letAnySaslUserDoX', optionalText, null),
  enforceAuthEnabled: setting('enforce.auth.enabled', bool, false),
  enforceAuthSchemes: setting('enforce.auth.schemes', words, []),
  /** The section of the JAAS file for clients, and the file. */
  saslServerConfig: setting('sasl.serverconfig', text, 'Server'),
  jaasFile: setting('java.security.auth.login.config', optionalText, null),
  kerberosRemoveHost: setting('kerberos.removeHostFromPrincipal', bool, false),
  kerberosRemoveRealm: setting('kerberos.removeRealmFromPrincipal', bool, false),
  kerberosCanonicalizeHostNames: setting('kerberos.canonicalizeHostNames', bool, false),
  requireKerberosConfig: setting('requireKerberosConfig', yesNo, false),
};

export type TlsSettings = ValuesOf<typeof CLIENT_TLS>;
export type SecuritySettings = ValuesOf<typeof SECURITY>;
