/**
 * What one server is told about itself and its ensemble: the value that `zoo.cfg` and `myid` are
 * read into (Apache: `QuorumPeerConfig`), and that tests build without files.
 */
import type { Millis, Sid } from '../core/ids.js';

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
}

export interface ServerConfig {
  readonly dataDir: string;
  /** Where transaction logs go; as `dataDir` unless set. */
  readonly dataLogDir: string;
  readonly client: Address;
  /** This server's `myid`; 0 for a standalone server. */
  readonly sid: Sid;
  /** True: no ensemble, `peers` is empty. */
  readonly standalone: boolean;
  /** Every server of the ensemble, this one too, by sid. */
  readonly peers: readonly PeerConfig[];
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
  readonly listenBacklog: number;
  readonly quorumListenOnAllIPs: boolean;
  /** Keys that this server knows of and does nothing with yet, and unknown ones, as they stand. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Apache's defaults for whatever a `zoo.cfg` need not say. */
export const DEFAULTS = {
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
  listenBacklog: 511,
  quorumListenOnAllIPs: false,
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
