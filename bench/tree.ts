/**
 * What the parts of the znode tree cost beside what else they could be: the figures of
 * docs/adr/0002. `node --expose-gc dist/bench/tree.js [nodes]`, about a minute at 300,000.
 *
 * Times are the best of many short rounds, which a busy machine disturbs least; memory is the
 * growth of the collected heap, without the keys.
 */
import { Map as ImmutableMap, Set as ImmutableSet } from 'immutable';
import { type NameSet, NO_NAMES, addName, removeName, sortedNames } from '../src/tree/name-set.js';
import { type StringMap, emptyMap, getAt, setAt } from '../src/tree/string-map.js';

const NODES = Number(process.argv[2] ?? 300_000);
const PARENTS = 1000;
const CHILDREN = 100_000;

/** A flat string without a cached hash, as one that was read from a socket. */
function fresh(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function pathOf(i: number): string {
  const group = String(i % PARENTS).padStart(4, '0');
  return fresh(`/app/services/group-${group}/node-${String(i).padStart(10, '0')}`);
}

function heap(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Nanoseconds for one of `step`, at its best. */
function best(step: (i: number) => void, rounds = 200, perRound = 500): number {
  let least = Infinity;
  for (let round = 0, i = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let n = 0; n < perRound; n++) step(i++);
    least = Math.min(least, Number(process.hrtime.bigint() - start) / perRound);
  }
  return least;
}

interface MapKind<M> {
  readonly name: string;
  readonly empty: () => M;
  readonly get: (map: M, key: string) => unknown;
  readonly set: (map: M, key: string, value: object) => M;
}

/** A tree of maps, each with the names below one node: the alternative to one map of paths. */
interface Nested {
  readonly value: object | null;
  readonly kids: StringMap<Nested>;
}

function nestedGet(root: Nested, path: string): unknown {
  let at: Nested | undefined = root;
  for (let start = 1; at !== undefined;) {
    const slash = path.indexOf('/', start);
    at = getAt(at.kids, slash === -1 ? path.slice(start) : path.slice(start, slash));
    if (slash === -1) return at;
    start = slash + 1;
  }
  return undefined;
}

function nestedSet(node: Nested, path: string, start: number, value: object): Nested {
  const slash = path.indexOf('/', start);
  const name = slash === -1 ? path.slice(start) : path.slice(start, slash);
  const kid = getAt(node.kids, name) ?? { value: null, kids: emptyMap<Nested>() };
  const next = slash === -1 ? { value, kids: kid.kids } : nestedSet(kid, path, slash + 1, value);
  return { value: node.value, kids: setAt(node.kids, name, next) };
}

const immutableMap: MapKind<ImmutableMap<string, object>> = {
  name: 'immutable Map',
  empty: () => ImmutableMap(),
  get: (map, key) => map.get(key),
  set: (map, key, value) => map.set(key, value),
};
const trie: MapKind<StringMap<object>> = {
  name: 'StringMap',
  empty: emptyMap,
  get: getAt,
  set: setAt,
};
const nested: MapKind<Nested> = {
  name: 'a StringMap per parent',
  empty: () => ({ value: null, kids: emptyMap() }),
  get: nestedGet,
  set: (map, key, value) => nestedSet(map, key, 1, value),
};
const mutable: MapKind<Map<string, object>> = {
  name: 'mutable Map',
  empty: () => new Map(),
  get: (map, key) => map.get(key),
  set: (map, key, value) => map.set(key, value),
};

function report(what: string, figures: Readonly<Record<string, number>>): void {
  const cells = Object.entries(figures).map(([name, n]) => `${name} ${n.toFixed(0)}`);
  console.log(`${what.padEnd(26)} ${cells.join('   ')}`);
}

function benchMap<M>(kind: MapKind<M>, keys: readonly string[], reads: readonly string[]): void {
  const before = heap();
  const value = {};
  let map = kind.empty();
  for (const key of keys) map = kind.set(map, key, value);
  const bytes = (heap() - before) / keys.length;
  let found = 0;
  const get = best((i) => {
    if (kind.get(map, reads[i % reads.length]!) !== undefined) found++;
  });
  const set = best((i) => {
    map = kind.set(map, reads[i % reads.length]!, {});
  });
  if (found === 0) throw new Error(`${kind.name} finds nothing`);
  report(kind.name, { 'get ns': get, 'set ns': set, 'bytes an entry': bytes });
}

interface SetKind<S> {
  readonly name: string;
  readonly empty: S;
  readonly add: (set: S, name: string) => S;
  readonly remove: (set: S, name: string) => S;
  readonly sorted: (set: S) => string[];
}

const immutableSet: SetKind<ImmutableSet<string>> = {
  name: 'immutable Set',
  empty: ImmutableSet(),
  add: (set, name) => set.add(name),
  remove: (set, name) => set.remove(name),
  sorted: (set) => [...set].sort(),
};
const btree: SetKind<NameSet> = {
  name: 'NameSet',
  empty: NO_NAMES,
  add: addName,
  remove: removeName,
  sorted: sortedNames,
};

function benchSet<S>(kind: SetKind<S>): void {
  const names = Array.from({ length: CHILDREN }, (_, i) =>
    fresh(`node-${String(i).padStart(10, '0')}`),
  );
  const before = heap();
  let set = names.reduce(kind.add, kind.empty);
  const bytes = (heap() - before) / CHILDREN;
  const full = set;
  const remove = best((i) => {
    set = kind.remove(set, names[(i * 7919) % CHILDREN]!);
  }, 100);
  const add = best((i) => {
    set = kind.add(set, names[(i * 7919) % CHILDREN]!);
  }, 100);
  const list = best(() => kind.sorted(full), 10, 1) / 1e6;
  report(kind.name, {
    'add ns': add,
    'remove ns': remove,
    'all in order ms': list,
    'bytes a name': bytes,
  });
}

const keys = Array.from({ length: NODES }, (_, i) => pathOf((i * 7919) % NODES));
const reads = Array.from({ length: 100_000 }, (_, i) => pathOf((i * 104_729) % NODES));
console.log(`${NODES} paths like ${keys[0]}`);
benchMap(mutable, keys, reads);
benchMap(immutableMap, keys, reads);
benchMap(trie, keys, reads);
benchMap(nested, keys, reads);
console.log(`${CHILDREN} names under one parent`);
benchSet(immutableSet);
benchSet(btree);
