/**
 * One server of a simulated ensemble: a member (the reducers that production runs), its disk, its
 * clock, and what a process does around them (`src/shell/server.ts`, `driver.ts`): events in one
 * queue, effects in order, appends flushed together.
 */
import type { Millis, PeerConn, Sid } from '../../core/ids.js';
import type { CoreConfig } from '../../core/event.js';
import {
  initialMember,
  snapshotReady,
  type stepMember,
  type MemberEffect,
  type MemberEvent,
  type MemberState,
} from '../../server/member.js';
import type { ClientEffect, ServiceConfig } from '../../server/events.js';
import type { Agenda, Entry, Micros } from './agenda.js';
import { SimDisk } from './disk.js';
import type { CrashedWrite, Write } from './disk.js';
import type { Host } from './lane.js';
import type { Monitor } from './monitor.js';
import type { Rng } from './rng.js';

/** A clock: where it stood at the beginning of all time, and how much too fast it goes. */
export interface Clock {
  readonly offset: Micros;
  /** Parts per million. */
  readonly skew: number;
  /** Wall clock minus this clock, ms. */
  readonly wall: Millis;
}

/** What a server sends and asks for goes here. */
export interface Ports {
  readonly dial: (server: SimServer, to: Sid) => void;
  readonly send: (server: SimServer, effect: MemberEffect & { readonly type: 'send' }) => void;
  readonly close: (server: SimServer, conn: PeerConn) => void;
  readonly notify: (server: SimServer, effect: MemberEffect & { readonly type: 'notify' }) => void;
  readonly client: (server: SimServer, effect: ClientEffect) => void;
}

export interface ServerOptions {
  readonly core: CoreConfig;
  readonly service: ServiceConfig;
  readonly clock: Clock;
  readonly snapCount: number;
  readonly agenda: Agenda;
  readonly rng: Rng;
  /** Mean time of a flush, µs. */
  readonly flush: Micros;
  readonly ports: Ports;
  readonly monitor: Monitor;
  /** The reducer: {@link stepMember}, or in tests of the checks one with a fault. */
  readonly member: typeof stepMember;
}

export class SimServer implements Host {
  readonly sid: Sid;
  readonly host: number;
  readonly disk = new SimDisk();
  /** null: no process. */
  state: MemberState | null = null;
  awake = true;
  /** Counts starts: what an earlier process was waiting for is nothing to this one. */
  incarnation = 0;
  /** Flushes take this many times as long. */
  slowness = 1;
  /** The process dies at this many more writes: just before it hears of the last one, or after. */
  dieAfterWrites: number | null = null;
  onDeath: () => void = () => undefined;
  readonly #o: ServerOptions;
  #alarm: Entry | null = null;
  /** What a paused process will do when it goes on. */
  #held: (() => void)[] = [];

  constructor(options: ServerOptions) {
    this.#o = options;
    this.sid = options.core.sid;
    this.host = options.core.sid;
  }

  get config(): CoreConfig {
    return this.#o.core;
  }

  /** This server's clock, whole milliseconds. */
  get now(): Millis {
    return this.#clockAt(this.#o.agenda.now);
  }

