/** A request on its way: a promise, and what may end it beside the reply. */
import { RequestTimeoutError } from './errors.js';
import type { WireReply, WireRequest } from './wire.js';

/** Owned by one session. Whatever settles it first counts. */
export class Pending {
  settled = false;
  /** 0 until it is sent. */
  xid = 0;
  private resolver: (reply: WireReply) => void = () => undefined;
  private rejecter: (error: unknown) => void = () => undefined;
  private timer: NodeJS.Timeout | null = null;
  private unsent: NodeJS.Timeout | null = null;
  private signal: AbortSignal | null = null;
  private readonly aborted = (): void => {
    this.reject(this.signal?.reason);
  };

  constructor(
    readonly request: WireRequest,
    readonly path: string | null,
    /** Called when the reply is read, also after the promise was given up. */
    readonly onReply: (code: number) => void,
  ) {}

  get isClose(): boolean {
    return this.request.op === 'closeSession';
  }

  /** `timeout` in ms, 0 for none. */
  start(signal: AbortSignal | undefined, timeout: number): Promise<WireReply> {
    const promise = new Promise<WireReply>((resolve, reject) => {
      this.resolver = resolve;
      this.rejecter = reject;
    });
    if (signal?.aborted === true) {
      this.reject(signal.reason);
      return promise;
    }
    if (signal !== undefined) {
      this.signal = signal;
      signal.addEventListener('abort', this.aborted, { once: true });
    }
    if (timeout > 0) {
      this.timer = setTimeout(() => {
        this.reject(new RequestTimeoutError(this.path));
      }, timeout);
    }
    return promise;
  }

  /** Rejects with `error` unless it is sent within `ms`. */
  limit(ms: number, error: () => Error): void {
    this.unsent = setTimeout(() => {
      this.reject(error());
    }, ms);
  }

  sent(xid: number): void {
    this.xid = xid;
    if (this.unsent !== null) clearTimeout(this.unsent);
    this.unsent = null;
  }

  resolve(reply: WireReply): void {
    if (this.settle()) this.resolver(reply);
  }

  reject(error: unknown): void {
    if (this.settle()) this.rejecter(error);
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.unsent !== null) clearTimeout(this.unsent);
    this.signal?.removeEventListener('abort', this.aborted);
    return true;
  }
}
