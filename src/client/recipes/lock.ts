/**
 * Locks, fair ones: whoever asks first is served first. Curator's layout: `InterProcessMutex`
 * (`_c_GUID-lock-N`) and `InterProcessReadWriteLock` (`_c_GUID-__READ__N`, `_c_GUID-__WRIT__N`), so
 * programs with Curator and with this library exclude each other. kazoo's `Lock` (`GUID__lock__N`) is
 * known here too, and knows these when it is given `extra_lock_patterns=["-lock-"]`.
 */
import type { ZooKeeper } from '../zookeeper.js';
import type { Ownership } from './ownership.js';
import { acquire, contenders, tryAcquire } from './queue.js';
import type { AcquireOptions, Contender, QueueLayout } from './queue.js';

const MUTEX: QueueLayout = {
  name: 'lock-',
  marks: ['lock-', '__lock__'],
  blocker: (before) => before.at(-1) ?? null,
};

/** A lock that one holder has at a time. Not re-entrant: a second `acquire` waits for the first. */
export class Lock {
  private readonly layout: QueueLayout;

  /** @param path the folder of the lock's nodes; made when it is not there. */
  constructor(
    private readonly zk: ZooKeeper,
    readonly path: string,
    layout: QueueLayout = MUTEX,
  ) {
    this.layout = layout;
  }

  /**
   * Waits for the lock.
   * @throws the signal's reason; SessionExpiredError when the session ends meanwhile.
   */
  acquire(options: AcquireOptions = {}): Promise<Ownership> {
    return acquire(this.zk, this.path, this.layout, options);
  }

  /** The lock if nobody has it, else null. */
  tryAcquire(options: AcquireOptions = {}): Promise<Ownership | null> {
    return tryAcquire(this.zk, this.path, this.layout, options);
  }

  /**
   * Runs `body` with the lock. Its signal is aborted when the lock is lost, or may be: the body
   * must end then, as another holder may begin.
   */
  async use<A>(
    body: (signal: AbortSignal) => Promise<A> | A,
    options: AcquireOptions = {},
  ): Promise<A> {
    const held = await this.acquire(options);
    try {
      return await body(held.signal);
    } finally {
      await held.release();
    }
  }

  /** Holder first, then those who wait, in order. */
  contenders(): Promise<readonly Contender[]> {
    return contenders(this.zk, this.path, this.layout.marks);
  }
}

const READ = '__READ__';
const WRITE = '__WRIT__';

/** Readers share it, a writer has it alone; nobody overtakes. */
export class ReadWriteLock {
  readonly read: Lock;
  readonly write: Lock;

  constructor(zk: ZooKeeper, path: string) {
    const marks = [READ, WRITE];
    this.read = new Lock(zk, path, {
      name: READ,
      marks,
      blocker: (before) => before.filter((name) => name.includes(WRITE)).at(-1) ?? null,
    });
    this.write = new Lock(zk, path, {
      name: WRITE,
      marks,
      blocker: (before) => before.at(-1) ?? null,
    });
  }
}
