/**
 * Keys that tune what only the Java server has: its threads, caches, socket frameworks and
 * pauses. They are read, held to what Apache takes, and kept; nothing here does more with them.
 */
import { anyInteger, bool, count, integer, optionalText, text } from './codecs.js';
import { setting, type ValuesOf } from './setting.js';

const INT_MAX = 0x7fff_ffff;

export const JAVA = {
  serverCnxnFactory: setting('serverCnxnFactory', optionalText, null),
  nioSelectorThreads: setting('nio.numSelectorThreads', integer(1, INT_MAX), 1),
  nioWorkerThreads: setting('nio.numWorkerThreads', integer(0, INT_MAX), 2),
  nioDirectBufferBytes: setting('nio.directBufferBytes', integer(0, INT_MAX), 65_536),
  nioShutdownTimeout: setting('nio.shutdownTimeout', count, 5000),
  commitWorkerThreads: setting('commitProcessor.numWorkerThreads', integer(0, INT_MAX), 1),
  commitMaxReadBatchSize: setting('commitProcessor.maxReadBatchSize', anyInteger, -1),
  commitMaxCommitBatchSize: setting('commitProcessor.maxCommitBatchSize', anyInteger, 1),
  commitShutdownTimeout: setting('commitProcessor.shutdownTimeout', count, 5000),
  skipForwardingToCommit: setting(
    'forward_learner_requests_to_commit_processor_disabled',
    bool,
    false,
  ),
  /** Group commit here is by what has come in; see `storage.ts`. */
  flushDelay: setting('flushDelay', count, 0),
  maxWriteQueuePollTime: setting('maxWriteQueuePollTime', count, 0),
  maxBatchSize: setting('maxBatchSize', integer(0, INT_MAX), 1000),
  maxResponseCacheSize: setting('maxResponseCacheSize', anyInteger, 400),
  maxGetChildrenResponseCacheSize: setting('maxGetChildrenResponseCacheSize', anyInteger, 400),
  watchManagerName: setting('watchManagerName', optionalText, null),
  watcherCleanThreads: setting('watcherCleanThreadsNum', integer(1, INT_MAX), 2),
  watcherCleanThreshold: setting('watcherCleanThreshold', integer(1, INT_MAX), 1000),
  watcherCleanInterval: setting('watcherCleanIntervalInSeconds', integer(1, INT_MAX), 600),
  maxInProcessingDeadWatchers: setting('maxInProcessingDeadWatchers', anyInteger, -1),
  bitHashCacheSize: setting('bitHashCacheSize', integer(0, INT_MAX), 10),
  intBufferStartingSize: setting('intBufferStartingSizeBytes', integer(1, INT_MAX), 1024),
  nettyAdvancedFlowControl: setting(
    'netty.advancedFlowControl.enabled',
    bool,
    false,
    'advancedFlowControlEnabled',
  ),
  jvmPauseMonitor: setting('jvm.pause.monitor', bool, false),
  jvmPauseInfoThreshold: setting('jvm.pause.info-threshold.ms', count, 1000),
  jvmPauseWarnThreshold: setting('jvm.pause.warn-threshold.ms', count, 10_000),
  jvmPauseSleepTime: setting('jvm.pause.sleep.time.ms', count, 500),
  messageTrackerEnabled: setting('messageTracker.Enabled', bool, false),
  messageTrackerBufferSize: setting('messageTracker.BufferSize', integer(1, INT_MAX), 10),
  pathStatsEnabled: setting('pathStats.enabled', bool, false),
  ackLoggingFrequency: setting('leader.ackLoggingFrequency', integer(1, INT_MAX), 1000),
  observerMasterSizeLimit: setting('observerMaster.sizeLimit', anyInteger, 32 * 1024 * 1024),
  leaderConnectDelayDuringRetry: setting('leaderConnectDelayDuringRetryMs', count, 100),
  requestTimeout: setting('request.timeout', anyInteger, 0),
  kinit: setting('kinit', text, '/usr/bin/kinit'),
};

export type JavaSettings = ValuesOf<typeof JAVA>;
