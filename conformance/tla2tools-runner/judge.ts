/** Holds a result against what was expected of it. */
import type { PropertyKind, TlcResult, Verdict } from './result.js';

export type Expectation =
  | { readonly kind: 'holds' }
  | { readonly kind: 'violates'; readonly property: string; readonly propertyKind: PropertyKind };

export type Judgement =
  | { readonly ok: true }
  /** One line that says what came instead. */
  | { readonly ok: false; readonly why: string };

/** "holds", "violates NoTwoLeaders (invariant)", "error: …". */
export function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'holds':
      return 'holds';
    case 'violated': {
      const { property, kind } = verdict.violation;
      if (property !== null) return `violates ${property} (${kind})`;
      return kind === 'deadlock' ? 'deadlock' : `violates a property (${kind})`;
    }
    case 'error':
      return `error: ${verdict.message}`;
    case 'stopped':
      return verdict.reason === 'timeout' ? 'out of time' : 'stopped';
  }
}

/** An evaluation error is never what was expected, and neither is another property's violation. */
export function judge(result: TlcResult, expected: Expectation): Judgement {
  const { verdict } = result;
  const got = verdictText(verdict);
  if (expected.kind === 'holds') {
    return verdict.kind === 'holds'
      ? { ok: true }
      : { ok: false, why: `expected holds, got ${got}` };
  }
  const wanted = `violates ${expected.property} (${expected.propertyKind})`;
  const met =
    verdict.kind === 'violated' &&
    verdict.violation.kind === expected.propertyKind &&
    (verdict.violation.property === expected.property || expected.propertyKind === 'deadlock');
  return met ? { ok: true } : { ok: false, why: `expected ${wanted}, got ${got}` };
}
