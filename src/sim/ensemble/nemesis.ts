/** What goes wrong in a run: which fault, where and for how long, from the seed. */
import { serverStateOf } from '../../core/state.js';
import { isLeading } from '../../server/state.js';
import type { Agenda } from './agenda.js';
import type { ClientNet } from './client-net.js';
import type { SimClient } from './client.js';
import type { Roads } from './lane.js';
import type { FaultKind, Plan } from './plan.js';
import type { QuorumNet } from './quorum-net.js';
import type { Rng } from './rng.js';
import type { SimServer } from './server.js';

/** What is counted: faults, and what they lead to. */
export type Counted = FaultKind | 'restart' | 'tornWrite' | 'lockedOut';

export interface NemesisOptions {
  readonly plan: Plan;
  readonly agenda: Agenda;
  readonly rng: Rng;
  readonly roads: Roads;
  readonly servers: readonly SimServer[];
  readonly clients: readonly SimClient[];
  readonly quorumNet: QuorumNet;
  readonly clientNet: ClientNet;
  readonly log: (text: () => string) => void;
}

export class Nemesis {
  readonly counts = new Map<Counted, number>();
  readonly #o: NemesisOptions;
  #over = false;

  constructor(options: NemesisOptions) {
    this.#o = options;
    for (const server of options.servers) {
      server.onDeath = () => this.#crash(server, false, 'crashOnWrite');
    }
  }

  #count(kind: Counted): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  start(): void {
    if (this.#o.plan.faultsEvery > 0) this.#next();
  }

  #next(): void {
    const { agenda, rng, plan } = this.#o;
    agenda.after(1000 * (1 + rng.around(plan.faultsEvery)), () => {
      if (this.#over) return;
      this.#fault(rng.weighted(plan.faults));
      this.#next();
    });
  }

