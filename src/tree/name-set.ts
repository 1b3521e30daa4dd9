/**
 * A persistent set of strings in their order: a B-tree. Child names of a znode live in one, so
 * that getChildren is a walk that needs no sort, and a parent of 100,000 pays for a create what
 * a parent of ten pays (docs/adr/0002).
 *
 * The order is that of UTF-16 code units (JavaScript's `<`). A small set is a leaf alone: a sorted
 * array. Leaves are equally deep. Names that come in order fill their leaves, as sequential nodes do.
 */

type Leaf = readonly string[];

interface Branch {
  readonly size: number;
  /** `lows[i]` is not above any name in `kids[i]` and above every name in `kids[i - 1]`. */
  readonly lows: readonly string[];
  readonly kids: readonly NameSet[];
}

export type NameSet = Leaf | Branch;

/** Most entries of a leaf and most children of a branch. */
const WIDTH = 64;

export const NO_NAMES: NameSet = [];

/** The set of distinct names, in any order. */
export function namesOf(names: readonly string[]): NameSet {
  if (names.length === 0) return NO_NAMES;
  const sorted = [...names].sort(byCodeUnits);
  let level: readonly NameSet[] = chunks(sorted);
  while (level.length > 1) level = chunks(level).map(branchOf);
  return level[0]!;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function chunks<T>(items: readonly T[]): (readonly T[])[] {
  const count = Math.ceil(items.length / WIDTH);
  return Array.from({ length: count }, (_, i) => items.slice(i * WIDTH, (i + 1) * WIDTH));
}

function isLeaf(set: NameSet): set is Leaf {
  return Array.isArray(set);
}

/** How many names. */
export function countNames(set: NameSet): number {
  return isLeaf(set) ? set.length : set.size;
}

/** Index of the first entry that is not below `name`. */
function lowerBound(sorted: readonly string[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the child in which `name` is, or would be. */
function kidFor(branch: Branch, name: string): number {
  const at = lowerBound(branch.lows, name);
  return branch.lows[at] === name || at === 0 ? at : at - 1;
}

export function hasName(set: NameSet, name: string): boolean {
  let at = set;
  while (!isLeaf(at)) at = at.kids[kidFor(at, name)]!;
  return at[lowerBound(at, name)] === name;
}

/** The set with `name`; the same value if it was there. */
export function addName(set: NameSet, name: string): NameSet {
  const parts = addTo(set, name);
  return parts.length === 1 ? parts[0]! : branchOf(parts);
}

/** One set, or two if one would be too wide. */
function addTo(set: NameSet, name: string): readonly NameSet[] {
  if (isLeaf(set)) {
    const at = lowerBound(set, name);
    return set[at] === name ? [set] : split(inserted(set, at, name), at);
  }
  const at = kidFor(set, name);
  const kid = set.kids[at]!;
  const parts = addTo(kid, name);
  if (parts.length === 1) return parts[0] === kid ? [set] : [withKid(set, at, parts[0]!, 1, name)];
  const kids = spliced(set.kids, at, 1, parts);
  if (kids.length <= WIDTH) return [branchOf(kids)];
  const cut = cutAt(kids.length, at + 1);
  return [branchOf(kids.slice(0, cut)), branchOf(kids.slice(cut))];
}

/** What comes at the very end starts a new part and leaves the old one full. */
function cutAt(length: number, at: number): number {
  return at === length - 1 ? length - 1 : length >>> 1;
}

function split(leaf: Leaf, at: number): readonly NameSet[] {
  if (leaf.length <= WIDTH) return [leaf];
  const cut = cutAt(leaf.length, at);
  return [leaf.slice(0, cut), leaf.slice(cut)];
}

/** Sized exactly: an array that grows keeps spare room. */
function inserted(leaf: Leaf, at: number, name: string): Leaf {
  const copy = new Array<string>(leaf.length + 1);
  for (let i = 0; i < at; i++) copy[i] = leaf[i]!;
  copy[at] = name;
  for (let i = at; i < leaf.length; i++) copy[i + 1] = leaf[i]!;
  return copy;
}

function without(leaf: Leaf, at: number): Leaf {
  const copy = new Array<string>(leaf.length - 1);
  for (let i = 0; i < at; i++) copy[i] = leaf[i]!;
  for (let i = at; i < copy.length; i++) copy[i] = leaf[i + 1]!;
  return copy;
}

/** The branch with another child at `at`, which has `more` names more, `name` perhaps among them. */
function withKid(set: Branch, at: number, kid: NameSet, more: 1 | -1, name: string): Branch {
  const kids = set.kids.slice();
  kids[at] = kid;
  const lows = name < set.lows[0]! ? [name, ...set.lows.slice(1)] : set.lows;
  return { size: set.size + more, lows, kids };
}

function spliced(
  kids: readonly NameSet[],
  at: number,
  removed: number,
  parts: readonly NameSet[],
): readonly NameSet[] {
  return [...kids.slice(0, at), ...parts, ...kids.slice(at + removed)];
}

function branchOf(kids: readonly NameSet[]): Branch {
  return {
    size: kids.reduce((sum, kid) => sum + countNames(kid), 0),
    lows: kids.map(lowest),
    kids,
  };
}

function lowest(set: NameSet): string {
  return isLeaf(set) ? set[0]! : set.lows[0]!;
}

/** The set without `name`; the same value if it was not there. */
export function removeName(set: NameSet, name: string): NameSet {
  if (!hasName(set, name)) return set;
  let rest = removeFrom(set, name);
  // A root of one child says nothing.
  while (!isLeaf(rest) && rest.kids.length === 1) rest = rest.kids[0]!;
  return rest;
}

function removeFrom(set: NameSet, name: string): NameSet {
  if (isLeaf(set)) {
    const at = lowerBound(set, name);
    return set.length === 1 ? NO_NAMES : without(set, at);
  }
  const at = kidFor(set, name);
  const rest = removeFrom(set.kids[at]!, name);
  if (countNames(rest) === 0) return branchOf(spliced(set.kids, at, 1, []));
  const next = at + 1 < set.kids.length ? at + 1 : at - 1;
  const neighbour = set.kids[next];
  if (neighbour === undefined || widthOf(rest) + widthOf(neighbour) > WIDTH / 2) {
    return withKid(set, at, rest, -1, name);
  }
  const merged = next > at ? joined(rest, neighbour) : joined(neighbour, rest);
  return branchOf(spliced(set.kids, Math.min(at, next), 2, [merged]));
}

function widthOf(set: NameSet): number {
  return isLeaf(set) ? set.length : set.kids.length;
}

/** Neighbours of the same depth as one. */
function joined(a: NameSet, b: NameSet): NameSet {
  if (isLeaf(a) && isLeaf(b)) return [...a, ...b];
  if (isLeaf(a) || isLeaf(b)) throw new Error('name set: leaves of different depth');
  return branchOf([...a.kids, ...b.kids]);
}

/** The names in order, in a fresh array. */
export function sortedNames(set: NameSet): string[] {
  if (isLeaf(set)) return set.slice();
  const names: string[] = [];
  collect(set, names);
  return names;
}

function collect(set: NameSet, into: string[]): void {
  if (isLeaf(set)) for (const name of set) into.push(name);
  else for (const kid of set.kids) collect(kid, into);
}

/** The names in order, lazily. */
export function* eachName(set: NameSet): Generator<string, void, undefined> {
  if (isLeaf(set)) yield* set;
  else for (const kid of set.kids) yield* eachName(kid);
}
