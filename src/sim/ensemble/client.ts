/**
 * A simulated client (as Apache's `ClientCnxn`): one session at a time over one connection at a time,
 * requests in a pipeline, pings when there is nothing else to say, another server when one is silent
 * or hangs up, its watches set again there; and a new session when the old one is over.
 */
import type { SessionId } from '../../core/ids.js';
import type { ClientRequest, ConnectRequest } from '../../core/request.js';
import { ZXID_ZERO, zxidToHex } from '../../core/zxid.js';
import type { ConnectResponse } from '../../server/events.js';
import type { Agenda, Entry, Micros } from './agenda.js';
import type { ClientLink, ClientNet, ToClient } from './client-net.js';
import { describe, hex, show, type History, type Op, type SessionRecord } from './history.js';
import type { Host } from './lane.js';
import type { Plan } from './plan.js';
import type { Rng } from './rng.js';
import type { SimServer } from './server.js';
import { must } from './violation.js';
import type { Workload } from './workload.js';

const PING_XID = -2;
const SET_WATCHES_XID = -8;
/** How often a stopped client is looked at, µs. */
const STOPPED_CHECK = 10_000;
/** Watches of a client: bounds what a reply is checked for. */
const WATCHES_MAX = 8;

const NO_SESSION = 0n as SessionId;

export interface ClientOptions {
  readonly id: number;
  readonly plan: Plan;
  readonly agenda: Agenda;
  readonly rng: Rng;
  readonly net: ClientNet;
  readonly servers: readonly SimServer[];
  readonly history: History;
  readonly workload: Workload;
  readonly log: (text: () => string) => void;
}

export class SimClient implements Host {
  readonly host: number;
  awake = true;
  session: SessionRecord | null = null;
  /** False: no further requests; what is under way is waited for. */
  busy = true;
  /** False: it is gone for good, without a word. */
  alive = true;
  readonly #o: ClientOptions;
  readonly #asked: number;
  #link: ClientLink | null = null;
  #connected = false;
  /** Sent and not answered, in order. */
  #outstanding: Op[] = [];
  #xid = 0;
  #heard: Micros = 0;
  #spoke: Micros = 0;
  #timer: Entry | null = null;
  #server: SimServer | null = null;
  /** The last request of a session that its client closes. */
  #closing = false;
  #leaving = false;

  constructor(options: ClientOptions) {
    this.#o = options;
    this.host = 1000 + options.id;
    this.#asked = options.plan.sessionTimeout * options.rng.between(1, 4);
  }

  /** Nothing is under way, and it has a session. */
  get idle(): boolean {
    return this.#connected && this.#outstanding.length === 0;
  }

  start(): void {
    this.#reconnect(0);
  }

