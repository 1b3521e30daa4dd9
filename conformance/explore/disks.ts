/** What the disks hold at first: nothing, or what MCElection's `Prepared` puts there. */
import type { Txn } from '../../src/core/txn.js';
import { makeZxid } from '../../src/core/zxid.js';
import type { Disk } from '../../src/sim/disk.js';
import type { Bounds } from './bounds.js';
import { NO_DISK } from './successors.js';

function txn(epoch: number, counter: number): Txn {
  const body = { type: 'setData' as const, path: '/n', data: null, version: 0 };
  const sessionId = 1n as Txn['sessionId'];
  return { zxid: makeZxid(epoch, counter), sessionId, cxid: 0, time: 0, body };
}

/** By sid, as `Logs` and `Epochs` of spec/models/MCElection.tla; TLC's initial state must be equal. */
const ELECTION: readonly (readonly [currentEpoch: number, log: readonly Txn[]])[] = [
  [2, [txn(1, 1), txn(2, 1)]],
  [2, [txn(1, 1)]],
  [1, [txn(1, 1), txn(1, 2)]],
];

export function preparedDisks(module: string, { servers }: Bounds): readonly Disk[] {
  if (module !== 'MCElection') return [];
  return servers.map((sid) => {
    const [currentEpoch, log] = ELECTION[sid - 1] ?? [0, []];
    return { ...NO_DISK, acceptedEpoch: 2, currentEpoch, log };
  });
}
