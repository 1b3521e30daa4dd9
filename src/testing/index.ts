/**
 * ZooKeeper servers for tests, in the test's own process: no Java, no fixed port, no sleep.
 *
 * ```ts
 * await using zk = await ZooKeeperEnsemble.start({ size: 3 });
 * await connectClient(zk.connectString);
 * await zk.leader()?.kill();
 * await zk.waitForLeader();
 * ```
 * `stop` and `kill` keep a server's port and data, `restart` uses them again, `close` (and
 * `await using`) removes all that was made.
 */
export { ZooKeeperEnsemble, type EnsembleStartOptions } from './ensemble.js';
export { ZooKeeperServer } from './server.js';
export type { Member, Mode } from './member.js';
export type { StartOptions } from './options.js';
