/** What connects clients to servers (`src/shell/client-port.ts`): one lane each way. */
import type { ClientConn } from '../../core/ids.js';
import type { ClientRequest, ConnectRequest } from '../../core/request.js';
import type { ClientEffect } from '../../server/events.js';
import type { Micros } from './agenda.js';
import { Lane, type Host, type Roads } from './lane.js';
import type { Rng } from './rng.js';
import type { SimServer } from './server.js';

type ToServer =
  | 'opened'
  | 'closed'
  | { readonly connect: ConnectRequest }
  | { readonly xid: number; readonly request: ClientRequest };

export type ToClient = 'closed' | Exclude<ClientEffect, { readonly type: 'clientClose' }>;

export interface ClientLink {
  readonly conn: ClientConn;
  readonly server: SimServer;
  readonly toServer: Lane<ToServer>;
  readonly toClient: Lane<ToClient>;
  /** The client's end, the server's. */
  clientOpen: boolean;
  serverOpen: boolean;
}

export class ClientNet {
  readonly #links = new Map<ClientConn, ClientLink>();
  #next = 1;

  constructor(
    readonly roads: Roads,
    readonly rng: Rng,
    readonly latency: Micros,
  ) {}

  #delay(): Micros {
    return 20 + this.rng.around(this.latency);
  }

  /** Connects `client`, which hears what comes by `receive`. */
  connect(
    client: Host,
    server: SimServer,
    request: ConnectRequest,
    receive: (item: ToClient) => void,
  ): ClientLink {
    const conn = this.#next++ as ClientConn;
    const link: ClientLink = {
      conn,
      server,
      toServer: new Lane(this.roads, client, server, (item: ToServer) =>
        this.#atServer(link, item),
      ),
      toClient: new Lane(this.roads, server, client, (item: ToClient) => {
        if (!link.clientOpen) return;
        if (item === 'closed') this.#closeClient(link);
        receive(item);
      }),
      clientOpen: true,
      serverOpen: true,
    };
    this.#links.set(conn, link);
    link.toServer.send('opened', this.#delay());
    link.toServer.send({ connect: request }, 0);
    return link;
  }

  request(link: ClientLink, xid: number, request: ClientRequest): void {
    link.toServer.send({ xid, request }, this.#delay());
  }

  /** The client hangs up; the server hears of it. */
  hangUp(link: ClientLink): void {
    if (!link.clientOpen) return;
    this.#closeClient(link);
    link.toServer.send('closed', this.#delay());
  }

  #closeClient(link: ClientLink): void {
    link.clientOpen = false;
    link.toClient.clear();
    this.#forget(link);
  }

  #forget(link: ClientLink): void {
    if (!link.clientOpen && !link.serverOpen) this.#links.delete(link.conn);
  }

  #atServer(link: ClientLink, item: ToServer): void {
    const { server, conn } = link;
    if (server.state === null || !link.serverOpen) {
      // Nobody listens, or this connection is over.
      if (item !== 'closed') link.toClient.send('closed', this.#delay());
      return;
    }
    const { now } = server;
    if (item === 'opened') server.feed({ type: 'clientOpened', conn, ip: '127.0.0.1', now });
    else if (item === 'closed') {
      link.serverOpen = false;
      this.#forget(link);
      server.feed({ type: 'clientClosed', conn, now });
    } else if ('connect' in item) {
      server.feed({ type: 'clientConnect', conn, request: item.connect, now });
    } else {
      server.feed({ type: 'clientRequest', conn, xid: item.xid, request: item.request, now });
    }
  }

  /** What a server's service does with a connection. */
  perform(effect: ClientEffect): void {
    const link = this.#links.get(effect.conn);
    if (link === undefined || !link.serverOpen) return;
    if (effect.type !== 'clientClose') {
      link.toClient.send(effect, this.#delay());
      return;
    }
    link.serverOpen = false;
    link.toClient.send('closed', this.#delay());
    this.#forget(link);
  }

  /** The server's process is gone. `silent`: its machine, too, and nobody is told. */
  crashed(server: SimServer, silent: boolean): void {
    for (const link of [...this.#links.values()]) {
      if (link.server !== server || !link.serverOpen) continue;
      link.serverOpen = false;
      if (!silent) link.toClient.send('closed', this.#delay());
      this.#forget(link);
    }
  }
}
