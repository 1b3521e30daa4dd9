/** How a run must end, once everything works again: what no single step can show to be wrong. */
import type { Millis } from '../../core/ids.js';
import { zxidToHex } from '../../core/zxid.js';
import { childNames, getNode, type Tree } from '../../tree/tree.js';
import { ownerKind } from '../../tree/owner.js';
import { hex, show } from './history.js';
import { isLeading } from '../../server/state.js';
import type { Model } from './model.js';
import type { SimServer } from './server.js';
import type { Simulation } from './run.js';
import { must } from './violation.js';

/** Most elections that the highest epoch accepted by a single server may be ahead. */
const REELECTIONS_MAX = 10;

/**
 * Everybody serves within `patience`, and every client is answered (EventuallyServes); then half of
 * the clients close their sessions and half are gone: within `patience` no session and no ephemeral
 * is left (SessionsEnd), and all servers hold the same, which is what clients were promised (SameTrees).
 */
export function checkEnd(simulation: Simulation, patience: Millis): void {
  const { clients } = simulation;
  const serving = (): boolean => [...simulation.servers.values()].every(serves);
  everybodyServes(simulation, patience);
  const more = simulation.now + 10 * simulation.plan.tickTime;
  simulation.runUntil(more);
  for (const client of clients) client.busy = false;
  const answered = (): boolean => clients.every(({ idle }) => idle) && serving();
  within(simulation, patience, 'EventuallyServes', answered, 'all clients are answered');
  clients.forEach((client, i) => {
    if (i % 2 === 0) client.die();
    else client.leave();
  });
  const { core, history } = simulation;
  const gone = (): boolean =>
    history.model.sessions.size === 0 &&
    serving() &&
    [...simulation.servers.values()].every(
      ({ state }) => state!.service.tree.lastZxid === core.lastCommitted,
    );
  within(simulation, patience, 'SessionsEnd', gone, 'all sessions have ended everywhere');
  for (const server of simulation.servers.values()) {
    core.quiet(server);
    sameAsModel(server, history.model);
  }
}

/**
 * A server that has accepted a later epoch than the leader's, of a leader that was never established,
 * cannot follow this one, and the others do not need it: as with Apache's servers, the next election
 * lets it in (conformance/divergences.md). So there is one, and this is counted.
 */
function everybodyServes(simulation: Simulation, patience: Millis): void {
  const servers = [...simulation.servers.values()];
  const settled = (): boolean => {
    const leader = servers.find(({ state }) => state !== null && isLeading(state.service));
    if (leader === undefined) return false;
    return servers.every((each) => serves(each) || isLockedOut(each, leader));
  };
  for (let i = 0; i <= REELECTIONS_MAX; i++) {
    within(simulation, patience, 'EventuallyServes', settled, 'all servers serve');
    if (servers.every(serves)) return;
    simulation.nemesis.restartLeader();
  }
  must(false, 'EventuallyServes', () => `not after ${REELECTIONS_MAX} elections`);
}

function isLockedOut({ state }: SimServer, leader: SimServer): boolean {
  const { peer } = leader.state!.core;
  const epoch = peer.state === 'LEADING' && peer.zab === 'BROADCAST' ? peer.epoch : Infinity;
  return state !== null && !serves({ state }) && state.core.epochs.accepted > epoch;
}

function serves({ state }: Pick<SimServer, 'state'>): boolean {
  return state?.service.role.serving === true;
}

function within(
  simulation: Simulation,
  patience: Millis,
  property: string,
  done: () => boolean,
  what: string,
): void {
  simulation.runUntil(simulation.now + patience, done);
  must(done(), property, () => {
    const { servers, clients } = simulation;
    const roles = [...servers.values()].map(({ sid, state }) => {
      const peer = state?.core.peer;
      return `${sid} ${peer?.state} ${peer !== undefined && 'zab' in peer ? peer.zab : ''}`;
    });
    const busy = clients.filter(({ idle }) => !idle).map(({ host }) => host);
    return `not within ${patience} ms: ${what}; servers ${roles.join(', ')}; clients ${busy.join(', ')}`;
  });
}

/** SameTrees: a server's tree is what the model says, node by node. */
function sameAsModel({ sid, state }: SimServer, model: Model): void {
  const { tree } = state!.service;
  for (const path of model.paths()) {
    const should = model.nodeAt(path, tree.lastZxid);
    const is = getNode(tree, path);
    const where = (): string => `server ${sid} at ${zxidToHex(tree.lastZxid)}: ${path}`;
    must((should === null) === (is === undefined), 'SameTrees', () => `${where()} is ${show(is)}`);
    if (should === null || is === undefined) continue;
    const same =
      is.czxid === should.czxid &&
      is.mzxid === should.mzxid &&
      is.pzxid === should.pzxid &&
      is.version === should.version &&
      show(childNames(is)) === show(should.children) &&
      [...(is.data ?? [])].join() === [...(should.data ?? [])].join();
    must(same, 'SameTrees', () => `${where()} is ${show(is)}, and should be ${show(should)}`);
    must(ownerKind(is.ephemeralOwner) !== 'ephemeral', 'SessionsEnd', () => {
      return `${where()} is left of session ${hex(is.ephemeralOwner)}`;
    });
  }
  must(noSessions(tree), 'SessionsEnd', () => `server ${sid} has sessions left`);
}

function noSessions(tree: Tree): boolean {
  return tree.sessions.size === 0 && tree.ephemerals.size === 0;
}
