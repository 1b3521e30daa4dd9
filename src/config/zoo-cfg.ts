/**
 * The text of a `zoo.cfg` as a {@link ServerConfig} (Apache: `QuorumPeerConfig.parseProperties`).
 * Pure: files are read by `load.ts`.
 *
 * Apache hands every key that it does not know to the Java system properties as `zookeeper.KEY`.
 * So does this, in `properties`: those that are such properties there and have a meaning here are
 * read below, the rest stays in `properties` with a warning that it does nothing.
 */
import type { Sid } from '../core/ids.js';
import { bool, decode, integer, port, role, yesNo, type TextCodec } from './codecs.js';
import { parseProperties, type Property } from './properties.js';
import { parseServerLine } from './server-line.js';
import { DEFAULTS, SID_MAX, type PeerConfig, type ServerConfig } from './server-config.js';

const INT_MAX = 0x7fff_ffff;
const NO_LINE = Number.MAX_SAFE_INTEGER;
const count = integer(0, INT_MAX);
const positive = integer(1, INT_MAX);

/** Keys that Apache knows, that are kept, and that do nothing here yet; with what they must be. */
const KEPT: Readonly<Record<string, TextCodec<unknown> | null>> = {
  secureClientPort: port,
  secureClientPortAddress: null,
  observerMasterPort: port,
  localSessionsEnabled: bool,
  localSessionsUpgradingEnabled: bool,
  connectToLearnerMasterLimit: count,
  syncEnabled: bool,
  'autopurge.snapRetainCount': count,
  'autopurge.purgeInterval': null,
  reconfigEnabled: bool,
  sslQuorum: bool,
  portUnification: bool,
  sslQuorumReloadCertFiles: bool,
  'quorum.auth.enableSasl': bool,
  'quorum.auth.serverRequireSasl': bool,
  'quorum.auth.learnerRequireSasl': bool,
  'quorum.auth.learner.saslLoginContext': null,
  'quorum.auth.server.saslLoginContext': null,
  'quorum.auth.kerberos.servicePrincipal': null,
  'quorum.cnxn.threads.size': count,
  'jvm.pause.info-threshold.ms': count,
  'jvm.pause.warn-threshold.ms': count,
  'jvm.pause.sleep.time.ms': count,
  'jvm.pause.monitor': bool,
  'metricsProvider.className': null,
  'multiAddress.enabled': bool,
  'multiAddress.reachabilityCheckTimeoutMs': count,
  'multiAddress.reachabilityCheckEnabled': bool,
  // What Apache reads as system properties.
  'admin.enableServer': bool,
  'admin.serverPort': port,
  'admin.serverAddress': null,
  globalOutstandingLimit: integer(-1, INT_MAX),
  extendedTypesEnabled: bool,
  skipACL: null,
  enforceQuota: bool,
};

/** Of those, the ones by which an owner believes that something is protected; and what is not. */
const UNPROTECTED: Readonly<Record<string, string>> = {
  secureClientPort: 'no effect: this server has no TLS, nothing listens there',
  sslQuorum: 'no effect: this server has no TLS, quorum connections are plain',
  portUnification: 'no effect: this server has no TLS, quorum connections are plain',
  'quorum.auth.enableSasl': 'no effect: quorum connections are not authenticated',
};

/** Keys whose silence would make an ensemble less safe than its owner believes. */
const REFUSED: Readonly<Record<string, string>> = {
  oraclePath: 'an oracle quorum is not supported',
};
const REFUSED_PREFIXES: Readonly<Record<string, string>> = {
  'group.': 'hierarchical quorums are not supported',
  'weight.': 'hierarchical quorums are not supported',
};

