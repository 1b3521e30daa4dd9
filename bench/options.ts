/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import type { Kind } from '../test/support/cluster.js';

export interface Options {
  readonly runs: number;
  readonly seconds: number;
  readonly warmup: number;
  /** Each word must be in a row's name: `ensemble`, `reads`, `8x16`. Empty: all rows. */
  readonly only: readonly string[];
  readonly kinds: readonly Kind[];
  readonly floor: boolean;
  readonly json: boolean;
  readonly save: boolean;
}

export const USAGE = `npm run bench -- [options]
  --runs N        measured windows of each row and server; medians are shown (default 5)
  --seconds S     length of a window (default 3)
  --warmup S      load before each window that is not counted (default 1)
  --quick         --runs 1 --seconds 1 --warmup 0.5
  --only WORDS    rows whose name holds all of these, e.g. "standalone reads 8x16"
  --kinds LIST    apache,zab (default both)
  --floor         also a bare Node server that answers reads from a Map
  --json          one JSON document on standard output instead of tables
  --save          keep that document in bench/results/
Servers write below the temporary folder: set TMPDIR to choose the disk.
`;

const atLeast = (
  name: string,
  text: string | undefined,
  least: number,
  byDefault: number,
): number => {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (!Number.isFinite(value) || value < least) {
    throw new Error(`--${name} must be a number of at least ${least}, not ${text}`);
  }
  return value;
};

/** Throws an Error with one clear line for what it does not understand; null when help is asked for. */
export const parseOptions = (args: readonly string[]): Options | null => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string' },
      seconds: { type: 'string' },
      warmup: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      kinds: { type: 'string', default: 'apache,zab' },
      floor: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const kinds = values.kinds.split(',').map((kind): Kind => {
    if (kind === 'apache' || kind === 'zab') return kind;
    throw new Error(`--kinds takes apache and zab, not ${kind}`);
  });
  return {
    runs: Math.floor(atLeast('runs', values.runs, 1, values.quick ? 1 : 5)),
    seconds: atLeast('seconds', values.seconds, 0.1, values.quick ? 1 : 3),
    warmup: atLeast('warmup', values.warmup, 0, values.quick ? 0.5 : 1),
    only: values.only.split(/[\s,]+/).filter((word) => word !== ''),
    kinds,
    floor: values.floor,
    json: values.json,
    save: values.save,
  };
};
