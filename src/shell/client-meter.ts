/** Keeps the counts of a client port: of each connection, of all together, and the metrics. */
import { ErrorCode } from '../core/error-code.js';
import type { SessionId } from '../core/ids.js';
import type { ClientRequest } from '../core/request.js';
import type { Zxid } from '../core/zxid.js';
import type { ClientEffect } from '../server/events.js';
import { ClientStats, operationName, type ConnectionStats } from './client-stats.js';
import { meterAnswer } from './metrics/request-meter.js';
import type { ServerMetrics } from './metrics/server-metrics.js';

export type Reply = Extract<ClientEffect, { readonly type: 'reply' }>;

/** What a connection has asked for. */
export class Asked {
  /** Not answered yet, oldest first. */
  readonly #requests: { readonly request: ClientRequest; readonly at: number }[] = [];
  /** An auth is being worked off: it is answered at once, whatever waits. */
  inAuth = false;
  /** When the ConnectRequest came, and whether it asked for a new session. */
  connectAt = 0;
  isNew = false;

  get size(): number {
    return this.#requests.length;
  }

  push(request: ClientRequest, at: number): void {
    if (request.op === 'auth') this.inAuth = true;
    else this.#requests.push({ request, at });
  }

  shift(): { readonly request: ClientRequest; readonly at: number } | undefined {
    return this.#requests.shift();
  }
}

/** The part of a connection that is counted. */
interface Counted {
  readonly stats: ConnectionStats;
  readonly asked: Asked;
}

export class ClientMeter {
  readonly stats = new ClientStats();
  readonly #metrics: ServerMetrics;
  readonly #now: () => number;
  readonly #lastZxid: () => Zxid;

  constructor(metrics: ServerMetrics, now: () => number, lastZxid: () => Zxid) {
    this.#metrics = metrics;
    this.#now = now;
    this.#lastZxid = lastZxid;
  }

  /** A frame came. */
  received({ stats }: Counted): void {
    stats.received += 1;
    this.stats.received += 1;
  }

  /** A frame goes; a reply's or an event's size is that of what follows the length. */
  sent({ stats }: Counted, what: 'reply' | 'event' | 'other', bytes: number): void {
    stats.sent += 1;
    this.stats.sent += 1;
    if (what === 'reply') {
      this.stats.responseSize.add(bytes - 4);
      this.#metrics.responseBytes.add(bytes - 4);
    } else if (what === 'event') this.#metrics.watchBytes.add(bytes - 4);
  }

  connects({ asked }: Counted, now: number, isNew: boolean): void {
    this.#metrics.connectionRequestCount.add();
    asked.connectAt = now;
    asked.isNew = isNew;
  }

  /** The session is there, or it is refused (timeout 0). */
  connected({ stats, asked }: Counted, sessionId: SessionId, timeout: number): void {
    stats.sessionId = sessionId;
    stats.timeout = timeout;
    if (timeout === 0) return;
    if (!asked.isNew) {
      this.#metrics.connectionRevalidateCount.add();
      return;
    }
    const now = this.#now();
    const ms = now - asked.connectAt;
    stats.answered('SESS', 0, this.#lastZxid(), now, ms);
    this.stats.latency.add(ms);
    this.#metrics.updateLatency.add(ms);
  }

  /**
   * The oldest request is answered, or the auth that is being worked off.
   * @returns the request; null: it is not for others
   */
  answered({ stats, asked }: Counted, { xid, zxid, err, body }: Reply): ClientRequest | null {
    if (asked.inAuth) {
      if (err !== ErrorCode.OK) this.stats.authFailed += 1;
      return null;
    }
    const first = asked.shift();
    if (first === undefined) return null;
    const now = this.#now();
    const ms = now - first.at;
    stats.answered(operationName(first.request), xid, zxid, now, ms);
    this.stats.latency.add(ms);
    meterAnswer(this.#metrics, first.request, ms, body);
    return first.request;
  }

  /** A connection is refused before its first byte. */
  rejected(): void {
    this.#metrics.connectionRejected.add();
  }

  /** A client has hung up. */
  dropped(): void {
    this.#metrics.connectionDropCount.add();
  }

  bytes(count: number): void {
    this.#metrics.bytesReceivedCount.add(count);
  }

  /** A connection said nothing for too long. */
  sessionless(): void {
    this.#metrics.sessionlessConnectionsExpired.add();
  }
}
