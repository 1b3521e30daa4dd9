/**
 * A ZooKeeper client: promises, async iterators, typed errors. docs/client.md.
 *
 * ```ts
 * await using zk = await ZooKeeper.connect('127.0.0.1:2181');
 * await zk.create('/greeting', 'hello');
 * const { data } = await zk.getData('/greeting', { watcher: (event) => console.log(event) });
 * ```
 */
export { ZooKeeper } from './zookeeper.js';
export type { ClientOptions, ConnectOptions, Created, DataInput, NodeAcl } from './options.js';
export type { NodeChildren, ReconfigOptions, RemoveWatchesOptions } from './options.js';
export { Transaction } from './transaction.js';
export type { MultiReadOp, MultiReadResults } from './multi-read.js';
export type { SaslOptions } from './sasl.js';
export * from './errors.js';
export { CREATOR_ALL_ACL, OPEN_ACL, Perms, READ_ACL } from './types.js';
export type { Acl, CallOptions, ClientState, CreateMode, CreateOptions, Data } from './types.js';
export type { EventType, Identity, NodeData, ReadOptions, Stat, VersionOptions } from './types.js';
export type { WatchedEvent, Watcher, WatcherType } from './types.js';
export * from './recipes/index.js';
