/** spec/explore/manifest.json: which configurations are compared, and what the comparison must give. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeJson, integer, oneOf, t } from '../decode.js';
import { UnusableInput } from '../unusable-input.js';

const pinned = t.type(
  {
    /** States of the specification, and labelled edges between them. */
    states: integer(1),
    edges: integer(1),
    /** Different states of the reducers' world that these stand for. */
    worlds: integer(1),
    /** Sum of the SHA-256 of every state with its edges; equal graphs, equal digests. */
    digest: t.string,
  },
  'what is pinned',
);

const exploration = t.type(
  {
    name: t.string,
    /** MCZab or MCElection, of spec/models/. */
    module: oneOf(['MCZab', 'MCElection']),
    /** Path relative to the manifest's folder. */
    config: t.string,
    /** quick: seconds. full: minutes. */
    class: oneOf(['quick', 'full']),
    bounds: t.string,
    description: t.string,
    timeoutSeconds: integer(1),
    /** null: not fixed yet. */
    pinned: t.union([pinned, t.null]),
  },
  'an exploration',
);

export type Pinned = t.TypeOf<typeof pinned>;
export type Exploration = t.TypeOf<typeof exploration>;

export interface Explorations {
  readonly folder: string;
  readonly all: readonly Exploration[];
}

export function loadExplorations(path: string): Explorations {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UnusableInput(`cannot read ${path}`);
  }
  const decoded = decodeJson(t.array(exploration), text);
  if (!decoded.ok) throw new UnusableInput(`${path}: ${decoded.why}`);
  return { folder: dirname(path), all: decoded.value };
}

/** The ones that were named; without names all of the manifest. */
export function selectExplorations(
  { all }: Explorations,
  names: readonly string[],
): readonly Exploration[] {
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) {
    throw new UnusableInput(`no exploration '${unknown}' (zab explore --list shows them all)`);
  }
  return names.length === 0 ? all : all.filter((one) => names.includes(one.name));
}
