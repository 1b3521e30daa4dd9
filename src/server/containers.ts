/**
 * Containers that have no children any more, and TTL nodes without children whose time is up, are
 * deleted by the leader (Apache: `ContainerManager`).
 *
 * It looks for them once an interval; what it finds goes one by one, so far apart that no more than
 * the configured number go in a minute. A node that is used meanwhile stays (Apache would try, and
 * leave an error transaction).
 */
import type { Millis, SessionId } from '../core/ids.js';
import { countNames, eachName } from '../tree/name-set.js';
import { ownerKind, ttlOf } from '../tree/owner.js';
import { getNode, type Tree } from '../tree/tree.js';
import type { ServiceFeatures } from './features.js';
import { emptyFifo, peek, push, shift, type Fifo } from './fifo.js';
import { propose } from './propose.js';
import { wallClock, type Collection, type Out, type ServiceState } from './state.js';

/** Nobody's session asks for it. */
const LEADER = { sessionId: 0n as SessionId, cxid: 0, identities: [], owner: 'self' } as const;
const MINUTE: Millis = 60_000;

/** A server begins to lead: it looks when an interval has passed. */
export function startCollection(now: Millis, { containers }: ServiceFeatures): Collection {
  return { lookAt: now + containers.checkInterval, found: emptyFifo(), deleteAt: now };
}

/** When {@link collect} has something to do next; null: never. */
export function nextCollection({ collection, tree }: ServiceState): Millis | null {
  if (collection === null) return null;
  if (peek(collection.found) !== undefined) return collection.deleteAt;
  const none = countNames(tree.containers) === 0 && countNames(tree.ttls) === 0;
  return none ? null : collection.lookAt;
}

/** Looks for nodes that must go, or deletes them, if it is time to. Before: the time is `now`. */
export function collect(state: ServiceState, out: Out): ServiceState {
  const { collection, now } = state;
  if (collection === null) return state;
  let after = state;
  let { found, deleteAt } = collection.lookAt <= now ? look(state, collection) : collection;
  const { containers } = state.config.features;
  const apart = Math.floor(MINUTE / containers.maxPerMinute);
  for (let path = peek(found); path !== undefined && deleteAt <= now; path = peek(found)) {
    found = shift(found);
    if (!mustGo(after, after.ahead.tree, path)) continue;
    deleteAt += apart;
    after = propose(after, { ...LEADER, request: { op: 'deleteContainer', path } }, out);
  }
  // What was due while nobody woke this server is not caught up with.
  const lookAt = collection.lookAt <= now ? now + containers.checkInterval : collection.lookAt;
  return { ...after, collection: { lookAt, found, deleteAt } };
}

/** What must go now, behind what is still to be deleted. */
function look(
  state: ServiceState,
  { found, deleteAt }: Collection,
): Pick<Collection, 'found' | 'deleteAt'> {
  if (peek(found) !== undefined) return { found, deleteAt };
  let more: Fifo<string> = found;
  for (const path of candidates(state)) more = push(more, path);
  return { found: more, deleteAt: state.now };
}

function* candidates(state: ServiceState): Generator<string, void, undefined> {
  const { tree } = state;
  for (const paths of [tree.containers, tree.ttls]) {
    for (const path of eachName(paths)) if (mustGo(state, tree, path)) yield path;
  }
}

function mustGo(state: ServiceState, tree: Tree, path: string): boolean {
  const node = getNode(tree, path);
  if (node === undefined || countNames(node.children) > 0) return false;
  const { extendedTypes, containers } = state.config.features;
  const age = wallClock(state) - node.mtime;
  switch (ownerKind(node.ephemeralOwner)) {
    case 'ttl':
      return extendedTypes && age > ttlOf(node.ephemeralOwner);
    case 'container':
      // One that never had a child is about to be used.
      if (node.cversion > 0) return true;
      return containers.maxNeverUsedInterval !== 0 && age > containers.maxNeverUsedInterval;
    default:
      return false;
  }
}
