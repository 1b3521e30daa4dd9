/**
 * A persistent map with string keys: a compressed hash-array-mapped trie (Steindorfer and Vinju,
 * "Optimizing Hash-Array Mapped Tries", OOPSLA 2015). docs/adr/0002 has what it costs beside the
 * alternatives.
 *
 * A trie node is one array: [entry bitmap, child bitmap, key, value, key, value, …, child, child, …].
 * Five bits of the hash choose a place in a node; below the last of them is a plain list of keys
 * and values whose hashes are equal. Nodes are canonical: the same keys make the same trie,
 * whatever their history (up to the order of keys with equal hashes).
 */

/** Opaque outside of this file. */
type TrieNode = readonly unknown[];

export interface StringMap<V> {
  readonly size: number;
  readonly root: TrieNode;
  /** Never there; keeps maps of different values apart. */
  readonly value?: V;
}

/** Bits of the hash that are used up before keys are in one list. */
const BITS_END = 35;
const HEAD = 2;
const EMPTY_NODE: TrieNode = [0, 0];
const EMPTY: StringMap<never> = { size: 0, root: EMPTY_NODE };

export function emptyMap<V>(): StringMap<V> {
  return EMPTY;
}

/** FNV-1a over code units, then the finalizer of MurmurHash3, as tries read the low bits first. */
function hashOf(key: string): number {
  let h = 0x811c9dc5 | 0;
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function countBits(map: number): number {
  let n = map - ((map >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Where the entry of `bit` is, or would be. */
function entryAt(node: TrieNode, bit: number): number {
  return HEAD + 2 * countBits((node[0] as number) & (bit - 1));
}

/** Where the child of `bit` is, or would be. */
function childAt(node: TrieNode, bit: number): number {
  return HEAD + 2 * countBits(node[0] as number) + countBits((node[1] as number) & (bit - 1));
}

/** The same map as one made by inserting each entry, without the copies on the way. */
export function mapOf<V>(entries: ReadonlyMap<string, V>): StringMap<V> {
  const keys = [...entries.keys()];
  const hashes = Int32Array.from(keys, hashOf);
  const all = Array.from(keys, (_, i) => i);
  const root = build(all, 0, { keys, hashes, values: [...entries.values()] });
  return { size: keys.length, root };
}

interface Entries {
  readonly keys: readonly string[];
  readonly hashes: Int32Array;
  readonly values: readonly unknown[];
}

/** So few entries that inserting them costs less than sorting them into 32 places. */
const FEW = 16;

function build(at: readonly number[], shift: number, entries: Entries): TrieNode {
  const { keys, hashes, values } = entries;
  if (at.length <= FEW || shift >= BITS_END) {
    const empty = shift >= BITS_END ? [] : EMPTY_NODE;
    return at.reduce((node, i) => setIn(node, shift, hashes[i]!, keys[i]!, values[i]), empty);
  }
  const places = Array.from({ length: 32 }, (): number[] => []);
  for (const i of at) places[(hashes[i]! >>> shift) & 31]!.push(i);
  let entryMap = 0;
  let childMap = 0;
  const inline: unknown[] = [];
  const children: TrieNode[] = [];
  for (const [bit, place] of places.entries()) {
    const [first] = place;
    if (place.length === 1) {
      entryMap |= 1 << bit;
      inline.push(keys[first!], values[first!]);
    } else if (place.length > 1) {
      childMap |= 1 << bit;
      children.push(build(place, shift + 5, entries));
    }
  }
  return [entryMap, childMap, ...inline, ...children];
}

/** The value at `key`; undefined if there is none. */
export function getAt<V>(map: StringMap<V>, key: string): V | undefined {
  const hash = hashOf(key);
  let node = map.root;
  for (let shift = 0; shift < BITS_END; shift += 5) {
    const bit = 1 << (hash >>> shift);
    if (((node[0] as number) & bit) !== 0) {
      const at = entryAt(node, bit);
      return node[at] === key ? (node[at + 1] as V) : undefined;
    }
    if (((node[1] as number) & bit) === 0) return undefined;
    node = node[childAt(node, bit)] as TrieNode;
  }
  const at = listIndex(node, key);
  return at === -1 ? undefined : (node[at + 1] as V);
}

/** Index of `key` in a list of keys with equal hashes, or −1. */
function listIndex(list: TrieNode, key: string): number {
  for (let i = 0; i < list.length; i += 2) if (list[i] === key) return i;
  return -1;
}

/** The map with `value` at `key`. */
export function setAt<V>(map: StringMap<V>, key: string, value: V): StringMap<V> {
  return getAt(map, key) === undefined ? insertAt(map, key, value) : replaceAt(map, key, value);
}

/** {@link setAt} for one who knows that nothing is at `key`. */
export function insertAt<V>(map: StringMap<V>, key: string, value: V): StringMap<V> {
  return { size: map.size + 1, root: setIn(map.root, 0, hashOf(key), key, value) };
}

/** {@link setAt} for one who knows that something is at `key`. */
export function replaceAt<V>(map: StringMap<V>, key: string, value: V): StringMap<V> {
  return { size: map.size, root: setIn(map.root, 0, hashOf(key), key, value) };
}

function setIn(node: TrieNode, shift: number, hash: number, key: string, value: unknown): TrieNode {
  if (shift >= BITS_END) {
    const at = listIndex(node, key);
    return at === -1 ? [...node, key, value] : replaced(node, at + 1, value);
  }
  const bit = 1 << (hash >>> shift);
  if (((node[0] as number) & bit) !== 0) {
    const at = entryAt(node, bit);
    const otherKey = node[at] as string;
    if (otherKey === key) return replaced(node, at + 1, value);
    const below = pair(shift + 5, hashOf(otherKey), otherKey, node[at + 1], hash, key, value);
    return entryToChild(node, bit, at, below);
  }
  if (((node[1] as number) & bit) !== 0) {
    const at = childAt(node, bit);
    return replaced(node, at, setIn(node[at] as TrieNode, shift + 5, hash, key, value));
  }
  return withEntry(node, bit, key, value);
}

/** A node of two entries whose hashes agree below `shift`. */
function pair(
  shift: number,
  hashA: number,
  keyA: string,
  valueA: unknown,
  hashB: number,
  keyB: string,
  valueB: unknown,
): TrieNode {
  if (shift >= BITS_END) return [keyA, valueA, keyB, valueB];
  const bitA = 1 << (hashA >>> shift);
  const bitB = 1 << (hashB >>> shift);
  if (bitA === bitB) {
    return [0, bitA, pair(shift + 5, hashA, keyA, valueA, hashB, keyB, valueB)];
  }
  // As unsigned numbers: the highest bit comes last.
  return bitA >>> 0 < bitB >>> 0
    ? [bitA | bitB, 0, keyA, valueA, keyB, valueB]
    : [bitA | bitB, 0, keyB, valueB, keyA, valueA];
}

function replaced(node: TrieNode, at: number, value: unknown): TrieNode {
  const copy = node.slice();
  copy[at] = value;
  return copy;
}

/** Copies `count` slots. An array of known length has no spare room, unlike one that has grown. */
function copySlots(from: TrieNode, at: number, to: unknown[], toAt: number, count: number): void {
  for (let i = 0; i < count; i++) to[toAt + i] = from[at + i];
}

function withEntry(node: TrieNode, bit: number, key: string, value: unknown): TrieNode {
  const at = entryAt(node, bit);
  const copy = new Array<unknown>(node.length + 2);
  copySlots(node, 0, copy, 0, at);
  copy[0] = (node[0] as number) | bit;
  copy[at] = key;
  copy[at + 1] = value;
  copySlots(node, at, copy, at + 2, node.length - at);
  return copy;
}

/** The entry at `entry` gives way to a child. */
function entryToChild(node: TrieNode, bit: number, entry: number, child: TrieNode): TrieNode {
  const at = childAt(node, bit) - 2;
  const copy = new Array<unknown>(node.length - 1);
  copySlots(node, 0, copy, 0, entry);
  copySlots(node, entry + 2, copy, entry, at - entry);
  copy[0] = (node[0] as number) & ~bit;
  copy[1] = (node[1] as number) | bit;
  copy[at] = child;
  copySlots(node, at + 2, copy, at + 1, node.length - at - 2);
  return copy;
}

/** The map without `key`; the same map if it is not there. */
export function removeAt<V>(map: StringMap<V>, key: string): StringMap<V> {
  const root = removeIn(map.root, 0, hashOf(key), key);
  return root === map.root ? map : { size: map.size - 1, root };
}

function removeIn(node: TrieNode, shift: number, hash: number, key: string): TrieNode {
  if (shift >= BITS_END) {
    const at = listIndex(node, key);
    return at === -1 ? node : [...node.slice(0, at), ...node.slice(at + 2)];
  }
  const bit = 1 << (hash >>> shift);
  if (((node[0] as number) & bit) !== 0) {
    const at = entryAt(node, bit);
    return node[at] === key ? withoutEntry(node, bit, at) : node;
  }
  if (((node[1] as number) & bit) === 0) return node;
  const at = childAt(node, bit);
  const child = node[at] as TrieNode;
  const rest = removeIn(child, shift + 5, hash, key);
  if (rest === child) return node;
  if (!isSingle(rest, shift + 5)) return replaced(node, at, rest);
  const first = shift + 5 >= BITS_END ? 0 : HEAD;
  return childToEntry(node, bit, at, rest[first], rest[first + 1]);
}

/** One entry and no child: it belongs into the node above. */
function isSingle(node: TrieNode, shift: number): boolean {
  return shift >= BITS_END ? node.length === 2 : node.length === HEAD + 2 && node[1] === 0;
}

function withoutEntry(node: TrieNode, bit: number, at: number): TrieNode {
  const copy = new Array<unknown>(node.length - 2);
  copySlots(node, 0, copy, 0, at);
  copy[0] = (node[0] as number) & ~bit;
  copySlots(node, at + 2, copy, at, node.length - at - 2);
  return copy;
}

function childToEntry(
  node: TrieNode,
  bit: number,
  child: number,
  key: unknown,
  value: unknown,
): TrieNode {
  const at = entryAt(node, bit);
  const copy = new Array<unknown>(node.length + 1);
  copySlots(node, 0, copy, 0, at);
  copy[0] = (node[0] as number) | bit;
  copy[1] = (node[1] as number) & ~bit;
  copy[at] = key;
  copy[at + 1] = value;
  copySlots(node, at, copy, at + 2, child - at);
  copySlots(node, child + 1, copy, child + 2, node.length - child - 1);
  return copy;
}

/** Keys and values, in the order of the trie, which says nothing. */
export function* entriesOf<V>(map: StringMap<V>): Generator<readonly [string, V], void, undefined> {
  yield* entriesIn<V>(map.root, 0);
}

function* entriesIn<V>(
  node: TrieNode,
  shift: number,
): Generator<readonly [string, V], void, undefined> {
  const isList = shift >= BITS_END;
  const start = isList ? 0 : HEAD;
  const end = isList ? node.length : HEAD + 2 * countBits(node[0] as number);
  for (let i = start; i < end; i += 2) yield [node[i] as string, node[i + 1] as V];
  if (isList) return;
  for (let i = end; i < node.length; i++) yield* entriesIn<V>(node[i] as TrieNode, shift + 5);
}

/**
 * The sum of `of` over all entries. What was worked out of a part of the trie stands in `known`
 * and holds as long as that part: after a change only what has changed is visited again.
 */
export function sumOf<V>(
  map: StringMap<V>,
  of: (key: string, value: V) => number,
  known: WeakMap<object, number>,
): number {
  return sumIn(map.root, 0, of, known);
}

function sumIn<V>(
  node: TrieNode,
  shift: number,
  of: (key: string, value: V) => number,
  known: WeakMap<object, number>,
): number {
  const before = known.get(node);
  if (before !== undefined) return before;
  const isList = shift >= BITS_END;
  const start = isList ? 0 : HEAD;
  const end = isList ? node.length : HEAD + 2 * countBits(node[0] as number);
  let sum = 0;
  for (let i = start; i < end; i += 2) sum += of(node[i] as string, node[i + 1] as V);
  for (let i = end; i < node.length; i++) sum += sumIn(node[i] as TrieNode, shift + 5, of, known);
  known.set(node, sum);
  return sum;
}
