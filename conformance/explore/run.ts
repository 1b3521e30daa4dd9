/** One exploration: TLC's graph and the reducers', side by side, and what differs. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { UnusableInput } from '../unusable-input.js';
import type { Progress, Tools } from '../tla2tools-runner/index.js';
import { boundsOf, readConfig } from './bounds.js';
import { preparedDisks } from './disks.js';
import type { Comparison } from './graph.js';
import { compare, States } from './graph.js';
import { labelled } from './labelled.js';
import type { Exploration, Explorations } from './manifest.js';
import { ReducerSearch } from './reducers.js';
import type { TlcSearch } from './tlc-graph.js';
import { searchTlc } from './tlc-graph.js';

/** Where both searches stand. */
export interface Standing {
  readonly tlc: Progress | null;
  readonly found: number;
  readonly queued: number;
}

export interface Explored {
  readonly exploration: Exploration;
  readonly comparison: Comparison;
  readonly states: States;
  /** Own states of either side. */
  readonly worlds: number;
  readonly tlcStates: number;
  /** Different states of one server among the reducers' worlds. */
  readonly servers: number;
  readonly elapsedMs: number;
}

/** Beyond this many times TLC's states, the reducers' graph is another one, and may have no end. */
const EXCESS = 3;
const EXCESS_MIN = 2000;
/** Worlds between two looks at what TLC wrote. */
const BATCH = 64;

/** Throws ToolsError or UnusableInput if the configuration cannot be compared. */
export async function explore(
  { folder }: Explorations,
  exploration: Exploration,
  tools: Tools,
  onStanding: (standing: Standing) => void,
  signal?: AbortSignal,
): Promise<Explored> {
  const started = performance.now();
  const spec = dirname(folder);
  const models = join(spec, 'models');
  const text = await textOf(join(folder, exploration.config));
  const config = readConfig(text);
  const bounds = boundsOf(config, exploration.module);
  const modules = await modulesOf(models, exploration.module, spec);
  const { specification } = config;
  const steps = labelled(modules, exploration.module, text, specification, bounds);
  const states = new States();
  const scratch = await mkdtemp(join(tmpdir(), 'zab-explore-'));
  let standing: Standing = { tlc: null, found: 0, queued: 0 };
  const show = (change: Partial<Standing>) => onStanding((standing = { ...standing, ...change }));
  let tlc: TlcSearch | null = null;
  try {
    const timeoutMs = exploration.timeoutSeconds * 1000;
    const stop = new AbortController();
    const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const searching = searchTlc(
      {
        ...{ labelled: steps, bounds, states, library: [spec, models], scratch, timeoutMs },
        onProgress: (progress) => show({ tlc: progress }),
        signal: either,
      },
      tools,
    ).then((found) => (tlc = found));
    const search = new ReducerSearch(bounds, preparedDisks(exploration.module, bounds), states);
    const isOver = ({ graph }: ReducerSearch) =>
      either.aborted || (tlc !== null && graph.size > EXCESS * tlc.graph.size + EXCESS_MIN);
    searching.catch(() => stop.abort());
    const [theirs] = await Promise.all([searching, walk(search, isOver, show)]);
    if (either.aborted) throw new UnusableInput('zab explore: interrupted');
    return {
      exploration,
      comparison: compare(search.graph, search.expanded, theirs.graph, states),
      states,
      worlds: search.graph.size,
      tlcStates: theirs.graph.size,
      servers: search.servers,
      elapsedMs: performance.now() - started,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The reducers' search, a slice at a time, so that TLC's output is read meanwhile. */
async function walk(
  search: ReducerSearch,
  isOver: (search: ReducerSearch) => boolean,
  show: (change: Partial<Standing>) => void,
): Promise<void> {
  while (!isOver(search) && !search.advance(BATCH)) {
    const { graph, expanded } = search;
    show({ found: graph.size, queued: graph.size - expanded });
    await setImmediate();
  }
  show({ found: search.graph.size, queued: search.graph.size - search.expanded });
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new UnusableInput(`cannot read ${path}`);
  }
}

/** The texts of a module and of all that it extends, its own first. */
async function modulesOf(models: string, module: string, spec: string): Promise<readonly string[]> {
  const texts = [await textOf(join(models, `${module}.tla`))];
  const known = new Set(await readdir(spec));
  for (let i = 0; i < texts.length; i++) {
    const extended = /^EXTENDS\s+(\w+(?:\s*,\s*\w+)*)/m.exec(texts[i]!)?.[1] ?? '';
    for (const file of extended.split(',').map((name) => `${name.trim()}.tla`)) {
      if (known.delete(file)) texts.push(await textOf(join(spec, file)));
    }
  }
  return texts;
}
