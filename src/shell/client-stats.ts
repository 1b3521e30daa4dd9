/** Counters of a client port and of each of its connections (Apache: `ServerStats`, `ServerCnxn`). */
import type { ClientRequest } from '../core/request.js';
import type { SessionId } from '../core/ids.js';

/** Sizes in bytes; −1: there was none (Apache: `BufferStats`). */
export class BufferStats {
  last = -1;
  min = -1;
  max = -1;

  add(size: number): void {
    this.last = size;
    if (this.min === -1 || size < this.min) this.min = size;
    if (size > this.max) this.max = size;
  }

  reset(): void {
    this.last = this.min = this.max = -1;
  }
}

/** Latencies in whole ms. */
export class Latencies {
  #count = 0;
  #total = 0;
  #min = Infinity;
  #max = 0;

  add(ms: number): void {
    this.#count += 1;
    this.#total += ms;
    if (ms < this.#min) this.#min = ms;
    if (ms > this.#max) this.#max = ms;
  }

  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#max;
  }

  /** Exact; 0 if there was none. */
  get average(): number {
    return this.#count === 0 ? 0 : this.#total / this.#count;
  }

  reset(): void {
    this.#count = this.#total = this.#max = 0;
    this.#min = Infinity;
  }
}

/** Of all connections together. */
export class ClientStats {
  received = 0;
  sent = 0;
  authFailed = 0;
  readonly latency = new Latencies();
  readonly responseSize = new BufferStats();

  reset(): void {
    this.received = 0;
    this.sent = 0;
    this.latency.reset();
    this.responseSize.reset();
  }
}

const NO_ZXID = -1;

/** Of one connection; written to on the path of every request. */
export class ConnectionStats {
  received = 0;
  sent = 0;
  /** ms since 1970. */
  readonly established = Date.now();
  sessionId = 0n as SessionId;
  /** Negotiated, ms. */
  timeout = 0;
  /** Four letters and more: what was answered last. */
  lastOperation = 'NA';
  lastCxid = -1;
  lastZxid = NO_ZXID;
  /** When something was answered last, on the clock of `now`; 0: never. */
  lastResponse = 0;
  lastLatency = 0;
  readonly latency = new Latencies();

  /** A request was answered at `now`, `ms` after it came. */
  answered(operation: string, xid: number, zxid: number, now: number, ms: number): void {
    // Pings and the like have no number of the client's.
    if (xid >= 0) this.lastCxid = xid;
    this.lastZxid = zxid;
    this.lastOperation = operation;
    this.lastResponse = now;
    this.lastLatency = ms;
    this.latency.add(ms);
  }

  /** Session and time of establishment stay. */
  reset(): void {
    this.received = this.sent = 0;
    this.lastOperation = 'NA';
    this.lastCxid = -1;
    this.lastZxid = NO_ZXID;
    this.lastResponse = this.lastLatency = 0;
    this.latency.reset();
  }
}

/** The names that `cons` has for what was answered (Apache: `FinalRequestProcessor`). */
const OPERATIONS: Readonly<Partial<Record<ClientRequest['op'], string>>> = {
  ping: 'PING',
  createSession: 'SESS',
  multi: 'MULT',
  multiRead: 'MLTR',
  create: 'CREA',
  create2: 'CREA',
  createTTL: 'CREA',
  createContainer: 'CREA',
  delete: 'DELE',
  deleteContainer: 'DELE',
  setData: 'SETD',
  setACL: 'SETA',
  closeSession: 'CLOS',
  sync: 'SYNC',
  check: 'CHEC',
  exists: 'EXIS',
  getData: 'GETD',
  setWatches: 'SETW',
  setWatches2: 'STW2',
  addWatch: 'ADDW',
  getACL: 'GETA',
  getChildren: 'GETC',
  getChildren2: 'GETC',
  getAllChildrenNumber: 'GETACN',
  checkWatches: 'CHKW',
  removeWatches: 'REMW',
  whoAmI: 'HOMI',
  getEphemerals: 'GETE',
};

export function operationName(request: ClientRequest): string {
  return OPERATIONS[request.op] ?? 'RECO';
}
