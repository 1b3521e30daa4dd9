/**
 * A key of a `zoo.cfg` with what its value must be and what counts without it; groups of them are
 * at once the table of keys, the types of `ServerConfig`'s fields and their defaults.
 */
import type { TextCodec } from './codecs.js';
import type { Reader } from './reader.js';

export interface Setting<A> {
  /** As it may stand in the file; the first is the one that Apache's server reads. */
  readonly keys: readonly string[];
  readonly type: TextCodec<A>;
  readonly otherwise: A;
}

export type Group = Readonly<Record<string, Setting<unknown>>>;

/** The values of a group. */
export type ValuesOf<G extends Group> = {
  readonly [K in keyof G]: G[K] extends Setting<infer A> ? A : never;
};

/** `aliases`: other names of the key, which Apache's documentation uses. */
export function setting<A>(
  key: string,
  type: TextCodec<A>,
  otherwise: NoInfer<A>,
  ...aliases: readonly string[]
): Setting<A> {
  return { keys: [key, ...aliases], type, otherwise };
}

/** The values without any file. */
export function defaultsOf<G extends Group>(group: G): ValuesOf<G> {
  const entries = Object.entries(group).map(([name, { otherwise }]) => [name, otherwise] as const);
  return Object.fromEntries(entries) as ValuesOf<G>;
}

/** Takes the group's keys out of `reader`; a wrong value is a problem there. */
export function readGroup<G extends Group>(reader: Reader, group: G): ValuesOf<G> {
  const entries = Object.entries(group).map(([name, { keys, type, otherwise }]) => {
    let value = otherwise;
    // The first key is the one that counts, so it is read last.
    for (const key of keys.toReversed()) value = reader.read(key, type) ?? value;
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as ValuesOf<G>;
}
