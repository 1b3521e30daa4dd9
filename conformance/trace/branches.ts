/**
 * The branches of the specification's actions: each arm of each IF and CASE in the modules of the
 * protocol. To see which are taken, TLC runs copies of these modules in which each arm says so
 * (`instrumented`). (TLC's own coverage has no count for what it evaluates late, as it does the body
 * of a function.)
 *
 * Left out is what no trace can show: arms that only another configuration has (a planted fault, the
 * election's oracle, coarse granularity), and properties and fairness, which are no part of an action.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';

export const PROTOCOL_MODULES = [
  'Election',
  'Discovery',
  'Synchronization',
  'Broadcast',
  'Faults',
] as const;
/** Constants that ZabTrace.cfg fixes: a condition on one of them has one outcome only. */
const FIXED = /^\(?(Mutant|ElectionMode|Granularity)\b/;
/** The oracle's actions, and where behaviours that are no trace begin. */
const NOT_IN_TRACES: ReadonlySet<string> = new Set(['ElectLeader', 'JoinLeader', 'ElectionInit']);

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

interface Token {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

interface OpenIf {
  readonly fixed: boolean;
  then: Token | null;
}

const TOKEN = /"[^"]*"|[A-Za-z_][A-Za-z0-9_]*'?|\d+|\/\\|\\\/|\|->|->|\[\]|==|\S/g;

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/\\\*.*$/, '').replace(/\(\*.*?\*\)/g, (c) => ' '.repeat(c.length));
    if (/^[-=]{4}/.test(line)) return;
    for (const found of line.matchAll(TOKEN)) {
      tokens.push({ text: found[0], line: index + 1, column: found.index + 1 });
    }
  });
  return tokens;
}

/** The definition that a token begins, at the left margin: "Name ==" or "Name(…) ==". */
function definitionAt(tokens: readonly Token[], at: number): string | null {
  const token = tokens[at]!;
  if (token.column !== 1 || !/^[A-Z]/.test(token.text)) return null;
  for (let i = at + 1; tokens[i]?.line === token.line; i++) {
    if (tokens[i]!.text === '==') return token.text;
  }
  return null;
}

function branchesIn(module: string, text: string): readonly Branch[] {
  const tokens = tokensOf(text);
  const lines = text.split('\n');
  const branches: Branch[] = [];
  const open: OpenIf[] = [];
  let definition = '';
  const arm = (kind: Branch['kind'], start: Token, fixed: boolean) => {
    if (fixed || NOT_IN_TRACES.has(definition)) return;
    const { line, column } = start;
    const armText = (lines[line - 1] ?? '').slice(column - 1).trim();
    branches.push({ module, definition, kind, line, column, text: armText });
  };
  tokens.forEach((token, i) => {
    const named = definitionAt(tokens, i);
    if (named !== null) definition = named;
    const next = tokens[i + 1];
    if (next === undefined) return;
    if (token.text === 'IF') {
      const rest = (lines[next.line - 1] ?? '').slice(next.column - 1);
      open.push({ fixed: FIXED.test(rest), then: null });
    } else if (token.text === 'THEN') {
      const of = open[open.length - 1];
      if (of !== undefined) of.then = next;
    } else if (token.text === 'ELSE') {
      const of = open.pop();
      if (of === undefined || of.then === null) return;
      arm('THEN', of.then, of.fixed);
      arm('ELSE', next, of.fixed);
    } else if (token.text === '->') {
      arm('CASE', next, false);
    }
  });
  return branches;
}

function sourceOf(module: string): string {
  return readFileSync(join(packageRoot(), 'spec', `${module}.tla`), 'utf8');
}

/** All branches, in the order of the modules and of their text. */
export function allBranches(): readonly Branch[] {
  return PROTOCOL_MODULES.flatMap((module) => branchesIn(module, sourceOf(module)));
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
    const lines = sourceOf(module).split('\n');
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
