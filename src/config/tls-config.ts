/**
 * The keys `ssl.…` (client ports) and `ssl.quorum.…` (between servers) as what a server does with
 * them (Apache: `X509Util`, `ClientX509Util`, `QuorumX509Util`, `KeyStoreFileType`). The shell reads
 * the files.
 *
 * What cannot be had here is refused with its reason, never left out in silence: revocation checks,
 * Java classes that supply SSL contexts, BCFKS.
 */
import { cipherList } from './cipher-suites.js';
import type { Address } from './server-config.js';

export type StoreType = 'JKS' | 'PKCS12' | 'PEM';

export interface StoreConfig {
  readonly location: string;
  readonly password: string;
  /** A file that holds the password; null: `password` counts. */
  readonly passwordPath: string | null;
  readonly type: StoreType;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export interface TlsConfig {
  readonly keyStore: StoreConfig;
  /** null: the certificate authorities that Node brings. */
  readonly trustStore: StoreConfig | null;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** As OpenSSL takes them; null: its own choice. */
  readonly ciphers: string | null;
  /** What the accepting side asks of the other's certificate. */
  readonly clientAuth: 'need' | 'want' | 'none';
  /** Must the certificate name the host: of whoever is dialled; of whoever dials? */
  readonly verifyServerHost: boolean;
  readonly verifyClientHost: boolean;
  /** May an address be turned into a name to compare that as well? */
  readonly reverseLookup: boolean;
  /** ms for a connection to show whether it speaks TLS. */
  readonly detectionTimeout: number;
  /** Read the files again when they change. */
  readonly reload: boolean;
}

/** The keys as they stand; null and empty: not set. */
export interface TlsKeys {
  readonly keyStoreLocation: string | null;
  readonly keyStorePassword: string | null;
  readonly keyStorePasswordPath: string | null;
  readonly keyStoreType: string;
  readonly trustStoreLocation: string | null;
  readonly trustStorePassword: string | null;
  readonly trustStorePasswordPath: string | null;
  readonly trustStoreType: string;
  readonly protocol: string | null;
  readonly enabledProtocols: readonly string[];
  readonly cipherSuites: readonly string[];
  /** null: by default. */
  readonly hostnameVerification: boolean | null;
  readonly clientHostnameVerification: boolean;
  readonly allowReverseDnsLookup: boolean;
  readonly crl: boolean;
  readonly ocsp: boolean;
  readonly clientAuth: 'need' | 'want' | 'none';
  readonly handshakeDetectionTimeout: number;
  readonly contextSupplierClass: string | null;
  readonly certReload: boolean;
}

/** Tells that a key cannot stand as it does. */
export type TellProblem = (key: string, reason: string) => void;

/**
 * Where a server has to speak TLS. Ports that take plain connections as well go without, if there is
 * no key store: so runs Apache's server, which fails the TLS connections then.
 */
export function tlsNeeds(config: {
  readonly secureClient: Address | null;
  readonly security: {
    readonly sslQuorum: boolean;
    readonly quorumPortUnification: boolean;
    readonly clientPortUnification: boolean;
  };
  readonly clientTls: TlsKeys;
  readonly quorumTls: TlsKeys;
}): { readonly client: boolean; readonly quorum: boolean } {
  const { secureClient, security, clientTls, quorumTls } = config;
  const { sslQuorum, quorumPortUnification, clientPortUnification } = security;
  const may = (unified: boolean, keys: TlsKeys) => unified && keys.keyStoreLocation !== null;
  return {
    client: secureClient !== null || may(clientPortUnification, clientTls),
    quorum: sslQuorum || may(quorumPortUnification, quorumTls),
  };
}

const VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const EXTENSIONS: Readonly<Record<string, string>> = {
  '.jks': 'JKS',
  '.pem': 'PEM',
  '.p12': 'PKCS12',
  '.bcfks': 'BCFKS',
};

/**
 * @param fips key `fips-mode`.
 * @returns null if there is a problem, which `tell` has then been told.
 */
export function tlsConfig(
  prefix: 'ssl.' | 'ssl.quorum.',
  keys: TlsKeys,
  fips: boolean,
  tell: TellProblem,
): TlsConfig | null {
  let fine = true;
  const problem: TellProblem = (key, reason) => {
    fine = false;
    tell(prefix + key, reason);
  };
  const { keyStore, trustStore, minVersion, maxVersion, ciphers } = materialOf(keys, problem);
  if (keys.keyStoreLocation === null) problem('keyStore.location', 'is not set: TLS needs it');
  // With its own authorities only, Apache's x509 provider refuses every certificate.
  if (trustStore === null && keys.clientAuth === 'need' && keys.trustStoreLocation === null) {
    const why = `is not set: needed to verify certificates (or set ${prefix}clientAuth=none)`;
    problem('trustStore.location', why);
  }
  if (!fine || keyStore === null) return null;
  const verify = keys.hostnameVerification ?? (prefix === 'ssl.' || !fips);
  return {
    ...{ keyStore, trustStore, minVersion, maxVersion, ciphers },
    clientAuth: keys.clientAuth,
    verifyServerHost: verify,
    verifyClientHost: verify && keys.clientHostnameVerification,
    reverseLookup: keys.allowReverseDnsLookup,
    detectionTimeout: keys.handshakeDetectionTimeout,
    reload: keys.certReload,
  };
}

/** What a client does with its `zookeeper.ssl.` properties (Apache: `ClientX509Util`). */
export type ClientTlsConfig = Material & {
  /** Must the server's certificate name its host? */
  readonly verifyServerHost: boolean;
};

/** As {@link tlsConfig}, for who only dials: it need not have a certificate of its own. */
export function clientTlsConfig(keys: TlsKeys, tell: TellProblem): ClientTlsConfig | null {
  let fine = true;
  const material = materialOf(keys, (key, reason) => {
    fine = false;
    tell(`ssl.${key}`, reason);
  });
  return fine ? { ...material, verifyServerHost: keys.hostnameVerification ?? true } : null;
}

/** Keys, authorities, versions and ciphers: what either side of a connection has. */
interface Material extends Versions {
  readonly keyStore: StoreConfig | null;
  readonly trustStore: StoreConfig | null;
  readonly ciphers: string | null;
}

function materialOf(keys: TlsKeys, problem: TellProblem): Material {
  if (keys.contextSupplierClass !== null) {
    problem('context.supplier.class', 'Java classes cannot be loaded: use a key store');
  }
  for (const key of ['crl', 'ocsp'] as const) {
    if (keys[key]) problem(key, 'whether a certificate is revoked cannot be checked here');
  }
  const ciphers = keys.cipherSuites.length === 0 ? null : cipherList(keys.cipherSuites);
  if (ciphers !== null && 'reason' in ciphers) problem('ciphersuites', ciphers.reason);
  return {
    keyStore: storeOf(keys, 'keyStore', problem),
    trustStore: storeOf(keys, 'trustStore', problem),
    ...versionsOf(keys, problem),
    ciphers: ciphers !== null && 'value' in ciphers ? ciphers.value : null,
  };
}

function storeOf(
  keys: TlsKeys,
  store: 'keyStore' | 'trustStore',
  problem: TellProblem,
): StoreConfig | null {
  const location = keys[`${store}Location`];
  if (location === null) return null;
  const given = keys[`${store}Type`];
  const extension = /\.[^.]*$/.exec(location)?.[0] ?? '';
  const type = given === '' ? EXTENSIONS[extension] : given.toUpperCase();
  switch (type) {
    case 'JKS':
    case 'PKCS12':
    case 'PEM': {
      const password = keys[`${store}Password`] ?? '';
      return { location, password, passwordPath: keys[`${store}PasswordPath`], type };
    }
    case 'BCFKS':
      problem(`${store}.location`, 'BCFKS is not supported: use PKCS12, JKS or PEM');
      return null;
    default:
      problem(
        given === '' ? `${store}.location` : `${store}.type`,
        given === ''
          ? `'${location}' does not end in .jks, .p12 or .pem: set ${store}.type`
          : `'${given}' is not JKS, PKCS12 or PEM`,
      );
      return null;
  }
}

interface Versions {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
}

/**
 * `enabledProtocols`, a list without a gap; else `protocol`, which names the newest one. Both sides
 * of a connection agree on the newest that both have.
 */
function versionsOf({ protocol, enabledProtocols }: TlsKeys, problem: TellProblem): Versions {
  const whole = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;
  const unknown = (name: string) => `'${name}' is none of ${VERSIONS.join(', ')}`;
  if (enabledProtocols.length === 0) {
    if (protocol === null || protocol === 'TLS') return whole;
    const index = VERSIONS.indexOf(protocol as TlsVersion);
    if (index < 0) problem('protocol', unknown(protocol));
    const maxVersion = VERSIONS[index] ?? 'TLSv1.3';
    return { minVersion: index < 2 ? maxVersion : 'TLSv1.2', maxVersion };
  }
  const indexes = enabledProtocols.map((name) => VERSIONS.indexOf(name as TlsVersion));
  const wrong = enabledProtocols.find((_, i) => indexes[i] === -1);
  if (wrong !== undefined) {
    problem('enabledProtocols', unknown(wrong));
    return whole;
  }
  const [low, high] = [Math.min(...indexes), Math.max(...indexes)];
  if (new Set(indexes).size !== high - low + 1) {
    problem('enabledProtocols', `${enabledProtocols.join(',')}: the one in between is missing`);
  }
  return { minVersion: VERSIONS[low] ?? 'TLSv1.2', maxVersion: VERSIONS[high] ?? 'TLSv1.3' };
}
