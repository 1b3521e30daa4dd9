/**
 * One server: the core and the service side by side, each fed with what the other asks for, until
 * both are quiet.
 *
 * Order. The effects of a core step are carried out one after the other; an upcall runs through the
 * service at its place among them, so what it sends to clients stands where the core put it. Events
 * that the service has for the core wait until the core step under way is done with its effects,
 * and then run in the order in which they were asked for. A read never reaches the core.
 */
import { at } from '../core/chunked.js';
import type { CoreEffect } from '../core/effect.js';
import type { CoreConfig, CoreEvent } from '../core/event.js';
import type { Millis } from '../core/ids.js';
import { initialState, reduce } from '../core/reduce.js';
import type { CoreState } from '../core/state.js';
import type { ClientEffect, ServiceConfig, ServiceEffect, ServiceEvent, Upcall } from './events.js';
import { serviceStep } from './service.js';
import { initialService, withNow, type ServiceState } from './state.js';

export interface MemberState {
  readonly core: CoreState;
  readonly service: ServiceState;
  /** What each asked for last, and the earlier of both, which the shell knows. */
  readonly coreDeadline: Millis | null;
  readonly serviceDeadline: Millis | null;
  readonly deadline: Millis | null;
  /** When the core last heard of time: what a write that is durable leads to happens no earlier. */
  readonly now: Millis;
}

/** Core events that only the service of the same server causes. */
type InnerCoreEvent = Extract<
  CoreEvent,
  { type: 'propose' | 'forward' | 'pong' | 'revalidated' | 'sync' }
>;

/**
 * What the shell or the simulator feeds: first `serviceStart`, then `start`, then whatever happens.
 * `tick` is for both parts.
 */
export type MemberEvent =
  Exclude<CoreEvent, InnerCoreEvent> | Exclude<ServiceEvent, Upcall | { type: 'serviceTick' }>;

/**
 * To be carried out in order. `sendSnapshot` has become a `send` of SNAP with the service's applied
 * state; `deadline` is the earlier of both parts' and comes when it has changed, and after a tick.
 */
export type MemberEffect = Exclude<CoreEffect, Upcall | { type: 'sendSnapshot' }> | ClientEffect;

/** One step of the core, for the recorder. */
export interface CoreStep {
  readonly before: CoreState;
  readonly event: CoreEvent;
  readonly after: CoreState;
  readonly effects: readonly CoreEffect[];
}

export interface MemberStep {
  readonly state: MemberState;
  readonly effects: readonly MemberEffect[];
  /** In order; none for what never reaches the core. */
  readonly steps: readonly CoreStep[];
}

export function initialMember(core: CoreConfig, service: ServiceConfig): MemberState {
  return {
    core: initialState(core),
    service: initialService(service),
    coreDeadline: null,
    serviceDeadline: null,
    deadline: null,
    now: 0,
  };
}

/**
 * May the applied state be written as a snapshot: has the log on disk reached it? A learner may be
 * told of a commit before its own append is durable.
 * (Spec action TakeSnapshot.)
 */
export function snapshotReady({ core, service }: MemberState): boolean {
  const oldest = at(core.log.queue, 0);
  if (oldest === undefined) return true;
  return oldest.write.op === 'append' && oldest.write.txn.zxid > service.tree.lastZxid;
}

const NO_STEPS: readonly CoreStep[] = [];

/** What is under way during one step of the member. */
interface Run {
  core: CoreState;
  service: ServiceState;
  coreDeadline: Millis | null;
  serviceDeadline: Millis | null;
  now: Millis;
  readonly effects: MemberEffect[];
  readonly steps: CoreStep[];
  /** For the core, in order. */
  readonly queue: CoreEvent[];
}

export function stepMember(state: MemberState, event: MemberEvent): MemberStep {
  switch (event.type) {
    case 'clientRequest':
    case 'clientOpened':
    case 'clientConnect':
    case 'clientAuthenticated':
    case 'clientClosed':
    case 'expireSession':
    case 'serviceStart':
      return stepService(state, event);
    case 'tick':
      return tick(state, event);
    default:
      return finish(state, pump(begin(state, timeOf(state, event)), event));
  }
}

/** The time of an event; one that brings none happens no earlier than all before it. */
function timeOf({ now, service }: MemberState, event: MemberEvent): Millis {
  const at = 'now' in event ? event.now : undefined;
  return at ?? Math.max(now, service.now);
}

