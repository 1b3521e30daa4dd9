/** A server's configuration as the reducers take theirs. */
import { createHash } from 'node:crypto';
import type { ServerConfig } from '../config/server-config.js';
import type { CoreConfig } from '../core/event.js';
import type { AccessRules } from '../server/acl.js';
import type { ServiceConfig } from '../server/events.js';
import type { ServiceFeatures } from '../server/features.js';

/** Apache: `FastLeaderElection.finalizeWait`, ms. */
const FINALIZE_WAIT = 200;

export function coreConfig(config: ServerConfig): CoreConfig {
  const { sid, standalone, tickTime, initLimit, syncLimit, commitLogCount, peers } = config;
  const sidsOf = (role: 'participant' | 'observer') =>
    peers.filter((peer) => peer.role === role).map((peer) => peer.sid);
  return {
    sid,
    voters: standalone ? [sid] : sidsOf('participant'),
    observers: sidsOf('observer'),
    standalone,
    tickTime,
    initLimit,
    syncLimit,
    finalizeWait: FINALIZE_WAIT,
    commitLogCount,
  };
}

export function serviceConfig(config: ServerConfig): ServiceConfig {
  const { sid, tickTime, minSessionTimeout, maxSessionTimeout, superDigest } = config;
  return {
    ...{ sid, tickTime, minSessionTimeout, maxSessionTimeout, superDigest, sha1Base64 },
    rules: accessRules(config),
    features: serviceFeatures(config),
  };
}

/** Providers are those that Apache's server registers for the same configuration. */
function accessRules({
  features,
  security,
  authProviders,
  secureClient,
}: ServerConfig): AccessRules {
  const schemes = new Set(['ip']);
  if (security.digestEnabled) schemes.add('digest');
  if (secureClient !== null) schemes.add('x509');
  for (const name of Object.values(authProviders)) {
    if (name.endsWith('.SASLAuthenticationProvider')) schemes.add('sasl');
    if (name.endsWith('.X509AuthenticationProvider')) schemes.add('x509');
  }
  return { skipAcl: features.skipAcl, schemes, x509SuperUser: security.x509SuperUser };
}

function serviceFeatures({ features }: ServerConfig): ServiceFeatures {
  return {
    extendedTypes: features.extendedTypesEnabled,
    enforceQuota: features.enforceQuota,
    eagerAclCheck: features.enableEagerAclCheck,
    closeSessionTxn: features.closeSessionTxnEnabled,
    localSessions: features.localSessionsEnabled,
    localSessionsUpgrading: features.localSessionsUpgradingEnabled,
    readOnlyMode: features.readOnlyMode,
    containers: {
      checkInterval: features.containerCheckInterval,
      maxPerMinute: features.containerMaxPerMinute,
      maxNeverUsedInterval: features.containerMaxNeverUsedInterval,
    },
  };
}

function sha1Base64(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64');
}
