/** A persistent set of child names. */
import { Set as PersistentSet } from 'immutable';

export type NameSet = PersistentSet<string>;

export const NO_NAMES: NameSet = PersistentSet<string>();

/** How many names. */
export function countNames(names: NameSet): number {
  return names.size;
}

export function hasName(names: NameSet, name: string): boolean {
  return names.has(name);
}

/** The set with `name`; the same value if it was there. */
export function addName(names: NameSet, name: string): NameSet {
  return names.add(name);
}

/** The set without `name`; the same value if it was not there. */
export function removeName(names: NameSet, name: string): NameSet {
  return names.remove(name);
}

/** The names in UTF-16 code unit order, in a fresh array. */
export function sortedNames(names: NameSet): string[] {
  return [...names].sort();
}

/** The names, lazily. */
export function eachName(names: NameSet): Iterable<string> {
  return names;
}
