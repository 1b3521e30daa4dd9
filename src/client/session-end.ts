/** Telling the end of a session, and events on the way there. */
import { ClientClosedError, errorOf } from './errors.js';
import type { ZooKeeperError } from './errors.js';
import type { WatchedEvent, Watcher } from './types.js';

/** The same fault, about another path, with a stack of its own. */
export function again(error: ZooKeeperError, path: string | null): ZooKeeperError {
  return error instanceof ClientClosedError
    ? new ClientClosedError(path)
    : errorOf(error.code, path);
}

/** A watcher that throws is the user's fault, and is told as an exception that nobody caught. */
export function callAll(watchers: Iterable<Watcher>, event: WatchedEvent): void {
  for (const watcher of watchers) {
    try {
      watcher(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
