/** A queue that is pushed into from callbacks and read with `for await`. */

/**
 * One reader. What is pushed waits until it is read; `end` lets the reader finish what is there,
 * `fail` too, and then throws. Leaving the loop calls `onReturn` once.
 */
export class AsyncQueue<A> implements AsyncIterableIterator<A> {
  private readonly values: A[] = [];
  private readonly readers: {
    readonly resolve: (result: IteratorResult<A>) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  private done = false;
  private error: unknown = null;
  private failed = false;
  private cleanup: (() => void) | null;

  constructor(onReturn: () => void = () => undefined) {
    this.cleanup = onReturn;
  }

  push(value: A): void {
    if (this.done) return;
    const reader = this.readers.shift();
    if (reader === undefined) this.values.push(value);
    else reader.resolve({ done: false, value });
  }

  end(): void {
    if (this.done) return;
    this.done = true;
    this.release();
    for (const reader of this.readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  fail(error: unknown): void {
    if (this.done) return;
    this.done = true;
    this.release();
    const [first, ...others] = this.readers.splice(0);
    if (first === undefined) {
      this.failed = true;
      this.error = error;
    } else first.reject(error);
    for (const reader of others) reader.resolve({ done: true, value: undefined });
  }

  private release(): void {
    const { cleanup } = this;
    this.cleanup = null;
    cleanup?.();
  }

  next(): Promise<IteratorResult<A>> {
    if (this.values.length > 0) {
      return Promise.resolve({ done: false, value: this.values.shift()! });
    }
    if (this.failed) {
      this.failed = false;
      return Promise.reject(this.error);
    }
    if (this.done) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.readers.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<A>> {
    this.values.length = 0;
    this.failed = false;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
