/**
 * Values that follow a node, by one-shot watches that are left with each read (as kazoo's
 * `DataWatch` and `ChildrenWatch`). A lost connection is waited out: reads may be asked again.
 */
import { ConnectionLossError, NoNodeError, SessionExpiredError } from './errors.js';
import type { NodeData, ReadOptions, WatchedEvent, WatcherType } from './types.js';
import type { ZooKeeper } from './zookeeper.js';

/** The node's data now and after every change; null while it is not there. */
export function dataChanges(
  zk: ZooKeeper,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<NodeData | null, void, void> {
  return follow(zk, path, 'data', signal, (options) => zk.getData(path, options));
}

/** The children's names now and after every change; null while the node is not there. */
export function childrenChanges(
  zk: ZooKeeper,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[] | null, void, void> {
  return follow(zk, path, 'children', signal, (options) => zk.getChildren(path, options));
}

async function* follow<A>(
  zk: ZooKeeper,
  path: string,
  type: WatcherType,
  signal: AbortSignal | undefined,
  read: (options: ReadOptions) => Promise<A>,
): AsyncGenerator<A | null, void, void> {
  const call = signal === undefined ? {} : { signal };
  for (;;) {
    const change = new Change(signal);
    try {
      const value = await readOrWait(zk, path, { ...call, watcher: change.watcher }, read);
      if (value !== RETRY) yield value;
      else {
        await zk.connected(call);
        continue;
      }
      const event = await change.came;
      if (event.type !== 'None') continue;
      if (event.state === 'Closed') return;
      throw new SessionExpiredError(path);
    } finally {
      change.stop();
      zk.forget(path, type, change.watcher);
      zk.forget(path, 'data', change.watcher);
    }
  }
}

const RETRY = Symbol('the connection was lost');

async function readOrWait<A>(
  zk: ZooKeeper,
  path: string,
  options: ReadOptions,
  read: (options: ReadOptions) => Promise<A>,
): Promise<A | null | typeof RETRY> {
  try {
    for (;;) {
      try {
        return await read(options);
      } catch (error) {
        if (!(error instanceof NoNodeError)) throw error;
      }
      // Created in between: read it after all.
      if ((await zk.exists(path, options)) === null) return null;
    }
  } catch (error) {
    if (error instanceof ConnectionLossError) return RETRY;
    throw error;
  }
}

/** The first event of a watch, as a promise. */
class Change {
  readonly came: Promise<WatchedEvent>;
  private resolver: (event: WatchedEvent) => void = () => undefined;
  private rejecter: (error: unknown) => void = () => undefined;
  private readonly aborted = (): void => {
    this.rejecter(this.signal?.reason);
  };

  constructor(private readonly signal: AbortSignal | undefined) {
    this.came = new Promise((resolve, reject) => {
      this.resolver = resolve;
      this.rejecter = reject;
    });
    // It may be rejected before anybody waits for it.
    this.came.catch(() => undefined);
    if (signal?.aborted === true) this.aborted();
    else signal?.addEventListener('abort', this.aborted, { once: true });
  }

  readonly watcher = (event: WatchedEvent): void => {
    this.resolver(event);
  };

  stop(): void {
    this.signal?.removeEventListener('abort', this.aborted);
  }
}