export interface ParsedConfig {
  /** null if there are problems. */
  readonly config: ServerConfig | null;
  /** Lines `FILE:LINE: KEY: why`. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What stands beside the file: asked for only if it is needed. */
export interface Surroundings {
  /** The first line of `DIR/myid`; null if there is no such file. */
  readonly myid: (dataDir: string) => string | null;
  /** The text of the file that `dynamicConfigFile` names; null if there is none. */
  readonly dynamicConfig: (path: string) => string | null;
}

interface Entry extends Property {
  readonly file: string;
}

class Reader {
  readonly warnings: string[] = [];
  readonly #problems: { readonly line: number; readonly text: string }[] = [];
  readonly #wrong = new Set<string>();
  readonly #entries = new Map<string, Entry>();
  readonly #file: string;

  constructor(text: string, file: string) {
    this.#file = file;
    this.add(text, file);
  }

  add(text: string, file: string): void {
    for (const property of parseProperties(text)) {
      const key = property.key.trim();
      this.#entries.set(key, { ...property, key, value: property.value.trim(), file });
    }
  }

  /** As they stand in the file; those of no line, and of other files, after them. */
  get problems(): readonly string[] {
    return this.#problems.toSorted((a, b) => a.line - b.line).map(({ text }) => text);
  }

  /** Takes `key` out; undefined if it is not there. */
  take(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry;
  }

  read<A>(key: string, type: TextCodec<A>): A | undefined {
    const entry = this.take(key);
    if (entry === undefined) return undefined;
    const result = decode(type, entry.value);
    if ('value' in result) return result.value;
    this.problem(entry, result.reason);
    return undefined;
  }

  text(key: string): string | undefined {
    return this.take(key)?.value;
  }

