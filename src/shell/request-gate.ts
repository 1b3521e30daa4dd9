/**
 * How many requests of all clients may be under way (Apache: `ZooKeeperServer.shouldThrottle`,
 * `RequestThrottler`, the large requests of `ZooKeeperServer`). What may not begin yet stays in its
 * connection, which is not read meanwhile; so the order on a connection holds by itself.
 *
 * Deviation: Apache's throttler looks again when a request has ended or its stall time has passed;
 * here it looks when a request has ended, as nothing else changes what it looks at.
 */
import type { LimitSettings } from '../config/feature-settings.js';
import { OpCode } from '../jute/opcode.js';

export interface GateLimits {
  /** With more under way, a connection that has one under way begins no other; Infinity: no limit. */
  readonly outstanding: number;
  /** With as many under way none begins; 0: no limit. */
  readonly throttle: number;
  /** ms; a request that has waited longer is answered THROTTLEDOP; 0: none is. */
  readonly throttledOpWait: number;
  /** Is a request that has waited for longer than its session's timeout dropped? */
  readonly dropsLate: boolean;
  /** Bytes from which on a request is large, −1: none is; and what all of them may have together. */
  readonly largeThreshold: number;
  readonly largeMax: number;
}

export const NO_LIMITS: GateLimits = {
  outstanding: Infinity,
  throttle: 0,
  throttledOpWait: 0,
  dropsLate: false,
  largeThreshold: -1,
  largeMax: Infinity,
};

/** @param voters of the ensemble; 0: standalone. The limit is shared by those that do not lead. */
export function gateLimits(limits: LimitSettings, voters: number): GateLimits {
  return {
    outstanding: Math.trunc(limits.globalOutstandingLimit / (voters > 2 ? voters - 1 : 1)),
    throttle: limits.requestThrottleLimit,
    throttledOpWait: limits.throttledOpWaitTime,
    dropsLate: limits.requestThrottleDropStale && limits.requestStaleLatencyCheck,
    largeThreshold: limits.largeRequestThreshold,
    largeMax: limits.largeRequestMaxBytes,
  };
}

/** A connection's part of what is under way. */
export interface Gated {
  underWay: number;
  /** Bytes of its large requests. */
  readonly large: number[];
  /** When each frame that waits came; kept only if someone asks. */
  readonly arrivals: number[];
}

export function newGated(): Gated {
  return { underWay: 0, large: [], arrivals: [] };
}

export class RequestGate<C extends { readonly gated: Gated }> {
  readonly #limits: GateLimits;
  readonly #resume: (connection: C) => void;
  /** Connections that are held back, in the order in which they came to the gate. */
  readonly #waiting = new Set<C>();
  #underWay = 0;
  #largeBytes = 0;
  #waking = false;
  /** Those who wait are having their turn. */
  #calling = false;

  /** @param resume has a connection that was held back try again. */
  constructor(limits: GateLimits, resume: (connection: C) => void) {
    this.#limits = limits;
    this.#resume = resume;
  }

  /** Do the times count at which frames come? */
  get keepsTimes(): boolean {
    const { throttle, throttledOpWait, dropsLate } = this.#limits;
    return throttle > 0 && (throttledOpWait > 0 || dropsLate);
  }

  /** May `connection` begin another request? If not, it will be resumed. */
  admits(connection: C): boolean {
    if (this.#isOpen(connection.gated.underWay)) {
      // Those who came before go first.
      if (this.#limits.throttle === 0 || this.#waiting.size === 0) return true;
      if (this.#calling) return true;
    }
    this.#waiting.add(connection);
    return false;
  }

  /** A request of so many bytes begins. False: there are too many bytes of large ones under way. */
  begin({ gated }: C, bytes: number): boolean {
    const { largeThreshold, largeMax } = this.#limits;
    const large = largeThreshold !== -1 && bytes > largeThreshold ? bytes : 0;
    if (large > 0 && this.#largeBytes + large > largeMax) return false;
    if (largeThreshold !== -1) gated.large.push(large);
    this.#largeBytes += large;
    gated.underWay += 1;
    this.#underWay += 1;
    return true;
  }

  /** A request has been answered. */
  end({ gated }: C): void {
    if (gated.underWay === 0) return;
    gated.underWay -= 1;
    this.#underWay -= 1;
    this.#largeBytes -= gated.large.shift() ?? 0;
    if (this.#waiting.size > 0) this.#wakeLater();
  }

  /** The connection is gone, and what it had under way counts no more. */
  drop(connection: C): void {
    const { gated } = connection;
    this.#underWay -= gated.underWay;
    gated.underWay = 0;
    for (const bytes of gated.large) this.#largeBytes -= bytes;
    gated.large.length = 0;
    this.#waiting.delete(connection);
    if (this.#waiting.size > 0) this.#wakeLater();
  }

  /** What becomes of a request that has waited for `ms` at the gate. */
  verdict(opcode: number, ms: number, sessionTimeout: number): 'goes' | 'throttled' | 'dropped' {
    const { throttledOpWait, dropsLate } = this.#limits;
    if (dropsLate && ms > sessionTimeout) return 'dropped';
    if (throttledOpWait === 0 || ms <= throttledOpWait) return 'goes';
    return opcode === OpCode.ping || opcode === OpCode.closeSession ? 'goes' : 'throttled';
  }

  #isOpen(own: number): boolean {
    const { outstanding, throttle } = this.#limits;
    if (throttle > 0 && this.#underWay >= throttle) return false;
    return own === 0 || this.#underWay <= outstanding;
  }

  /** Not from within the effects of one step. */
  #wakeLater(): void {
    if (this.#waking) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.#calling = true;
      for (const connection of [...this.#waiting]) {
        if (!this.#isOpen(connection.gated.underWay)) {
          if (this.#limits.throttle > 0 && this.#underWay >= this.#limits.throttle) break;
          continue;
        }
        this.#waiting.delete(connection);
        this.#resume(connection);
      }
      this.#calling = false;
    });
  }
}
