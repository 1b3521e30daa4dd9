/** What a step is made of: the world before it, the packets it delivers, and the successor it becomes. */
import type { StepName } from '../../src/core/classify.js';
import type { Bounds } from './bounds.js';
import { isAckOfUpToDate } from './from-world.js';
import type { ModelState } from './model-state.js';
import type { Conn, Fed, Node, Side, World } from './world.js';
import { endOf, feed, nodeOf, withConn, writeOne } from './world.js';

/** In place of an action: the reducer threw. */
export const THROWS = 'Throws';

export interface Successor {
  /** The specification's action, or a word for what it does not have. */
  readonly action: string;
  /** Sids, and sets of them as text: "{1,2}". */
  readonly params: readonly (number | string)[];
  readonly world: World;
}

/** "FollowerConnect(2, 1)". */
export function labelOf({ action, params }: Omit<Successor, 'world'>): string {
  return `${action}(${params.join(', ')})`;
}

/** The world whose steps are gathered, and those found. */
export interface Scene {
  readonly world: World;
  readonly model: ModelState;
  readonly bounds: Bounds;
  readonly out: Successor[];
}

/** Before anything was fed. */
export function fedOf(world: World): Fed {
  return { world, steps: [] };
}

/** The visible step's name, or `otherwise`: an edge that the specification does not have. */
export function nameOf(steps: readonly StepName[], otherwise: string): string {
  return steps.at(-1) ?? otherwise;
}

/** One more successor, unless bounds forbid it: `after`, with what is nobody's choice done. */
export function add(
  { world, bounds, out }: Scene,
  action: string,
  params: readonly (number | string)[],
  after: World,
): void {
  const written = bounds.granularity === 'coarse' ? allWritten(after) : after;
  const next = withChosenEpochs(world, settled(written));
  if (next === null || !next.bounded(bounds)) return;
  out.push({ action, params, world: next.world });
}

/** issuedEpoch follows the epochs that leaders choose. */
function withChosenEpochs(
  before: World,
  after: World,
): { readonly world: World; readonly bounded: (bounds: Bounds) => boolean } | null {
  let { counters } = after;
  let chosen = 0;
  let round = 0;
  after.nodes.forEach((node, i) => {
    const earlier = before.nodes[i];
    if (node === earlier) return;
    const epoch = epochOfLeader(node);
    if (epoch !== null && epoch !== epochOfLeader(earlier)) chosen = epoch;
    const started =
      node.state?.peer.state === 'LOOKING' && earlier?.state?.peer.state !== 'LOOKING';
    if (started) round = node.state?.round ?? 0;
  });
  if (chosen > counters.issuedEpoch) counters = { ...counters, issuedEpoch: chosen };
  return {
    world: counters === after.counters ? after : { ...after, counters },
    bounded: (bounds) =>
      (chosen === 0 || bounds.mayChooseEpoch(chosen)) &&
      (bounds.election === 'oracle' || round === 0 || bounds.mayStartRound(round)),
  };
}

function epochOfLeader(node: Node | undefined): number | null {
  const peer = node?.state?.peer;
  return peer?.state === 'LEADING' ? peer.epoch : null;
}

/** Takes the steps that are nobody's choice: a leader reads an ACK of UPTODATE that is next. */
function settled(world: World): World {
  for (const conn of world.conns) {
    const [packet] = conn.toLeader;
    if (packet === undefined || !isAckOfUpToDate(world, conn, packet)) continue;
    const { world: next, steps } = deliverTo(fedOf(world), conn, 'leader');
    return steps.length === 0 ? settled(next) : next;
  }
  return world;
}

/** Coarse: what is asked for is durable, and announced, in the step that asks for it. */
function allWritten(world: World): World {
  let next = fedOf(world);
  for (const { config } of world.nodes) {
    while (nodeOf(next.world, config.sid).writes.length > 0) next = writeOne(next, config.sid);
  }
  return next.world;
}

/** The next packet of a connection reaches one side. */
export function deliverTo({ world, steps }: Fed, conn: Conn, side: Side): Fed {
  const [packet, ...rest] = side === 'leader' ? conn.toLeader : conn.toLearner;
  if (packet === undefined) throw new Error('nothing under way');
  const left = withConn(world, {
    ...conn,
    ...(side === 'leader' ? { toLeader: rest } : { toLearner: rest }),
  });
  const sid = side === 'leader' ? conn.leader : conn.learner;
  const event = { type: 'packet', conn: endOf(conn.id, side), packet, now: 0 } as const;
  return feed({ world: left, steps }, sid, event);
}

/** One more failure is counted. */
export function faulted(world: World, kind: 'crash' | 'disconnect'): World {
  const { counters } = world;
  return { ...world, counters: { ...counters, [kind]: counters[kind] + 1 } };
}
