/**
 * What a server has for its operators: the view that all answers are made of, the metrics, and
 * the ports beside the client port.
 */
import type { ServerConfig } from '../../config/server-config.js';
import type { MemberState, MemberStep } from '../../server/member.js';
import type { ClientPort, ConnectionFacts } from '../client-port.js';
import { BufferStats, type ClientStats } from '../client-stats.js';
import { monotonicNow, wallClock } from '../clock.js';
import type { Gauge } from '../metrics/exposition.js';
import { fileDescriptors } from '../metrics/process-gauges.js';
import { StepMeter } from '../metrics/step-meter.js';
import { createServerMetrics, type ServerMetrics } from '../metrics/server-metrics.js';
import { serverGauges } from './monitor.js';
import type { OperatorMode, OperatorView } from './view.js';

export interface OperatorParts {
  readonly config: ServerConfig;
  readonly clients: () => ClientPort;
  readonly member: () => MemberState;
  readonly ports: () => { readonly client: number; readonly secure: number };
  readonly slowFsyncs: () => number;
  readonly lastSnapshot: () => OperatorView['lastSnapshot'];
  readonly learnerAddress: (conn: number) => string;
}

/** Apache: `ZooTrace`'s default. */
const TRACE_MASK = 306n;

export class Operator implements OperatorView {
  readonly config: ServerConfig;
  readonly metrics: ServerMetrics = createServerMetrics();
  readonly proposals = new BufferStats();
  traceMask = TRACE_MASK;
  roleSince = monotonicNow();
  servingSince = monotonicNow();
  readonly #parts: OperatorParts;
  readonly #meter: StepMeter;
  /** Sizes of parts of the tree, as worked out before. */
  readonly #sizes = new WeakMap<object, number>();

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    this.config = parts.config;
    this.#meter = new StepMeter(this.metrics, this.proposals, monotonicNow, wallClock);
  }

  stepped(step: MemberStep): void {
    this.#meter.stepped(step);
  }

  /** The server has become something else, or serves, or no longer does. */
  roleChanged(kindChanged: boolean, serving: boolean): void {
    const now = monotonicNow();
    if (kindChanged) this.roleSince = now;
    if (serving) this.servingSince = now;
  }

  get member(): MemberState {
    return this.#parts.member();
  }

  get isServing(): boolean {
    return this.member.service.role.serving;
  }

  get mode(): OperatorMode {
    if (this.config.standalone) return 'standalone';
    const modes = { leading: 'leader', following: 'follower', observing: 'observer' } as const;
    const { kind } = this.member.service.role;
    return kind === 'looking' ? 'read-only' : modes[kind];
  }

  get stats(): ClientStats {
    return this.#parts.clients().stats;
  }

  get connections(): readonly ConnectionFacts[] {
    return this.#parts.clients().connections('plain');
  }

  get secureConnections(): readonly ConnectionFacts[] {
    return this.#parts.clients().connections('secure');
  }

  get outstanding(): number {
    return this.#parts.clients().outstanding;
  }

  get clientPort(): number {
    return this.#parts.ports().client;
  }

  get secureClientPort(): number {
    return this.#parts.ports().secure;
  }

  get now(): number {
    return monotonicNow();
  }

  get slowFsyncs(): number {
    return this.#parts.slowFsyncs();
  }

  get lastSnapshot(): OperatorView['lastSnapshot'] {
    return this.#parts.lastSnapshot();
  }

  get descriptors(): OperatorView['descriptors'] {
    const { open, max } = fileDescriptors();
    return { open_file_descriptor_count: open, max_file_descriptor_count: max };
  }

  readonly learnerAddress = (conn: number): string => this.#parts.learnerAddress(conn);

  readonly gauges = (): readonly Gauge[] => serverGauges(this, this.#sizes);
}
