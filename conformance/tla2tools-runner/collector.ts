/**
 * Folds TLC's messages into a result. Message numbers: `tlc2.output.EC` of TLC 2.18, the same in
 * 2.19. What a message says in words is read only where its number does not say it.
 */
import { ToolsError } from './errors.js';
import { liveCounts } from './live-progress.js';
import type { TlcMessage } from './messages.js';
import { ExitCode } from './result.js';
import type {
  ActionCoverage,
  CounterexampleState,
  Progress,
  TlcResult,
  Verdict,
  Violation,
} from './result.js';
import { parseState } from './value-parser.js';

const Code = {
  USAGE: 1102,
  INVARIANT_INITIAL: 2107,
  PROPERTY_INITIAL: 2108,
  INVARIANT: 2110,
  ACTION_PROPERTY: 2112,
  DEADLOCK: 2114,
  TEMPORAL: 2116,
  ASSUMPTION_FALSE: 2104,
  BACK_TO_STATE: 2122,
  STATE: 2217,
  STUTTERING: 2218,
  FINISHED_STATS: 2199,
  PROGRESS: 2200,
  DEPTH: 2194,
  PROGRESS_SIMULATION: 2209,
  COVERAGE_NEXT: 2772,
  VERSION: 2262,
  SPEC_FAILED: 3002,
} as const;

/** Numbers that say that the .cfg does not fit the module (2222–2260) or does not parse (5000s). */
function isConfigError(code: number): boolean {
  return (code >= 2222 && code <= 2260) || (code >= 5001 && code <= 5006);
}

/** Numbers of evaluation errors and of crashes. */
const ERRORS: ReadonlySet<number> = new Set([
  1000, 1001, 1002, 1003, 1004, 2101, 2102, 2103, 2105, 2106, 2109, 2111, 2113, 2115, 2117, 2118,
  2119, 2125, 2126, 2127, 2128, 2129, 2130, 2133, 2134, 2135, 2136, 2137, 2138, 2147, 2148, 2154,
  2155, 2156, 2157, 2158, 2159, 2160, 2161, 2162, 2163, 2164, 2165, 2166, 2167, 2168, 2169, 2170,
  2171, 2172, 2173, 2174, 2175, 2176, 2177, 2178, 2179, 2180, 2181, 2182, 2183, 2184,
]);

const NUMBER = '(-?[\\d,]+)';
const PROGRESS = new RegExp(
  `Progress\\(${NUMBER}[^)]*\\) at .*?: ${NUMBER} states generated.*?, ${NUMBER} distinct states found.*?, ${NUMBER} states left`,
);
const FINISHED = new RegExp(
  `${NUMBER} states generated, ${NUMBER} distinct states found, ${NUMBER} states left`,
);
const ACTION = /^<([A-Za-z0-9_!]+)(?:\(.*\))? (line .*?)>(?::|$)/;
const COVERAGE = /^<([A-Za-z0-9_!]+) .* of module ([A-Za-z0-9_]+)[^>]*>: (\d+):(\d+)/;

function count(text: string | undefined): number {
  return Number((text ?? '').replaceAll(',', ''));
}

function countOrNull(text: string | undefined): number | null {
  const n = count(text);
  return n < 0 ? null : n;
}

function oneLine(text: string): string {
  return text
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '')
    .join(' ');
}

export class Collector {
  progress: Progress = { generated: 0, distinct: null, queue: null, depth: null };
  private version = '';
  private violation: Violation | null = null;
  private readonly errors: string[] = [];
  private configError: string | null = null;
  private specFailed = false;
  private usageError: string | null = null;
  private readonly stateTexts: string[] = [];
  private backTo: number | null = null;
  private backAction: string | null = null;
  private stuttering = false;
  private coverage: ActionCoverage[] = [];
  private readonly output: string[] = [];
  private readonly temporalProperties: readonly string[];
  private readonly onProgress: (progress: Progress) => void;

  constructor(temporalProperties: readonly string[], onProgress: (progress: Progress) => void) {
    this.temporalProperties = temporalProperties;
    this.onProgress = onProgress;
  }

  get violated(): boolean {
    return this.violation !== null;
  }

