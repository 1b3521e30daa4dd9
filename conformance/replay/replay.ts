/**
 * Drives the reducers along a behaviour of the specification: in each step the ensemble of reducers
 * (conformance/explore/) must have a step of that name whose result is the behaviour's next state. The
 * first step for which there is none is a disagreement between the specification and the code.
 */
import type { Bounds } from '../explore/bounds.js';
import { Worlds } from '../explore/canonical.js';
import { netView, serverView } from '../explore/from-world.js';
import type { ModelState, ServerView } from '../explore/model-state.js';
import { netFields, netText, serverFields, serverText } from '../explore/model-state.js';
import { initialWorld, labelOf, NO_DISK, successors } from '../explore/successors.js';
import type { Successor } from '../explore/successors.js';
import type { World } from '../explore/world.js';
import { makeZxid } from '../../src/core/zxid.js';
import type { Txn } from '../../src/core/txn.js';
import type { Disk } from '../../src/sim/disk.js';
import { boundsOfSetting } from './setting.js';
import type { Setting } from './setting.js';
import { TlaReader } from './tla-reader.js';
import type { Comparable } from './tla-reader.js';
import type { Trace, TraceState } from './trace.js';

/** A variable in which the two differ. */
export interface Difference {
  /** "server 2 zabState", "msgs 1>2". */
  readonly variable: string;
  /** The specification's value, and the reducers'. */
  readonly expected: string;
  readonly found: string;
}

export interface Disagreement {
  /** Steps that agree; 0: the first state differs already. */
  readonly steps: number;
  /** The step that does not: "LeaderPropose(2)"; null: the trace names none. */
  readonly step: string | null;
  /** What the reducers could do there. */
  readonly possible: readonly string[];
  /** Of the reducers' step of that name that comes nearest; empty: they have no step of that name. */
  readonly differences: readonly Difference[];
  /** That step's own name. */
  readonly nearest: string | null;
}

export interface Replay {
  /** Steps that agree. */
  readonly steps: number;
  /** How often each action was taken. */
  readonly actions: ReadonlyMap<string, number>;
  readonly disagreement: Disagreement | null;
}

/** All that can happen next in a world; a test may put other reducers' in. */
export type Successors = typeof successors;

interface Seen {
  readonly view: ServerView;
  readonly text: string;
}

/** Several worlds may stand for one state of the specification; more than this is none of ours. */
const WORLDS_MAX = 64;

/** Replays behaviours of one setting; what it saw of one it knows in the next. */
export class Replayer {
  private readonly worlds: Worlds;
  private readonly reader: TlaReader;
  private readonly seen = new Map<number, Seen>();
  private readonly sids: readonly number[];
  private readonly setting: Setting;
  private readonly bounds: Bounds;
  private readonly next: Successors;

  constructor(setting: Setting, next: Successors = successors) {
    this.setting = setting;
    this.bounds = boundsOfSetting(setting);
    this.next = next;
    this.sids = setting.servers.map((_, i) => i + 1);
    this.worlds = new Worlds(setting.election === 'oracle');
    this.reader = new TlaReader(setting);
  }

  /** Throws UnusableInput if the states are none of this specification. */
  replay({ states, loop }: Trace): Replay {
    const actions = new Map<string, number>();
    const read = states.map(({ text }) => this.reader.read(text));
    const [first] = read;
    if (first === undefined) return { steps: 0, actions, disagreement: null };
    let current = [this.worlds.canonical(this.start(first.model))];
    const apart = this.differences(current[0]!, first);
    if (apart.length > 0) {
      const where = { steps: 0, step: null, possible: [], nearest: null };
      return { steps: 0, actions, disagreement: { ...where, differences: apart } };
    }
    const path: readonly (readonly [TraceState['step'], Comparable])[] = [
      ...states.slice(1).map(({ step }, i) => [step, read[i + 1]!] as const),
      ...(loop === null ? [] : [[loop.step, read[loop.to] ?? first] as const]),
    ];
    for (const [done, [step, wanted]] of path.entries()) {
      const fitting = current.flatMap((world) => this.successorsOf(world, step));
      const equal = fitting.filter(({ world }) => this.isEqual(world, wanted));
      if (equal.length === 0) {
        const possible = current.flatMap((world) => this.successorsOf(world, null));
        const disagreement = this.disagreement(done, step, possible, fitting, wanted);
        return { steps: done, actions, disagreement };
      }
      const taken = equal[0]!.action;
      actions.set(taken, (actions.get(taken) ?? 0) + 1);
      current = this.distinct(equal);
    }
    return { steps: path.length, actions, disagreement: null };
  }

