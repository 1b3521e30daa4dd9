/**
 * The branches of the specification's actions: each arm of each IF and CASE in the modules of the
 * protocol. To see which are taken, TLC runs copies of these modules in which each arm says so
 * (`instrumented`). (TLC's own coverage has no count for what it evaluates late, as it does the body
 * of a function.)
 *
 * Left out is what no trace can show, by three rules that this module applies itself:
 *   1. a condition that the constants in ZabTrace.cfg decide (a planted fault, `Mutant = "…"`; the
 *      election's oracle; coarse granularity), alone or as an operand that decides the whole, is no
 *      branch: neither of its arms counts, and nothing that is in the arm it excludes;
 *   2. a definition that no action of a trace reaches, rule 1 considered (the oracle's actions, where
 *      behaviours that are no trace begin), or that ZabTrace.cfg replaces by another;
 *   3. an arm named in UNREACHABLE below, with the argument why.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import { armsOf, Decider, endOfElse, readModule } from './spec-text.js';
import type { Constants, Definition, ModuleText, Span } from './spec-text.js';

export const PROTOCOL_MODULES = [
  'Election',
  'Discovery',
  'Synchronization',
  'Broadcast',
  'Faults',
] as const;
const ALL_MODULES = ['ZabBase', 'History', ...PROTOCOL_MODULES];
/** What a restart shows without a line of its own. */
const SILENT_ACTIONS = ['Crash', 'TakeSnapshot'];

export interface Unreachable {
  readonly definition: string;
  /** THEN, ELSE or CASE, and how the arm's first line begins. */
  readonly arm: string;
  readonly why: string;
}

/** Arms that no behaviour of a trace takes, each with its argument. A test holds each to an arm. */
export const UNREACHABLE: readonly Unreachable[] = [
  {
    definition: 'SidAbove',
    arm: 'THEN FALSE ELSE IF j',
    why: 'votes that are compared are those of voters, and a LOOKING voter always proposes somebody',
  },
  {
    definition: 'SidAbove',
    arm: 'THEN TRUE ELSE i > j',
    why: 'a vote for nobody has peerEpoch -1, which no vote for somebody has: the epochs decide',
  },
  {
    definition: 'LeaderProcessFOLLOWERINFO',
    arm: 'THEN Learners(l, {"info"})',
    why: 'read only if l tells somebody, which it does not in the step in which it chooses its epoch: that is not durable yet',
  },
  {
    definition: 'LeaderProcessFOLLOWERINFO',
    arm: 'THEN e ELSE newEpoch[l]',
    why: 'as above',
  },
  {
    definition: 'Acknowledge',
    arm: 'ELSE lastCommitted[l]',
    why: 'until it is established a leader tells every learner that its whole history is committed, so that no entry is left to be acknowledged, and it proposes nothing',
  },
  {
    definition: 'LeaderProcessACK',
    arm: "ELSE msgs' = net",
    why: 'an observer acknowledges NEWLEADER only, and that packet has counter 0',
  },
];

export interface Branch {
  readonly module: string;
  readonly definition: string;
  readonly kind: 'THEN' | 'ELSE' | 'CASE';
  /** Of the arm's first token. */
  readonly line: number;
  readonly column: number;
  /** The arm's first line, for people. */
  readonly text: string;
}

type Arm = Branch & { readonly at: number };

interface Source {
  readonly modules: readonly ModuleText[];
  readonly texts: ReadonlyMap<string, string>;
  readonly constants: Constants;
  /** Definitions without parameters, by name. */
  readonly globals: ReadonlyMap<string, readonly [ModuleText, Definition]>;
  /** Definitions that ZabTrace.cfg replaces. */
  readonly replaced: ReadonlySet<string>;
  /** The actions that a trace consists of. */
  readonly roots: readonly string[];
}

function readSpec(file: string): string {
  return readFileSync(join(packageRoot(), 'spec', file), 'utf8');
}

