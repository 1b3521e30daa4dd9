/**
 * What one server is told about itself and its ensemble: the value that `zoo.cfg` and `myid` are
 * read into (Apache: `QuorumPeerConfig`), and that tests build without files.
 */
import type { Millis, Sid } from '../core/ids.js';
import { ZXID_ZERO, type Zxid } from '../core/zxid.js';
import { FEATURES, LIMITS, type FeatureSettings, type LimitSettings } from './feature-settings.js';
import { JAVA, type JavaSettings } from './java-settings.js';
import {
  ADMIN,
  AUDIT,
  AUTOPURGE,
  DISK,
  METRICS,
  type AdminSettings,
  type AuditSettings,
  type AutopurgeSettings,
  type DiskSettings,
  type MetricsSettings,
} from './operation-settings.js';
import {
  QUORUM,
  QUORUM_AUTH,
  type QuorumAuthSettings,
  type QuorumSettings,
} from './quorum-settings.js';
import {
  CLIENT_TLS,
  QUORUM_TLS,
  SECURITY,
  type SecuritySettings,
  type TlsSettings,
} from './security-settings.js';
import { defaultsOf } from './setting.js';

export interface Address {
  /** A name or an IP address; `0.0.0.0` and `::` listen on every interface. */
  readonly host: string;
  /** 0: any free port (client port only). */
  readonly port: number;
}

/** One `server.N` line. */
export interface PeerConfig {
  readonly sid: Sid;
  readonly quorum: Address;
  readonly election: Address;
  readonly role: 'participant' | 'observer';
  /** What stands behind the `;`, or null. */
  readonly client: Address | null;
  /** Its other addresses (`multiAddress.enabled`, `|` in the line). */
  readonly others?: readonly { readonly quorum: Address; readonly election: Address }[];
}

export interface ServerConfig {
  readonly dataDir: string;
  /** Where transaction logs go; as `dataDir` unless set. */
  readonly dataLogDir: string;
  /** Where plain clients connect; `secureClient` again if there is no `clientPort`. */
  readonly client: Address;
  /** False: there is no plain client port. */
  readonly plainClient: boolean;
  /** Where TLS clients connect; null: nowhere. */
  readonly secureClient: Address | null;
  /** This server's `myid`; 0 for a standalone server. */
  readonly sid: Sid;
  /** True: no ensemble, `peers` is empty. */
  readonly standalone: boolean;
  /** Every server of the ensemble, this one too, by sid. */
  readonly peers: readonly PeerConfig[];
  /** Of the list of servers: the zxid of the transaction that has led to it, 0 for a file's own. */
  readonly configVersion: Zxid;
  readonly tickTime: Millis;
  /** In ticks. */
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly minSessionTimeout: Millis;
  readonly maxSessionTimeout: Millis;
  /** Connections of one client address at a time; 0: no limit. */
  readonly maxClientCnxns: number;
  /** Connections of all clients at a time; 0: no limit. */
  readonly maxCnxns: number;
  /** Largest client frame, bytes (Apache: `jute.maxbuffer`). */
  readonly juteMaxBuffer: number;
  /** Transactions, and bytes of log, after which a snapshot is written (Apache randomises both). */
  readonly snapCount: number;
  readonly snapSizeBytes: number;
  /** Committed transactions that a leader keeps in memory for a DIFF. */
  readonly commitLogCount: number;
  /** How much a log file grows at a time, KiB; 0: as it is written. */
  readonly preAllocSizeKb: number;
  /** fsync before an acknowledgement. */
  readonly forceSync: boolean;
  readonly fourLetterWords: ReadonlySet<string> | 'all';
  /** `user:base64(sha1(user:password))` that may do everything, or null. */
  readonly superDigest: string | null;
  /** −1: the system's, or what this server takes for it. */
  readonly listenBacklog: number;
  readonly quorumListenOnAllIPs: boolean;
  readonly admin: AdminSettings;
  readonly metrics: MetricsSettings;
  readonly audit: AuditSettings;
  readonly autopurge: AutopurgeSettings;
  readonly disk: DiskSettings;
  readonly features: FeatureSettings;
  readonly limits: LimitSettings;
  readonly quorum: QuorumSettings;
  readonly quorumAuth: QuorumAuthSettings;
  readonly security: SecuritySettings;
  readonly clientTls: TlsSettings;
  readonly quorumTls: TlsSettings;
  /** What only the Java server has; kept. */
  readonly java: JavaSettings;
  /** Classes of `authProvider.NAME` keys, by NAME. */
  readonly authProviders: Readonly<Record<string, string>>;
  /** The text of the file, as AdminServer's `initial_configuration` shows it; empty: no file. */
  readonly initialConfig: string;
  /**
   * What Apache keeps as Java system properties: every key that is not `zoo.cfg`'s own, as
   * `zookeeper.KEY`, unknown ones too; and what `-D` said, by its whole name.
   */
  readonly properties: Readonly<Record<string, string>>;
}

/** Apache's defaults for whatever a `zoo.cfg` need not say. */
export const DEFAULTS = {
  configVersion: ZXID_ZERO,
  tickTime: 3000,
  initLimit: 0,
  syncLimit: 0,
  maxClientCnxns: 60,
  maxCnxns: 0,
  juteMaxBuffer: 0xfffff,
  snapCount: 100_000,
  snapSizeBytes: 4 * 1024 * 1024 * 1024,
  commitLogCount: 500,
  preAllocSizeKb: 65_536,
  forceSync: true,
  fourLetterWords: new Set(['srvr']),
  superDigest: null,
  listenBacklog: -1,
  quorumListenOnAllIPs: false,
  plainClient: true,
  secureClient: null,
  admin: defaultsOf(ADMIN),
  metrics: defaultsOf(METRICS),
  audit: defaultsOf(AUDIT),
  autopurge: defaultsOf(AUTOPURGE),
  disk: defaultsOf(DISK),
  features: defaultsOf(FEATURES),
  limits: defaultsOf(LIMITS),
  quorum: defaultsOf(QUORUM),
  quorumAuth: defaultsOf(QUORUM_AUTH),
  security: defaultsOf(SECURITY),
  clientTls: defaultsOf(CLIENT_TLS),
  quorumTls: defaultsOf(QUORUM_TLS),
  java: defaultsOf(JAVA),
  authProviders: {},
  initialConfig: '',
  properties: {},
} as const;

/** Largest `myid`: it is the high byte of the session ids that the server hands out. */
export const SID_MAX = 255;

/** A fault of whoever wrote the configuration: each problem is one line that says what and where. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
