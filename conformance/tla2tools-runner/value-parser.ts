/**
 * Reads TLA+ values and states as TLC prints them: integers, strings, booleans, model values,
 * sets, intervals, sequences, records, and functions as `(k :> v @@ …)`, over any number of lines.
 * Source: `tlc2.value.impl.*.toString` of TLC 2.18.
 */
import { ToolsError } from './errors.js';
import type { TlaState, TlaValue } from './value.js';

/** An interval `lo..hi` is read as the set it stands for, up to this many elements. */
const INTERVAL_MAX = 1_000_000;
const UNESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' };
const IDENTIFIER = /[A-Za-z0-9_]/;
const TOKEN = /\s*(<<|>>|\|->|:>|@@|\.\.|\/\\|-?\d+(?![A-Za-z0-9_])|[A-Za-z0-9_]+|[{}[\](),="])/y;

class Reader {
  private position = 0;
  private readonly text: string;
  private ahead: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  peek(): string {
    this.ahead ??= this.scan();
    return this.ahead;
  }

  next(): string {
    const token = this.peek();
    this.ahead = undefined;
    return token;
  }

  expect(token: string): void {
    const found = this.next();
    if (found !== token) this.fail(`expected ${token}, found ${found === '' ? 'the end' : found}`);
  }

  /** The rest of a string literal whose opening quote was the last token. */
  stringTail(): string {
    let out = '';
    for (;;) {
      const c = this.text[this.position++];
      if (c === undefined) this.fail('a string without an end');
      if (c === '"') return out;
      if (c !== '\\') {
        out += c;
        continue;
      }
      const escaped = this.text[this.position++];
      if (escaped === undefined) this.fail('a string without an end');
      out += UNESCAPES[escaped] ?? escaped;
    }
  }

  fail(why: string): never {
    const near = this.text.slice(Math.max(0, this.position - 20), this.position + 20);
    throw new ToolsError('bad-value', `not a TLA+ value: ${why} (near ${JSON.stringify(near)})`);
  }

  /** The empty string stands for the end of the text. */
  private scan(): string {
    TOKEN.lastIndex = this.position;
    const found = TOKEN.exec(this.text);
    if (found !== null) {
      this.position = TOKEN.lastIndex;
      return found[1] ?? '';
    }
    if (this.text.slice(this.position).trim() === '') return '';
    return this.fail('an unexpected character');
  }
}

function readList(reader: Reader, end: string): TlaValue[] {
  const elements: TlaValue[] = [];
  if (reader.peek() === end) {
    reader.next();
    return elements;
  }
  for (;;) {
    elements.push(readValue(reader));
    const token = reader.next();
    if (token === end) return elements;
    if (token !== ',') reader.fail(`expected , or ${end}, found ${token}`);
  }
}

function readRecord(reader: Reader): TlaValue {
  const fields: [string, TlaValue][] = [];
  for (;;) {
    const name = reader.next();
    if (!IDENTIFIER.test(name)) reader.fail(`expected a field name, found ${name}`);
    reader.expect('|->');
    fields.push([name, readValue(reader)]);
    const token = reader.next();
    if (token === ']') return { kind: 'record', fields };
    if (token !== ',') reader.fail(`expected , or ], found ${token}`);
  }
}

/** After `(`: a function, or a value in parentheses. */
function readFunction(reader: Reader): TlaValue {
  const pairs: [TlaValue, TlaValue][] = [];
  for (;;) {
    const key = readValue(reader);
    if (pairs.length === 0 && reader.peek() === ')') {
      reader.next();
      return key;
    }
    reader.expect(':>');
    pairs.push([key, readValue(reader)]);
    const token = reader.next();
    if (token === ')') return { kind: 'function', pairs };
    if (token !== '@@') reader.fail(`expected @@ or ), found ${token}`);
  }
}

function readNumber(reader: Reader, token: string): TlaValue {
  const low = Number(token);
  if (reader.peek() !== '..') return { kind: 'int', value: low };
  reader.next();
  const high = Number(reader.next());
  if (!Number.isInteger(high) || high - low >= INTERVAL_MAX)
    reader.fail('an interval without bounds');
  const length = Math.max(0, high - low + 1);
  return {
    kind: 'set',
    elements: Array.from({ length }, (_, i) => ({ kind: 'int', value: low + i })),
  };
}

function readValue(reader: Reader): TlaValue {
  const token = reader.next();
  switch (token) {
    case '{':
      return { kind: 'set', elements: readList(reader, '}') };
    case '<<':
      return { kind: 'seq', elements: readList(reader, '>>') };
    case '[':
      return readRecord(reader);
    case '(':
      return readFunction(reader);
    case '"':
      return { kind: 'string', value: reader.stringTail() };
    case 'TRUE':
      return { kind: 'bool', value: true };
    case 'FALSE':
      return { kind: 'bool', value: false };
    default:
      if (/^-?\d+$/.test(token)) return readNumber(reader, token);
      if (IDENTIFIER.test(token)) return { kind: 'model', name: token };
      return reader.fail(`unexpected ${token === '' ? 'end' : token}`);
  }
}

/** One value. Throws ToolsError `bad-value` for anything else. */
export function parseValue(text: string): TlaValue {
  const reader = new Reader(text);
  const value = readValue(reader);
  if (reader.peek() !== '') reader.fail(`unexpected ${reader.peek()}`);
  return value;
}

/** A state as TLC prints it: `/\ x = 1` for each variable, or just `x = 1` if there is one only. */
export function parseState(text: string): TlaState {
  const reader = new Reader(text);
  const state = new Map<string, TlaValue>();
  while (reader.peek() !== '') {
    if (reader.peek() === '/\\') reader.next();
    const name = reader.next();
    if (!IDENTIFIER.test(name)) reader.fail(`expected a variable, found ${name}`);
    reader.expect('=');
    state.set(name, readValue(reader));
  }
  return state;
}
