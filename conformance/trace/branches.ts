/**
 * The branches of the specification's actions: each arm of each IF and CASE in the modules of the
 * protocol. TLC's coverage says by location which of them were taken.
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
  /** Of the condition of an IF, and of its other arm: an arm that is a constant has no count. */
  readonly condition: string | null;
  readonly sibling: string | null;
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

interface OpenIf {
  readonly condition: Token;
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

/** Behind the IN of the LET at `at`. */
function afterLet(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let i = at; i < tokens.length; i++) {
    if (tokens[i]!.text === 'LET') depth++;
    if (tokens[i]!.text === 'IN' && --depth === 0) return i + 1;
  }
  return tokens.length;
}

/** The first token from `at` on that TLC counts: bullets, brackets and keywords are none. */
function firstCounted(tokens: readonly Token[], at: number): Token | undefined {
  let i = at;
  for (;;) {
    const text = tokens[i]?.text ?? '';
    if (text === 'LET') i = afterLet(tokens, i);
    else if (['/\\', '\\/', '(', 'IF', 'CASE'].includes(text)) i++;
    else return tokens[i];
  }
}

function place(module: string, token: Token): string {
  return `${module} ${token.line}:${token.column}`;
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
  const arm = (kind: Branch['kind'], start: Token, of: OpenIf | null, sibling: Token | null) => {
    if (of?.fixed === true || NOT_IN_TRACES.has(definition)) return;
    branches.push({
      ...{ module, definition, kind, line: start.line, column: start.column },
      text: (lines[start.line - 1] ?? '').slice(start.column - 1).trim(),
      condition: of === null ? null : place(module, of.condition),
      sibling: sibling === null ? null : place(module, sibling),
    });
  };
  tokens.forEach((token, i) => {
    const named = definitionAt(tokens, i);
    if (named !== null) definition = named;
    const next = firstCounted(tokens, i + 1);
    if (next === undefined) return;
    if (token.text === 'IF') {
      const rest = (lines[next.line - 1] ?? '').slice(next.column - 1);
      open.push({ condition: next, fixed: FIXED.test(rest), then: null });
    } else if (token.text === 'THEN') {
      const of = open[open.length - 1];
      if (of !== undefined) of.then = next;
    } else if (token.text === 'ELSE') {
      const of = open.pop();
      if (of?.then === null || of === undefined) return;
      arm('THEN', of.then, of, next);
      arm('ELSE', next, of, of.then);
    } else if (token.text === '->') {
      arm('CASE', next, null, null);
    }
  });
  return branches;
}

/** All branches, in the order of the modules and of their text. */
export function allBranches(): readonly Branch[] {
  return PROTOCOL_MODULES.flatMap((module) =>
    branchesIn(module, readFileSync(join(packageRoot(), 'spec', `${module}.tla`), 'utf8')),
  );
}

/** How often an arm was taken, by what TLC counted. */
export function timesTaken(
  { module, line, column, condition, sibling }: Branch,
  locations: ReadonlyMap<string, number>,
): number {
  const own = locations.get(`${module} ${line}:${column}`);
  if (own !== undefined || condition === null || sibling === null) return own ?? 0;
  // A constant: taken as often as the condition was looked at and the other arm was not taken.
  return Math.max(0, (locations.get(condition) ?? 0) - (locations.get(sibling) ?? 0));
}

/** "Election.tla:171 ReceiveNotification ELSE joins", as a reader finds it. */
export function branchName({ module, definition, kind, line, text }: Branch): string {
  return `${module}.tla:${line} ${definition}: ${kind} ${text}`;
}
