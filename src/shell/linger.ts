/**
 * The time between the end that this side has sent and the end of the connection: whoever is at the
 * other side may take it to read what was sent before, as long as it goes on reading.
 */
import type { Socket } from 'node:net';

/** Without any progress. */
const IDLE_MS = 2000;
/** However much goes on: the other side may send for ever. */
const TOTAL_MS = 30_000;

/** Drops `socket`, which is ending, when its time is up. */
export function linger(socket: Socket): void {
  if (socket.destroyed) return;
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), TOTAL_MS);
  socket.once('close', () => clearTimeout(timer));
}
