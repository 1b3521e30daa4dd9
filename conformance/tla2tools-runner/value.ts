/**
 * TLA+ values as TLC prints them, as typed data, and the way back to TLA+ text.
 *
 * `printValue` and `parseValue` (value-parser.ts) are inverse on canonical values: a set holds
 * no element twice, a function over 1..n is written as a sequence and one over strings as a
 * record, the empty function is the empty sequence (as in TLA+, where they are equal).
 */
export type TlaValue =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  /** A model value, or a constant that TLC prints by name (`Nat`, `Int`). */
  | { readonly kind: 'model'; readonly name: string }
  | { readonly kind: 'set'; readonly elements: readonly TlaValue[] }
  | { readonly kind: 'seq'; readonly elements: readonly TlaValue[] }
  | { readonly kind: 'record'; readonly fields: readonly (readonly [string, TlaValue])[] }
  | { readonly kind: 'function'; readonly pairs: readonly (readonly [TlaValue, TlaValue])[] };

/** One state: variable → value, in TLC's order. */
export type TlaState = ReadonlyMap<string, TlaValue>;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\f': '\\f',
};

/** A TLA+ string literal. */
export function quoteString(text: string): string {
  return `"${text.replace(/["\\\n\t\r\f]/g, (c) => ESCAPES[c] ?? c)}"`;
}

/** TLA+ text on one line, which TLC reads back as an equal value. */
export function printValue(value: TlaValue): string {
  switch (value.kind) {
    case 'int':
      return String(value.value);
    case 'bool':
      return value.value ? 'TRUE' : 'FALSE';
    case 'string':
      return quoteString(value.value);
    case 'model':
      return value.name;
    case 'set':
      return `{${value.elements.map(printValue).join(', ')}}`;
    case 'seq':
      return value.elements.length === 0
        ? '<<>>'
        : `<<${value.elements.map(printValue).join(', ')}>>`;
    case 'record':
      return `[${value.fields.map(([name, v]) => `${name} |-> ${printValue(v)}`).join(', ')}]`;
    case 'function':
      if (value.pairs.length === 0) return '<<>>';
      return `(${value.pairs.map(([k, v]) => `${printValue(k)} :> ${printValue(v)}`).join(' @@ ')})`;
  }
}

/** Plain data for `--json`: sets and sequences as arrays, functions as objects by printed key. */
export function valueToJson(value: TlaValue): unknown {
  switch (value.kind) {
    case 'int':
    case 'bool':
    case 'string':
      return value.value;
    case 'model':
      return value.name;
    case 'set':
    case 'seq':
      return value.elements.map(valueToJson);
    case 'record':
      return Object.fromEntries(value.fields.map(([name, v]) => [name, valueToJson(v)]));
    case 'function':
      return Object.fromEntries(
        value.pairs.map(([k, v]) => [
          k.kind === 'string' ? k.value : printValue(k),
          valueToJson(v),
        ]),
      );
  }
}
