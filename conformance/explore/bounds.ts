/**
 * The bounds of an exploration: the constants of a TLC configuration (.cfg) and the operators that it
 * puts in the place of the specification's KNOBs, as predicates on a world's counters.
 *
 * Each operator here is the one of the same name in spec/models/MCZab.tla or MCElection.tla. A name
 * that is not known ends the command: an exploration with other bounds than TLC's proves nothing.
 */
import { UnusableInput } from '../unusable-input.js';

/** What the bounds look at: failures so far, the highest epoch chosen, proposals made. */
export interface Counters {
  readonly crash: number;
  readonly disconnect: number;
  readonly issuedEpoch: number;
  readonly broadcasts: number;
}

export interface Bounds {
  /** The servers' sids, ascending. */
  readonly servers: readonly number[];
  readonly observers: readonly number[];
  readonly election: 'oracle' | 'fle';
  readonly granularity: 'fine' | 'coarse';
  /** Only the steps of the election, and those that lead to one (MCElection's ElectionNext). */
  readonly electionOnly: boolean;
  readonly mayCrash: (counters: Counters) => boolean;
  readonly mayDisconnect: (counters: Counters) => boolean;
  readonly mayTimeOut: (counters: Counters) => boolean;
  readonly mayElect: (counters: Counters) => boolean;
  readonly mayChooseEpoch: (epoch: number) => boolean;
  readonly mayPropose: (counters: Counters) => boolean;
  readonly mayStartRound: (round: number) => boolean;
  readonly mayResend: boolean;
  readonly mayTakeSnapshot: boolean;
  /** How many committed entries stay in memory (commitLogCount); SnapshotSync FALSE: all of them. */
  readonly keptCommitted: number;
  /** True: a crash lets none of the writes under way through. False: any prefix of them. */
  readonly crashLosesWrites: boolean;
}

type Constant = number | string | boolean | readonly (number | string)[];

export interface Config {
  readonly constants: ReadonlyMap<string, Constant>;
  /** Operator of the specification → operator that stands for it. */
  readonly replaced: ReadonlyMap<string, string>;
  readonly specification: string;
}

function constantOf(text: string): Constant {
  if (/^-?\d+$/.test(text)) return Number(text);
  if (text === 'TRUE' || text === 'FALSE') return text === 'TRUE';
  const quoted = /^"(.*)"$/.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  const inner = /^\{(.*)\}$/.exec(text)?.[1];
  if (inner === undefined) return text;
  const items = inner.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '').map((item) => constantOf(item) as number | string);
}

/** Reads a .cfg: `NAME = value` and `NAME <- operator`, one a line. */
export function readConfig(text: string): Config {
  const constants = new Map<string, Constant>();
  const replaced = new Map<string, string>();
  const bare = text.replace(/\(\*[\s\S]*?\*\)/g, ' ').replace(/\\\*.*$/gm, '');
  for (const line of bare.split('\n')) {
    const [, name = '', sign = '', value = ''] = /^\s*(\w+)\s*(=|<-)\s*(.+?)\s*$/.exec(line) ?? [];
    if (sign === '=') constants.set(name, constantOf(value));
    if (sign === '<-') replaced.set(name, value);
  }
  const specification = /\bSPECIFICATION\s+(\w+)/.exec(bare)?.[1];
  if (specification === undefined) throw new UnusableInput('a configuration without SPECIFICATION');
  return { constants, replaced, specification };
}

type Replace = (name: string) => number;

/** KNOB → operator that replaces it → what it becomes. */
const OPERATORS: Readonly<
  Record<string, Readonly<Record<string, (n: Replace) => Partial<Bounds>>>>
