/**
 * Java system properties, as Apache's server is configured by: in `zoo.cfg` a key of no other
 * meaning is one, `zookeeper.KEY`; on a command line and in `JVMFLAGS` they are `-DNAME=VALUE`.
 */

const PREFIX = 'zookeeper.';

/** Properties of the JVM without the prefix; here they may stand in the file as well. */
const BARE: ReadonlySet<string> = new Set([
  'jute.maxbuffer',
  'readonlymode.enabled',
  'znode.container.checkIntervalMs',
  'znode.container.maxPerMinute',
  'znode.container.maxNeverUsedIntervalMs',
  'java.security.auth.login.config',
]);

/** Keys that `QuorumPeerConfig` reads itself: as properties they are nothing. */
const FILE_KEYS: ReadonlySet<string> = new Set([
  ...['dataDir', 'dataLogDir', 'tickTime', 'initLimit', 'syncLimit', 'electionAlg', 'peerType'],
  ...['clientPort', 'clientPortAddress', 'secureClientPort', 'secureClientPortAddress'],
  ...['observerMasterPort', 'clientPortListenBacklog', 'maxClientCnxns', 'minSessionTimeout'],
  ...['maxSessionTimeout', 'localSessionsEnabled', 'localSessionsUpgradingEnabled'],
  ...['connectToLearnerMasterLimit', 'quorumListenOnAllIPs', 'syncEnabled', 'dynamicConfigFile'],
  ...['autopurge.snapRetainCount', 'autopurge.purgeInterval', 'standaloneEnabled'],
  ...['reconfigEnabled', 'sslQuorum', 'portUnification', 'sslQuorumReloadCertFiles'],
  ...['quorum.auth.enableSasl', 'quorum.auth.serverRequireSasl', 'quorum.auth.learnerRequireSasl'],
  ...['quorum.auth.learner.saslLoginContext', 'quorum.auth.server.saslLoginContext'],
  ...['quorum.auth.kerberos.servicePrincipal', 'quorum.cnxn.threads.size'],
  ...['jvm.pause.info-threshold.ms', 'jvm.pause.warn-threshold.ms', 'jvm.pause.sleep.time.ms'],
  ...['jvm.pause.monitor', 'multiAddress.enabled', 'multiAddress.reachabilityCheckTimeoutMs'],
  ...['multiAddress.reachabilityCheckEnabled', 'oraclePath', 'version'],
]);

/** Is `key` `zoo.cfg`'s own, and no system property? */
export function isFileKey(key: string): boolean {
  return FILE_KEYS.has(key) || /^(server\.|group|weight|metricsProvider\.)/.test(key);
}

/** The name of the property that a key of the file becomes. */
export function propertyName(key: string): string {
  return BARE.has(key) ? key : PREFIX + key;
}

/** The key of the file that a property stands for; null: none. */
export function withoutPrefix(name: string): string | null {
  if (BARE.has(name)) return name;
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
}

/** `NAME=VALUE` of a `-D`; without a value it is empty, as the JVM has it. */
export function parseDefinition(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}

/**
 * The properties that zkServer.sh would give its JVM by the environment: the `-D` words of
 * `JVMFLAGS` and, counting more, of `SERVER_JVMFLAGS`; and `ZOO_DATADIR_AUTOCREATE_DISABLE`.
 */
export function propertiesOfEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const words = `${env['JVMFLAGS'] ?? ''} ${env['SERVER_JVMFLAGS'] ?? ''}`.split(/\s+/);
  const found = words
    .filter((word) => word.startsWith('-D'))
    .map((word) => parseDefinition(word.slice(2)));
  const autocreate = env['ZOO_DATADIR_AUTOCREATE_DISABLE'] === '1';
  return {
    ...(autocreate ? { 'zookeeper.datadir.autocreate': 'false' } : {}),
    ...Object.fromEntries(found),
  };
}