  private successorsOf(world: World, step: string | null): readonly Successor[] {
    const wanted = (each: Successor) => fits(each, step);
    return this.next(world, this.modelOf(world), this.bounds, this.worlds, wanted);
  }

  private distinct(steps: readonly Successor[]): World[] {
    if (steps.length === 1) return [steps[0]!.world];
    const byKey = new Map(steps.map(({ world }) => [this.worlds.key(world), world]));
    if (byKey.size > WORLDS_MAX) throw new Error(`${byKey.size} worlds for one state`);
    return [...byKey.values()];
  }

  private seenOf(node: World['nodes'][number]): Seen {
    const entry = this.worlds.entryOf(node);
    let seen = this.seen.get(entry.id);
    if (seen === undefined) {
      const view = serverView(entry.node, this.sids, this.setting.election === 'fle');
      seen = { view, text: serverText(view) };
      this.seen.set(entry.id, seen);
    }
    return seen;
  }

  private modelOf(world: World): ModelState {
    const servers = world.nodes.map((node) => this.seenOf(node).view);
    return { servers, ...netView(world), counters: world.counters };
  }

  private isEqual(world: World, { servers, net }: Comparable): boolean {
    if (!world.nodes.every((node, i) => this.seenOf(node).text === servers[i])) return false;
    return netText({ servers: [], ...netView(world), counters: world.counters }) === net;
  }

  private differences(world: World, wanted: Comparable): readonly Difference[] {
    const found = this.modelOf(world);
    return [
      ...wanted.model.servers.flatMap((view, i) =>
        differ(`server ${i + 1} `, serverFields(view), serverFields(found.servers[i]!)),
      ),
      ...differ('', netFields(wanted.model), netFields(found)),
    ];
  }

  private disagreement(
    steps: number,
    step: string | null,
    possible: readonly Successor[],
    fitting: readonly Successor[],
    wanted: Comparable,
  ): Disagreement {
    const compared = fitting
      .map((each) => ({ each, differences: this.differences(each.world, wanted) }))
      .sort((a, b) => a.differences.length - b.differences.length);
    const nearest = compared[0];
    return {
      steps,
      step,
      possible: [...new Set(possible.map(labelOf))].sort(),
      differences: nearest?.differences ?? [],
      nearest: nearest === undefined ? null : labelOf(nearest.each),
    };
  }

  /** Every server has just started on the disk that the behaviour's first state gives it. */
  private start({ servers }: ModelState): World {
    const disks = servers.map(({ disk }) => diskOf(disk));
    return initialWorld(this.bounds, disks, this.worlds);
  }
}

function fits({ action, params }: Successor, step: string | null): boolean {
  return step === null || step === action || step === labelOf({ action, params });
}

function differ(
  prefix: string,
  wanted: readonly (readonly [string, string])[],
  found: readonly (readonly [string, string])[],
): readonly Difference[] {
  const [a, b] = [new Map(wanted), new Map(found)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((name) => {
    const [expected, got] = [a.get(name) ?? '', b.get(name) ?? ''];
    return expected === got ? [] : [{ variable: `${prefix}${name}`, expected, found: got }];
  });
}

function txnOf(text: string): Txn {
  const [, epoch, counter, value] = /^(\d+)\.(\d+):(.*)$/.exec(text) ?? [];
  const sessionId = BigInt(/^\d+$/.test(value ?? '') ? (value ?? 0) : 0) as Txn['sessionId'];
  const body = { type: 'setData' as const, path: '/n', data: null, version: 0 };
  return { zxid: makeZxid(Number(epoch), Number(counter)), sessionId, cxid: 0, time: 0, body };
}

function diskOf({ acceptedEpoch, currentEpoch, snapshot, log }: ServerView['disk']): Disk {
  const txns = log.map(txnOf);
  const image = txns.slice(0, snapshot);
  const last = image.at(-1);
  const held = last === undefined ? NO_DISK.snapshot : { zxid: last.zxid, image };
  return { acceptedEpoch, currentEpoch, snapshot: held, log: txns.slice(snapshot) };
}
