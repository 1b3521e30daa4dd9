/**
 * One simulated run, from one seed: servers start, clients work while things go wrong, then all is
 * mended, and within a bounded time everybody must serve, all servers must hold the same, and what
 * the dead have left must be gone.
 */
import type { CoreConfig } from '../../core/event.js';
import type { Millis, Sid } from '../../core/ids.js';
import { zxidToHex } from '../../core/zxid.js';
import {
  stepMember,
  type CoreStep,
  type MemberEvent,
  type MemberStep,
} from '../../server/member.js';
import type { ServiceConfig } from '../../server/events.js';
import { Agenda } from './agenda.js';
import { ClientNet } from './client-net.js';
import { SimClient } from './client.js';
import { CoreWatch } from './core-watch.js';
import { Digest } from './digest.js';
import { History } from './history.js';
import { Roads } from './lane.js';
import type { Monitor } from './monitor.js';
import { Nemesis } from './nemesis.js';
import { planOf, type Plan } from './plan.js';
import { QuorumNet } from './quorum-net.js';
import { Rng } from './rng.js';
import { SimServer } from './server.js';
import { ServiceWatch } from './service-watch.js';
import { checkEnd } from './end.js';
import { Violation } from './violation.js';
import { Workload } from './workload.js';
import { DEFAULT_RULES } from '../../server/acl.js';
import { DEFAULT_FEATURES } from '../../server/features.js';

export interface RunHooks {
  /** Each step of a core, with the names that connections have in a trace. */
  readonly onStep?: (step: CoreStep) => void;
  /** What happens, one line each: virtual milliseconds and text. */
  readonly onLog?: (at: Millis, text: string) => void;
  /** For tests of the checks: a member, or what a crash leaves, with a fault planted. */
  readonly member?: typeof stepMember;
  readonly onCrash?: (server: SimServer) => void;
}

export interface RunFailure {
  readonly property: string;
  readonly detail: string;
  /** Virtual milliseconds, and how many member steps had been taken. */
  readonly at: Millis;
  readonly step: number;
}

export interface RunResult {
  readonly seed: number;
  /** null: all properties hold. */
  readonly failure: RunFailure | null;
  /** Steps of members; of them, those of cores. */
  readonly steps: number;
  readonly coreSteps: number;
  /** Virtual milliseconds. */
  readonly elapsed: Millis;
  readonly faults: Readonly<Record<string, number>>;
  readonly committed: number;
  readonly answered: number;
  readonly watchEvents: number;
  readonly epochs: number;
  /** Of everything that happened: equal for equal runs. */
  readonly digest: string;
}

/** Within which all must be well again, in ticks and then some. */
const PATIENCE_TICKS = 400;
const PATIENCE_MS = 200_000;

/** Wall clock at the beginning of time. */
const EPOCH_MS = 1_750_000_000_000;

/** A simulated ensemble with its clients. */
export class Simulation implements Monitor {
  readonly plan: Plan;
  readonly agenda = new Agenda();
  readonly history = new History();
  readonly servers = new Map<Sid, SimServer>();
  readonly clients: SimClient[] = [];
  readonly nemesis: Nemesis;
  readonly core: CoreWatch;
  readonly service: ServiceWatch;
  readonly digest = new Digest();
  steps = 0;
  coreSteps = 0;
  readonly #hooks: RunHooks;

  constructor(seed: number, hooks: RunHooks = {}) {
    this.#hooks = hooks;
    const plan = planOf(seed);
    this.plan = plan;
    const rng = new Rng(seed ^ 0x5bd1e995);
    const { agenda, history, servers } = this;
    const roads = new Roads(agenda);
    const connectTimeout = 1000 * plan.tickTime * plan.syncLimit;
    const quorumNet = new QuorumNet(servers, roads, rng.fork(), plan.latency, connectTimeout);
    const clientNet = new ClientNet(roads, rng.fork(), plan.latency);
    const sids = Array.from({ length: plan.voters + plan.observers }, (_, i) => (i + 1) as Sid);
    const voters = sids.slice(0, plan.voters);
    this.core = new CoreWatch(servers, voters, (txn) => history.commit(txn));
    this.service = new ServiceWatch(history);
    for (const sid of sids) {
      servers.set(
        sid,
        new SimServer({
          core: coreConfig(plan, sid, sids),
          service: serviceConfig(plan, sid),
          clock: clockOf(plan, rng),
          snapCount: plan.snapCount,
          agenda,
          rng: rng.fork(),
          flush: plan.flush,
          monitor: this,
          member: hooks.member ?? stepMember,
          ports: {
            dial: (server, to) => quorumNet.dial(server, to),
            send: (_, effect) => quorumNet.send(effect.conn, effect.packet),
            close: (_, conn) => quorumNet.close(conn),
            notify: (server, effect) =>
              quorumNet.notify(server.sid, effect.to, effect.notification),
            client: (_, effect) => clientNet.perform(effect),
          },
        }),
      );
    }
    const log = this.#log;
    const workload = new Workload(rng.fork());
    const all = [...servers.values()];
    for (let id = 0; id < plan.clients; id++) {
      const own = { id, plan, agenda, rng: rng.fork(), net: clientNet, servers: all };
      this.clients.push(new SimClient({ ...own, history, workload, log }));
    }
    const { clients } = this;
    const parts = { plan, agenda, roads, quorumNet, clientNet, clients, log };
    this.nemesis = new Nemesis({ ...parts, rng: rng.fork(), servers: all });
    const starts = rng.fork();
    for (const server of all) {
      agenda.after(1000 * starts.below(plan.tickTime), () => {
        if (server.state === null && server.incarnation === 0) server.start();
      });
    }
    for (const client of clients) {
      agenda.after(1000 * starts.below(10 * plan.tickTime), () => client.start());
    }
    this.nemesis.start();
  }

