/**
 * Runs one member: events in one queue, one step at a time, effects carried out in order. What a
 * step leads to at once (an effect that calls back) waits in the queue until the step is done.
 *
 * A throw of the reducers is a broken invariant: nothing more is done, and the last events go with
 * the error to whoever owns the driver. An OperatorError is no such thing: a trace cannot be written.
 */
import {
  stepMember,
  type MemberEffect,
  type MemberEvent,
  type MemberState,
  type MemberStep,
} from '../server/member.js';
import type { CoreState } from '../core/state.js';
import { OperatorError } from './operator-error.js';
import type { TraceSink } from './trace-sink.js';

/** How many of the last events an {@link InvariantError} shows. */
const REMEMBERED = 20;
const EVENT_TEXT_MAX = 500;
const LIST_MAX = 10;

export interface DriverOptions {
  readonly initial: MemberState;
  /** Is called with each step of the core before any effect of it leaves. */
  readonly trace: TraceSink | null;
  readonly perform: (effect: MemberEffect) => void;
  /** Is told of each step of the core, once its effects are carried out. */
  readonly observe?: (step: MemberStep) => void;
  /** After all effects of a step. */
  readonly after: (state: MemberState) => void;
  readonly onBroken: (error: Error) => void;
}

/** A reducer threw: an error of this program, with what led to it. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';

  constructor(cause: unknown, events: readonly MemberEvent[]) {
    const what = cause instanceof Error ? cause.message : String(cause);
    super(`broken invariant: ${what}\nlast events:\n${events.map(describe).join('\n')}`, { cause });
  }
}

export class MemberDriver {
  readonly #options: DriverOptions;
  #state: MemberState;
  #queue: MemberEvent[] = [];
  #running = false;
  #stopped = false;
  readonly #recent: MemberEvent[] = [];
  #seen = 0;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#state = options.initial;
  }

  get state(): MemberState {
    return this.#state;
  }

  /** Works `event` off, and all that it leads to, before it returns; but not from within a step. */
  post(event: MemberEvent): void {
    if (this.#stopped) return;
    this.#queue.push(event);
    if (!this.#running) this.#run();
  }

  /** Nothing that is posted from here on, or waits, is worked off. */
  stop(): void {
    this.#stopped = true;
    this.#queue = [];
  }

  /** Works on from `initial`, as a server does that starts anew. Not from within a step. */
  restart(initial: MemberState): void {
    this.#state = initial;
    this.#queue = [];
    this.#stopped = false;
  }

  #run(): void {
    this.#running = true;
    try {
      for (let i = 0; i < this.#queue.length; i++) {
        const event = this.#queue[i];
        if (event !== undefined) this.#step(event);
      }
    } catch (error) {
      this.stop();
      const own = error instanceof OperatorError;
      this.#options.onBroken(own ? error : new InvariantError(error, this.#lastEvents()));
    } finally {
      this.#queue = [];
      this.#running = false;
    }
  }

  #step(event: MemberEvent): void {
    const { trace, perform, observe, after } = this.#options;
    this.#recent[this.#seen++ % REMEMBERED] = event;
    const step = stepMember(this.#state, event);
    const { state, effects, steps } = step;
    this.#state = state;
    // What reaches a server before it has started is lost, and no step of it.
    const taken = steps.filter(({ before, event }) => isUp(before) || event.type === 'start');
    if (trace !== null) for (const step of taken) trace.line(step);
    for (const effect of effects) {
      if (this.#stopped) return;
      perform(effect);
    }
    if (steps.length > 0) observe?.(step);
    after(state);
  }

  #lastEvents(): readonly MemberEvent[] {
    const from = this.#seen % REMEMBERED;
    const all = [...this.#recent.slice(from), ...this.#recent.slice(0, from)];
    return this.#seen < REMEMBERED ? this.#recent.slice(0, this.#seen) : all;
  }
}

function isUp({ peer }: CoreState): boolean {
  return peer.state !== 'DOWN';
}

/** An event on one line: no data, no states, and of long lists only how long they are. */
function describe(event: MemberEvent): string {
  const text = JSON.stringify(event, (key, value: unknown) => {
    if (typeof value === 'bigint') return `0x${BigInt.asUintN(64, value).toString(16)}`;
    if (key === 'image') return '…';
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    if (Array.isArray(value) && value.length > LIST_MAX) return `${value.length} items`;
    return value;
  });
  return text.length > EVENT_TEXT_MAX ? `${text.slice(0, EVENT_TEXT_MAX)}…` : text;
}
