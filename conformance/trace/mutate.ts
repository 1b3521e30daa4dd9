/**
 * Systematic corruptions of traces, to see that the validator refuses what is wrong: each field of
 * each kind of line changed to plausible other values, lines dropped, swapped and repeated.
 *
 * The list is the same every time: for each kind of corruption (which action, which field, how) the
 * places where it can be done are counted through, and one of them is taken, another for each kind.
 */
import { STEP_NAMES } from '../../src/core/classify.js';
import type { TraceLine } from './schema.js';

export interface Mutation {
  /** What is done to what: "FollowerProcessCOMMIT post.lastCommitted.1 +1". */
  readonly kind: string;
  readonly base: string;
  /** The line, from 1, of the base trace. */
  readonly at: number;
  readonly lines: readonly TraceLine[];
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [k: string]: Json };
type Path = readonly (string | number)[];

const ENUMS: Readonly<Record<string, readonly string[]>> = {
  state: ['LOOKING', 'FOLLOWING', 'LEADING', 'OBSERVING'],
  zabState: ['ELECTION', 'DISCOVERY', 'SYNCHRONIZATION', 'BROADCAST'],
  as: ['learner', 'leader'],
  op: ['acceptedEpoch', 'currentEpoch'],
};
const PACKETS = ['DIFF', 'TRUNC', 'COMMIT', 'NEWLEADER', 'UPTODATE', 'ACK'];
const TXN_PACKETS = ['PROPOSAL', 'INFORM'];
const INFOS = ['FOLLOWERINFO', 'OBSERVERINFO'];

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function following<T>(list: readonly T[], item: T): T | null {
  const at = list.indexOf(item);
  return at < 0 ? null : list[(at + 1) % list.length]!;
}

function otherText(path: Path, text: string): readonly [how: string, value: Json][] {
  const name = String(path[path.length - 1]);
  if (name === 'action') return [['another', following(STEP_NAMES, text as never) ?? text]];
  if (name === 'type') {
    const kin = [PACKETS, TXN_PACKETS, INFOS].find((list) => list.includes(text));
    return kin === undefined ? [] : [['another', following(kin, text)!]];
  }
  const list = ENUMS[name];
  if (list !== undefined) {
    const next = following(list, text);
    return next === null ? [] : [['another', next]];
  }
  if (name === 'conn') return [['another', `${text}0`]];
  // A transaction's digest.
  if (path[path.length - 1] === 2) return [['another', `${text.slice(0, -1)}g`]];
  return [];
}

/** Other values that could stand in a field, and how they were made. */
function others(path: Path, value: Json): readonly (readonly [how: string, value: Json])[] {
  const name = String(path[path.length - 1]);
  if (typeof value === 'string') return otherText(path, value);
  if (typeof value === 'number') {
    if (name === 'v' || name === 'seq') return [];
    const more: readonly [string, Json] = ['+1', value + 1];
    return value === 0 ? [more] : [more, ['-1', value - 1]];
  }
  if (value === null) {
    if (name === 'leader') return [['filled', 1]];
    if (name === 'history') return [['filled', { keep: [0, 0], append: [[9, 9, 'g']] }]];
    if (name === 'action') return [['filled', 'FollowerProcessCOMMIT']];
    return [];
  }
  if (isArray(value)) {
    // A zxid or a transaction: its parts are fields of their own.
    if (typeof value[0] === 'number' && name !== 'ackEpochs' && name !== 'ackNewLeader') return [];
    if (value.length === 0) return name.startsWith('ack') ? [['added', [1]]] : [];
    return [
      ['shortened', value.slice(0, -1)],
      ['doubled', [...value, value[value.length - 1]!]],
    ];
  }
  if (typeof value === 'object' && (name === 'vote' || name === 'history')) return [['null', null]];
  return [];
}

function children(value: Json): readonly (readonly [string | number, Json])[] {
  if (isArray(value)) return value.map((item, i) => [i, item] as const);
  if (typeof value === 'object' && value !== null) return Object.entries(value);
  return [];
}

function replaced(value: Json, path: Path, leaf: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  if (isArray(value))
    return value.map((item, i) => (i === key ? replaced(item, rest, leaf) : item));
  const record = value as { readonly [k: string]: Json };
  return { ...record, [key]: replaced(record[key]!, rest, leaf) };
}

interface Place {
  readonly base: string;
  readonly at: number;
  readonly make: (lines: readonly TraceLine[]) => readonly TraceLine[];
}

/** The same name for fields that mean the same: places in lists do not count, but in zxids. */
function pathName(path: Path): string {
  return path
    .map((key, i) => (typeof key === 'number' && i < path.length - 1 ? '*' : String(key)))
    .join('.');
}

function lineName({ action, event }: TraceLine): string {
  return action ?? `(${event.type})`;
}

function renumbered(lines: readonly TraceLine[]): readonly TraceLine[] {
  return lines.map((line, i) => ({ ...line, seq: i + 1 }));
}

type Kinds = Map<string, Place[]>;

function add(kinds: Kinds, kind: string, place: Place): void {
  const places = kinds.get(kind);
  if (places === undefined) kinds.set(kind, [place]);
  else places.push(place);
}

function addChanges(kinds: Kinds, base: string, line: TraceLine, index: number): void {
  const visit = (value: Json, path: Path): void => {
    for (const [how, leaf] of path.length === 0 ? [] : others(path, value)) {
      const changed = replaced(line as unknown as Json, path, leaf) as unknown as TraceLine;
      add(kinds, `${lineName(line)} ${pathName(path)} ${how}`, {
        base,
        at: index + 1,
        make: (lines) => lines.with(index, changed),
      });
    }
    for (const [key, child] of children(value)) visit(child, [...path, key]);
  };
  visit(line as unknown as Json, []);
}

function addMoves(kinds: Kinds, base: string, all: readonly TraceLine[], index: number): void {
  const line = all[index]!;
  const at = index + 1;
  const name = lineName(line);
  add(kinds, `${name} dropped`, {
    base,
    at,
    make: (lines) => renumbered(lines.filter((_, i) => i !== index)),
  });
  add(kinds, `${name} repeated`, {
    base,
    at,
    make: (lines) => renumbered([...lines.slice(0, at), line, ...lines.slice(at)]),
  });
  const next = all.findIndex((l, i) => i > index && l.server === line.server);
  if (next < 0) return;
  add(kinds, `${name} swapped with the server's next`, {
    base,
    at,
    make: (lines) => renumbered(lines.with(index, all[next]!).with(next, line)),
  });
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}

/**
 * Corruptions of the traces: of each kind one, and from its start on round again until there are
 * `atLeast`.
 */
export function mutationsOf(
  traces: ReadonlyMap<string, readonly TraceLine[]>,
  atLeast: number,
): readonly Mutation[] {
  const kinds: Kinds = new Map();
  for (const [base, lines] of traces) {
    lines.forEach((line, index) => {
      addChanges(kinds, base, line, index);
      addMoves(kinds, base, lines, index);
    });
  }
  const names = [...kinds.keys()].sort();
  const chosen: Mutation[] = [];
  for (let round = 0; round === 0 || chosen.length < atLeast; round++) {
    names.forEach((kind) => {
      const places = kinds.get(kind)!;
      if (round > 0 && (chosen.length >= atLeast || round >= places.length)) return;
      // Far apart, another one for each kind, whatever other kinds there are.
      const { base, at, make } = places[((hashOf(kind) >>> 8) + round * 13) % places.length]!;
      chosen.push({ kind, base, at, lines: make(traces.get(base)!) });
    });
  }
  return chosen;
}
