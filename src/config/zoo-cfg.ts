/**
 * The text of a `zoo.cfg` as a {@link ServerConfig} (Apache: `QuorumPeerConfig.parseProperties`).
 * Pure: files are read by `load.ts`.
 *
 * Apache hands every key that it does not know to the Java system properties as `zookeeper.KEY`,
 * and reads much of its configuration there. So does this: `-D` properties count for those keys,
 * a key of the file counts before them, and what nobody knows stays in `properties`, with a
 * warning that it does nothing.
 *
 * Deviations: a value that is wrong is a problem, where Apache takes the default for some keys;
 * `jute.maxbuffer`, `readonlymode.enabled`, `znode.container.*` and
 * `java.security.auth.login.config`, properties of the JVM there, may stand in the file.
 */
import { ZXID_ZERO, type Zxid } from '../core/zxid.js';
import { anyInteger, bool, integer, port, yesNo } from './codecs.js';
import { readEnsemble, type Ensemble, type Surroundings } from './ensemble.js';
import { FEATURES, LIMITS } from './feature-settings.js';
import { JAVA } from './java-settings.js';
import { ADMIN, AUDIT, AUTOPURGE, DISK, METRICS } from './operation-settings.js';
import { QUORUM, QUORUM_AUTH } from './quorum-settings.js';
import { entriesOf, Reader } from './reader.js';
import { CLIENT_TLS, QUORUM_TLS, SECURITY } from './security-settings.js';
import { DEFAULTS, type Address, type ServerConfig } from './server-config.js';
import { isFileKey, propertyName, withoutPrefix } from './system-properties.js';
import { readGroup } from './setting.js';
import { schemeOfProvider } from './auth-providers.js';
import { tlsConfig, tlsNeeds, type TellProblem } from './tls-config.js';

export type { Surroundings } from './ensemble.js';

const INT_MAX = 0x7fff_ffff;
const notNegative = integer(0, INT_MAX);
const positive = integer(1, INT_MAX);
/** Apache: `PurgeTxnLog` keeps no fewer. */
const SNAP_RETAIN_MIN = 3;

