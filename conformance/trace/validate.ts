/** Accepts or refuses traces: the library behind `zab validate`. */
import { printValue } from '../tla2tools-runner/index.js';
import type { TlaValue } from '../tla2tools-runner/index.js';
import type { SourceLine } from './file.js';
import { UnusableTrace } from './file.js';
import { resolveTrace } from './resolve.js';
import type { ModelLine, ModelTrace } from './resolve.js';
import { candidatesBefore, explainedLines } from './tlc.js';
import type { Candidate, TlcOptions } from './tlc.js';
import { postToTla } from './to-tla.js';

/** One run of one ensemble: its lines in an order that they could have happened in. */
export interface Run {
  readonly name: string;
  readonly lines: readonly SourceLine[];
  /** A line that has no place in that order. */
  readonly refused: { readonly at: SourceLine; readonly why: string } | null;
}

export interface Refusal {
  readonly at: SourceLine;
  /** Why, in one or a few lines; the first says most. */
  readonly why: readonly string[];
}

export interface Validation {
  readonly name: string;
  /** Lines of the run, also those after a refused one. */
  readonly lines: number;
  readonly refusal: Refusal | null;
  /** The actions that the accepted lines are, with how often each occurs. */
  readonly coverage: ReadonlyMap<string, number>;
}

interface Judged {
  readonly run: Run;
  readonly model: ModelTrace;
  readonly explained: number;
}

/** What traces that go into one module have in common: the members, and the fields left out. */
function groupOf({ voters, observers, lines }: ModelTrace): string {
  const sorted = (sids: readonly number[]) => [...sids].sort((a, b) => a - b).join(',');
  const omitted = lines[0]?.source.line.omitted ?? [];
  return `${sorted(voters)}/${sorted(observers)}/${omitted.join(',')}`;
}

function modelOf(run: Run): ModelTrace {
  const { name, lines, refused } = run;
  const model = resolveTrace(name, lines);
  if (model !== null) return { ...model, refused: model.refused ?? refused };
  if (refused === null) throw new UnusableTrace(`${name}: no server starts in it`);
  return { name, lines: [], voters: [], observers: [], disks: new Map(), refused };
}

/** The models of runs, those of the same ensemble together. Throws UnusableTrace. */
export function groupsOf(
  runs: readonly Run[],
): readonly (readonly { readonly run: Run; readonly model: ModelTrace }[])[] {
  const groups = new Map<string, { run: Run; model: ModelTrace }[]>();
  for (const run of runs) {
    const model = modelOf(run);
    const key = groupOf(model);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ run, model }]);
    else group.push({ run, model });
  }
  return [...groups.values()];
}

/**
 * Validates runs, those of the same ensemble in one JVM.
 * Throws UnusableTrace, or ToolsError if TLC gives no verdict.
 */
export async function validateRuns(
  runs: readonly Run[],
  options: TlcOptions & { readonly explain?: boolean },
): Promise<readonly Validation[]> {
  const groups = groupsOf(runs);
  const explained = new Map<Run, number>();
  for (const group of groups) {
    // Refused at its very first line.
    if (group.every(({ model }) => model.lines.length === 0)) continue;
    const counts = await explainedLines(
      group.map(({ model }) => model),
      options,
    );
    group.forEach(({ run }, i) => explained.set(run, counts[i] ?? 0));
  }
  const validations: Validation[] = [];
  const models = new Map(groups.flat().map(({ run, model }) => [run, model]));
  for (const run of runs) {
    const model = models.get(run)!;
    const judged = { run, model, explained: explained.get(run) ?? 0 };
    validations.push({
      name: run.name,
      lines: run.lines.length,
      refusal: await refusalOf(judged, options),
      coverage: coverageOf(model.lines.slice(0, judged.explained)),
    });
  }
  return validations;
}

async function refusalOf(
  { model, explained }: Judged,
  options: TlcOptions & { readonly explain?: boolean },
): Promise<Refusal | null> {
  const line = model.lines[explained];
  if (line === undefined) {
    return model.refused === null ? null : { at: model.refused.at, why: [model.refused.why] };
  }
  if (options.explain === false) return { at: line.source, why: ['no behaviour explains it'] };
  const candidates = await candidatesBefore(model, explained, options);
  return { at: line.source, why: describe(line, candidates) };
}

function coverageOf(lines: readonly ModelLine[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { action } of lines) {
    if (action !== 'Stutter') counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  return counts;
}

/** "lastCommitted is <<1, 3>>, the model has <<1, 2>>", for each field that differs. */
function differences(line: ModelLine, shown: TlaValue): readonly string[] {
  if (shown.kind !== 'record') return [];
  const post = postToTla(line);
  return shown.fields.flatMap(([name, value]) => {
    const told = post[name];
    if (told === undefined || sameText(told, printValue(value))) return [];
    return [`${name} is ${plain(told)}, the model has ${plain(printValue(value))}`];
  });
}

function sameText(a: string, b: string): boolean {
  return a.replace(/\s/g, '') === b.replace(/\s/g, '');
}

/** The stand-in for "no server" is a number in the model. */
function plain(text: string): string {
  return text.replaceAll('1000000', 'none');
}

function describe(line: ModelLine, candidates: readonly Candidate[]): readonly string[] {
  const what = line.action === 'Stutter' ? 'a step that changes nothing' : line.action;
  const { server } = line.source.line;
  const why = new Set<string>();
  for (const candidate of candidates) {
    for (const reason of reasonsOf(line, candidate)) why.add(reason);
  }
  const enabled = new Set(candidates.flatMap((c) => c.enabled));
  return [
    `no behaviour explains it as ${what} of server ${server}: ${[...why].join('; ') || 'no state leads here'}`,
    ...[...new Set(candidates.map((c) => plain(printValue(c.before))))].map(
      (shown, i) => `state ${i + 1} of server ${server} before it: ${shown}`,
    ),
    `server ${server} could have taken: ${[...enabled].sort().join(', ') || 'nothing'}`,
  ];
}

function reasonsOf(line: ModelLine, candidate: Candidate): readonly string[] {
  const reasons: string[] = [];
  if (!candidate.eventFits) reasons.push('its event cannot happen here');
  if (candidate.after.length === 0) reasons.push('the action is not enabled');
  for (const { shown, differs, safe } of candidate.after) {
    reasons.push(...differences(line, shown));
    if (differs.length > 0) reasons.push(`${differs.join(', ')} differ from what the action does`);
    if (!safe) reasons.push('it breaks a property of the specification');
  }
  if (reasons.length === 0) reasons.push('the message of the event is not under way');
  return reasons;
}
