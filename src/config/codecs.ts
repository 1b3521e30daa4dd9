/**
 * io-ts codecs for the values of a configuration file; the only module of `config` that knows
 * io-ts. Each turns text into a value or into a reason that fits behind `KEY: `.
 */
import type { Either } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

export type TextCodec<A> = t.Decoder<string, A>;

function codec<A>(name: string, read: (text: string) => A | undefined): TextCodec<A> {
  return new t.Type<A, string, string>(
    name,
    (_): _ is A => true,
    (text, context) => {
      const value = read(text);
      return value === undefined
        ? t.failure(text, context, `'${text}' is not ${name}`)
        : t.success(value);
    },
    String,
  );
}

/** A whole number from `min` to `max`, in decimal, as Java's `Integer.parseInt` takes it. */
export function integer(min: number, max: number): TextCodec<number> {
  const name =
    max >= 0x7fff_ffff
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`;
  return codec(name, (text) => {
    if (!/^[+-]?\d{1,15}$/.test(text)) return undefined;
    const value = Number(text);
    return value >= min && value <= max ? value : undefined;
  });
}

export const PORT_MAX = 65_535;
export const port: TextCodec<number> = integer(0, PORT_MAX);

/** `true` or `false` in any case, nothing else (Apache: `QuorumPeerConfig.parseBoolean`). */
export const bool: TextCodec<boolean> = codec("'true' or 'false'", (text) =>
  /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined,
);

/** As `bool`; null stands for a key that is not there. */
export const maybeBool = bool as TextCodec<boolean | null>;

/** `yes` or `no`, as `zookeeper.forceSync` has it; `true` and `false` as well. */
export const yesNo: TextCodec<boolean> = codec("'yes' or 'no'", (text) =>
  /^(yes|true)$/i.test(text) ? true : /^(no|false)$/i.test(text) ? false : undefined,
);

export const role: TextCodec<'participant' | 'observer'> = codec(
  "'participant' or 'observer'",
  (text) =>
    /^observer$/i.test(text) ? 'observer' : /^participant$/i.test(text) ? 'participant' : undefined,
);

/** The value, or the reason why there is none. */
export function decode<A>(
  type: TextCodec<A>,
  text: string,
): { readonly value: A } | { readonly reason: string } {
  const result: Either<t.Errors, A> = type.decode(text);
  return result._tag === 'Right'
    ? { value: result.right }
    : { reason: result.left[0]?.message ?? `'${text}' is not ${type.name}` };
}

/** Any whole number that Java's `Integer.parseInt` takes. */
export const anyInteger: TextCodec<number> = integer(-0x8000_0000, 0x7fff_ffff);

/** As Java's `Integer.decode` takes it: decimal, or with 0x or # before it. */
export const javaInteger: TextCodec<number> = codec("a whole number, or one with '0x'", (value) => {
  const digits = /^(?:0x|#)([0-9a-f]{1,8})$/i.exec(value)?.[1];
  const number =
    digits === undefined ? Number(/^-?\d{1,10}$/.exec(value)?.[0]) : parseInt(digits, 16);
  return Math.abs(number) <= 0x7fff_ffff ? number : undefined;
});

/** Any whole number of a Java `long` that is exact here. */
export const count: TextCodec<number> = integer(0, Number.MAX_SAFE_INTEGER);

export const decimal: TextCodec<number> = codec('a number of at least 0', (value) =>
  /^\d{1,9}(\.\d{0,9})?$|^\.\d{1,9}$/.test(value) ? Number(value) : undefined,
);

export const text: TextCodec<string> = codec('a text', (value) => value);

/** Empty counts as not said. */
export const optionalText: TextCodec<string | null> = codec('a text', (value) =>
  value === '' ? null : value,
);

/** One of `names`, in any case; what comes is as it stands there. */
export function oneOf<N extends string>(...names: readonly N[]): TextCodec<N> {
  const listed = names.map((name) => `'${name}'`).join(', ');
  return codec(`one of ${listed}`, (value) =>
    names.find((name) => name.toLowerCase() === value.toLowerCase()),
  );
}

/** Words between commas; empty ones do not count. */
export const words: TextCodec<readonly string[]> = codec('a list of words', (value) =>
  value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
);
