/**
 * What happens, to loop over: states, events of a persistent watch, and values that follow a node by
 * one-shot watches, left with each read (as kazoo's `DataWatch` and `ChildrenWatch`). The latter wait
 * a lost connection out: reads may be asked again.
 */
import { AsyncQueue } from './async-queue.js';
import { ConnectionLossError, NoNodeError, SessionExpiredError } from './errors.js';
import { OneEvent } from './one-event.js';
import type { CallOptions, ClientState, NodeData, ReadOptions } from './types.js';
import type { WatchedEvent, WatcherType } from './types.js';
import type { ZooKeeper } from './zookeeper.js';

/** The state now, then every change; ends after a final one. */
export function stateChanges(
  zk: ZooKeeper,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<ClientState> {
  const listener = (state: ClientState): void => {
    queue.push(state);
    if (zk.isOver) queue.end();
  };
  const aborted = (): void => {
    queue.fail(signal?.reason);
  };
  const queue = new AsyncQueue<ClientState>(() => {
    zk.off('state', listener);
    signal?.removeEventListener('abort', aborted);
  });
  queue.push(zk.state);
  zk.on('state', listener);
  if (signal?.aborted === true) aborted();
  else signal?.addEventListener('abort', aborted, { once: true });
  if (zk.isOver) queue.end();
  return queue;
}

/** The events of a persistent watch, which stands when the promise resolves. */
export async function persistentEvents(
  zk: ZooKeeper,
  path: string,
  options: CallOptions & { readonly recursive?: boolean },
): Promise<AsyncIterableIterator<WatchedEvent>> {
  const { recursive = false, signal } = options;
  const type = recursive ? 'persistent-recursive' : 'persistent';
  const aborted = (): void => {
    queue.fail(signal?.reason);
  };
  const queue = new AsyncQueue<WatchedEvent>(() => {
    signal?.removeEventListener('abort', aborted);
    if (zk.isOver) return;
    // The server's watch goes with the connection at the latest.
    zk.removeWatches(path, { type, watcher, local: true }).catch(() => undefined);
  });
  const watcher = (event: WatchedEvent): void => {
    if (event.type !== 'None' && event.type !== 'PersistentWatchRemoved') queue.push(event);
    else if (event.state === 'Expired' || event.state === 'AuthFailed') {
      queue.fail(new SessionExpiredError(path));
    } else queue.end();
  };
  await zk.addWatch(path, watcher, options);
  signal?.addEventListener('abort', aborted, { once: true });
  return queue;
}

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
    const change = new OneEvent(signal);
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