  #clockAt(time: Micros): Millis {
    const { offset, skew } = this.#o.clock;
    return Math.floor((time + offset + Math.floor((time * skew) / 1e6)) / 1000);
  }

  /** When this server's clock will show `at`. */
  #timeOf(at: Millis): Micros {
    const { offset, skew } = this.#o.clock;
    let time = Math.floor(((at * 1000 - offset) / (1e6 + skew)) * 1e6);
    while (this.#clockAt(time) < at) time++;
    return time;
  }

  start(): void {
    const { core, service, clock } = this.#o;
    this.incarnation++;
    this.awake = true;
    this.state = initialMember(core, service);
    const { now, disk } = this;
    const { zxid, tree } = disk.snapshot;
    const snapshot = tree === null ? null : { zxid, image: tree };
    this.feed({ type: 'serviceStart', now, wallClock: now + clock.wall, snapshot });
    this.feed({ type: 'start', now, disk: disk.content() });
  }

  /** The process is gone, and its connections, which the caller sees to. */
  crash(): CrashedWrite {
    const { monitor, rng } = this.#o;
    this.state = null;
    this.incarnation++;
    this.awake = true;
    this.#held = [];
    this.dieAfterWrites = null;
    if (this.#alarm !== null) this.#alarm.live = false;
    this.#alarm = null;
    const left = this.disk.crash(rng);
    monitor.crashed(this);
    return left;
  }

  pause(): void {
    this.awake = false;
  }

  /** Goes on: reads the messages that have waited (`read`), before or after all else that has. */
  resume(read: () => void): void {
    this.awake = true;
    const held = this.#held;
    this.#held = [];
    const messagesFirst = this.#o.rng.chance(1, 2);
    if (messagesFirst) read();
    for (const run of held) run();
    if (!messagesFirst) read();
  }

  /** Now, or when the process goes on; never for another process than this one. */
  #whenAwake(run: () => void): void {
    const { incarnation } = this;
    const mine = (): void => {
      if (this.incarnation === incarnation) run();
    };
    if (this.awake) mine();
    else this.#held.push(mine);
  }

  /** One step of the member, and its effects. */
  feed(event: MemberEvent): void {
    if (this.state === null) return;
    const { monitor, member } = this.#o;
    const step = member(this.state, event);
    this.state = step.state;
    monitor.stepped(this, event, step);
    const { incarnation } = this;
    for (const effect of step.effects) {
      // An effect may end the process: a write that it does not survive.
      if (this.incarnation !== incarnation) return;
      this.#perform(effect);
    }
    this.#maybeSnapshot();
  }

  #perform(effect: MemberEffect): void {
    const { ports } = this.#o;
    switch (effect.type) {
      case 'persist':
        return this.#persist(effect);
      case 'send':
        return ports.send(this, effect);
      case 'close':
        return ports.close(this, effect.conn);
      case 'dial':
        return ports.dial(this, effect.sid);
      case 'notify':
        return ports.notify(this, effect);
      case 'deadline':
        return this.#setAlarm(effect.at);
      case 'reply':
      case 'connectReply':
      case 'watchEvent':
      case 'clientClose':
        return ports.client(this, effect);
      default:
        return effect satisfies never;
    }
  }

  #setAlarm(at: Millis | null): void {
    const { agenda, rng } = this.#o;
    if (this.#alarm !== null) this.#alarm.live = false;
    this.#alarm = null;
    if (at === null) return;
    // Timers come late, never early.
    const late = rng.chance(1, 16) ? rng.below(20_000) : rng.below(1000);
    this.#alarm = agenda.at(this.#timeOf(at) + late, () =>
      this.#whenAwake(() => this.feed({ type: 'tick', now: this.now })),
    );
  }

  #persist({ ticket, write }: Write): void {
    const { disk } = this;
    const idle = disk.waiting.length === 0 && disk.running.length === 0;
    disk.waiting.push({ ticket, write });
    // A moment later, so that what one step asks for goes into one flush.
    if (idle) this.#soon(this.#o.rng.below(100), () => this.#beginWrite());
  }

  /** After `delay`, unless the process is gone by then; a disk does not pause with it. */
  #soon(delay: Micros, run: () => void): void {
    const { incarnation } = this;
    this.#o.agenda.after(delay, () => {
      if (this.incarnation === incarnation) run();
    });
  }

  #beginWrite(): void {
    const { rng, flush } = this.#o;
    this.disk.begin();
    this.#soon(rng.around(flush) * this.slowness, () => this.#endWrite());
  }

  #endWrite(): void {
    const { monitor, rng } = this.#o;
    const { disk, incarnation } = this;
    const written = disk.running;
    const ticket = disk.finish();
    monitor.written(this, written);
    if (this.dieAfterWrites !== null && --this.dieAfterWrites <= 0) {
      this.dieAfterWrites = null;
      if (rng.chance(1, 2))
        this.#whenAwake(() => this.feed({ type: 'persisted', ticket, now: this.now }));
      if (this.incarnation === incarnation) this.onDeath();
      return;
    }
    if (disk.waiting.length > 0) this.#soon(rng.below(100), () => this.#beginWrite());
    this.#whenAwake(() => this.feed({ type: 'persisted', ticket, now: this.now }));
  }

  #maybeSnapshot(): void {
    const { disk, state } = this;
    const { snapCount, rng, flush } = this.#o;
    if (state === null || disk.logged < snapCount || disk.writing !== null) return;
    if (!snapshotReady(state)) return;
    const { tree } = state.service;
    if (tree.lastZxid <= disk.snapshot.zxid) return;
    const snapshot = { zxid: tree.lastZxid, tree };
    disk.beginSnapshot(snapshot);
    this.#soon(rng.around(20 * flush) * this.slowness, () => disk.finishSnapshot(snapshot));
  }
}
