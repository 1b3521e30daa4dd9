/** The reducers' whole reachable graph, by breadth-first search. */
import type { Disk } from '../../src/sim/disk.js';
import type { Bounds } from './bounds.js';
import type { NodeEntry } from './canonical.js';
import { Worlds } from './canonical.js';
import { netView, serverView } from './from-world.js';
import type { States } from './graph.js';
import { Graph } from './graph.js';
import type { ModelState, ServerView } from './model-state.js';
import { initialWorld, labelOf, successors } from './successors.js';
import type { World } from './world.js';

interface Seen {
  readonly view: ServerView;
  readonly id: number;
}

/** The state of the specification of a world, and its number. Remembers what it saw of each server. */
export class Abstraction {
  private readonly seen = new Map<number, Seen>();
  private readonly worlds: Worlds;
  private readonly states: States;
  private readonly sids: readonly number[];
  private readonly fle: boolean;

  constructor(worlds: Worlds, states: States, bounds: Bounds) {
    this.worlds = worlds;
    this.states = states;
    this.sids = bounds.servers;
    this.fle = bounds.election === 'fle';
  }

  private ofNode(entry: NodeEntry): Seen {
    let seen = this.seen.get(entry.id);
    if (seen === undefined) {
      const view = serverView(entry.node, this.sids, this.fle);
      seen = { view, id: this.states.serverId(view) };
      this.seen.set(entry.id, seen);
    }
    return seen;
  }

  modelOf(world: World): ModelState {
    const servers = world.nodes.map((node) => this.ofNode(this.worlds.entryOf(node)).view);
    return { servers, ...netView(world), counters: world.counters };
  }

  stateId(world: World): number {
    const servers = world.nodes.map((node) => this.ofNode(this.worlds.entryOf(node)).id);
    const net = this.states.netId({ ...netView(world), counters: world.counters });
    return this.states.stateId(servers, net);
  }
}

/** The search: `advance` until it says that nothing is left. Mutable. */
export class ReducerSearch {
  readonly graph = new Graph();
  /** How many worlds had their steps taken: the first ones of the graph. */
  expanded = 0;
  /** Worlds that wait, in order; null once expanded, so that only these are held. */
  private readonly waiting: (World | null)[] = [];
  private readonly worlds: Worlds;
  private readonly abstraction: Abstraction;
  private readonly bounds: Bounds;
  private readonly states: States;

  constructor(bounds: Bounds, disks: readonly Disk[], states: States) {
    this.bounds = bounds;
    this.states = states;
    this.worlds = new Worlds(bounds.election === 'oracle');
    this.abstraction = new Abstraction(this.worlds, states, bounds);
    this.graph.initial.push(this.enter(initialWorld(bounds, disks, this.worlds)));
  }

  /** Different states of one server that were seen. */
  get servers(): number {
    return this.worlds.nodeCount;
  }

  private enter(world: World): number {
    const known = this.graph.size;
    const id = this.graph.idOf(this.worlds.key(world));
    if (id === known) {
      this.graph.states[id] = this.abstraction.stateId(world);
      this.waiting.push(world);
    }
    return id;
  }

  /** Takes the steps of up to `count` worlds; true if no world is left. */
  advance(count: number): boolean {
    const { graph, waiting, states, bounds, worlds } = this;
    const end = Math.min(waiting.length, this.expanded + count);
    for (; this.expanded < end; this.expanded++) {
      const world = waiting[this.expanded]!;
      waiting[this.expanded] = null;
      const model = this.abstraction.modelOf(world);
      for (const next of successors(world, model, bounds, worlds)) {
        graph.addEdge(this.expanded, states.labels.idOf(labelOf(next)), this.enter(next.world));
      }
    }
    return this.expanded === waiting.length;
  }
}