> = {
  MayCrash: {
    MCMayCrash: (n) => {
      const [crashes, faults] = [n('MaxCrashes'), n('MaxFaults')];
      return { mayCrash: (c) => c.crash < crashes && c.crash + c.disconnect < faults };
    },
  },
  MayDisconnect: {
    MCMayDisconnect: (n) => {
      const [disconnects, faults] = [n('MaxDisconnects'), n('MaxFaults')];
      return {
        mayDisconnect: (c) => c.disconnect < disconnects && c.crash + c.disconnect < faults,
      };
    },
  },
  MayTimeOut: {
    MCMayTimeOut: (n) => {
      const [disconnects, faults] = [n('MaxDisconnects'), n('MaxFaults')];
      return {
        mayTimeOut: (c) => c.disconnect < disconnects && c.crash + c.disconnect < faults,
      };
    },
  },
  MayElect: {
    MCMayElect: (n) => {
      const epochs = n('MaxEpoch');
      return { mayElect: (c) => c.issuedEpoch < epochs };
    },
  },
  MayChooseEpoch: {
    MCMayChooseEpoch: (n) => {
      const epochs = n('MaxEpoch');
      return { mayChooseEpoch: (epoch) => epoch <= epochs };
    },
  },
  MayPropose: {
    MCMayPropose: (n) => {
      const txns = n('MaxTxns');
      return { mayPropose: (c) => c.broadcasts < txns };
    },
  },
  MayStartRound: {
    MCMayStartRound: (n) => {
      const rounds = n('MaxFaults') + 1;
      return { mayStartRound: (round) => round <= rounds };
    },
  },
  MayResend: { MCMayResend: () => ({ mayResend: false }) },
  MayTakeSnapshot: {
    MCMayTakeSnapshot: () => ({ mayTakeSnapshot: false }),
    MCTakeSnapshots: () => ({ mayTakeSnapshot: true }),
  },
  CrashPrefixes: { MCCrashPrefixes: () => ({ crashLosesWrites: true }) },
  /** Election messages: the newest to a server replaces what it overtakes. */
  Enqueue: { MCEnqueue: () => ({}) },
};

/** MCElection's operators, where they differ from MCZab's of the same name. */
const OF_ELECTION: typeof OPERATORS = {
  MayCrash: {
    MCMayCrash: (n) => {
      const crashes = n('MaxCrashes');
      return { mayCrash: (c) => c.crash < crashes };
    },
  },
  MayDisconnect: {
    MCMayDisconnect: (n) => {
      const shutdowns = n('MaxShutdowns');
      return { mayDisconnect: (c) => c.disconnect < shutdowns };
    },
  },
  MayTimeOut: {
    MCMayTimeOut: (n) => {
      const shutdowns = n('MaxShutdowns');
      return { mayTimeOut: (c) => c.disconnect < shutdowns };
    },
  },
  MayStartRound: {
    MCMayStartRound: (n) => {
      const rounds = n('MaxRound');
      return { mayStartRound: (round) => round <= rounds };
    },
  },
};

/** More than any exploration commits. */
export const KEEP_ALL = 1000;

function sidsOf(constant: Constant | undefined, name: string): readonly number[] {
  const sids = Array.isArray(constant) ? (constant as readonly unknown[]) : [];
  const numbers = sids.filter((sid): sid is number => typeof sid === 'number');
  if (!Array.isArray(constant) || numbers.length !== sids.length) {
    throw new UnusableInput(`${name} must be a set of sids such as {1, 2, 3}: order decides ties`);
  }
  return numbers.toSorted((a, b) => a - b);
}

function oneOf<T extends string>(config: Config, name: string, values: readonly T[]): T {
  const value = values.find((v) => v === config.constants.get(name));
  if (value === undefined) throw new UnusableInput(`${name} must be one of ${values.join(', ')}`);
  return value;
}

/** The bounds of a configuration of `module` (MCZab, or MCElection). */
export function boundsOf(config: Config, module: string): Bounds {
  const electionOnly = module === 'MCElection';
  const constant: Replace = (name) => {
    const value = config.constants.get(name);
    if (typeof value !== 'number') throw new UnusableInput(`${name} must be a number`);
    return value;
  };
  const servers = sidsOf(config.constants.get('Server'), 'Server');
  if (servers.some((sid, i) => sid !== i + 1)) throw new UnusableInput('Server must be 1..N');
  if (config.constants.get('Mutant') !== 'none') throw new UnusableInput('Mutant must be "none"');
  let bounds: Bounds = {
    servers,
    observers: sidsOf(config.constants.get('Observers'), 'Observers'),
    election: oneOf(config, 'ElectionMode', ['oracle', 'fle']),
    granularity: oneOf(config, 'Granularity', ['fine', 'coarse']),
    electionOnly,
    mayCrash: () => true,
    mayDisconnect: () => true,
    mayTimeOut: () => true,
    mayElect: () => true,
    mayChooseEpoch: () => true,
    mayPropose: () => true,
    mayStartRound: () => true,
    mayResend: true,
    mayTakeSnapshot: true,
    crashLosesWrites: false,
    // KeptCommitted, which no configuration replaces.
    keptCommitted: config.constants.get('SnapshotSync') === true ? 0 : KEEP_ALL,
  };
  for (const [knob, operator] of config.replaced) {
    const own = electionOnly ? OF_ELECTION[knob]?.[operator] : undefined;
    const meaning = own ?? OPERATORS[knob]?.[operator];
    if (meaning === undefined) {
      throw new UnusableInput(`${knob} <- ${operator}: not a bound that the explorer knows`);
    }
    bounds = { ...bounds, ...meaning(constant) };
  }
  return bounds;
}
