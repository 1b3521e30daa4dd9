/** A server's configuration as the reducers take theirs. */
import { createHash } from 'node:crypto';
import type { ServerConfig } from '../config/server-config.js';
import type { CoreConfig } from '../core/event.js';
import type { ServiceConfig } from '../server/events.js';

/** Apache: `FastLeaderElection.finalizeWait`, ms. */
const FINALIZE_WAIT = 200;

export function coreConfig(config: ServerConfig): CoreConfig {
  const { sid, standalone, tickTime, initLimit, syncLimit, commitLogCount, peers } = config;
  const sidsOf = (role: 'participant' | 'observer') =>
    peers.filter((peer) => peer.role === role).map((peer) => peer.sid);
  return {
    sid,
    voters: standalone ? [sid] : sidsOf('participant'),
    observers: sidsOf('observer'),
    standalone,
    tickTime,
    initLimit,
    syncLimit,
    finalizeWait: FINALIZE_WAIT,
    commitLogCount,
  };
}

export function serviceConfig(config: ServerConfig): ServiceConfig {
  const { sid, tickTime, minSessionTimeout, maxSessionTimeout, superDigest } = config;
  return { sid, tickTime, minSessionTimeout, maxSessionTimeout, superDigest, sha1Base64 };
}

function sha1Base64(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('base64');
}
