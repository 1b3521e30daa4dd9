/** Waiting for what happens in callbacks, without a sleep: a test that waits in vain times out. */

/** A list that somebody appends to and somebody waits on. */
export class Inbox<A> {
  readonly all: A[] = [];
  #taken = 0;
  #wake: (() => void)[] = [];

  readonly push = (item: A): void => {
    this.all.push(item);
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  };

  /** The next item that nobody took; waits for it. */
  async take(): Promise<A> {
    while (this.#taken >= this.all.length) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.all[this.#taken++] as A;
  }

  /** Takes until one fits. */
  async until(fits: (item: A) => boolean): Promise<A> {
    for (;;) {
      const item = await this.take();
      if (fits(item)) return item;
    }
  }
}
