/**
 * A labelled graph as one side found it, and what two of them have in common: states and labels are
 * numbered in tables that both sides share, so equal numbers are equal texts, without any hashing.
 */
import { createHash } from 'node:crypto';
import type { ModelState, ServerView } from './model-state.js';
import { netText, serverText } from './model-state.js';

/** Edges are numbers: label × TARGETS + target. */
const TARGETS = 2 ** 28;

/** Texts and their numbers, in the order in which they were seen. */
export class Table {
  private readonly numbers = new Map<string, number>();
  private readonly texts: string[] = [];

  idOf(text: string): number {
    let id = this.numbers.get(text);
    if (id === undefined) {
      id = this.texts.length;
      this.numbers.set(text, id);
      this.texts.push(text);
    }
    return id;
  }

  textOf(id: number): string {
    return this.texts[id] ?? '';
  }

  get size(): number {
    return this.texts.length;
  }
}

type Net = Omit<ModelState, 'servers'>;

/** The states of the specification, and the labels of its steps. */
export class States {
  readonly labels = new Table();
  private readonly rows = new Table();
  private readonly serverTexts = new Table();
  private readonly netTexts = new Table();
  private readonly views: ServerView[] = [];
  private readonly nets: Net[] = [];

  serverId(view: ServerView): number {
    const id = this.serverTexts.idOf(serverText(view));
    this.views[id] ??= view;
    return id;
  }

  netId(net: Net): number {
    const id = this.netTexts.idOf(netText({ ...net, servers: [] }));
    this.nets[id] ??= net;
    return id;
  }

  stateId(servers: readonly number[], net: number): number {
    return this.rows.idOf(`${servers.join(',')},${net}`);
  }

  get size(): number {
    return this.rows.size;
  }

  private partsOf(id: number): readonly number[] {
    return this.rows.textOf(id).split(',').map(Number);
  }

  modelOf(id: number): ModelState {
    const parts = this.partsOf(id);
    const net = this.nets[parts.at(-1)!]!;
    return { ...net, servers: parts.slice(0, -1).map((part) => this.views[part]!) };
  }

  /** A text that does not depend on the order in which states were seen. */
  textOf(id: number): string {
    const parts = this.partsOf(id);
    const servers = parts.slice(0, -1).map((part) => this.serverTexts.textOf(part));
    return [...servers, this.netTexts.textOf(parts.at(-1)!)].join('\n');
  }
}

/** One side: its own states, each of which is a state of the specification. */
export class Graph {
  /** State of the specification, by own state; −1: not known yet. */
  readonly states: number[] = [];
  /** The first own state, and the label, from which a state was reached; −1: an initial state. */
  readonly parents: number[] = [];
  readonly parentLabels: number[] = [];
  readonly initial: number[] = [];
  private readonly out: number[][] = [];
  private readonly numbers = new Map<string, number>();

  /** The number of the state with this key; a new one if it was not seen. */
  idOf(key: string): number {
    let id = this.numbers.get(key);
    if (id === undefined) {
      id = this.states.length;
      this.numbers.set(key, id);
      this.states.push(-1);
      this.parents.push(-1);
      this.parentLabels.push(-1);
      this.out.push([]);
    }
    return id;
  }

  isKnown(key: string): boolean {
    return this.numbers.has(key);
  }

  get size(): number {
    return this.states.length;
  }

  addEdge(from: number, label: number, to: number): void {
    this.out[from]!.push(label * TARGETS + to);
    if (this.parents[to] === -1 && to !== from && !this.initial.includes(to)) {
      this.parents[to] = from;
      this.parentLabels[to] = label;
    }
  }

  /** The steps of an own state, as numbers that compare with those of another side; sorted, once each. */
  stepsOf(id: number): readonly number[] {
    const steps = this.out[id]!.map((edge) => {
      const to = edge % TARGETS;
      return edge - to + this.states[to]!;
    });
    steps.sort((a, b) => a - b);
    return steps.filter((step, i) => step !== steps[i - 1]);
  }

  /** Own states from an initial one to `id`. */
  pathTo(id: number): readonly number[] {
    const path = [id];
    for (let at = id; this.parents[at] !== -1;) {
      at = this.parents[at]!;
      path.unshift(at);
    }
    return path;
  }
}

