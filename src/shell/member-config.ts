/** A server's configuration as the reducers take theirs. */
import { configText } from '../config/config-text.js';
import type { ServerConfig } from '../config/server-config.js';
import type { CoreConfig } from '../core/event.js';
import type { ServiceConfig } from '../server/events.js';
import type { ServiceFeatures } from '../server/features.js';
import type { ConfigNode } from '../tree/config-node.js';
import { accessRules, digestFunction, enforcedSchemes } from './auth-config.js';

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

/** @throws {OperatorError} if it asks for authentication that there is none of. */
export function serviceConfig(config: ServerConfig): ServiceConfig {
  const { sid, tickTime, minSessionTimeout, maxSessionTimeout, superDigest } = config;
  return {
    ...{ sid, tickTime, minSessionTimeout, maxSessionTimeout, superDigest },
    digestBase64: digestFunction(config.security.digestAlg),
    rules: accessRules(config),
    enforcedSchemes: enforcedSchemes(config),
    features: serviceFeatures(config),
    configNode: configNode(config),
  };
}

function configNode({ standalone, peers, configVersion }: ServerConfig): ConfigNode | null {
  if (standalone) return null;
  return { text: Buffer.from(configText(peers, configVersion)), version: configVersion };
}

function serviceFeatures({ features, disk }: ServerConfig): ServiceFeatures {
  return {
    extendedTypes: features.extendedTypesEnabled,
    enforceQuota: features.enforceQuota,
    eagerAclCheck: features.enableEagerAclCheck,
    closeSessionTxn: features.closeSessionTxnEnabled,
    digest: disk.digestEnabled,
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

/** How many servers vote; 0: a standalone server. */
export function voterCount({ standalone, peers }: ServerConfig): number {
  return standalone ? 0 : peers.filter(({ role }) => role === 'participant').length;
}
