/**
 * An ensemble in memory under watch: after each action every property of `core/invariants.ts` is
 * checked, and that nothing is acknowledged before it is durable.
 */
import { at, toArray } from '../core/chunked.js';
import type { Sid } from '../core/ids.js';
import type { Ghost, ServerView } from '../core/invariants.js';
import { checkServers, NO_GHOST, observe } from '../core/invariants.js';
import type { Zxid } from '../core/zxid.js';
import type { Action } from './action.js';
import { act } from './action.js';
import type { Cluster, StepRecord } from './cluster.js';
import { nodeOf } from './cluster.js';
import type { Disk } from './disk.js';
import { diskContent } from './disk.js';
import { isDurable } from './durable.js';

/** What an action violated; `found` as `core/invariants.ts` says it: a property's name, then a colon. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly found: readonly string[];

  constructor(action: Action, found: readonly string[]) {
    super(`${JSON.stringify(action)}: ${found.join('; ')}`);
    this.found = found;
  }
}

export interface Watched {
  readonly cluster: Cluster;
  readonly ghost: Ghost;
}

export function watch(cluster: Cluster): Watched {
  return { cluster, ghost: NO_GHOST };
}

/** All servers as the properties see them. */
export function viewsOf(cluster: Cluster): ServerView[] {
  return [...cluster.nodes.values()].map(({ config, state, disk, applied }) => ({
    sid: config.sid,
    votes: config.voters.includes(config.sid),
    state,
    disk: diskContent(disk),
    applied: toArray(applied),
  }));
}

/** Carries `action` out; throws a {@link Violation} with what it violated. */
export function actWatched(watched: Watched, action: Action): Watched {
  const cluster = act(watched.cluster, action);
  const views = viewsOf(cluster);
  const found: string[] = [];
  const changed = new Set<Sid>('sid' in action ? [action.sid] : []);
  let { ghost } = watched;
  for (let i = watched.cluster.steps.length; i < cluster.steps.length; i++) {
    const step = at(cluster.steps, i)!;
    changed.add(step.sid);
    const view = views.find(({ sid }) => sid === step.sid)!;
    const [next, violations] = observe(ghost, step.before, { ...view, state: step.after });
    ghost = next;
    found.push(...violations, ...earlyAcks(step, nodeOf(cluster, step.sid).disk));
  }
  for (const sid of changed) found.push(...checkServers(views, ghost, sid));
  if (found.length > 0) throw new Violation(action, found);
  return { cluster, ghost };
}

/** AcksAreDurable: an acknowledgement says what the disk holds. */
function earlyAcks({ sid, effects }: StepRecord, disk: Disk): string[] {
  const last = disk.log.at(-1)?.zxid ?? disk.snapshot.zxid;
  const durable = { ...disk, holds: (zxid: Zxid) => last >= zxid };
  return effects.flatMap((effect) =>
    effect.type === 'send' && !isDurable(effect.packet, durable)
      ? [`AcksAreDurable: server ${sid} sent ${JSON.stringify(effect.packet)}`]
      : [],
  );
}
