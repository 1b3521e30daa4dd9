/** A disk in memory: a snapshot, the log after it and the two epochs, changed one write at a time. */
import { emptyList } from '../core/chunked.js';
import type { DiskOp } from '../core/effect.js';
import type { DiskContent } from '../core/event.js';
import type { Snapshot } from '../core/message.js';
import type { Txn } from '../core/txn.js';
import { ZXID_ZERO } from '../core/zxid.js';

/** What a server's disk holds. The image of a snapshot is the list of the transactions in it. */
export interface Disk {
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  readonly snapshot: Snapshot;
  readonly log: readonly Txn[];
}

/** A disk on which no server has ever started. */
export const EMPTY_DISK: Disk = {
  acceptedEpoch: 0,
  currentEpoch: 0,
  snapshot: { zxid: ZXID_ZERO, image: emptyList<Txn>() },
  log: [],
};

/** The disk as event `start` gives it. */
export function diskContent(disk: Disk): DiskContent {
  const { acceptedEpoch, currentEpoch, snapshot, log } = disk;
  return { acceptedEpoch, currentEpoch, snapshotZxid: snapshot.zxid, log };
}

/** The disk after one write. */
export function writeTo(disk: Disk, write: DiskOp): Disk {
  switch (write.op) {
    case 'append':
      return { ...disk, log: [...disk.log, write.txn] };
    case 'truncate':
      return { ...disk, log: disk.log.filter((txn) => txn.zxid <= write.zxid) };
    case 'install':
      return { ...disk, snapshot: write.snapshot, log: [] };
    case 'acceptedEpoch':
      return { ...disk, acceptedEpoch: write.epoch };
    case 'currentEpoch':
      return { ...disk, currentEpoch: write.epoch };
    default:
      return write satisfies never;
  }
}