  /** The leader as often as all others together. */
  #target(): SimServer {
    const { rng, servers } = this.#o;
    const leader = servers.find(
      ({ state }) => state !== null && serverStateOf(state.core) === 'LEADING',
    );
    return leader !== undefined && rng.chance(1, 2) ? leader : rng.pick(servers);
  }

  /** For some ticks. */
  #later(run: () => void, ticks = 20): void {
    const { agenda, rng, plan } = this.#o;
    agenda.after(1000 * (1 + rng.below(ticks * plan.tickTime)), () => {
      if (!this.#over) run();
    });
  }

  #fault(kind: FaultKind): void {
    const { rng, clients, servers, quorumNet, log, roads } = this.#o;
    const server = this.#target();
    const client = rng.pick(clients);
    log(() => `fault: ${kind}`);
    switch (kind) {
      case 'crash':
      case 'powerFailure':
        if (this.#mayCrash()) this.#crash(server, kind === 'powerFailure', kind);
        return;
      case 'crashOnWrite':
        // Counted when it happens.
        if (this.#mayCrash()) server.dieAfterWrites = rng.between(1, 4);
        return;
      case 'crashAll':
        for (const each of servers) this.#crash(each, rng.chance(1, 2), kind);
        return;
      case 'disconnect': {
        const links = [...quorumNet.links.values()];
        if (links.length === 0) return;
        this.#count(kind);
        return quorumNet.breakAt(rng.pick(links), rng.below(2) as 0 | 1, rng.chance(2, 3));
      }
      case 'partition':
      case 'oneWay':
        return this.#partition(kind);
      case 'pause':
        if (server.state === null || !server.awake) return;
        this.#count(kind);
        server.pause();
        return this.#later(() => server.resume(() => roads.resume()), 12);
      case 'slowDisk':
        this.#count(kind);
        server.slowness = rng.pick([10, 50, 200]);
        return this.#later(() => (server.slowness = 1));
      case 'slowNetwork':
        this.#count(kind);
        roads.slowness = rng.pick([5, 20]);
        return this.#later(() => (roads.slowness = 1));
      case 'lag': {
        this.#count(kind);
        const { tickTime, syncLimit } = this.#o.plan;
        quorumNet.lag.set(server.sid, 1000 * rng.below((tickTime * syncLimit) / 2));
        return this.#later(() => quorumNet.lag.delete(server.sid));
      }
      case 'overthrow':
        return this.#overthrow();
      case 'electionReset':
        this.#count(kind);
        return this.#resetPost(server, rng.pick(servers));
      case 'clientDisconnect':
        this.#count(kind);
        return client.disconnect();
      case 'clientCutOff':
        return this.#cutOff(client);
      case 'clientPause':
        this.#count(kind);
        client.awake = false;
        return this.#later(() => {
          client.awake = true;
          roads.resume();
        });
      default:
        kind satisfies never;
    }
  }

  #mayCrash(): boolean {
    const { servers, plan } = this.#o;
    return servers.filter(({ state }) => state === null).length < plan.downMax;
  }

  #crash(server: SimServer, silent: boolean, kind: FaultKind): void {
    const { quorumNet, clientNet, log } = this.#o;
    if (server.state === null) return;
    this.#count(kind);
    const left = server.crash();
    if (left === 'torn') this.#count('tornWrite');
    log(() => `server ${server.sid} dies${silent ? ' silently' : ''}; write under way: ${left}`);
    quorumNet.crashed(server, silent);
    clientNet.crashed(server, silent);
    this.#later(() => this.#restart(server), 30);
  }

  #restart(server: SimServer): void {
    if (server.state !== null) return;
    this.#count('restart');
    this.#start(server);
  }

  #start(server: SimServer): void {
    const { log, servers } = this.#o;
    log(() => `server ${server.sid} starts`);
    server.start();
    // The others dial it, and say again what they said last.
    for (const other of servers) this.#resetPost(other, server);
  }

  #resetPost(from: SimServer, to: SimServer): void {
    if (from !== to) this.#o.quorumNet.resetPost(from.sid, to.sid);
  }

  /** Two groups of servers do not reach each other, both ways or one. */
  #partition(kind: 'partition' | 'oneWay'): void {
    const { rng, roads, servers, log } = this.#o;
    const alone = this.#target();
    const isolate = rng.chance(1, 2);
    const group = servers.filter((each) => (isolate ? each === alone : rng.chance(1, 2)));
    const rest = servers.filter((each) => !group.includes(each));
    if (group.length === 0 || rest.length === 0) return;
    this.#count(kind);
    log(() => `${kind}: ${group.map(({ sid }) => sid).join(',')} from the others`);
    const pairs = group.flatMap((a) => rest.map((b) => [a.host, b.host] as const));
    const outwards = rng.chance(1, 2);
    for (const [a, b] of pairs) {
      if (kind === 'partition' || outwards) roads.block(a, b);
      if (kind === 'partition' || !outwards) roads.block(b, a);
    }
    this.#later(() => {
      log(() => `${kind} of ${group.map(({ sid }) => sid).join(',')} ends`);
      for (const [a, b] of pairs) {
        roads.unblock(a, b);
        roads.unblock(b, a);
      }
    }, 30);
  }

  /** The followers' connections to the leader break, and it hears nothing of that for a while. */
  #overthrow(): void {
    const { servers, clients, rng, roads, quorumNet } = this.#o;
    const { syncLimit } = this.#o.plan;
    const leader = servers.find(({ state }) => state !== null && isLeading(state.service));
    if (leader === undefined) return;
    this.#count('overthrow');
    const loyal = rng.chance(1, 2) ? rng.pick(servers) : null;
    const others = servers.filter((each) => each !== leader && each !== loyal);
    for (const { host } of others) {
      roads.block(host, leader.host);
      if (rng.chance(1, 2)) roads.block(leader.host, host);
    }
    for (const link of [...quorumNet.links.values()]) {
      const [follower, leads] = link.ends;
      if (leads.server !== leader || !others.includes(follower.server)) continue;
      quorumNet.breakAt(link, 0, false);
    }
    // Clients go to and fro between the two, while there are two.
    for (const client of [...clients, ...clients])
      this.#later(() => client.disconnect(), syncLimit);
    this.#later(() => {
      for (const { host } of others) {
        roads.unblock(host, leader.host);
        roads.unblock(leader.host, host);
      }
    });
  }

  #cutOff(client: SimClient): void {
    const { rng, roads, servers } = this.#o;
    this.#count('clientCutOff');
    const oneWay = rng.below(3);
    for (const { host } of servers) {
      if (oneWay !== 1) roads.block(client.host, host);
      if (oneWay !== 2) roads.block(host, client.host);
    }
    this.#later(() => {
      for (const { host } of servers) {
        roads.unblock(client.host, host);
        roads.unblock(host, client.host);
      }
    });
  }

  /** Ends the leader and starts it again: for a server that only another election lets in. */
  restartLeader(): void {
    const { servers, quorumNet, clientNet, log } = this.#o;
    const leader = servers.find(({ state }) => state !== null && isLeading(state.service));
    if (leader === undefined) return;
    this.#count('lockedOut');
    log(() => `a server has accepted a later epoch: leader ${leader.sid} starts anew`);
    leader.crash();
    quorumNet.crashed(leader, false);
    clientNet.crashed(leader, false);
    this.#start(leader);
  }

  /** No more faults: everybody is up, awake and fast, and reaches everybody. */
  heal(): void {
    const { servers, clients, roads, quorumNet, log } = this.#o;
    this.#over = true;
    log(() => 'everything works again');
    roads.slowness = 1;
    for (const server of servers) {
      server.slowness = 1;
      server.dieAfterWrites = null;
      if (server.state === null) this.#start(server);
      else if (!server.awake) server.resume(() => undefined);
    }
    quorumNet.lag.clear();
    for (const client of clients) client.awake = true;
    roads.unblockAll();
    roads.resume();
  }
}
