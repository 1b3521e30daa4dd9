/** What people build on ZooKeeper. docs/client.md says which layouts others share. */
export { Barrier, DoubleBarrier } from './barrier.js';
export { Counter, type CounterOptions } from './counter.js';
export { LeaderLatch, LeaderSelector } from './election.js';
export type { ElectionOptions, Participant } from './election.js';
export { Group } from './group.js';
export { Lock, ReadWriteLock } from './lock.js';
export { Ownership } from './ownership.js';
export type { AcquireOptions, Contender } from './queue.js';
export type { WaitOptions } from './support.js';
export { TreeCache } from './tree-cache.js';
export type { CacheChange, CachedNode, TreeCacheOptions } from './tree-cache.js';
