/** spec/replay/manifest.json: which configurations are simulated, and how many behaviours of each. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeJson, exactly, integer, oneOf, t } from '../decode.js';
import { UnusableInput } from '../unusable-input.js';

const simulation = exactly(
  {
    name: t.string,
    /** Of spec/models/. */
    module: oneOf(['MCZab', 'MCElection']),
    /** Path relative to the manifest's folder. */
    config: t.string,
    description: t.string,
    /** Behaviours in CI, and how many states one may have. */
    traces: integer(1),
    depth: integer(2),
  },
  'a simulation',
);

export type Simulation = t.TypeOf<typeof simulation>;

export interface Simulations {
  readonly folder: string;
  readonly all: readonly Simulation[];
}

export function loadSimulations(path: string): Simulations {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UnusableInput(`cannot read ${path}`);
  }
  const decoded = decodeJson(t.array(simulation), text);
  if (!decoded.ok) throw new UnusableInput(`${path}: ${decoded.why}`);
  return { folder: dirname(path), all: decoded.value };
}