  readonly #log = (text: () => string): void => {
    this.#hooks.onLog?.(this.agenda.now / 1000, text());
  };

  stepped(server: SimServer, event: MemberEvent, step: MemberStep): void {
    this.steps++;
    const { onStep, onLog } = this.#hooks;
    this.digest.step(this.agenda.now, server.sid, event, step);
    if (onLog !== undefined) this.#describe(server, event);
    for (const each of step.steps) {
      this.coreSteps++;
      onStep?.(each);
      this.core.stepped(server, each);
      this.service.coreStepped(server, each);
    }
    this.service.stepped(server, event, step);
  }

  #describe(server: SimServer, event: MemberEvent): void {
    const { type } = event;
    const packet = type === 'packet' ? ` ${event.packet.type}` : '';
    const peer = server.state!.core.peer;
    const state = 'zab' in peer ? `${peer.state} ${peer.zab}` : peer.state;
    const { last } = server.state!.core.log.history;
    this.#log(() => `server ${server.sid} ${type}${packet}: ${state} ${zxidToHex(last)}`);
  }

  written(...args: Parameters<CoreWatch['written']>): void {
    this.core.written(...args);
  }

  crashed(server: SimServer): void {
    this.#hooks.onCrash?.(server);
    this.core.crashed(server);
    this.service.crashed(server);
  }

  /** Lets things happen until `at`, or until `done`. */
  runUntil(at: Millis, done: () => boolean = () => false): void {
    const { agenda } = this;
    while (agenda.next <= at * 1000 && !done()) agenda.step();
  }

  get now(): Millis {
    return this.agenda.now / 1000;
  }

  run(): void {
    const { plan, nemesis } = this;
    this.runUntil(plan.duration);
    nemesis.heal();
    const patience = PATIENCE_TICKS * plan.tickTime + PATIENCE_MS;
    checkEnd(this, patience);
  }
}

function coreConfig(plan: Plan, sid: Sid, sids: readonly Sid[]): CoreConfig {
  const { tickTime, initLimit, syncLimit, finalizeWait, commitLogCount, standalone } = plan;
  return {
    sid,
    voters: sids.slice(0, plan.voters),
    observers: sids.slice(plan.voters),
    standalone,
    ...{ tickTime, initLimit, syncLimit, finalizeWait, commitLogCount },
  };
}

function serviceConfig({ tickTime }: Plan, sid: Sid): ServiceConfig {
  return {
    sid,
    tickTime,
    minSessionTimeout: 2 * tickTime,
    maxSessionTimeout: 20 * tickTime,
    superDigest: null,
    // Asked for by digest authentication only, which no simulated client uses.
    digestBase64: () => '',
    rules: DEFAULT_RULES,
    enforcedSchemes: null,
    features: DEFAULT_FEATURES,
    configNode: null,
  };
}

function clockOf({ skew }: Plan, rng: Rng): ConstructorParameters<typeof SimServer>[0]['clock'] {
  return {
    offset: rng.below(1_000_000_000),
    skew: skew === 0 ? 0 : rng.between(-skew, skew),
    wall: EPOCH_MS + rng.between(-60_000, 60_000),
  };
}

/** Runs `seed` to its end or to the first property that does not hold. */
export function runSeed(seed: number, hooks: RunHooks = {}): RunResult {
  const simulation = new Simulation(seed, hooks);
  let failure: RunFailure | null = null;
  try {
    simulation.run();
  } catch (error) {
    const { now: at, steps: step } = simulation;
    failure =
      error instanceof Violation
        ? { property: error.property, detail: error.detail, at, step }
        : { property: 'NoBrokenInvariant', detail: textOf(error), at, step };
  }
  const { steps, coreSteps, history, core, nemesis, digest } = simulation;
  let watchEvents = 0;
  for (const { watches } of history.sessions.values()) watchEvents += watches.events;
  return {
    seed,
    failure,
    steps,
    coreSteps,
    elapsed: simulation.now,
    faults: Object.fromEntries(nemesis.counts),
    committed: core.committed.length,
    answered: history.answered,
    watchEvents,
    epochs: core.established.size,
    digest: digest.text,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