/** An event for the service alone: a read ends here, without a copy of anything. */
function stepService(state: MemberState, event: Extract<MemberEvent, ServiceEvent>): MemberStep {
  const [service, effects] = serviceStep(state.service, event);
  if (effects.every(isClientEffect)) {
    const after = service === state.service ? state : withService(state, service);
    return { state: after, effects, steps: NO_STEPS };
  }
  const run = begin(withService(state, service), event.now);
  sort(run, effects);
  return finish(state, pump(run));
}

function withService(state: MemberState, service: ServiceState): MemberState {
  const { core, coreDeadline, serviceDeadline, deadline, now } = state;
  return { core, service, coreDeadline, serviceDeadline, deadline, now };
}

function isClientEffect(effect: ServiceEffect): effect is ClientEffect {
  return effect.type !== 'core' && effect.type !== 'serviceDeadline';
}

/** To whom a deadline has come. */
function tick(state: MemberState, event: Extract<MemberEvent, { type: 'tick' }>): MemberStep {
  const run = begin(state, event.now);
  if (state.serviceDeadline !== null && state.serviceDeadline <= event.now) {
    runService(run, { type: 'serviceTick', now: event.now });
  }
  const coreIsDue = state.coreDeadline !== null && state.coreDeadline <= event.now;
  const ticked = coreIsDue ? pump(run, event) : pump(run);
  // A timer that has fired needs to be set again, even if it fired too early.
  return finish({ ...state, deadline: null }, ticked);
}

function begin(state: MemberState, now: Millis): Run {
  const { core, service, coreDeadline, serviceDeadline } = state;
  return { core, service, coreDeadline, serviceDeadline, now, effects: [], steps: [], queue: [] };
}

/** Runs `event`, if there is one, and whatever follows from it, until both parts are quiet. */
function pump(run: Run, event?: CoreEvent): Run {
  if (event !== undefined) run.queue.push(event);
  for (let i = 0; i < run.queue.length; i++) runCore(run, run.queue[i]!);
  return run;
}

function runCore(run: Run, event: CoreEvent): void {
  const before = run.core;
  const [after, effects] = reduce(before, event);
  run.core = after;
  run.steps.push({ before, event, after, effects });
  for (const effect of effects) carryOut(run, effect);
}

function carryOut(run: Run, effect: CoreEffect): void {
  switch (effect.type) {
    case 'persist':
    case 'send':
    case 'close':
    case 'dial':
    case 'notify':
      run.effects.push(effect);
      return;
    case 'deadline':
      run.coreDeadline = effect.at;
      return;
    case 'sendSnapshot': {
      const snapshot = { zxid: effect.zxid, image: run.service.tree };
      run.effects.push({ type: 'send', conn: effect.conn, packet: { type: 'SNAP', snapshot } });
      return;
    }
    case 'deliver':
    case 'synced':
    case 'installed':
    case 'learnerGone':
      runService(run, effect);
      return;
    case 'request':
    case 'revalidate':
    case 'pinged':
    case 'role':
      // These look at the clock and bring no time of their own.
      run.service = withNow(run.service, run.now);
      runService(run, effect);
      return;
    default:
      unreachable(effect);
  }
}

function unreachable(effect: never): never {
  throw new Error(`effect of unknown type: ${JSON.stringify(effect)}`);
}

function runService(run: Run, event: ServiceEvent): void {
  const [service, effects] = serviceStep(run.service, event);
  run.service = service;
  sort(run, effects);
}

/** The service's effects to where they belong. */
function sort(run: Run, effects: readonly ServiceEffect[]): void {
  for (const effect of effects) {
    if (effect.type === 'core') run.queue.push(effect.event);
    else if (effect.type === 'serviceDeadline') run.serviceDeadline = effect.at;
    else run.effects.push(effect);
  }
}

function finish(before: MemberState, run: Run): MemberStep {
  const { core, service, coreDeadline, serviceDeadline, now, effects, steps } = run;
  const deadline = earlier(coreDeadline, serviceDeadline);
  if (deadline !== before.deadline) effects.push({ type: 'deadline', at: deadline });
  return {
    state: { core, service, coreDeadline, serviceDeadline, deadline, now },
    effects,
    steps,
  };
}

function earlier(a: Millis | null, b: Millis | null): Millis | null {
  if (a === null) return b;
  return b === null || a < b ? a : b;
}
