/**
 * The token bucket of new sessions (Apache: `BlueThrottle`): each ConnectRequest takes tokens, and is
 * hung up on if there are too few; with a freeze time, a share of them is dropped at random that grows
 * while the bucket is empty.
 */
import type { LimitSettings } from '../config/feature-settings.js';

export type ThrottleSettings = Pick<
  LimitSettings,
  | 'connectionMaxTokens'
  | 'connectionTokenFillTime'
  | 'connectionTokenFillCount'
  | 'connectionFreezeTime'
  | 'connectionDropIncrease'
  | 'connectionDropDecrease'
  | 'connectionDecreaseRatio'
  | 'connectionWeightEnabled'
  | 'connectionGlobalSessionWeight'
  | 'connectionLocalSessionWeight'
  | 'connectionRenewSessionWeight'
>;

export type SessionKind = 'global' | 'local' | 'renewed';

export class ConnectionThrottle {
  readonly #settings: ThrottleSettings;
  readonly #random: () => number;
  readonly #weights: Readonly<Record<SessionKind, number>>;
  readonly #max: number;
  readonly #fill: number;
  #tokens: number;
  #filledAt: number;
  #frozenAt: number;
  #drop = 0;

  /** @param random from 0 to 1, without 1. */
  constructor(settings: ThrottleSettings, now: number, random: () => number = Math.random) {
    this.#settings = settings;
    this.#random = random;
    this.#weights = weightsOf(settings);
    const factor = settings.connectionWeightEnabled ? this.#weights.global : 1;
    this.#max = factor * settings.connectionMaxTokens;
    this.#fill = factor * settings.connectionTokenFillCount;
    this.#tokens = this.#max;
    this.#filledAt = now;
    this.#frozenAt = now;
  }

  /** Takes the tokens of a session; false: there are not enough. */
  admits(kind: SessionKind, now: number): boolean {
    if (this.#max === 0) return true;
    this.#refill(now);
    if (this.#settings.connectionFreezeTime !== -1 && !this.#passes(now)) return false;
    const need = this.#settings.connectionWeightEnabled ? this.#weights[kind] : 1;
    if (this.#tokens < need) return false;
    this.#tokens -= need;
    return true;
  }

  #refill(now: number): void {
    const { connectionTokenFillTime: time } = this.#settings;
    const passed = Math.trunc(now - this.#filledAt);
    if (passed <= time) return;
    const refill = time === 0 ? this.#max : Math.trunc((passed * this.#fill) / time);
    this.#tokens = Math.min(this.#tokens + refill, this.#max);
    this.#filledAt = now;
  }

  #passes(now: number): boolean {
    const { connectionFreezeTime, connectionDropIncrease } = this.#settings;
    const { connectionDropDecrease, connectionDecreaseRatio } = this.#settings;
    const taken = this.#max - this.#tokens;
    if (now - this.#frozenAt > connectionFreezeTime) {
      if (taken === this.#max && this.#drop < 1) {
        this.#drop = Math.min(this.#drop + connectionDropIncrease, 1);
      } else if (taken <= Math.round(this.#max * connectionDecreaseRatio) && this.#drop > 0) {
        this.#drop = Math.max(this.#drop - connectionDropDecrease, 0);
      }
      this.#frozenAt = now;
    }
    return this.#random() >= this.#drop;
  }
}

/** Those that make no sense are Apache's defaults; none is below a local session's. */
function weightsOf(settings: ThrottleSettings): Readonly<Record<SessionKind, number>> {
  const { connectionGlobalSessionWeight, connectionLocalSessionWeight } = settings;
  const { connectionRenewSessionWeight } = settings;
  const orElse = (weight: number, otherwise: number): number =>
    weight <= 0 ? otherwise : Math.max(weight, connectionLocalSessionWeight);
  return {
    global: orElse(connectionGlobalSessionWeight, 3),
    local: connectionLocalSessionWeight <= 0 ? 1 : connectionLocalSessionWeight,
    renewed: orElse(connectionRenewSessionWeight, 2),
  };
}
