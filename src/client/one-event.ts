/** One event of a one-shot watch, to wait for. */
import type { WatchedEvent } from './types.js';

/** The first event of a one-shot watch, or the end of the session, or the signal. */
export class OneEvent {
  readonly came: Promise<WatchedEvent>;
  private resolver: (event: WatchedEvent) => void = () => undefined;
  private rejecter: (reason: unknown) => void = () => undefined;
  private readonly aborted = (): void => {
    this.rejecter(this.signal?.reason);
  };

  constructor(private readonly signal: AbortSignal | undefined) {
    this.came = new Promise((resolve, reject) => {
      this.resolver = resolve;
      this.rejecter = reject;
    });
    // It may be rejected before anybody waits.
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
