/**
 * What a behaviour is a behaviour of: which servers, which of them observe, election by the oracle or
 * by notifications, one durable write a step or more. A configuration says all of it; of a bare trace
 * some of it shows, and the rest is tried out.
 */
import type { Bounds } from '../explore/bounds.js';
import { KEEP_ALL } from '../explore/bounds.js';
import { readConfig } from '../explore/bounds.js';
import type { TlaValue } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';

export interface Setting {
  /** The servers as the trace names them ("1", "s1"), in the order of the sids that they stand for. */
  readonly servers: readonly string[];
  /** By sid. */
  readonly observers: readonly number[];
  readonly election: 'oracle' | 'fle';
  readonly granularity: 'fine' | 'coarse';
  /** Committed entries are dropped from memory as soon as they may be (SnapshotSync). */
  readonly drops: boolean;
  /** A value of the trace with sids for the servers' names. */
  readonly renamed: (value: TlaValue) => TlaValue;
}

/** What is known before anything is tried. */
export interface Known {
  readonly servers: readonly string[];
  readonly observers: readonly string[];
  readonly election: 'oracle' | 'fle';
  /** null: not known. */
  readonly granularity: 'fine' | 'coarse' | null;
  readonly drops: boolean | null;
}

/** Of a configuration's text. Throws UnusableInput if it says nothing of this kind. */
export function knownOfConfig(name: string, text: string): Known {
  const { constants } = readConfig(text);
  const set = (constant: string): readonly string[] => {
    const value = constants.get(constant);
    if (!Array.isArray(value)) throw new UnusableInput(`${name}: ${constant} is no set of servers`);
    return value.map(String);
  };
  const election = constants.get('ElectionMode');
  const granularity = constants.get('Granularity');
  if (election !== 'oracle' && election !== 'fle') {
    throw new UnusableInput(`${name}: ElectionMode is neither "oracle" nor "fle"`);
  }
  if (granularity !== 'fine' && granularity !== 'coarse') {
    throw new UnusableInput(`${name}: Granularity is neither "fine" nor "coarse"`);
  }
  const drops = constants.get('SnapshotSync') === true;
  return { servers: set('Server'), observers: set('Observers'), election, granularity, drops };
}

function permutations<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 2) return [list];
  return list.flatMap((first, i) =>
    permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}

/** Replaces names, also where they are keys; a function over 1…N is in order of its keys. */
function renamer(sids: ReadonlyMap<string, number>): (value: TlaValue) => TlaValue {
  const rename = (value: TlaValue): TlaValue => {
    switch (value.kind) {
      case 'model': {
        const sid = sids.get(value.name);
        return sid === undefined ? value : { kind: 'int', value: sid };
      }
      case 'set':
        return { kind: 'set', elements: value.elements.map(rename) };
      case 'seq':
        return { kind: 'seq', elements: value.elements.map(rename) };
      case 'record':
        return { kind: 'record', fields: value.fields.map(([k, v]) => [k, rename(v)]) };
      case 'function':
        return {
          kind: 'function',
          pairs: value.pairs.map(([k, v]) => [rename(k), rename(v)] as const),
        };
      default:
        return value;
    }
  };
  return rename;
}

/**
 * The settings to try, the likeliest first. Sids are themselves. Where servers are model values, ties
 * of epoch and zxid may have gone to anybody: some order of them is the one that the election took.
 */
export function settingsOf(known: Known): readonly Setting[] {
  const { servers, observers, election, granularity, drops } = known;
  const numbers = servers.every((server) => /^\d+$/.test(server));
  const orders = numbers
    ? [servers.toSorted((a, b) => Number(a) - Number(b))]
    : permutations(servers);
  const grains = granularity === null ? (['fine', 'coarse'] as const) : [granularity];
  const forms = grains.flatMap((grain) =>
    (drops === null ? [false, true] : [drops]).map((each) => ({ grain, drops: each })),
  );
  return forms.flatMap((form) =>
    orders.map((order) => {
      const sids = new Map(order.map((server, i) => [server, i + 1]));
      return {
        servers: order,
        observers: observers.map((server) => sids.get(server) ?? 0).sort((a, b) => a - b),
        election,
        granularity: form.grain,
        drops: form.drops,
        renamed: numbers ? (value: TlaValue) => value : renamer(sids),
      };
    }),
  );
}

/** No bounds: the behaviour itself says what happens. */
export function boundsOfSetting({ drops, ...setting }: Setting): Bounds {
  const { servers, observers, election, granularity } = setting;
  const always = () => true;
  return {
    servers: servers.map((_, i) => i + 1),
    observers,
    election,
    granularity,
    electionOnly: false,
    mayCrash: always,
    mayDisconnect: always,
    mayTimeOut: always,
    mayElect: always,
    mayChooseEpoch: always,
    mayPropose: always,
    mayStartRound: always,
    mayResend: election === 'fle',
    mayTakeSnapshot: true,
    keptCommitted: drops ? 0 : KEEP_ALL,
    crashLosesWrites: false,
  };
}
