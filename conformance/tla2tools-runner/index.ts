/**
 * tla2tools-runner: finds Java and the pinned TLC jar, runs TLC, and gives back what it found as
 * typed values.
 *
 *     import { findTools, runTlc } from 'zab/tla2tools-runner';
 *     const tools = await findTools();
 *     const result = await runTlc({ mode: 'check', module: 'A.tla', config: 'A.cfg' }, tools);
 *     if (result.verdict.kind === 'violated') console.log(result.counterexample?.states);
 */
export { invariants, temporalProperties } from './cfg.js';
export { joinServer, runDistributed } from './distributed.js';
export type { Distribution } from './distributed.js';
export { ToolsError } from './errors.js';
export type { ToolsErrorCode } from './errors.js';
export { cacheFolder, findJar, PINNED } from './jar.js';
export type { Jar, JarSources, PinnedJar } from './jar.js';
export { findJava, JAVA_MIN, javaMajor } from './java.js';
export type { Env, Java } from './java.js';
export { judge, verdictText } from './judge.js';
export type { Expectation, Judgement } from './judge.js';
export { ExitCode } from './result.js';
export type {
  ActionCoverage,
  Counterexample,
  CounterexampleState,
  Progress,
  PropertyKind,
  TlcResult,
  Verdict,
  Violation,
} from './result.js';
export { findTools, runTlc } from './run.js';
export type { CheckRun, MutantRun, SimulateRun, TlcRun, Tools, TraceRun } from './run.js';
export { parseState, parseValue } from './value-parser.js';
export { printValue, quoteString, valueToJson } from './value.js';
export type { TlaState, TlaValue } from './value.js';
