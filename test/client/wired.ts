/** A client whose wire is in a test's hands, and sessions that end behind their client's back. */
import assert from 'node:assert/strict';
import { ZooKeeper } from '../../src/client/index.js';
import { Proxy } from './proxy.js';
import { SESSION_TIMEOUT, type Context } from './targets.js';

export const connectOptions = { sessionTimeout: SESSION_TIMEOUT, connectTimeout: 60_000 };

/** A client whose wire is in our hands. */
export async function wired(
  { servers, base }: Context,
  body: (zk: ZooKeeper, proxy: Proxy) => Promise<void>,
): Promise<void> {
  await using proxy = await Proxy.start(servers.connectString);
  await using zk = await ZooKeeper.connect(proxy.address + base, connectOptions);
  await body(zk, proxy);
}

/**
 * The session of `zk` is closed by somebody else who has its id and password. Cut off `zk` first: it
 * would take the session back.
 */
export async function endSession({ connect }: Context, zk: ZooKeeper): Promise<void> {
  const thief = await connect({ session: { id: zk.sessionId, password: zk.sessionPassword } });
  assert.equal(thief.sessionId, zk.sessionId);
  await thief.close();
}