  /** What it says in a moment, if nothing comes between. */
  #soon(delay: Micros, run: () => void): void {
    if (this.#timer !== null) this.#timer.live = false;
    this.#timer = this.#o.agenda.after(delay, () => {
      if (!this.alive) return;
      if (this.awake) run();
      else this.#soon(Math.max(delay, STOPPED_CHECK), run);
    });
  }

  #reconnect(delay: Micros): void {
    if (!this.alive) return;
    this.#connected = false;
    this.#link = null;
    this.#outstanding = [];
    this.session?.watches.lost();
    this.#soon(delay, () => this.#connect());
  }

  /** Before it connects anew: often none to speak of. */
  #pause(): Micros {
    const { rng, plan } = this.#o;
    return rng.chance(1, 2) ? rng.below(1000) : 1000 * rng.below(plan.tickTime);
  }

  #connect(): void {
    const { servers, rng, net, agenda, log } = this.#o;
    const others = servers.filter((server) => server !== this.#server);
    const server = others.length > 0 && rng.chance(3, 4) ? rng.pick(others) : rng.pick(servers);
    this.#server = server;
    const { session } = this;
    const request: ConnectRequest = {
      protocolVersion: 0,
      lastZxidSeen: session?.lastZxid ?? ZXID_ZERO,
      timeout: this.#asked,
      sessionId: session?.id ?? NO_SESSION,
      password: session?.password ?? new Uint8Array(16),
      readOnly: false,
      hasReadOnly: true,
    };
    if (session !== null) session.connections++;
    log(() => `client ${this.host} connects to server ${server.sid}, session ${this.#name()}`);
    this.#heard = agenda.now;
    this.#spoke = agenda.now;
    const link = net.connect(this, server, request, (item) => {
      if (this.#link === link && this.alive) this.#received(item);
    });
    this.#link = link;
    this.#wait();
  }

  #name(): string {
    return this.session === null ? 'new' : hex(this.session.id);
  }

  get #timeout(): Micros {
    return 1000 * (this.session?.timeout ?? this.#asked);
  }

  /** Sends the next thing when it is time for it, and gives up a server that is silent. */
  #wait(): void {
    const { agenda, rng, plan } = this.#o;
    const patience = Math.floor((this.#timeout * 2) / 3);
    const deadline = Math.max(this.#heard + patience - agenda.now, 0);
    const think = 1000 * (rng.chance(1, 12) ? rng.below(2 * plan.rest) : rng.around(plan.think));
    const ping = Math.max(this.#spoke + Math.floor(this.#timeout / 3) - agenda.now, 0);
    const next = this.#connected ? Math.min(this.busy ? think : ping, ping) : deadline;
    this.#soon(Math.min(next, deadline), () => this.#act());
  }

  #act(): void {
    const { agenda, rng, plan, log } = this.#o;
    if (agenda.now - this.#heard >= Math.floor((this.#timeout * 2) / 3)) {
      log(() => `client ${this.host} hears nothing of server ${this.#server?.sid}`);
      this.disconnect();
      return;
    }
    if (!this.#connected) return this.#wait();
    if (this.#leaving) this.close();
    const silent = agenda.now - this.#spoke;
    if (silent >= Math.floor(this.#timeout / 3)) this.#send(PING_XID, { op: 'ping' });
    else if (this.busy && !this.#closing && this.#outstanding.length < plan.pipeline) {
      if (rng.chance(1, 200)) return this.disconnect();
      if (rng.chance(1, 200)) this.close();
      else this.#sendNext();
    }
    this.#wait();
  }

  #sendNext(): void {
    const { workload, plan, rng } = this.#o;
    const many = this.session!.watches.size >= WATCHES_MAX;
    const request = workload.next();
    const sent = many && 'watch' in request ? { ...request, watch: false } : request;
    this.#send(++this.#xid, sent);
    // A read behind it shows what it did.
    if (plan.pipeline > 1 && rng.chance(1, 4)) {
      const path = 'path' in sent ? sent.path : '/a';
      this.#send(++this.#xid, { op: 'exists', path, watch: !many });
    }
  }

  #send(xid: number, request: ClientRequest): void {
    const { net, history, agenda, log } = this.#o;
    const op = history.sent(this.session!, xid, request);
    this.#outstanding.push(op);
    this.#spoke = agenda.now;
    log(() => `client ${this.host} sends ${describe(op)}`);
    net.request(this.#link!, xid, request);
  }

  /** Ends the session by its client's wish. */
  close(): void {
    if (!this.#connected || this.#closing) return;
    this.#closing = true;
    this.#send(++this.#xid, { op: 'closeSession' });
  }

  /** Closes its session, and does not come back. */
  leave(): void {
    this.#leaving = true;
    if (this.session === null) this.die();
    else this.close();
  }

  /** Hangs up, and looks for another server. */
  disconnect(): void {
    const { net } = this.#o;
    if (this.#link !== null) net.hangUp(this.#link);
    this.#reconnect(this.#pause());
  }

  /** Gone without a word; its connection stays as it is. */
  die(): void {
    this.alive = false;
  }

  #received(item: ToClient): void {
    const { agenda, history, log } = this.#o;
    this.#heard = agenda.now;
    if (item === 'closed') {
      log(() => `client ${this.host}: server ${this.#server?.sid} has hung up`);
      if (this.#closing) this.#endSession();
      this.#reconnect(this.#pause());
      return;
    }
    switch (item.type) {
      case 'connectReply':
        return this.#answered(item.response);
      case 'watchEvent': {
        const { event, path, zxid } = item;
        log(() => `client ${this.host} hears of event ${event} of ${path} in ${zxidToHex(zxid)}`);
        return this.session!.watches.event(event, path, zxid);
      }
      case 'reply': {
        const op = this.#outstanding.shift();
        log(() => `client ${this.host} is answered ${op && describe(op)}: ${show(item)}`);
        must(op !== undefined, 'FifoClientOrder', () => `reply ${item.xid} to no request`);
        history.replied(this.session!, op!, item);
        const { body, err } = item;
        if (body?.type === 'path' && /\d{10}$/.test(body.path)) this.#o.workload.learned(body.path);
        if (op!.request.op === 'closeSession' && err === 0) this.#endSession();
        return;
      }
      default:
        item satisfies never;
    }
  }

  /** The answer to a ConnectRequest. */
  #answered({ timeout, sessionId, password }: ConnectResponse): void {
    const { history, log } = this.#o;
    const { session } = this;
    log(() => `client ${this.host} has session ${hex(sessionId)}, ${timeout} ms`);
    if (timeout === 0) {
      must(session !== null, 'SessionsEndByLeader', () => 'a new session is refused');
      history.toldExpired(session!);
      this.#endSession();
      this.#reconnect(this.#pause());
      return;
    }
    if (session === null) this.session = history.opened(sessionId, timeout, password);
    must(this.session!.id === sessionId, 'SessionsDiffer', () => `given ${hex(sessionId)}`);
    this.#connected = true;
    this.#closing = false;
    const rearm = this.session!.watches.rearm(this.session!.lastZxid);
    if (rearm !== null) this.#send(SET_WATCHES_XID, rearm);
    this.#wait();
  }

  #endSession(): void {
    if (this.#leaving) this.die();
    this.session = null;
    this.#connected = false;
    this.#xid = 0;
    this.#closing = false;
  }
}
