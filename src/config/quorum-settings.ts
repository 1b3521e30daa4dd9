/** Keys of the ports between servers (Apache: `QuorumPeerConfig`, `QuorumCnxManager`, `Learner`). */
import { anyInteger, bool, count, integer, optionalText, port } from './codecs.js';
import { setting, type ValuesOf } from './setting.js';

const INT_MAX = 0x7fff_ffff;

export const QUORUM = {
  /** 0: observers do not join through followers. */
  observerMasterPort: setting('observerMasterPort', port, 0),
  /** Ticks to connect to a leader; 0: as initLimit. */
  connectToLearnerMasterLimit: setting('connectToLearnerMasterLimit', integer(0, INT_MAX), 0),
  /** ms to open a connection of the election. */
  cnxTimeout: setting('cnxTimeout', integer(0, INT_MAX), 5000),
  /** ms of silence on one; −1: syncLimit ticks. */
  quorumCnxnTimeout: setting('quorumCnxnTimeoutMs', anyInteger, -1),
  /** ms between two notifications: first, and most. */
  minNotificationInterval: setting('fastleader.minNotificationInterval', integer(1, INT_MAX), 200),
  maxNotificationInterval: setting(
    'fastleader.maxNotificationInterval',
    integer(1, INT_MAX),
    60_000,
  ),
  /** ms; −1: initLimit ticks. */
  maxTimeToWaitForEpoch: setting(
    'leader.maxTimeToWaitForEpoch',
    anyInteger,
    -1,
    'maxTimeToWaitForEpoch',
  ),
  /** Attempts to bind the election port; 0: without end. */
  electionPortBindRetry: setting('electionPortBindRetry', integer(0, INT_MAX), 3),
  tcpKeepAlive: setting('tcpKeepAlive', bool, false),
  clientTcpKeepAlive: setting('clientTcpKeepAlive', bool, false),
  /** ms. */
  observerReconnectDelay: setting('observer.reconnectDelayMs', count, 0),
  observerElectionDelay: setting('observer.election.DelayMs', count, 200),
  multiAddressEnabled: setting('multiAddress.enabled', bool, false),
  multiAddressReachabilityTimeout: setting(
    'multiAddress.reachabilityCheckTimeoutMs',
    integer(0, INT_MAX),
    1000,
  ),
  multiAddressReachabilityCheck: setting('multiAddress.reachabilityCheckEnabled', bool, true),
  skipLearnerRequests: setting('follower.skipLearnerRequestToNextProcessor', bool, false),
  learnerCloseSocketAsync: setting('learner.closeSocketAsync', bool, false),
  leaderCloseSocketAsync: setting('leader.closeSocketAsync', bool, false),
  learnerAsyncSending: setting('learner.asyncSending', bool, false),
};

/** Who may join the ensemble (Apache: `QuorumAuth`). */
export const QUORUM_AUTH = {
  enableSasl: setting('quorum.auth.enableSasl', bool, false),
  serverRequireSasl: setting('quorum.auth.serverRequireSasl', bool, false),
  learnerRequireSasl: setting('quorum.auth.learnerRequireSasl', bool, false),
  learnerLoginContext: setting('quorum.auth.learner.saslLoginContext', optionalText, null),
  serverLoginContext: setting('quorum.auth.server.saslLoginContext', optionalText, null),
  kerberosServicePrincipal: setting('quorum.auth.kerberos.servicePrincipal', optionalText, null),
  cnxnThreadsSize: setting('quorum.cnxn.threads.size', integer(0, INT_MAX), 20),
};

export type QuorumSettings = ValuesOf<typeof QUORUM>;
export type QuorumAuthSettings = ValuesOf<typeof QUORUM_AUTH>;