  takePrefix(prefix: string): readonly Entry[] {
    const found = [...this.#entries.values()].filter((entry) => entry.key.startsWith(prefix));
    for (const entry of found) this.#entries.delete(entry.key);
    return found;
  }

  rest(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  problem(entry: Entry, reason: string): void {
    const line = entry.file === this.#file ? entry.line : NO_LINE;
    const text = `${entry.file}:${entry.line}: ${entry.key}: ${reason}`;
    this.#problems.push({ line, text });
    this.#wrong.add(entry.key);
  }

  /** `key` has no value, and not because the one that stands there is wrong. */
  unset(key: string, although = ''): void {
    if (!this.#wrong.has(key)) this.whole(`${although}${key} is not set`);
  }

  /** A problem of the whole file. */
  whole(reason: string): void {
    this.elsewhere(this.#file, reason);
  }

  /** A problem of another file. */
  elsewhere(file: string, reason: string): void {
    this.#problems.push({ line: NO_LINE, text: `${file}: ${reason}` });
  }

  warn(entry: Entry, reason: string): void {
    this.warnings.push(`${entry.file}:${entry.line}: ${entry.key}: ${reason}`);
  }
}

/** Reads `text`, whose name in messages is `file`. */
export function parseZooCfg(text: string, file: string, around: Surroundings): ParsedConfig {
  const reader = new Reader(text, file);
  const dynamic = reader.take('dynamicConfigFile');
  if (dynamic !== undefined) {
    const dynamicText = around.dynamicConfig(dynamic.value);
    if (dynamicText === null) reader.problem(dynamic, `cannot read '${dynamic.value}'`);
    else reader.add(dynamicText, dynamic.value);
    reader.take('version');
  }
  const common = readCommon(reader);
  const ensemble = readEnsemble(reader, common.dataDir, around);
  if (!ensemble.standalone) {
    if (common.initLimit === 0) reader.unset('initLimit');
    if (common.syncLimit === 0) reader.unset('syncLimit');
  }
  const properties = readRest(reader);
  const { clientPort, clientHost, ...fields } = common;
  const own = ensemble.peers.find((peer) => peer.sid === ensemble.sid)?.client ?? null;
  const client =
    own ?? (clientPort === undefined ? null : { host: clientHost ?? '0.0.0.0', port: clientPort });
  if (client === null) {
    reader.unset('clientPort', clientHost === undefined ? '' : 'clientPortAddress is set but ');
  } else if (own !== null && clientPort !== undefined && clientPort !== own.port) {
    reader.whole(
      `clientPort ${clientPort} differs from the client port ${own.port} of server.${ensemble.sid}`,
    );
  }
  const { problems, warnings } = reader;
  if (problems.length > 0 || client === null) return { config: null, problems, warnings };
  const { sid, standalone, peers } = ensemble;
  const config = { ...fields, client, sid, standalone, peers, properties };
  return { config, problems, warnings };
}

function readCommon(reader: Reader) {
  const dataDir = reader.text('dataDir');
  if (dataDir === undefined || dataDir === '') reader.unset('dataDir');
  const tickTime = reader.read('tickTime', positive) ?? DEFAULTS.tickTime;
  // Apache: −1 stands for "not set".
  const timeout = integer(-1, INT_MAX);
  const minTimeout = reader.read('minSessionTimeout', timeout) ?? -1;
  const maxTimeout = reader.read('maxSessionTimeout', timeout) ?? -1;
  const minSessionTimeout = minTimeout === -1 ? 2 * tickTime : minTimeout;
  const maxSessionTimeout = maxTimeout === -1 ? 20 * tickTime : maxTimeout;
  if (minSessionTimeout > maxSessionTimeout) {
    reader.whole('minSessionTimeout must not be larger than maxSessionTimeout');
  }
  const electionAlg = reader.take('electionAlg');
  if (electionAlg !== undefined && electionAlg.value !== '3') {
    reader.problem(electionAlg, `'${electionAlg.value}' is not 3, the only one there is`);
  }
  const words = reader.text('4lw.commands.whitelist');
  const sizeKb = reader.read('snapSizeLimitInKb', integer(-1, INT_MAX));
  return {
    dataDir: dataDir ?? '',
    dataLogDir: reader.text('dataLogDir') ?? dataDir ?? '',
    clientPort: reader.read('clientPort', port),
    clientHost: reader.text('clientPortAddress'),
    tickTime,
    initLimit: reader.read('initLimit', count) ?? DEFAULTS.initLimit,
    syncLimit: reader.read('syncLimit', count) ?? DEFAULTS.syncLimit,
    minSessionTimeout,
    maxSessionTimeout,
    maxClientCnxns: reader.read('maxClientCnxns', count) ?? DEFAULTS.maxClientCnxns,
    maxCnxns: reader.read('maxCnxns', count) ?? DEFAULTS.maxCnxns,
    juteMaxBuffer: reader.read('jute.maxbuffer', integer(1024, INT_MAX)) ?? DEFAULTS.juteMaxBuffer,
    // Apache raises 0 and 1 to 2.
    snapCount: Math.max(2, reader.read('snapCount', count) ?? DEFAULTS.snapCount),
    snapSizeBytes:
      sizeKb === undefined ? DEFAULTS.snapSizeBytes : sizeKb <= 0 ? Infinity : sizeKb * 1024,
    commitLogCount: reader.read('commitLogCount', positive) ?? DEFAULTS.commitLogCount,
    preAllocSizeKb: reader.read('preAllocSize', count) ?? DEFAULTS.preAllocSizeKb,
    forceSync: reader.read('forceSync', yesNo) ?? DEFAULTS.forceSync,
    fourLetterWords: words === undefined ? DEFAULTS.fourLetterWords : parseWords(words),
    superDigest: reader.text('DigestAuthenticationProvider.superDigest') ?? DEFAULTS.superDigest,
    listenBacklog: readBacklog(reader),
    quorumListenOnAllIPs:
      reader.read('quorumListenOnAllIPs', bool) ?? DEFAULTS.quorumListenOnAllIPs,
  };
}

/** −1 is Apache's "not set". */
function readBacklog(reader: Reader): number {
  const backlog = reader.read('clientPortListenBacklog', integer(-1, INT_MAX)) ?? -1;
  return backlog === -1 ? DEFAULTS.listenBacklog : backlog;
}

function parseWords(text: string): ReadonlySet<string> | 'all' {
  const words = text.split(',').map((word) => word.trim());
  return words.includes('*') ? 'all' : new Set(words.filter((word) => word !== ''));
}

interface Ensemble {
  readonly sid: Sid;
  readonly standalone: boolean;
  readonly peers: readonly PeerConfig[];
}

function readEnsemble(reader: Reader, dataDir: string, around: Surroundings): Ensemble {
  const peers: PeerConfig[] = [];
  for (const entry of reader.takePrefix('server.')) {
    const sid = decode(integer(0, SID_MAX), entry.key.slice('server.'.length));
    if ('reason' in sid) {
      reader.problem(entry, `server id ${sid.reason}`);
      continue;
    }
    const peer = parseServerLine(sid.value as Sid, entry.value);
    if ('reason' in peer) reader.problem(entry, peer.reason);
    else peers.push(peer.value);
  }
  peers.sort((a, b) => a.sid - b.sid);
  const peerType = reader.read('peerType', role);
  const standaloneEnabled = reader.read('standaloneEnabled', bool) ?? true;
  const alone: Ensemble = { sid: 0 as Sid, standalone: true, peers: [] };
  const voters = peers.filter((peer) => peer.role === 'participant').length;
  if (voters === 0) {
    if (peers.length > 0) reader.whole('observers without participants');
    else if (!standaloneEnabled) reader.whole('standaloneEnabled is false and no server is named');
    return alone;
  }
  if (voters === 1 && standaloneEnabled) {
    if (peers.length > 1) reader.whole('observers without a quorum');
    return alone;
  }
  if (dataDir === '') return alone;
  const sid = readMyid(reader, dataDir, peers, around);
  if (sid === null) return { ...alone, standalone: false };
  const own = peers.find((peer) => peer.sid === sid);
  if (own !== undefined && peerType !== undefined && own.role !== peerType) {
    reader.warnings.push(
      `peerType ${peerType} does not match server.${sid}, which says ${own.role}: that counts`,
    );
  }
  return { sid, standalone: false, peers };
}

function readMyid(
  reader: Reader,
  dataDir: string,
  peers: readonly PeerConfig[],
  around: Surroundings,
): Sid | null {
  const text = around.myid(dataDir);
  if (text === null) {
    reader.elsewhere(`${dataDir}/myid`, 'myid file is missing');
    return null;
  }
  const sid = decode(integer(0, SID_MAX), text.trim());
  if ('reason' in sid) {
    reader.elsewhere(`${dataDir}/myid`, `server id ${sid.reason}`);
    return null;
  }
  if (!peers.some((peer) => peer.sid === sid.value)) {
    const known = peers.map((peer) => peer.sid).join(', ');
    reader.elsewhere(`${dataDir}/myid`, `server id ${sid.value} is none of ${known}`);
    return null;
  }
  return sid.value as Sid;
}

function readRest(reader: Reader): Readonly<Record<string, string>> {
  const properties: Record<string, string> = {};
  for (const entry of reader.rest()) {
    const prefix = Object.keys(REFUSED_PREFIXES).find((start) => entry.key.startsWith(start));
    const refused =
      REFUSED[entry.key] ?? (prefix === undefined ? undefined : REFUSED_PREFIXES[prefix]);
    if (refused !== undefined) {
      reader.problem(entry, refused);
      continue;
    }
    const kept = Object.hasOwn(KEPT, entry.key) ? KEPT[entry.key] : undefined;
    const result = kept === undefined || kept === null ? null : decode(kept, entry.value);
    if (result !== null && 'reason' in result) reader.problem(entry, result.reason);
    properties[entry.key] = entry.value;
    const unprotected = Object.hasOwn(UNPROTECTED, entry.key) ? UNPROTECTED[entry.key] : undefined;
    if (unprotected !== undefined && entry.value !== 'false') reader.warn(entry, unprotected);
    if (kept === undefined && !entry.key.startsWith('metricsProvider.')) {
      reader.warn(entry, 'unknown key, has no effect');
    }
  }
  return properties;
}
