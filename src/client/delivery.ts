/**
 * Hands replies and watch events to the user in the order in which the server sent them. A reply
 * settles a promise, whose continuation runs in microtasks; an event is a call at once. So that
 * `await getData(…)` goes on before the event behind it is told, an event that follows a reply
 * waits for the next turn of the event loop, and all behind it with it.
 */
interface Item {
  readonly kind: 'reply' | 'event';
  readonly run: () => void;
}

/** Owned by one session. */
export class Delivery {
  private items: Item[] = [];
  private waiting = false;
  /** A reply was handed out in this turn of the loop. */
  private replied = false;

  reply(run: () => void): void {
    this.add({ kind: 'reply', run });
  }

  event(run: () => void): void {
    this.add({ kind: 'event', run });
  }

  private add(item: Item): void {
    this.items.push(item);
    if (!this.waiting) this.drain();
  }

  private drain(): void {
    while (this.items.length > 0) {
      const [item] = this.items;
      if (item!.kind === 'event' && this.replied) {
        this.waiting = true;
        setImmediate(() => {
          this.waiting = false;
          this.replied = false;
          this.drain();
        });
        return;
      }
      this.items.shift();
      if (item!.kind === 'reply' && !this.replied) {
        this.replied = true;
        setImmediate(() => {
          if (!this.waiting) this.replied = false;
        });
      }
      item!.run();
    }
  }
}
