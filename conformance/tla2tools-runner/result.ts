/** What a run of TLC comes to: verdict, statistics, counterexample, coverage. */
import type { TlaState } from './value.js';

export type PropertyKind = 'invariant' | 'action' | 'liveness' | 'deadlock' | 'assumption';

export interface Violation {
  readonly kind: PropertyKind;
  /**
   * The property's name as in the .cfg. TLC 2.18 does not say which liveness property failed:
   * it is named if the .cfg has but one PROPERTY, else null. A deadlock has none.
   */
  readonly property: string | null;
}

export type Verdict =
  | { readonly kind: 'holds' }
  | { readonly kind: 'violated'; readonly violation: Violation }
  /** An expression could not be evaluated, or TLC crashed: nothing is known about any property. */
  | { readonly kind: 'error'; readonly message: string }
  /** The run was ended by `timeoutMs` or by the caller's signal. */
  | { readonly kind: 'stopped'; readonly reason: 'timeout' | 'aborted' };

/** Counts so far. `distinct`, `queue` and `depth` are null where TLC does not know (simulation). */
export interface Progress {
  readonly generated: number;
  readonly distinct: number | null;
  readonly queue: number | null;
  /** States on the longest shortest path from an initial state, which counts as 1. */
  readonly depth: number | null;
}

export interface CounterexampleState {
  /** From 1. */
  readonly index: number;
  /** The action that led here; null for an initial state. */
  readonly action: string | null;
  /** "line 7, col 8 to line 7, col 144 of module A"; empty for an initial state. */
  readonly location: string;
  readonly state: TlaState;
}

export interface Counterexample {
  readonly states: readonly CounterexampleState[];
  /** A liveness violation's loop goes back to the state of this index; null without a loop. */
  readonly backTo: number | null;
  /** The action of the step that closes the loop; null without a loop. */
  readonly backAction: string | null;
  /** True if the behaviour ends in stuttering. */
  readonly stuttering: boolean;
}

/** How often an action was taken: `distinct` times to a new state, `generated` times in all. */
export interface ActionCoverage {
  readonly module: string;
  readonly action: string;
  readonly distinct: number;
  readonly generated: number;
}

export interface TlcResult {
  readonly verdict: Verdict;
  readonly exitCode: number | null;
  readonly progress: Progress;
  /** Wall clock of the whole run, the JVM's start included, ms. */
  readonly elapsedMs: number;
  readonly counterexample: Counterexample | null;
  /** Empty unless asked for. */
  readonly coverage: readonly ActionCoverage[];
  /** What the specification printed (PrintT and the like), and SANY's lines. */
  readonly output: readonly string[];
  /** "TLC2 Version 2.18 of 20 March 2023"; empty if it did not get that far. */
  readonly version: string;
}

/**
 * TLC's exit codes. 12 and 13 do not tell an invariant from an action property in every version
 * (2.18 ends with 13 for an action property), so the messages decide the kind.
 */
export const ExitCode = {
  OK: 0,
  USAGE: 1,
  ASSUMPTION: 10,
  DEADLOCK: 11,
  SAFETY: 12,
  LIVENESS: 13,
  EVALUATION: 75,
  SPEC_PARSE: 150,
  CONFIG_PARSE: 151,
  SYSTEM: 255,
} as const;
