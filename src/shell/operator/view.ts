/** A running server as its operators see it: what every answer to them is made of. */
import type { ServerConfig } from '../../config/server-config.js';
import type { PeerConn } from '../../core/ids.js';
import type { MemberState } from '../../server/member.js';
import type { ConnectionFacts } from '../client-connection.js';
import type { BufferStats, ClientStats } from '../client-stats.js';
import type { Gauge } from '../metrics/exposition.js';
import type { PeerFacts } from '../quorum-port.js';
import type { ServerMetrics } from '../metrics/server-metrics.js';

/** What `srvr` answers, as Apache's `Version.getFullVersion`. */
export const VERSION = '3.9.5-zab, built on 2026-02-11 20:18 UTC';

/** `read-only`: it serves clients that only read, while there is no leader. */
export type OperatorMode = 'standalone' | 'leader' | 'follower' | 'observer' | 'read-only';

export interface OperatorView {
  readonly config: ServerConfig;
  /** Where the client port really is. */
  readonly clientPort: number;
  /** The port of TLS clients; −1: there is none. */
  readonly secureClientPort: number;
  readonly member: MemberState;
  readonly isServing: boolean;
  readonly mode: OperatorMode;
  readonly stats: ClientStats;
  /** Of the plain client port. */
  readonly connections: readonly ConnectionFacts[];
  readonly secureConnections: readonly ConnectionFacts[];
  readonly outstanding: number;
  /** Sizes of what a leader proposes; of nobody else. */
  readonly proposals: BufferStats;
  readonly metrics: ServerMetrics;
  /** When the server took up what it is now (`mode`), and when it began to serve as that; ms. */
  readonly roleSince: number;
  readonly servingSince: number;
  readonly now: number;
  /** Flushes that took longer than they should. */
  readonly slowFsyncs: number;
  /** Of a leader: a learner's connection. */
  readonly learner: (conn: PeerConn) => PeerFacts;
  /** Forgets what was counted of all of them. */
  readonly resetLearners: () => void;
  /** Of this process. */
  readonly descriptors: {
    readonly open_file_descriptor_count: number;
    readonly max_file_descriptor_count: number;
  };
  readonly gauges: () => readonly Gauge[];
  /** `stmk` and `gtmk`: kept and given back, as in Apache's server without its log4j. */
  traceMask: bigint;
}
