/**
 * One direction of a connection: what is sent arrives in that order, each at its own time. While the
 * two ends cannot reach each other, or the receiver is paused, it waits.
 */
import type { Agenda, Micros } from './agenda.js';

/** Something with a network address. */
export interface Host {
  readonly host: number;
  /** False while its process is stopped: what arrives waits. */
  awake: boolean;
}

const HOSTS = 0x1_0000;

/** A lane that waits. */
interface Stalled {
  pump(): void;
}

/** What all lanes share: who reaches whom. */
export class Roads {
  readonly #blocked = new Set<number>();
  readonly #stalled = new Set<Stalled>();
  /** Every delay is multiplied by this. */
  slowness = 1;

  constructor(readonly agenda: Agenda) {}

  reaches(from: number, to: number): boolean {
    return !this.#blocked.has(from * HOSTS + to);
  }

  /** Nothing that `from` sends reaches `to` any more. */
  block(from: number, to: number): void {
    this.#blocked.add(from * HOSTS + to);
  }

  unblock(from: number, to: number): void {
    if (this.#blocked.delete(from * HOSTS + to)) this.resume();
  }

  unblockAll(): void {
    this.#blocked.clear();
    this.resume();
  }

  get blockedCount(): number {
    return this.#blocked.size;
  }

  stall(lane: Stalled): void {
    this.#stalled.add(lane);
  }

  /** Lanes that waited go on, if nothing holds them any more. */
  resume(): void {
    const waiting = [...this.#stalled];
    this.#stalled.clear();
    for (const lane of waiting) lane.pump();
  }
}

export class Lane<T> {
  #queue: { readonly at: Micros; readonly item: T }[] = [];
  #last: Micros = 0;
  #open = true;

  constructor(
    readonly roads: Roads,
    readonly from: Host,
    readonly to: Host,
    readonly deliver: (item: T) => void,
  ) {}

  get length(): number {
    return this.#queue.length;
  }

  /** Arrives after `delay`, and after all that was sent before. */
  send(item: T, delay: Micros): void {
    if (!this.#open) return;
    const { agenda, slowness } = this.roads;
    const at = Math.max(this.#last, agenda.now + delay * slowness);
    this.#last = at;
    this.#queue.push({ at, item });
    agenda.at(at, () => this.pump());
  }

  /** Hands over what has arrived. */
  pump(): void {
    while (this.#open && this.#queue.length > 0) {
      if (this.#queue[0]!.at > this.roads.agenda.now) return;
      if (!this.to.awake || !this.roads.reaches(this.from.host, this.to.host)) {
        this.roads.stall(this);
        return;
      }
      this.deliver(this.#queue.shift()!.item);
    }
  }

  /** What is under way is lost. */
  clear(): void {
    this.#queue = [];
  }

  /** Nothing is delivered any more. */
  close(): void {
    this.#open = false;
    this.#queue = [];
  }
}
