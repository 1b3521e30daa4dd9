/** AcksAreDurable of spec/Properties.tla, for one packet: an acknowledgement says what a disk holds. */
import type { Packet } from '../core/message.js';
import { counterOf, epochOf } from '../core/zxid.js';
import type { Zxid } from '../core/zxid.js';

/** What an acknowledgement may speak of. */
export interface Durable {
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** The log, or the snapshot, has the transaction of this zxid. */
  readonly holds: (zxid: Zxid) => boolean;
}

/** True unless `packet` acknowledges what `disk` does not hold. */
export function isDurable(packet: Packet, disk: Durable): boolean {
  if (packet.type === 'LEADERINFO') return disk.acceptedEpoch >= packet.epoch;
  if (packet.type === 'ACKEPOCH') {
    return packet.currentEpoch === -1 || disk.currentEpoch === packet.currentEpoch;
  }
  if (packet.type !== 'ACK') return true;
  if (counterOf(packet.zxid) === 0) return disk.currentEpoch === epochOf(packet.zxid);
  return disk.holds(packet.zxid);
}
