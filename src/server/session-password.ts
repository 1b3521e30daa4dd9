/**
 * A session's password, which every server computes from the session's id, so that a client can
 * take its session to another one (Apache: `ZooKeeperServer.generatePasswd`, java.util.Random).
 *
 * A linear congruential generator of 48 bits; four draws of 32 bits each, lowest byte first.
 */
import type { SessionId } from '../core/ids.js';

const SECRET = 0xb3415c00n;
const MULTIPLIER = 0x5_deec_e66dn;
const INCREMENT = 0xbn;
const MASK = 0xffff_ffff_ffffn;

/** Bytes of a password. */
export const PASSWORD_LENGTH = 16;

/** The 16 bytes of `new Random(sessionId ^ 0xB3415C00).nextBytes`. */
export function sessionPassword(sessionId: SessionId): Uint8Array {
  const password = new Uint8Array(PASSWORD_LENGTH);
  let seed = (sessionId ^ SECRET ^ MULTIPLIER) & MASK;
  for (let i = 0; i < PASSWORD_LENGTH; i += 4) {
    seed = (seed * MULTIPLIER + INCREMENT) & MASK;
    const draw = Number(seed >> 16n);
    for (let byte = 0; byte < 4; byte++) password[i + byte] = (draw >>> (8 * byte)) & 0xff;
  }
  return password;
}

/** Is `password` that of `sessionId`? Session 0 has none. */
export function isSessionPassword(sessionId: SessionId, password: Uint8Array | null): boolean {
  if (sessionId === 0n || password?.length !== PASSWORD_LENGTH) return false;
  return sessionPassword(sessionId).every((byte, i) => byte === password[i]);
}