function readSource(): Source {
  const texts = new Map(ALL_MODULES.map((name) => [name, readSpec(`${name}.tla`)]));
  const modules = ALL_MODULES.map((name) => readModule(name, texts.get(name)!));
  const config = readSpec('ZabTrace.cfg');
  const constants = new Map(
    [...config.matchAll(/^ {2}(\w+) = ("\w+"|TRUE|FALSE)$/gm)].map(([, name, value]) => [
      name!,
      value!,
    ]),
  );
  const replaced = new Set([...config.matchAll(/^ {2}(\w+) <- /gm)].map(([, name]) => name!));
  const globals = new Map(
    modules.flatMap((module) =>
      module.definitions
        .filter((d) => !d.hasParameters && !replaced.has(d.name))
        .map((d) => [d.name, [module, d]] as const),
    ),
  );
  const named = [...readSpec('ZabTrace.tla').matchAll(/name = "\w+"\s*-> (\w+)\(/g)];
  const roots = [...named.map(([, name]) => name!), ...SILENT_ACTIONS];
  return { modules, texts, constants, globals, replaced, roots };
}

interface Read {
  readonly arms: readonly Arm[];
  /** Whether the token, counted from the body's first, can matter in a trace. */
  readonly isLive: (at: number) => boolean;
}

/** The arms of one definition, without what constants decide. */
function readDefinition(source: Source, module: ModuleText, { name, body }: Definition): Read {
  const { tokens } = module;
  const decider = new Decider(module, body, source.constants, source.globals);
  const lines = (source.texts.get(module.name) ?? '').split('\n');
  const dead: Span[] = [];
  const isLive = (at: number) => !dead.some(({ start, end }) => at >= start && at < end);
  const arms: Arm[] = [];
  const arm = (kind: Branch['kind'], at: number) => {
    const { line, column } = tokens[at]!;
    const text = (lines[line - 1] ?? '').slice(column - 1).trim();
    arms.push({ module: module.name, definition: name, kind, line, column, text, at });
  };
  for (let at = body.start; at < body.end; at++) {
    if (!isLive(at)) continue;
    const { text } = tokens[at]!;
    if (text === '->' && isCaseArm(tokens, at)) arm('CASE', at + 1);
    if (text !== 'IF') continue;
    const { then, else: other } = armsOf(tokens, at);
    const condition = { start: at + 1, end: then };
    const outcome = decider.outcome(condition);
    dead.push(...decider.unread(condition));
    if (outcome === true) dead.push({ start: other, end: endOfElse(tokens, other, body.end) });
    else if (outcome === false) dead.push({ start: then, end: other });
    else {
      arm('THEN', then + 1);
      arm('ELSE', other + 1);
    }
  }
  return { arms, isLive };
}

/** Is the arrow at `at` that of a CASE, and not of a set of functions? */
function isCaseArm(tokens: ModuleText['tokens'], at: number): boolean {
  for (let i = at - 1, depth = 0; i >= 0; i--) {
    const { text } = tokens[i]!;
    if (depth === 0 && (text === 'CASE' || text === '[]')) return true;
    if ([')', ']', '}', '>>'].includes(text)) depth++;
    else if (['(', '[', '{', '<<'].includes(text) && --depth < 0) return false;
  }
  return false;
}

/** All that rules 1 and 2 leave, also those of UNREACHABLE; in the order of the modules and of their text. */
export function everyBranch(): readonly Branch[] {
  const source = readSource();
  const definitions = new Map(
    source.modules.flatMap((module) =>
      module.definitions.map((definition) => [definition.name, { module, definition }] as const),
    ),
  );
  const reached = new Map<string, Read>();
  const reach = (name: string): void => {
    const found = definitions.get(name);
    if (found === undefined || reached.has(name) || source.replaced.has(name)) return;
    const { module, definition } = found;
    const read = readDefinition(source, module, definition);
    reached.set(name, read);
    for (let at = definition.body.start; at < definition.body.end; at++) {
      if (read.isLive(at)) reach(module.tokens[at]!.text);
    }
  };
  source.roots.forEach(reach);
  const protocol: ReadonlySet<string> = new Set(PROTOCOL_MODULES);
  return source.modules
    .filter(({ name }) => protocol.has(name))
    .flatMap((module) => module.definitions.flatMap(({ name }) => reached.get(name)?.arms ?? []));
}

export function isNamed({ definition, kind, text }: Branch, named: Unreachable): boolean {
  return definition === named.definition && `${kind} ${text}`.startsWith(named.arm);
}

export function isUnreachable(branch: Branch): boolean {
  return UNREACHABLE.some((named) => isNamed(branch, named));
}

/** In a run's module: defines what the arms of the copies say; each says it once. */
export const TAKEN_MODULE = 'Taken';
export const TAKEN_TEXT = [
  `---- MODULE ${TAKEN_MODULE} ----`,
  'EXTENDS Integers, TLC',
  'TakenOnce(n) == TLCSet(n, 1) /\\ PrintT(<<"taken", n>>)',
  'Taken(n) == IF TLCGet(n) = 1 THEN TRUE ELSE TakenOnce(n)',
  'ASSUME \\A n \\in 1..1000 : TLCSet(n, 0)',
  '====',
  '',
].join('\n');

/**
 * The copies of the protocol's modules, by file name. `branches`: all of them; the n-th says
 * <<"taken", n + 1>>. An arm moves to a line of its own and stays in its column, so that what TLA+
 * reads off the layout is as it was.
 */
export function instrumented(branches: readonly Branch[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const module of PROTOCOL_MODULES) {
    const lines = readSpec(`${module}.tla`).split('\n');
    const own = branches.flatMap((branch, n) => (branch.module === module ? [{ branch, n }] : []));
    // From the last on: what comes before it keeps its place.
    own.sort((x, y) => y.branch.line - x.branch.line || y.branch.column - x.branch.column);
    for (const { branch, n } of own) {
      const at = branch.line - 1;
      const [before, arm] = [
        lines[at]!.slice(0, branch.column - 1),
        lines[at]!.slice(branch.column - 1),
      ];
      lines.splice(at, 1, `${before} ${says(branch, n + 1)}`, ' '.repeat(branch.column - 1) + arm);
    }
    const text = lines.join('\n');
    files.set(`${module}.tla`, text.replace(/^EXTENDS /m, `EXTENDS ${TAKEN_MODULE}, `));
  }
  return files;
}

/** A CASE of one arm needs no end. The arm of a CASE cannot be one: the next [] would be its own. */
function says({ kind }: Branch, n: number): string {
  return kind === 'CASE' ? `IF ~Taken(${n}) THEN <<>> ELSE` : `CASE Taken(${n}) ->`;
}

/** "Election.tla:171 ReceiveNotification ELSE joins", as a reader finds it. */
export function branchName({ module, definition, kind, line, text }: Branch): string {
  return `${module}.tla:${line} ${definition}: ${kind} ${text}`;
}
