/**
 * What the leader deletes for itself: containers that were used or grew old, TTL nodes whose time is up. The servers
 * look five times a second, and containers that nobody uses go after five.
 */
import { createBody, decode, ttlBody, type Script } from '../../support/transcript.js';

export const collection = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const p = s.root;
  const container = (name: string): Promise<void> =>
    c.call(`container ${name}`, 19, createBody(`${p}/${name}`, 'x', 4), decode.pathStat);
  const ttl = (name: string, ms: bigint): Promise<void> =>
    c.call(`ttl ${name}`, 21, ttlBody(`${p}/${name}`, 5, ms), decode.pathStat);
  s.note('a child keeps both');
  await container('used');
  await c.create(`${p}/used/child`);
  await ttl('old', 3000n);
  await c.create(`${p}/old/child`);
  s.note('one that never had a child grows old');
  await container('never');
  await c.exists(`${p}/never`, true);
  await c.event();
  s.note('so does a TTL node');
  await ttl('idle', 500n);
  await c.exists(`${p}/idle`, true);
  await c.event();
  s.note('and both go when their children have gone');
  await c.exists(`${p}/used`, true);
  await c.delete(`${p}/used/child`);
  await c.event();
  await c.exists(`${p}/old`, true);
  await c.delete(`${p}/old/child`);
  await c.event();
  await c.children(p, false, 12);
  await c.close();
};
