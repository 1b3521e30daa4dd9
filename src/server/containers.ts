/**
 * Containers that have had children and have none any more are deleted by the leader, once a minute
 * (Apache: `ContainerManager`, with its defaults).
 */
import type { Millis, SessionId } from '../core/ids.js';
import { countNames, eachName } from '../tree/name-set.js';
import { getNode } from '../tree/tree.js';
import { propose } from './propose.js';
import type { Out, ServiceState } from './state.js';

/** Milliseconds between two looks at the containers. */
export const CONTAINER_CHECK: Millis = 60_000;
/** How many go at most at a time. */
const DELETED_MAX = 10_000;

const NO_SESSION = 0n as SessionId;

/** When {@link deleteContainers} has something to look at; null: never. */
export function nextContainers(state: ServiceState): Millis | null {
  return countNames(state.tree.containers) === 0 ? null : state.containersDue;
}

/** Proposes the end of each that is empty, if it is time to look. Before: the time is `now`. */
export function deleteContainers(state: ServiceState, out: Out): ServiceState {
  const { containersDue, now } = state;
  if (containersDue === null || now < containersDue) return state;
  let after: ServiceState = { ...state, containersDue: now + CONTAINER_CHECK };
  let left = DELETED_MAX;
  for (const path of eachName(state.tree.containers)) {
    const node = getNode(after.ahead.tree, path);
    // One that never had a child is about to be used.
    if (node === undefined || node.cversion === 0 || countNames(node.children) > 0) continue;
    if (left-- === 0) break;
    const request = { op: 'deleteContainer', path } as const;
    const write = {
      sessionId: NO_SESSION,
      cxid: 0,
      request,
      identities: [],
      owner: 'self',
    } as const;
    after = propose(after, write, out);
  }
  return after;
}
