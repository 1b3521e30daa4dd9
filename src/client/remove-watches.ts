/** Removing watches, here and on the server (Apache: `ZooKeeper.removeWatches`). */
import { ErrorCode } from '../core/error-code.js';
import { NoWatcherError } from './errors.js';
import type { RemoveWatchesOptions } from './options.js';
import type { Session } from './session.js';
import { WATCHER_TYPES } from './types.js';
import type { ZooKeeper } from './zookeeper.js';

/** @throws NoWatcherError if there is none such. */
export async function removeWatches(
  zk: ZooKeeper,
  session: Session,
  path: string,
  options: RemoveWatchesOptions,
): Promise<void> {
  const { type = 'any', watcher, local = false } = options;
  const server = zk.serverPath(path);
  const { watches } = session;
  const known =
    watcher === undefined ? watches.has(server, type) : watches.holds(server, type, watcher);
  if (!known) throw new NoWatcherError(path);
  // The server keeps one watch for all that this session has there.
  const others = watcher !== undefined && watches.has(server, type, watcher);
  const drop = (): void => {
    for (const removal of watches.remove(server, type, watcher)) {
      const event = { type: removal.type, state: 'SyncConnected', path, zxid: -1n } as const;
      session.later(() => {
        removal.watcher(event);
      });
    }
  };
  const op = others ? 'checkWatches' : 'removeWatches';
  try {
    const request = { op, path: server, mode: WATCHER_TYPES[type] } as const;
    await zk.ask('none', request, path, options, (code) => {
      if (code === ErrorCode.OK) drop();
    });
  } catch (error) {
    if (!local) throw error;
    drop();
  }
}
