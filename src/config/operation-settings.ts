/**
 * Keys by which a server is operated: AdminServer, metrics, audit log, files
 * (Apache: zookeeperAdmin.md; `JettyAdminServer`, `PrometheusMetricsProvider`, `ZKAuditProvider`,
 * `PurgeTxnLog`, `FileTxnLog`, `FileSnap`).
 */
import { anyInteger, bool, count, integer, oneOf, optionalText, port, text } from './codecs.js';
import { setting, type ValuesOf } from './setting.js';

const INT_MAX = 0x7fff_ffff;

export const ADMIN = {
  enabled: setting('admin.enableServer', bool, true),
  host: setting('admin.serverAddress', text, '0.0.0.0'),
  /** 0: any free one. */
  port: setting('admin.serverPort', port, 8080),
  /** Commands are below it. */
  commandUrl: setting('admin.commandURL', text, '/commands'),
  /** ms that a connection may say nothing. */
  idleTimeout: setting('admin.idleTimeout', integer(0, INT_MAX), 30_000),
  /** ms between two restores; a thousandth of it between two snapshots, as Apache counts those. */
  rateLimiterInterval: setting('admin.rateLimiterIntervalInMS', integer(0, INT_MAX), 300_000),
  snapshotEnabled: setting('admin.snapshot.enabled', bool, true),
  restoreEnabled: setting('admin.restore.enabled', bool, true),
  /** HTTP and HTTPS on the one port; HTTPS alone; certificates asked of clients. */
  portUnification: setting('admin.portUnification', bool, false),
  forceHttps: setting('admin.forceHttps', bool, false),
  needClientAuth: setting('admin.needClientAuth', bool, false),
  /** 11: HTTP/1.1. */
  httpVersion: setting('admin.httpVersion', anyInteger, 11),
};

const PROMETHEUS = 'org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider';
const DEFAULT_METRICS = 'org.apache.zookeeper.metrics.impl.DefaultMetricsProvider';
const NO_METRICS = 'org.apache.zookeeper.metrics.impl.NullMetricsProvider';
export const METRICS_PROVIDERS = {
  PROMETHEUS,
  DEFAULT: DEFAULT_METRICS,
  NONE: NO_METRICS,
} as const;

export const METRICS = {
  /** Of Apache's classes: the first serves `/metrics`, the others do not. */
  provider: setting(
    'metricsProvider.className',
    oneOf(PROMETHEUS, DEFAULT_METRICS, NO_METRICS),
    DEFAULT_METRICS,
  ),
  host: setting('metricsProvider.httpHost', text, '0.0.0.0'),
  /** 0: any free one. */
  port: setting('metricsProvider.httpPort', port, 7000),
  /** The process's own figures too. */
  exportJvmInfo: setting('metricsProvider.exportJvmInfo', bool, true),
  /** Of threads that this server has none of; read and kept. */
  numWorkerThreads: setting('metricsProvider.numWorkerThreads', anyInteger, 1),
  maxQueueSize: setting('metricsProvider.maxQueueSize', integer(0, INT_MAX), 1_000_000),
  workerShutdownTimeout: setting('metricsProvider.workerShutdownTimeoutMs', count, 1000),
};

export const AUDIT = {
  enabled: setting('audit.enable', bool, false),
  /** A class of Apache's; this server writes its audit log itself. */
  implClass: setting('audit.impl.class', optionalText, null),
};

export const AUTOPURGE = {
  /** Snapshots that are kept; fewer than 3 are 3. */
  snapRetainCount: setting('autopurge.snapRetainCount', anyInteger, 3),
  /** Hours between two purges; 0 and less: none. */
  purgeInterval: setting('autopurge.purgeInterval', anyInteger, 0),
};

export const DISK = {
  /** KiB after which a new log file begins; −1: none. */
  txnLogSizeLimitInKb: setting('txnLogSizeLimitInKb', anyInteger, -1),
  /** A flush that takes as long, ms, is a warning. */
  fsyncWarningThreshold: setting('fsync.warningthresholdms', count, 1000),
  snapshotCompression: setting('snapshot.compression.method', oneOf('', 'gz', 'snappy'), ''),
  /** Start from logs without a snapshot. */
  trustEmptySnapshot: setting('snapshot.trust.empty', bool, false),
  /** Make the data folders if they are not there. */
  dataDirAutocreate: setting('datadir.autocreate', bool, true),
  /** Take part in elections with an empty folder. */
  dbAutocreate: setting('db.autocreate', bool, true),
  serializeLastProcessedZxid: setting('serializeLastProcessedZxid.enabled', bool, true),
  /** Observers keep a log and snapshots. */
  observerSyncEnabled: setting('observer.syncEnabled', bool, true, 'syncEnabled'),
  /** Digest of the tree with each transaction. */
  digestEnabled: setting('digest.enabled', bool, true),
  closeSessionTxnEnabled: setting('closeSessionTxn.enabled', bool, true),
  /** Share of a snapshot's size that a learner's log may have before it is sent a snapshot. */
  snapshotSizeFactor: setting('snapshotSizeFactor', text, '0.33'),
  forceSnapshotSync: setting('forceSnapshotSync', bool, false),
};

export type AdminSettings = ValuesOf<typeof ADMIN>;
export type MetricsSettings = ValuesOf<typeof METRICS>;
export type AuditSettings = ValuesOf<typeof AUDIT>;
export type AutopurgeSettings = ValuesOf<typeof AUTOPURGE>;
export type DiskSettings = ValuesOf<typeof DISK>;
