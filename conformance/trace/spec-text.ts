/**
 * Reads the modules of the specification as text, as far as the question "which arms can a trace take?"
 * needs it: tokens, definitions, and what is decided by constants alone.
 *
 * ZabTrace.cfg fixes some constants (no planted fault, the real election, fine granularity). A condition
 * that these decide is no branch, and the arm that it excludes is dead text, with all that is in it.
 */

export interface Token {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** From `start` up to, not with, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `Name ==` or `Name(…) ==`, at the left margin or in a LET. */
export interface Definition {
  readonly name: string;
  readonly body: Span;
  readonly hasParameters: boolean;
}

export interface ModuleText {
  readonly name: string;
  readonly tokens: readonly Token[];
  /** At the left margin, in the order of the text. */
  readonly definitions: readonly Definition[];
}

/** Constant → its value, as the text of a TLA+ string or boolean. */
export type Constants = ReadonlyMap<string, string>;
/** true or false by constants alone; null: it depends on the state. */
export type Outcome = boolean | null;

const TOKEN =
  /"[^"]*"|[A-Za-z_][A-Za-z0-9_]*'?|\d+|\/\\|\\\/|\|->|->|<=>|=>|\[\]|==|\/=|<<|>>|\\[a-z]+|\S/g;

export function tokensOf(text: string): readonly Token[] {
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

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const OPEN: ReadonlySet<string> = new Set(['(', '[', '{', '<<']);
const CLOSE: ReadonlySet<string> = new Set([')', ']', '}', '>>']);

/** If a definition begins at token `at`: the token after its `==`; else null. */
function definitionHead(tokens: readonly Token[], at: number): number | null {
  const name = tokens[at];
  if (name === undefined || !NAME.test(name.text)) return null;
  let next = at + 1;
  if (tokens[next]?.text === '(') {
    while (tokens[next] !== undefined && tokens[next]!.text !== ')') next++;
    next++;
  }
  return tokens[next]?.text === '==' ? next + 1 : null;
}

export function readModule(name: string, text: string): ModuleText {
  const tokens = tokensOf(text);
  const heads = tokens.flatMap((token, at) => {
    const body = token.column === 1 ? definitionHead(tokens, at) : null;
    return body === null ? [] : [{ at, body }];
  });
  const definitions = heads.map(({ at, body }, i) => ({
    name: tokens[at]!.text,
    body: { start: body, end: heads[i + 1]?.at ?? tokens.length },
    hasParameters: tokens[at + 1]!.text === '(',
  }));
  return { name, tokens, definitions };
}

/** The definitions in the LETs of a body; one ends where the next begins, or at its IN. */
export function localDefinitions(tokens: readonly Token[], body: Span): readonly Definition[] {
  const found: { name: string; at: number; start: number; hasParameters: boolean }[] = [];
  for (let at = body.start; at < body.end; at++) {
    const start = definitionHead(tokens, at);
    if (start === null) continue;
    found.push({ name: tokens[at]!.text, at, start, hasParameters: tokens[at + 1]!.text === '(' });
  }
  return found.map(({ name, start, hasParameters }, i) => {
    let end = found[i + 1]?.at ?? body.end;
    let lets = 0;
    for (let at = start; at < end; at++) {
      if (tokens[at]!.text === 'LET') lets++;
      if (tokens[at]!.text === 'IN' && lets-- === 0) end = at;
    }
    return { name, body: { start, end }, hasParameters };
  });
}

/** Splits a span at the operators `by` that are not within brackets or an IF. */
function splitAt(tokens: readonly Token[], { start, end }: Span, by: string): readonly Span[] {
  const parts: Span[] = [];
  let from = start;
  let depth = 0;
  for (let at = start; at < end; at++) {
    const { text } = tokens[at]!;
    // What follows an IF, a LET or a quantifier belongs to it, as far as the span goes.
    if (['IF', 'LET', 'CASE', '\\E', '\\A', 'CHOOSE'].includes(text) && depth === 0) break;
    if (OPEN.has(text)) depth++;
    else if (CLOSE.has(text)) depth--;
    else if (depth === 0 && text === by) {
      if (at > from) parts.push({ start: from, end: at });
      from = at + 1;
    }
  }
  return [...parts, { start: from, end }];
}

/** The places of THEN and ELSE of the IF at `at`. */
export function armsOf(tokens: readonly Token[], at: number): { then: number; else: number } {
  let open = 0;
  let then = -1;
  for (let i = at + 1; i < tokens.length; i++) {
    const { text } = tokens[i]!;
    if (text === 'IF') open++;
    else if (text === 'THEN' && open === 0) then = i;
    else if (text === 'ELSE' && open-- === 0) return { then, else: i };
  }
  throw new Error(`line ${tokens[at]?.line}: an IF without ELSE`);
}

/** What conditions come to by the constants, in one definition. */
export class Decider {
  private readonly locals: ReadonlyMap<string, Definition>;

  constructor(
    private readonly module: ModuleText,
    body: Span,
    private readonly constants: Constants,
    /** Definitions without parameters of all modules. */
    private readonly globals: ReadonlyMap<string, readonly [ModuleText, Definition]>,
  ) {
    const named = localDefinitions(module.tokens, body).filter((d) => !d.hasParameters);
    this.locals = new Map(named.map((d) => [d.name, d]));
  }

  outcome(span: Span, depth = 0): Outcome {
    const { tokens } = this.module;
    if (span.start >= span.end || depth > 20) return null;
    const first = tokens[span.start]!.text;
    if (first === '(' && matching(tokens, span.start) === span.end - 1) {
      return this.outcome({ start: span.start + 1, end: span.end - 1 }, depth + 1);
    }
    if (splitAt(tokens, span, '=>').length > 1 || splitAt(tokens, span, '<=>').length > 1)
      return null;
    for (const [operator, wins] of [
      ['\\/', true],
      ['/\\', false],
    ] as const) {
      const parts = splitAt(tokens, span, operator);
      if (parts.length === 1 && parts[0]!.start === span.start) continue;
      const outcomes = parts.map((part) => this.outcome(part, depth + 1));
      if (outcomes.includes(wins)) return wins;
      return outcomes.includes(null) ? null : !wins;
    }
    if (first === '~') {
      const rest = this.outcome({ start: span.start + 1, end: span.end }, depth + 1);
      return rest === null ? null : !rest;
    }
    if (first === 'IF') return this.outcomeOfIf(span, depth);
    return this.outcomeOfAtom(span, depth);
  }

  private outcomeOfIf({ start, end }: Span, depth: number): Outcome {
    const arms = armsOf(this.module.tokens, start);
    if (arms.else >= end) return null;
    const condition = this.outcome({ start: start + 1, end: arms.then }, depth + 1);
    const then = this.outcome({ start: arms.then + 1, end: arms.else }, depth + 1);
    const other = this.outcome({ start: arms.else + 1, end }, depth + 1);
    if (condition === null) return then === other ? then : null;
    return condition ? then : other;
  }

  /** TRUE, a name for something decided, `Mutant = "…"`, `Mutant \in {…}` and their opposites. */
  private outcomeOfAtom({ start, end }: Span, depth: number): Outcome {
    const texts = this.module.tokens.slice(start, end).map(({ text }) => text);
    const [name = '', operator, ...rest] = texts;
    const value = this.constants.get(name);
    if (texts.length === 1) {
      if (name === 'TRUE' || value === 'TRUE') return true;
      if (name === 'FALSE' || value === 'FALSE') return false;
      const local = this.locals.get(name);
      if (local !== undefined) return this.outcome(local.body, depth + 1);
      const [module, definition] = this.globals.get(name) ?? [];
      if (module === undefined || definition === undefined) return null;
      const decider = new Decider(module, definition.body, this.constants, this.globals);
      return decider.outcome(definition.body, depth + 1);
    }
    if (value === undefined) return null;
    if (operator === '=' && rest.length === 1) return rest[0] === value;
    if (operator === '/=' && rest.length === 1) return rest[0] !== value;
    if (operator === '\\in' && rest[0] === '{') return rest.includes(value);
    if (operator === '\\notin' && rest[0] === '{') return !rest.includes(value);
    return null;
  }

  /** The operands of a condition that are never looked at, as one before them decides it. */
  unread(span: Span): readonly Span[] {
    for (const [operator, wins] of [
      ['\\/', true],
      ['/\\', false],
    ] as const) {
      const parts = splitAt(this.module.tokens, span, operator);
      const at = parts.findIndex((part) => this.outcome(part) === wins);
      if (parts.length > 1 && at >= 0) return parts.slice(at + 1);
    }
    return [];
  }
}

function matching(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (OPEN.has(tokens[at]!.text)) depth++;
    if (CLOSE.has(tokens[at]!.text) && --depth === 0) return at;
  }
  return tokens.length;
}

/** Where the arm behind an ELSE ends: at what is further left, or closes what was open. */
export function endOfElse(tokens: readonly Token[], at: number, end: number): number {
  const margin = tokens[at]!.column;
  let depth = 0;
  for (let i = at + 1; i < end; i++) {
    const { text, line, column } = tokens[i]!;
    if (OPEN.has(text)) depth++;
    if (CLOSE.has(text) && --depth < 0) return i;
    const firstOfLine = tokens[i - 1]!.line < line;
    if (depth === 0 && firstOfLine && column < margin) return i;
  }
  return end;
}