  take({ code, text }: TlcMessage): void {
    if (code === 0) {
      this.takeLine(text);
      return;
    }
    if (isConfigError(code)) this.configError ??= oneLine(text);
    if (ERRORS.has(code)) this.errors.push(oneLine(text));
    switch (code) {
      case Code.VERSION:
        this.version = text.trim();
        break;
      case Code.SPEC_FAILED:
        this.specFailed = true;
        break;
      case Code.USAGE:
        this.usageError = oneLine(text);
        break;
      case Code.PROGRESS:
      case Code.PROGRESS_SIMULATION:
        this.takeProgress(text);
        break;
      case Code.FINISHED_STATS:
        this.takeFinished(text);
        break;
      case Code.DEPTH:
        this.takeDepth(text);
        break;
      case Code.STATE:
        this.stateTexts.push(text);
        break;
      case Code.BACK_TO_STATE:
        this.takeBackTo(text);
        break;
      case Code.STUTTERING:
        this.stuttering = true;
        break;
      case Code.COVERAGE_NEXT:
        this.takeCoverage(text);
        break;
      default:
        this.takeViolation(code, text);
    }
  }

  private takeLine(text: string): void {
    const counts = liveCounts(text);
    if (counts === null) {
      this.output.push(text);
      return;
    }
    this.progress = { ...this.progress, ...counts };
    this.onProgress(this.progress);
  }

  private takeBackTo(text: string): void {
    const [, index, label = ''] = /^(\d+): Back to state(?:: (.*))?/.exec(text) ?? [];
    this.backTo = count(index);
    this.backAction = ACTION.exec(label)?.[1] ?? null;
  }

  private takeViolation(code: number, text: string): void {
    const named =
      /^(?:Invariant|Action property|Property|Assumption) (\S+)/.exec(text)?.[1] ?? null;
    switch (code) {
      case Code.INVARIANT:
        this.violate({ kind: 'invariant', property: named });
        break;
      case Code.INVARIANT_INITIAL:
        this.violate({ kind: 'invariant', property: named });
        this.stateTexts.push(`1: <Initial predicate>\n${text.slice(text.indexOf('\n') + 1)}`);
        break;
      case Code.PROPERTY_INITIAL:
        this.violate({ kind: 'action', property: named });
        this.stateTexts.push(`1: <Initial predicate>\n${text.slice(text.indexOf('\n') + 1)}`);
        break;
      case Code.ACTION_PROPERTY:
        this.violate({ kind: 'action', property: named });
        break;
      case Code.DEADLOCK:
        this.violate({ kind: 'deadlock', property: null });
        break;
      case Code.TEMPORAL: {
        const [only, ...more] = this.temporalProperties;
        const property = only !== undefined && more.length === 0 ? only : null;
        this.violate({ kind: 'liveness', property });
        break;
      }
      case Code.ASSUMPTION_FALSE:
        this.violate({ kind: 'assumption', property: null });
        break;
    }
  }

  /** The first one counts: what follows (as with `-continue`) is not what ended the search. */
  private violate(violation: Violation): void {
    this.violation ??= violation;
  }

  private takeProgress(text: string): void {
    const found = PROGRESS.exec(text);
    if (found === null) return;
    const [, depth, generated, distinct, queue] = found;
    this.progress = {
      generated: count(generated),
      distinct: countOrNull(distinct),
      queue: countOrNull(queue),
      depth: countOrNull(depth),
    };
    this.onProgress(this.progress);
  }

  private takeFinished(text: string): void {
    const found = FINISHED.exec(text);
    if (found === null) return;
    const [, generated, distinct, queue] = found;
    this.progress = {
      ...this.progress,
      generated: count(generated),
      distinct: countOrNull(distinct),
      queue: countOrNull(queue),
    };
  }

  private takeDepth(text: string): void {
    const found = /search is ([\d,]+)/.exec(text);
    if (found !== null) this.progress = { ...this.progress, depth: count(found[1]) };
  }

  /** TLC prints the whole table anew at each interval: the last numbers of an action count. */
  private takeCoverage(text: string): void {
    const found = COVERAGE.exec(text);
    if (found === null) return;
    const [, action = '', module = ''] = found;
    this.coverage = this.coverage.filter((c) => c.action !== action || c.module !== module);
    this.coverage.push({ module, action, distinct: count(found[3]), generated: count(found[4]) });
  }

