/** Faults to plant in members of a simulated ensemble, and how a run with one must end. */
import assert from 'node:assert/strict';
import type { ClientEffect } from '../../src/server/events.js';
import type {
  MemberEffect,
  MemberEvent,
  MemberState,
  MemberStep,
} from '../../src/server/member.js';
import { stepMember } from '../../src/server/member.js';
import type { RunHooks } from '../../src/sim/ensemble/run.js';
import { runSeed } from '../../src/sim/ensemble/run.js';

export type Member = (state: MemberState, event: MemberEvent) => MemberStep;
export type Reply = Extract<ClientEffect, { readonly type: 'reply' }>;

/** A member whose effects `tamper` changes. */
export function withEffects(
  tamper: (effects: readonly MemberEffect[], step: MemberStep) => readonly MemberEffect[],
): Member {
  return (state, event) => {
    const step = stepMember(state, event);
    return { ...step, effects: tamper(step.effects, step) };
  };
}

/** A member whose replies of a kind `tamper` changes; null: as it is. */
export function withReplies(tamper: (reply: Reply) => Reply | null): Member {
  return withEffects((effects) =>
    effects.map((effect) => (effect.type === 'reply' ? (tamper(effect) ?? effect) : effect)),
  );
}

/** Finds the fault by `property` within `seeds` seeds, and by nothing else before. */
export function foundBy(property: string | readonly string[], hooks: RunHooks, seeds = 30): void {
  const properties = typeof property === 'string' ? [property] : property;
  for (let seed = 1; seed <= seeds; seed++) {
    const { failure } = runSeed(seed, hooks);
    if (failure === null) continue;
    assert.ok(
      properties.includes(failure.property),
      `seed ${seed}: ${failure.property}, not ${properties.join(' or ')}: ${failure.detail}`,
    );
    return;
  }
  assert.fail(`${properties.join(', ')}: not found with ${seeds} seeds`);
}