export function labelOfStep(step: number): number {
  return Math.floor(step / TARGETS);
}

export function targetOfStep(step: number): number {
  return step % TARGETS;
}

/** The first place where two graphs differ. */
export interface Difference {
  /** On which side the path is. */
  readonly graph: Graph;
  /** Its last state, which both have. */
  readonly at: number;
  /** Steps that only the first graph has there, and only the second. */
  readonly onlyFirst: readonly number[];
  readonly onlySecond: readonly number[];
  /** The two states are of one side: one is of the specification, two that do not do the same. */
  readonly hidden: boolean;
}

export interface Comparison {
  /** States of the specification that both have, and steps from them. */
  readonly states: number;
  readonly edges: number;
  readonly difference: Difference | null;
  readonly digest: string;
}

function without(a: readonly number[], b: readonly number[]): readonly number[] {
  const others = new Set(b);
  return a.filter((step) => !others.has(step));
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i]);
}

/** For each state of the specification the own state that stands for it; a conflict if two differ. */
function representatives(graph: Graph): {
  readonly of: Map<number, number>;
  readonly conflict: Difference | null;
} {
  const of = new Map<number, number>();
  for (let id = 0; id < graph.size; id++) {
    const state = graph.states[id]!;
    const first = of.get(state);
    if (first === undefined) {
      of.set(state, id);
      continue;
    }
    const [a, b] = [graph.stepsOf(id), graph.stepsOf(first)];
    if (same(a, b)) continue;
    const conflict = { graph, at: id, onlyFirst: without(a, b), onlySecond: without(b, a) };
    return { of, conflict: { ...conflict, hidden: true } };
  }
  return { of, conflict: null };
}

/**
 * Compares `first`, of which the first `expanded` states have their steps, and `second`: equal if they
 * have the same initial states and each own state of either has exactly the steps (label and state after
 * it) that the other side has in the same state.
 */
export function compare(first: Graph, expanded: number, second: Graph, states: States): Comparison {
  const theirs = representatives(second);
  let difference = theirs.conflict;
  const digest = new Digest(states);
  const seen = new Set<number>();
  let edges = 0;
  for (let id = 0; id < expanded && difference === null; id++) {
    const state = first.states[id]!;
    const other = theirs.of.get(state);
    const own = first.stepsOf(id);
    const steps = other === undefined ? [] : second.stepsOf(other);
    if (other === undefined || !same(own, steps)) {
      const onlyFirst = without(own, steps);
      const onlySecond = without(steps, own);
      difference = { graph: first, at: id, onlyFirst, onlySecond, hidden: false };
    }
    if (seen.has(state)) continue;
    seen.add(state);
    edges += own.length;
    digest.add(state, own);
  }
  // What is reached is the same by now, unless the second started where the first did not.
  for (const [state, id] of theirs.of) {
    if (difference !== null || seen.has(state)) continue;
    difference = { graph: second, at: id, onlyFirst: [], onlySecond: [], hidden: false };
  }
  return { states: seen.size, edges, difference, digest: digest.hex() };
}

/** A sum over states and steps, so that their order does not matter. */
class Digest {
  private readonly sum = new Uint32Array(4);
  private readonly hashes = new Map<number, string>();
  private readonly states: States;

  constructor(states: States) {
    this.states = states;
  }

  add(state: number, steps: readonly number[]): void {
    const from = this.hashOf(state);
    const lines = steps.map((step) => {
      const label = this.states.labels.textOf(labelOfStep(step));
      return `${label} ${this.hashOf(targetOfStep(step))}`;
    });
    const hash = createHash('sha256')
      .update([from, ...lines.sort()].join('\n'))
      .digest();
    for (let lane = 0; lane < 4; lane++) {
      this.sum[lane] = this.sum[lane]! + hash.readUInt32BE(4 * lane);
    }
  }

  private hashOf(state: number): string {
    let hash = this.hashes.get(state);
    if (hash === undefined) {
      const text = this.states.textOf(state);
      hash = createHash('sha256').update(text).digest('base64url').slice(0, 24);
      this.hashes.set(state, hash);
    }
    return hash;
  }

  hex(): string {
    return [...this.sum].map((word) => word.toString(16).padStart(8, '0')).join('');
  }
}