  /** Throws ToolsError `bad-spec`, `bad-config` or `tlc-failed` if nothing was checked at all. */
  finish(
    exitCode: number | null,
    stopped: 'timeout' | 'aborted' | null,
    elapsedMs: number,
    stderr: string,
  ): TlcResult {
    this.throwIfUnusable(exitCode, stopped, stderr);
    const states = this.stateTexts.map(parseCounterexampleState);
    return {
      verdict: this.verdict(exitCode, stopped, stderr),
      exitCode,
      progress: this.progress,
      elapsedMs,
      counterexample:
        states.length === 0
          ? null
          : {
              states,
              backTo: this.backTo,
              backAction: this.backAction,
              stuttering: this.stuttering,
            },
      coverage: this.coverage,
      output: this.output,
      version: this.version,
    };
  }

  private throwIfUnusable(
    exitCode: number | null,
    stopped: 'timeout' | 'aborted' | null,
    stderr: string,
  ): void {
    if (stopped !== null) return;
    if (this.specFailed || exitCode === ExitCode.SPEC_PARSE) {
      const details = this.output.join('\n');
      throw new ToolsError(
        'bad-spec',
        `the specification does not parse: ${sanyError(details)}`,
        details,
      );
    }
    if (this.configError !== null) throw new ToolsError('bad-config', this.configError);
    if (exitCode === ExitCode.CONFIG_PARSE) {
      throw new ToolsError('bad-config', this.errors[0] ?? 'the configuration does not fit');
    }
    if (this.usageError !== null) throw new ToolsError('tlc-failed', `TLC: ${this.usageError}`);
    if (this.version === '') {
      const why = oneLine(stderr.split('\n')[0] ?? '');
      throw new ToolsError(
        'tlc-failed',
        `TLC did not start (exit ${String(exitCode)}): ${why}`,
        stderr,
      );
    }
  }

  private verdict(
    exitCode: number | null,
    stopped: 'timeout' | 'aborted' | null,
    stderr: string,
  ): Verdict {
    if (stopped !== null) return { kind: 'stopped', reason: stopped };
    if (this.errors.length > 0) return { kind: 'error', message: errorText(this.errors) };
    if (this.violation !== null) return { kind: 'violated', violation: this.violation };
    if (exitCode === ExitCode.OK) return { kind: 'holds' };
    const why = oneLine(stderr).slice(0, 300);
    return {
      kind: 'error',
      message: `TLC ended with ${String(exitCode)}${why === '' ? '' : `: ${why}`}`,
    };
  }
}

/** TLC's general message says nothing; what it wraps, and where it was evaluating, does. */
function errorText(errors: readonly string[]): string {
  const texts = errors.map((e) =>
    e.replace(/^TLC threw an unexpected exception\..*The exception was a /, ''),
  );
  return [...new Set(texts)].join('; ').slice(0, 1000);
}

function parseCounterexampleState(text: string): CounterexampleState {
  const newline = text.indexOf('\n');
  const head = newline < 0 ? text : text.slice(0, newline);
  const body = newline < 0 ? '' : text.slice(newline + 1);
  const [, index, label = ''] = /^(\d+): (.*)$/.exec(head) ?? [];
  const action = ACTION.exec(label);
  return {
    index: count(index),
    action: action?.[1] ?? null,
    location: action?.[2] ?? '',
    state: parseState(body),
  };
}

/** The first thing that SANY complains about, on one line, with its place if there is one. */
function sanyError(output: string): string {
  const lines = output.split('\n').map((l) => l.trim());
  const missing = lines.find((l) => l.startsWith('Cannot find source file'));
  if (missing !== undefined) return missing;
  const parse = lines.findIndex((l) => l.includes('***Parse Error***'));
  const file = lines
    .map((l) => /^Could not parse module \S+ from file (\S+)$/.exec(l)?.[1])
    .find(Boolean);
  if (parse >= 0) {
    const found = lines.slice(parse + 1, parse + 3);
    const text = found.filter((l, i) => i === 0 || l.startsWith('Encountered')).join('; ');
    return file === undefined ? text : `${file}: ${text}`;
  }
  const semantic = lines.findIndex((l) => l.startsWith('*** Errors:'));
  if (semantic < 0) return 'SANY refused it';
  const rest = lines.slice(semantic + 1).filter((l) => l !== '');
  return rest.slice(0, 2).join(': ');
}
