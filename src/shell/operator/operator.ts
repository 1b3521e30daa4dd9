/**
 * What a server has for its operators: the view that all answers are made of, the metrics, and
 * the ports beside the client port.
 */
import type { Readable } from 'node:stream';
import { METRICS_PROVIDERS } from '../../config/operation-settings.js';
import type { ServerConfig } from '../../config/server-config.js';
import type { ClientConn, PeerConn } from '../../core/ids.js';
import type { ClientRequest } from '../../core/request.js';
import type { ReplyBody } from '../../jute/reply.js';
import type { Zxid } from '../../core/zxid.js';
import { isAllowed } from '../../server/acl.js';
import { authenticate } from '../../server/auth.js';
import type { MemberState, MemberStep } from '../../server/member.js';
import { getNode } from '../../tree/tree.js';
import type { ConnectionFacts } from '../client-connection.js';
import type { ClientPort } from '../client-port.js';
import { BufferStats, type ClientStats, type ConnectionStats } from '../client-stats.js';
import { monotonicNow, wallClock } from '../clock.js';
import type { Logger } from '../logger.js';
import { prometheusText, type Gauge } from '../metrics/exposition.js';
import { fileDescriptors, watchCollections } from '../metrics/process-gauges.js';
import { StepMeter } from '../metrics/step-meter.js';
import { allMetrics, createServerMetrics, type ServerMetrics } from '../metrics/server-metrics.js';
import type { PeerFacts, QuorumPort } from '../quorum-port.js';
import { x509Identities } from '../server-security.js';
import { AdminData, type TakenSnapshot } from './admin-data.js';
import { AdminServer } from './admin-server.js';
import { AuditLog } from './audit.js';
import { openAuditFile, type AuditFile } from './audit-file.js';
import { userName } from './environment.js';
import { MetricsServer } from './metrics-server.js';
import { prometheusGauges, serverGauges } from './monitor.js';
import type { OperatorMode, OperatorView } from './view.js';

export interface OperatorParts {
  readonly config: ServerConfig;
  readonly clients: () => ClientPort;
  readonly member: () => MemberState;
  readonly ports: () => { readonly client: number; readonly secure: number };
  readonly quorum: () => QuorumPort | null;
  readonly log: Logger;
  readonly takeSnapshot: () => Promise<TakenSnapshot>;
  readonly restore: (input: Readable) => Promise<Zxid>;
}

interface Answered {
  readonly id: ClientConn;
  readonly ip: string;
  readonly stats: ConnectionStats;
}

const NO_PEER: PeerFacts = { address: '', established: 0, received: 0, sent: 0, queuedBytes: 0 };

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
  #admin: AdminServer | null = null;
  #metricsServer: MetricsServer | null = null;
  #unwatch: (() => void) | null = null;
  /** null: there is none, or it is not open. */
  audit: AuditLog | null = null;
  #auditFile: AuditFile | null = null;
  /** Flushes that took longer than they should. */
  slowFsyncs = 0;
  /** Sizes of parts of the tree, as worked out before. */
  readonly #sizes = new WeakMap<object, number>();

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    this.config = parts.config;
    this.#meter = new StepMeter(this.metrics, this.proposals, monotonicNow, wallClock);
  }

  /** Where the AdminServer listens; null: it does not. */
  get adminPort(): number | null {
    return this.#admin?.port ?? null;
  }

  /** Where Prometheus reads; null: nowhere. */
  get metricsPort(): number | null {
    return this.#metricsServer?.port ?? null;
  }

  /**
   * Opens the ports that the configuration asks for.
   * @throws {OperatorError} if the metrics' cannot be had
   */
  async open(): Promise<void> {
    const { admin, metrics, audit } = this.config;
    if (audit.enabled) {
      this.#auditFile = openAuditFile(this.config);
      this.audit = new AuditLog(this.#auditFile.write, userName());
      this.audit.started();
    }
    if (metrics.provider === METRICS_PROVIDERS.PROMETHEUS) {
      if (metrics.exportJvmInfo) this.#unwatch = watchCollections();
      this.#metricsServer = await MetricsServer.start(metrics.host, metrics.port, () =>
        prometheusText(prometheusGauges(this), allMetrics(this.metrics)),
      );
    }
    if (admin.enabled) this.#admin = await this.#openAdmin();
  }

  async close(): Promise<void> {
    this.#unwatch?.();
    this.audit?.stopped();
    this.audit = null;
    this.#auditFile?.close();
    await Promise.all([this.#admin?.close(), this.#metricsServer?.close()]);
  }

  #openAdmin(): Promise<AdminServer | null> {
    const { config, metrics } = this;
    const { log, takeSnapshot, restore } = this.#parts;
    const { admin, disk } = config;
    const now = monotonicNow;
    const data = new AdminData({ admin, disk, metrics, log, now, takeSnapshot, restore });
    return AdminServer.start({
      view: this,
      data,
      log,
      identify: (scheme, auth, ip, certificate) => {
        const { config: service } = this.member.service;
        if (!service.rules.schemes.has(scheme)) return null;
        if (scheme === 'x509') {
          const { x509SuperUser } = config.security;
          return certificate === null ? null : x509Identities(certificate, x509SuperUser);
        }
        return authenticate([], { op: 'auth', scheme, auth }, ip, service);
      },
      mayAccessRoot: (identities, perm) => {
        const { config: service, tree } = this.member.service;
        return isAllowed(service.rules, getNode(tree, '/')?.acl ?? [], perm, identities);
      },
    });
  }

  stepped(step: MemberStep): void {
    this.#meter.stepped(step);
    if (this.audit !== null) this.#auditStep(this.audit, step);
  }

  #auditStep(audit: AuditLog, { steps }: MemberStep): void {
    for (const { effects } of steps) {
      for (const effect of effects) {
        if (effect.type === 'deliver') audit.applied(effect.txn.sessionId, effect.txn.body);
      }
    }
  }

  /** A request of a client is answered. */
  answered(
    { id, ip, stats }: Answered,
    request: ClientRequest,
    { err, body }: { readonly err: number; readonly body: ReplyBody | null },
  ): void {
    if (this.audit === null) return;
    const identities = this.member.service.clients.conns.get(id)?.identities ?? [];
    this.audit.answered({ sessionId: stats.sessionId, ip, identities }, request, err, body);
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
    const { role, apart } = this.member.service;
    return role.serving || apart.readOnly;
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

  get descriptors(): OperatorView['descriptors'] {
    const { open, max } = fileDescriptors();
    return { open_file_descriptor_count: open, max_file_descriptor_count: max };
  }

  readonly learner = (conn: PeerConn): PeerFacts => this.#parts.quorum()?.facts(conn) ?? NO_PEER;

  readonly resetLearners = (): void => this.#parts.quorum()?.resetCounts();

  readonly gauges = (): readonly Gauge[] => serverGauges(this, this.#sizes);
}
