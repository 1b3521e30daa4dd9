/**
 * Keys that say what clients may ask for, and how much of it (Apache: zookeeperAdmin.md;
 * `ZooKeeperServer`, `RequestThrottler`, `BlueThrottle`, `ContainerManager`).
 */
import { anyInteger, bool, count, decimal, integer, yesNo } from './codecs.js';
import { setting, type ValuesOf } from './setting.js';

const INT_MAX = 0x7fff_ffff;

export const FEATURES = {
  /** TTL nodes. */
  extendedTypesEnabled: setting('extendedTypesEnabled', bool, false),
  emulate353TtlNodes: setting('emulate353TTLNodes', bool, false),
  localSessionsEnabled: setting('localSessionsEnabled', bool, false),
  localSessionsUpgradingEnabled: setting('localSessionsUpgradingEnabled', bool, false),
  /** Serve read-only clients without a quorum. */
  readOnlyMode: setting('readonlymode.enabled', bool, false),
  reconfigEnabled: setting('reconfigEnabled', bool, false),
  /** Closing transactions name the ephemerals that go. */
  closeSessionTxnEnabled: setting('closeSessionTxn.enabled', bool, true),
  enforceQuota: setting('enforceQuota', bool, false),
  skipAcl: setting('skipACL', yesNo, false),
  /** A learner checks ACLs of writes before it forwards them. */
  enableEagerAclCheck: setting('enableEagerACLCheck', bool, false),
  /** No: a leader answers no clients. */
  leaderServes: setting('leaderServes', yesNo, true),
  /** ms; nodes a minute; ms, 0: containers that never had a child stay. */
  containerCheckInterval: setting('znode.container.checkIntervalMs', integer(1, INT_MAX), 60_000),
  containerMaxPerMinute: setting('znode.container.maxPerMinute', integer(1, INT_MAX), 10_000),
  containerMaxNeverUsedInterval: setting('znode.container.maxNeverUsedIntervalMs', count, 0),
};

export const LIMITS = {
  /** Of an ensemble, shared by its voters; 0 and less: none. */
  globalOutstandingLimit: setting('globalOutstandingLimit', anyInteger, 1000),
  /** Bytes; requests of more than the threshold (−1: none are) count for the sum. */
  largeRequestMaxBytes: setting('largeRequestMaxBytes', anyInteger, 100 * 1024 * 1024),
  largeRequestThreshold: setting('largeRequestThreshold', anyInteger, -1),
  /** Bytes that a transaction may be larger than the request that it comes from. */
  juteMaxBufferExtra: setting('jute.maxbuffer.extrasize', integer(0, INT_MAX), 1024 * 1024),
  /** Requests under way above which others are held back; 0: none are. */
  requestThrottleLimit: setting(
    'request_throttle_max_requests',
    integer(0, INT_MAX),
    0,
    'requestThrottleLimit',
  ),
  /** ms. */
  requestThrottleStallTime: setting(
    'request_throttle_stall_time',
    integer(0, INT_MAX),
    100,
    'requestThrottleStallTime',
  ),
  requestThrottleDropStale: setting(
    'request_throttle_drop_stale',
    bool,
    true,
    'requestThrottleDropStale',
  ),
  requestStaleLatencyCheck: setting(
    'request_stale_latency_check',
    bool,
    false,
    'requestStaleLatencyCheck',
  ),
  requestStaleConnectionCheck: setting(
    'request_stale_connection_check',
    bool,
    true,
    'requestStaleConnectionCheck',
  ),
  requestThrottlerShutdownTimeout: setting('request_throttler.shutdownTimeout', count, 10_000),
  /** ms in the throttler after which a request is answered THROTTLEDOP; 0: none is. */
  throttledOpWaitTime: setting('throttled_op_wait_time', count, 0, 'throttledOpWaitTime'),
  /** Token bucket of new connections; 0 tokens: no limit. Times in ms. */
  connectionMaxTokens: setting('connection_throttle_tokens', count, 0, 'connectionMaxTokens'),
  connectionTokenFillTime: setting(
    'connection_throttle_fill_time',
    count,
    1,
    'connectionTokenFillTime',
  ),
  connectionTokenFillCount: setting(
    'connection_throttle_fill_count',
    count,
    1,
    'connectionTokenFillCount',
  ),
  /** −1: the dropping of connections is not adjusted. */
  connectionFreezeTime: setting(
    'connection_throttle_freeze_time',
    anyInteger,
    -1,
    'connectionFreezeTime',
  ),
  connectionDropIncrease: setting(
    'connection_throttle_drop_increase',
    decimal,
    0.02,
    'connectionDropIncrease',
  ),
  connectionDropDecrease: setting(
    'connection_throttle_drop_decrease',
    decimal,
    0.002,
    'connectionDropDecrease',
  ),
  connectionDecreaseRatio: setting(
    'connection_throttle_decrease_ratio',
    decimal,
    0,
    'connectionDecreaseRatio',
  ),
  connectionWeightEnabled: setting('connection_throttle_weight_enabled', bool, false),
  connectionGlobalSessionWeight: setting('connection_throttle_global_session_weight', count, 3),
  connectionLocalSessionWeight: setting('connection_throttle_local_session_weight', count, 1),
  connectionRenewSessionWeight: setting('connection_throttle_renew_session_weight', count, 2),
  /** ms that a connection may say nothing before its ConnectRequest. */
  sessionlessCnxnTimeout: setting('nio.sessionlessCnxnTimeout', integer(1, INT_MAX), 10_000),
  maxConcurrentSnapSyncs: setting(
    'leader.maxConcurrentSnapSyncs',
    anyInteger,
    10,
    'maxConcurrentSnapSyncs',
  ),
  maxConcurrentDiffSyncs: setting(
    'leader.maxConcurrentDiffSyncs',
    anyInteger,
    100,
    'maxConcurrentDiffSyncs',
  ),
};

export type FeatureSettings = ValuesOf<typeof FEATURES>;
export type LimitSettings = ValuesOf<typeof LIMITS>;
