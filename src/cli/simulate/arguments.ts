/** What `zab simulate` is asked to do. */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseShard, WHOLE, type Shard } from '../../../conformance/shard.js';
import { UnusableInput } from '../../../conformance/unusable-input.js';
import { parseArguments } from '../args.js';
import { UsageError } from '../command.js';

export const usage = `Usage: zab simulate [--seed N | --seeds A..B | --count N] [--shard I/N] [--minutes M]
                    [--threads N] [--first] [--trace FILE] [--verbose] [--json] [--junit FILE]

Runs whole ensembles with clients in virtual time: the reducers that production runs, with delays,
partitions, crashes between any two durable writes, torn writes, slow disks, pauses and skewed
clocks. After every step the properties of the specification are checked, and what clients see.
A seed gives the same run every time, on every machine.

  --seed N       one seed, with its last events if a property does not hold
  --seeds A..B   the seeds from A to B
  --count N      N seeds from a fresh one on, which is printed (default: 200)
  --minutes M    go on for so long, from a fresh seed or from A; or end a range then
  --shard I/N    only the I-th of N parts of the range
  --threads N    at once (default: as many as there are cores)
  --first        end at the first violation
  --trace FILE   the trace of the seed, or of the first that fails (default: simulate-SEED.ndjson),
                 for zab validate
  --verbose      with --seed: each event as it happens
  --json         one JSON object on stdout
  --junit FILE   results as JUnit XML

Exit code: 0 all properties hold; 1 one does not (its seed, how to run it again, and its trace are
named); 2 unusable arguments.`;

const SEED_MAX = 0xffff_ffff;
const DEFAULT_COUNT = 200;
const NUMBER = /^\d{1,10}$/;

export interface SimulateArguments {
  /** A single seed is replayed in this thread. */
  readonly single: boolean;
  readonly from: number;
  /** The last one; with `minutes` and without a range, all that there is time for. */
  readonly to: number;
  /** Nobody chose the seeds. */
  readonly fresh: boolean;
  readonly minutes: number | null;
  readonly shard: Shard;
  readonly threads: number;
  readonly first: boolean;
  readonly trace: string | null;
  readonly verbose: boolean;
  readonly json: boolean;
  readonly junit: string | null;
}

function seedNumber(name: string, text: string): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!(value <= SEED_MAX)) {
    throw new UsageError(
      `zab simulate: ${name} must be a whole number from 0 to ${SEED_MAX}, not '${text}'`,
    );
  }
  return value;
}

function positive(name: string, text: string, max: number): number {
  const value = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= max)) {
    throw new UsageError(`zab simulate: ${name} must be above 0 and at most ${max}, not '${text}'`);
  }
  return value;
}

function whole(name: string, text: string, max: number): number {
  const value = positive(name, text, max);
  if (!Number.isInteger(value)) {
    throw new UsageError(`zab simulate: ${name} must be a whole number, not '${text}'`);
  }
  return value;
}

/** Any seed, with room for a range behind it. */
function freshSeed(): number {
  return randomInt(0, 0x8000_0000);
}

function rangeOf(options: {
  readonly seed: string | undefined;
  readonly seeds: string | undefined;
  readonly count: string | undefined;
  readonly minutes: string | undefined;
}): Pick<SimulateArguments, 'single' | 'from' | 'to' | 'fresh'> {
  const { seed, seeds, count, minutes } = options;
  const given = [seed, seeds, count].filter((option) => option !== undefined);
  if (given.length > 1) {
    throw new UsageError('zab simulate: only one of --seed, --seeds and --count can be given');
  }
  if (seed !== undefined) {
    const from = seedNumber('--seed', seed);
    return { single: true, from, to: from, fresh: false };
  }
  if (seeds !== undefined) {
    const [, a, b] = /^(\d+)\.\.(\d+)$/.exec(seeds) ?? [];
    if (a === undefined || b === undefined) {
      throw new UsageError(`zab simulate: --seeds must be A..B, such as 1..500, not '${seeds}'`);
    }
    const [from, to] = [seedNumber('--seeds', a), seedNumber('--seeds', b)];
    if (from > to) throw new UsageError(`zab simulate: --seeds ${seeds}: ${from} is above ${to}`);
    return { single: false, from, to, fresh: false };
  }
  const from = freshSeed();
  const endless = minutes !== undefined && count === undefined;
  const length = count === undefined ? DEFAULT_COUNT : whole('--count', count, 100_000_000);
  return { single: false, from, to: endless ? SEED_MAX : from + length - 1, fresh: true };
}

/** @throws {UsageError} */
export function readArguments(args: readonly string[]): SimulateArguments {
  const { options, positional } = parseArguments('simulate', args, {
    ...{ seed: 'text', seeds: 'text', count: 'text', minutes: 'text', shard: 'text' },
    ...{ threads: 'text', first: 'flag', trace: 'text', verbose: 'flag', json: 'flag' },
    junit: 'text',
  } as const);
  if (positional.length > 0) {
    throw new UsageError(`zab simulate: unexpected argument '${positional[0]}'`);
  }
  const range = rangeOf(options);
  if (options.verbose && !range.single) {
    throw new UsageError('zab simulate: --verbose goes with --seed only');
  }
  const { minutes, threads, trace, junit } = options;
  return {
    ...range,
    minutes: minutes === undefined ? null : positive('--minutes', minutes, 100_000),
    shard: readShard(options.shard),
    threads: threads === undefined ? availableParallelism() : whole('--threads', threads, 256),
    first: options.first,
    trace: trace ?? null,
    verbose: options.verbose,
    json: options.json,
    junit: junit ?? null,
  };
}

function readShard(text: string | undefined): Shard {
  if (text === undefined) return WHOLE;
  try {
    return parseShard(text);
  } catch (e) {
    if (e instanceof UnusableInput) throw new UsageError(`zab simulate: ${e.message}`);
    throw e;
  }
}