export interface ParsedConfig {
  /** null if there are problems. */
  readonly config: ServerConfig | null;
  /** Lines `FILE:LINE: KEY: why`. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** `-D` properties, by their whole names. */
export type SystemProperties = Readonly<Record<string, string>>;

/** Reads `text`, whose name in messages is `file`. */
export function parseZooCfg(
  text: string,
  file: string,
  around: Surroundings,
  system: SystemProperties = {},
): ParsedConfig {
  const reader = new Reader(text, file);
  addSystemProperties(reader, system);
  const configVersion = addDynamicConfig(reader, around);
  const common = readCommon(reader);
  const groups = readGroups(reader);
  checkGroups(reader, groups);
  const ensemble = readEnsemble(reader, common.dataDir, around, {
    multiAddress: groups.quorum.multiAddressEnabled,
    sidMax: groups.features.extendedTypesEnabled ? 254 : 255,
  });
  if (!ensemble.standalone) {
    if (common.initLimit === 0) reader.unset('initLimit');
    if (common.syncLimit === 0) reader.unset('syncLimit');
  }
  const ports = readPorts(reader, ensemble);
  checkTls(reader, groups, ports);
  const authProviders = readAuthProviders(reader);
  warnOfRest(reader);
  const properties = { ...propertiesOf(reader), ...system };
  const { problems, warnings } = reader;
  if (problems.length > 0 || ports === null) return { config: null, problems, warnings };
  const config = {
    ...common,
    ...groups,
    ...ports,
    ...ensemble,
    configVersion,
    fourLetterWords: allowedWords(common.fourLetterWords, groups.features.readOnlyMode),
    authProviders,
    initialConfig: text,
    properties,
  };
  return { config, problems, warnings };
}

/** Those that Apache reads as such; a key of the file counts before them. */
function addSystemProperties(reader: Reader, system: SystemProperties): void {
  for (const [name, value] of Object.entries(system)) {
    const key = withoutPrefix(name);
    if (key === null || isFileKey(key) || reader.has(key)) continue;
    reader.put({ key, value: value.trim(), line: 0, file: `-D${name}` });
  }
}

/**
 * Servers stand in one file or in the other, and nothing else in the dynamic one, but for its
 * version, which the end of its name may say instead (Apache: `getVersionFromFilename`).
 * @returns that version
 */
function addDynamicConfig(reader: Reader, around: Surroundings): Zxid {
  const dynamic = reader.take('dynamicConfigFile');
  if (dynamic === undefined) return ZXID_ZERO;
  for (const entry of reader.all) {
    if (/^(server\.|group|weight)/.test(entry.key)) {
      reader.problem(entry, 'must be in the dynamic configuration file');
    }
  }
  const text = around.dynamicConfig(dynamic.value);
  if (text === null) {
    reader.problem(dynamic, `cannot read '${dynamic.value}'`);
    return ZXID_ZERO;
  }
  let version = ZXID_ZERO;
  for (const entry of entriesOf(text, dynamic.value)) {
    if (entry.key === 'version') {
      const stated = zxidOf(entry.value);
      if (stated === null) reader.problem(entry, `'${entry.value}' is no hexadecimal version`);
      else version = stated;
    } else if (/^(server\.|group|weight)/.test(entry.key)) reader.put(entry);
    else reader.problem(entry, 'does not belong into a dynamic configuration file');
  }
  return zxidOf(dynamic.value.slice(dynamic.value.lastIndexOf('.') + 1)) ?? version;
}

function zxidOf(hex: string): Zxid | null {
  const zxid = /^[0-9a-fA-F]{1,16}$/.test(hex) ? Number.parseInt(hex, 16) : NaN;
  return Number.isSafeInteger(zxid) ? (zxid as Zxid) : null;
}

function readCommon(reader: Reader) {
  const dataDir = reader.text('dataDir');
  if (dataDir === undefined || dataDir === '') reader.unset('dataDir');
  const tickTime = reader.read('tickTime', positive) ?? DEFAULTS.tickTime;
  const { minSessionTimeout, maxSessionTimeout } = readSessionTimeouts(reader, tickTime);
  const electionAlg = reader.take('electionAlg');
  if (electionAlg !== undefined && electionAlg.value !== '3') {
    reader.problem(electionAlg, `'${electionAlg.value}' is not 3, the only one there is`);
  }
  const oracle = reader.take('oraclePath');
  if (oracle !== undefined) reader.problem(oracle, 'an oracle quorum is not supported');
  const words = reader.text('4lw.commands.whitelist');
  const sizeKb = reader.read('snapSizeLimitInKb', anyInteger);
  const noLimit = (limit: number | undefined): number | undefined =>
    limit === undefined ? undefined : Math.max(0, limit);
  return {
    dataDir: dataDir ?? '',
    dataLogDir: reader.text('dataLogDir') ?? dataDir ?? '',
    tickTime,
    initLimit: reader.read('initLimit', notNegative) ?? DEFAULTS.initLimit,
    syncLimit: reader.read('syncLimit', notNegative) ?? DEFAULTS.syncLimit,
    minSessionTimeout,
    maxSessionTimeout,
    // Less than 0 is no limit, as 0 is.
    maxClientCnxns: noLimit(reader.read('maxClientCnxns', anyInteger)) ?? DEFAULTS.maxClientCnxns,
    maxCnxns: noLimit(reader.read('maxCnxns', anyInteger)) ?? DEFAULTS.maxCnxns,
    juteMaxBuffer: reader.read('jute.maxbuffer', integer(1024, INT_MAX)) ?? DEFAULTS.juteMaxBuffer,
    // Apache raises 0 and 1 to 2.
    snapCount: Math.max(2, reader.read('snapCount', notNegative) ?? DEFAULTS.snapCount),
    snapSizeBytes:
      sizeKb === undefined ? DEFAULTS.snapSizeBytes : sizeKb <= 0 ? Infinity : sizeKb * 1024,
    commitLogCount: reader.read('commitLogCount', positive) ?? DEFAULTS.commitLogCount,
    preAllocSizeKb: reader.read('preAllocSize', notNegative) ?? DEFAULTS.preAllocSizeKb,
    forceSync: reader.read('forceSync', yesNo) ?? DEFAULTS.forceSync,
    fourLetterWords: words === undefined ? DEFAULTS.fourLetterWords : parseWords(words),
    superDigest: reader.text('DigestAuthenticationProvider.superDigest') ?? DEFAULTS.superDigest,
    listenBacklog:
      reader.read('clientPortListenBacklog', integer(-1, INT_MAX)) ?? DEFAULTS.listenBacklog,
    quorumListenOnAllIPs:
      reader.read('quorumListenOnAllIPs', bool) ?? DEFAULTS.quorumListenOnAllIPs,
  };
}

function readSessionTimeouts(reader: Reader, tickTime: number) {
  // Apache: −1 stands for "not set".
  const timeout = integer(-1, INT_MAX);
  const least = reader.read('minSessionTimeout', timeout) ?? -1;
  const most = reader.read('maxSessionTimeout', timeout) ?? -1;
  const minSessionTimeout = least === -1 ? 2 * tickTime : least;
  const maxSessionTimeout = most === -1 ? 20 * tickTime : most;
  if (minSessionTimeout > maxSessionTimeout) {
    reader.whole('minSessionTimeout must not be larger than maxSessionTimeout');
  }
  return { minSessionTimeout, maxSessionTimeout };
}

type Words = ReadonlySet<string> | 'all';

/** `srvr` is always among them: zkServer.sh asks it. */
function parseWords(text: string): Words {
  const words = text.split(',').map((word) => word.trim());
  return words.includes('*') ? 'all' : new Set([...words.filter((word) => word !== ''), 'srvr']);
}

/** Clients look for a server that writes by `isro`, where some may be read-only. */
function allowedWords(words: Words, readOnlyMode: boolean): Words {
  return words === 'all' || !readOnlyMode ? words : new Set([...words, 'isro']);
}

function readGroups(reader: Reader) {
  return {
    admin: readGroup(reader, ADMIN),
    metrics: readGroup(reader, METRICS),
    audit: readGroup(reader, AUDIT),
    autopurge: readGroup(reader, AUTOPURGE),
    disk: readGroup(reader, DISK),
    features: readGroup(reader, FEATURES),
    limits: readGroup(reader, LIMITS),
    quorum: readGroup(reader, QUORUM),
    quorumAuth: readGroup(reader, QUORUM_AUTH),
    security: readGroup(reader, SECURITY),
    clientTls: readGroup(reader, CLIENT_TLS),
    quorumTls: readGroup(reader, QUORUM_TLS),
    java: readGroup(reader, JAVA),
  };
}

/** What keys say against each other. */
function checkGroups(reader: Reader, groups: ReturnType<typeof readGroups>): void {
  const { enableSasl, serverRequireSasl, learnerRequireSasl } = groups.quorumAuth;
  const needs = (key: string, needed: string): void =>
    reader.whole(`quorum.auth.${needed} is false, so quorum.auth.${key} cannot be true`);
  if (serverRequireSasl && !enableSasl) needs('serverRequireSasl', 'enableSasl');
  if (learnerRequireSasl && !enableSasl) needs('learnerRequireSasl', 'enableSasl');
  if (serverRequireSasl && !learnerRequireSasl) needs('serverRequireSasl', 'learnerRequireSasl');
  const { snapRetainCount } = groups.autopurge;
  if (snapRetainCount < SNAP_RETAIN_MIN) {
    reader.warnings.push(
      `autopurge.snapRetainCount ${snapRetainCount}: ${SNAP_RETAIN_MIN} are kept at least`,
    );
  }
}

/** TLS where it is asked for. */
function checkTls(
  reader: Reader,
  { security, clientTls, quorumTls }: ReturnType<typeof readGroups>,
  ports: Ports | null,
): void {
  const tell: TellProblem = (key, reason) => {
    const entry = reader.all.find((one) => one.key === key);
    if (entry === undefined) reader.whole(`${key} ${reason}`);
    else reader.problem(entry, reason);
  };
  const secureClient = ports?.secureClient ?? null;
  const needs = tlsNeeds({ secureClient, security, clientTls, quorumTls });
  const { sslQuorum, quorumPortUnification, clientPortUnification, fipsMode } = security;
  if (needs.client) tlsConfig('ssl.', clientTls, fipsMode, tell);
  if (needs.quorum) tlsConfig('ssl.quorum.', quorumTls, fipsMode, tell);
  const plain = (key: string): void => {
    reader.warnings.push(`${key} is true, but there is no key store: plain connections only`);
  };
  if (clientPortUnification && !needs.client) plain('client.portUnification');
  if (quorumPortUnification && !sslQuorum && !needs.quorum) plain('portUnification');
}

type Ports = Pick<ServerConfig, 'client' | 'plainClient' | 'secureClient'>;

/** The client ports; null, and a problem, if there is none. */
function readPorts(reader: Reader, { sid, peers }: Ensemble): Ports | null {
  const plain = readAddress(reader, 'clientPort');
  const secureClient = readAddress(reader, 'secureClientPort');
  const own = peers.find((peer) => peer.sid === sid)?.client ?? null;
  if (own !== null && plain !== null && plain.port !== own.port) {
    reader.whole(
      `clientPort ${plain.port} differs from the client port ${own.port} of server.${sid}`,
    );
  }
  const client = own ?? plain;
  if (client !== null) return { client, plainClient: true, secureClient };
  if (secureClient !== null) return { client: secureClient, plainClient: false, secureClient };
  if (!reader.has('clientPortAddress')) reader.unset('clientPort');
  return null;
}

function readAddress(reader: Reader, key: 'clientPort' | 'secureClientPort'): Address | null {
  const number = reader.read(key, port);
  const host = reader.text(`${key}Address`);
  if (number !== undefined) return { host: host ?? '0.0.0.0', port: number };
  if (host !== undefined) reader.unset(key, `${key}Address is set but `);
  return null;
}

function readAuthProviders(reader: Reader): Readonly<Record<string, string>> {
  const providers: Record<string, string> = {};
  for (const entry of reader.takePrefix('authProvider.')) {
    const { key, value } = entry;
    if (schemeOfProvider(value) === null) {
      reader.warn(entry, `there is no provider ${value} here: nobody has ids of its scheme`);
    }
    providers[key.slice('authProvider.'.length)] = value;
  }
  return providers;
}

/** Other keys of metrics providers are theirs to know. */
function warnOfRest(reader: Reader): void {
  for (const entry of reader.rest()) {
    if (entry.line === 0 || entry.key.startsWith('metricsProvider.')) continue;
    if (/^(superUser|sasl\.user)\./.test(entry.key)) continue;
    reader.warn(entry, 'unknown key, has no effect');
  }
}

function propertiesOf(reader: Reader): Readonly<Record<string, string>> {
  const own = reader.all.filter(({ key, line }) => line > 0 && !isFileKey(key));
  return Object.fromEntries(own.map(({ key, value }) => [propertyName(key), value]));
}
