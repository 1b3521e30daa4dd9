/**
 * What a server's configuration switches on or off for its clients (Apache: `ZooKeeperServer`,
 * `EphemeralType`, `ContainerManager`, `QuorumZooKeeperServer`, zookeeperAdmin.md). Times in ms.
 */
import type { Millis } from '../core/ids.js';

export interface ServiceFeatures {
  /** TTL nodes may be made (`extendedTypesEnabled`). */
  readonly extendedTypes: boolean;
  /** Hard limits of quotas are enforced; soft ones never are. */
  readonly enforceQuota: boolean;
  /** A learner checks the ACL of a write before it forwards it (`enableEagerACLCheck`). */
  readonly eagerAclCheck: boolean;
  /** A closing transaction names the ephemerals that go with the session. */
  readonly closeSessionTxn: boolean;
  /** A digest of the tree goes with every transaction and is compared (`digest.enabled`). */
  readonly digest: boolean;
  /** New sessions stay on their server until they need more, and whether they may. */
  readonly localSessions: boolean;
  readonly localSessionsUpgrading: boolean;
  /** A server that has lost its ensemble serves reads to clients that accept it. */
  readonly readOnlyMode: boolean;
  readonly containers: ContainerSettings;
}

/** How containers and TTL nodes are collected. */
export interface ContainerSettings {
  /** Between two looks. */
  readonly checkInterval: Millis;
  /** Deletes are this far apart: a minute for so many. */
  readonly maxPerMinute: number;
  /** A container that never had a child goes after this time; 0: it stays. */
  readonly maxNeverUsedInterval: Millis;
}

/** Apache's defaults. */
export const DEFAULT_FEATURES: ServiceFeatures = {
  extendedTypes: false,
  enforceQuota: false,
  eagerAclCheck: false,
  closeSessionTxn: true,
  digest: true,
  localSessions: false,
  localSessionsUpgrading: false,
  readOnlyMode: false,
  containers: { checkInterval: 60_000, maxPerMinute: 10_000, maxNeverUsedInterval: 0 },
};
