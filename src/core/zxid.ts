/**
 * Transaction ids: epoch in the high 32 bits, counter in the low 32 (Apache: `ZxidUtils`).
 *
 * A zxid is kept as one JavaScript number, epoch × 2³² + counter: exact while the epoch is below
 * 2²¹ (docs/adr/0001). Codecs refuse larger ones; nothing here has to check again.
 */
declare const brand: unique symbol;

/** epoch × 2³² + counter, a safe integer; −1 stands for "none" as on the wire. */
export type Zxid = number & { readonly [brand]: 'Zxid' };

const COUNTERS = 0x1_0000_0000;

/** Largest epoch that a {@link Zxid} holds exactly. */
export const EPOCH_MAX = 0x1f_ffff;
/** Largest counter of an epoch; a leader that reaches it steps down (Apache: `Leader.propose`). */
export const COUNTER_MAX = 0xffff_ffff;
/** Before every transaction. */
export const ZXID_ZERO = 0 as Zxid;
/** The "no zxid" of the wire (event headers, some requests). */
export const ZXID_NONE = -1 as Zxid;

/** The zxid of `counter` (0 … 2³²−1) in `epoch` (0 … {@link EPOCH_MAX}). */
export function makeZxid(epoch: number, counter: number): Zxid {
  return (epoch * COUNTERS + counter) as Zxid;
}

/** The epoch of a zxid: its high 32 bits. */
export function epochOf(zxid: Zxid): number {
  return Math.floor(zxid / COUNTERS);
}

/** The counter of a zxid: its low 32 bits. */
export function counterOf(zxid: Zxid): number {
  return zxid - Math.floor(zxid / COUNTERS) * COUNTERS;
}

/** Lower-case hexadecimal without leading zeros, as in Apache's file names and logs. */
export function zxidToHex(zxid: Zxid): string {
  return zxid < 0 ? 'ffffffffffffffff' : zxid.toString(16);
}
