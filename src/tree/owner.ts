/**
 * What a znode's stored `ephemeralOwner` says (Apache: `EphemeralType`).
 *
 * Apache reads TTL owners only if `extendedTypesEnabled` is set. Here they are always read: the
 * only other owner with their bits would be a session of server 255 whose id has sixteen zero bits
 * of its clock, which no server hands out.
 */
import type { Millis, SessionId } from '../core/ids.js';

export type OwnerKind = 'persistent' | 'ephemeral' | 'container' | 'ttl';

export const OWNER_NONE = 0n as SessionId;
/** Long.MIN_VALUE. */
export const OWNER_CONTAINER = -0x8000_0000_0000_0000n as SessionId;

/** 0xff in the top byte, zero in the next two: as a signed long. */
const TTL_BASE = -0x0100_0000_0000_0000n;
/** Longest TTL: 2⁴⁰ − 1 ms. */
export const TTL_MAX: Millis = 0xff_ffff_ffff;

/** The stored owner of a TTL node; `ttl` is 1 … {@link TTL_MAX} ms. */
export function ownerOfTtl(ttl: Millis): SessionId {
  return (TTL_BASE | BigInt(ttl)) as SessionId;
}

export function ownerKind(owner: SessionId): OwnerKind {
  if (owner === OWNER_NONE) return 'persistent';
  if (owner > 0n) return 'ephemeral';
  if (owner === OWNER_CONTAINER) return 'container';
  return owner >= TTL_BASE && owner <= TTL_BASE + BigInt(TTL_MAX) ? 'ttl' : 'ephemeral';
}

/** The TTL in ms of a stored owner of kind `ttl`. */
export function ttlOf(owner: SessionId): Millis {
  return Number(owner - TTL_BASE);
}
