/** A digest of a run: every step, when, of whom and with what outcome. */
import type { MemberEvent, MemberStep } from '../../server/member.js';

const PRIME = 0x01000193;

export class Digest {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  get text(): string {
    return [this.#a, this.#b].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
  }

  number(value: number): void {
    const low = value | 0;
    const high = (value / 0x1_0000_0000) | 0;
    this.#a = Math.imul(this.#a ^ low, PRIME) ^ high;
    this.#b = Math.imul((this.#b << 5) ^ (this.#b >>> 27) ^ low, 0x85ebca6b) ^ high;
  }

  string(value: string): void {
    for (let i = 0; i < value.length; i++) this.number(value.charCodeAt(i));
  }

  step(
    now: number,
    sid: number,
    { type }: MemberEvent,
    { state, effects, steps }: MemberStep,
  ): void {
    this.number(now);
    this.number(sid);
    this.string(type);
    this.number(state.core.log.history.last);
    this.number(state.core.log.lastCommitted);
    this.number(state.service.tree.lastZxid);
    this.number(effects.length * 64 + steps.length);
    for (const effect of effects) {
      this.number(effect.type.charCodeAt(0));
      if (effect.type === 'reply') this.number(effect.xid * 1000 + effect.err);
    }
  }
}
