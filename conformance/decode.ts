/**
 * The one place that knows io-ts: JSON text and unknown values into typed ones, or one line that
 * says which field is wrong and why.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

export { t };

export type Decoded<A> =
  | { readonly ok: true; readonly value: A }
  /** "distinct: expected number or null, got \"many\"". */
  | { readonly ok: false; readonly why: string };

/** A type whose values may have no other field than its own: `t.strict` drops them in silence. */
export function exactly<P extends t.Props>(props: P, name: string): t.Type<t.TypeOf<t.TypeC<P>>> {
  const base = t.type(props, name);
  const known = new Set(Object.keys(props));
  return new t.Type(
    name,
    base.is,
    (input, context) => {
      const decoded = base.validate(input, context);
      if (isLeft(decoded)) return decoded;
      const other = Object.keys(input as object).find((key) => !known.has(key));
      return other === undefined ? decoded : t.failure(input, context, `unknown field '${other}'`);
    },
    t.identity,
  );
}

/** As {@link exactly}, with fields besides that may be left out. */
export function exactlyWith<P extends t.Props, Q extends t.Props>(
  props: P,
  optional: Q,
  name: string,
): t.Type<t.TypeOf<t.TypeC<P>> & t.TypeOf<t.PartialC<Q>>> {
  const required = t.type(props, name);
  const known = new Set([...Object.keys(props), ...Object.keys(optional)]);
  return new t.Type(
    name,
    (input): input is t.TypeOf<t.TypeC<P>> & t.TypeOf<t.PartialC<Q>> => required.is(input),
    (input, context) => {
      const decoded = required.validate(input, context);
      if (isLeft(decoded)) return decoded;
      for (const [key, value] of Object.entries(input as object)) {
        if (!known.has(key)) return t.failure(input, context, `unknown field '${key}'`);
        const type = optional[key];
        if (type === undefined) continue;
        const checked = type.validate(value, t.appendContext(context, key, type, value));
        if (isLeft(checked)) return checked;
      }
      return t.success(input as t.TypeOf<t.TypeC<P>> & t.TypeOf<t.PartialC<Q>>);
    },
    t.identity,
  );
}

/** A tuple with no more elements than it has: `t.tuple` drops others in silence. */
export function noLonger<A extends readonly unknown[]>(
  length: A['length'],
  tuple: t.Type<A>,
): t.Type<A> {
  return new t.Type(
    tuple.name,
    tuple.is,
    (input, context) =>
      Array.isArray(input) && input.length > length
        ? t.failure(input, context)
        : tuple.validate(input, context),
    t.identity,
  );
}

/** A whole number that JavaScript holds exactly, ≥ `min`. */
export function integer(min: number): t.Type<number> {
  return new t.Type(
    `integer from ${min}`,
    t.number.is,
    (input, context) =>
      Number.isSafeInteger(input) && (input as number) >= min
        ? t.success(input as number)
        : t.failure(input, context),
    t.identity,
  );
}

/** One of a fixed list of strings. */
export function oneOf<S extends string>(values: readonly S[]): t.Type<S> {
  return new t.Type<S>(
    values.map((v) => JSON.stringify(v)).join(' or '),
    (input): input is S => values.includes(input as S),
    (input, context) =>
      values.includes(input as S) ? t.success(input as S) : t.failure(input, context),
    t.identity,
  );
}

function abbreviated(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The parts of unions and intersections have numbers for names, which nobody wants to read. */
function isAlternative(type: t.Decoder<unknown, unknown> | undefined): boolean {
  return type instanceof t.UnionType || type instanceof t.IntersectionType;
}

/** Of several alternatives that all failed, the one that says why, or else the one that got furthest. */
function describe(errors: t.Errors): string {
  const explained = errors.find((error) => error.message !== undefined);
  const deepest =
    explained ?? errors.reduce((a, b) => (b.context.length > a.context.length ? b : a));
  const path = deepest.context
    .map(({ key }, i) => (isAlternative(deepest.context[i - 1]?.type) ? '' : key))
    .filter((key) => key !== '')
    .join('.');
  const expected = deepest.context[deepest.context.length - 1]?.type.name ?? 'something else';
  const why = deepest.message ?? `expected ${expected}, got ${abbreviated(deepest.value)}`;
  return path === '' ? why : `${path}: ${why}`;
}

export function decode<A>(type: t.Type<A, unknown>, input: unknown): Decoded<A> {
  const decoded = type.decode(input);
  if (isLeft(decoded)) return { ok: false, why: describe(decoded.left) };
  return { ok: true, value: decoded.right };
}

/** As {@link decode}, from JSON text. */
export function decodeJson<A>(type: t.Type<A, unknown>, text: string): Decoded<A> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return { ok: false, why: 'no JSON' };
  }
  return decode(type, input);
}
