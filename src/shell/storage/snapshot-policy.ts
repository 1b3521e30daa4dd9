/**
 * When to write a snapshot (Apache: `SyncRequestProcessor.shouldSnapshot`): after snapCount
 * transactions or snapSizeLimit bytes, at a random point of the second half, so that the members
 * of an ensemble do not all do it at once.
 */
export interface SnapshotPolicyConfig {
  /** Transactions between two snapshots; Apache's default is 100,000. */
  readonly snapCount: number;
  /** Bytes of log between two snapshots; 0: no limit. Apache's default is 4 GiB. */
  readonly snapSizeLimit: number;
  /** 0 ≤ random() < 1. */
  readonly random: () => number;
}

export interface SnapshotPolicy {
  readonly logged: (txns: number, bytes: number) => void;
  readonly due: () => boolean;
  /** A snapshot was begun: counting starts again. */
  readonly taken: () => void;
}

export function createSnapshotPolicy(config: SnapshotPolicyConfig): SnapshotPolicy {
  const { snapCount, snapSizeLimit, random } = config;
  let txns = 0;
  let bytes = 0;
  let part = random();
  const beyond = (value: number, limit: number): boolean =>
    value > limit / 2 + Math.floor((part * limit) / 2);
  return {
    logged: (moreTxns, moreBytes) => {
      txns += moreTxns;
      bytes += moreBytes;
    },
    due: () => beyond(txns, snapCount) || (snapSizeLimit > 0 && beyond(bytes, snapSizeLimit)),
    taken: () => {
      txns = 0;
      bytes = 0;
      part = random();
    },
  };
}
