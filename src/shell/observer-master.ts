/**
 * Lets observers join through a follower (key `observerMasterPort`; Apache: `ObserverMaster`).
 *
 * Deviation: Apache's followers feed observers from what they commit themselves; here a follower
 * passes on the bytes between observer and leader, to whom the observer is one of its own. Observers
 * need not reach the leader, and notice nothing; the leader is spared nothing.
 */
import type { Socket } from 'node:net';
import type { Address } from '../config/server-config.js';
import type { Sid } from '../core/ids.js';
import type { Listener } from './listener.js';
import type { Logger } from './logger.js';
import type { AcceptedPeers, PeerTransport } from './peer-transport.js';

export interface ObserverMasterOptions {
  readonly listener: Listener;
  readonly transport: PeerTransport;
  readonly peers: ReadonlyMap<Sid, Address>;
  readonly log: Logger;
  /** ms. */
  readonly connectTimeout: number;
  /** Whom this server follows and serves under; null: nobody comes through. */
  readonly leader: () => Sid | null;
}

export class ObserverMaster {
  readonly #options: ObserverMasterOptions;
  readonly #handshakes: AcceptedPeers;
  readonly #sockets = new Set<Socket>();

  constructor(options: ObserverMasterOptions) {
    this.#options = options;
    this.#handshakes = options.transport.accept(options.listener, 'observer master port', {
      admit: () => options.leader() !== null,
      open: (socket) => this.#open(socket),
    });
  }

  /** Ends what goes through: this server follows nobody, or another leader. */
  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#handshakes.drop();
    this.dropAll();
    await this.#options.listener.close();
  }

  #open(observer: Socket): void {
    const { transport, peers, log, leader, connectTimeout } = this.#options;
    const sid = leader();
    const address = sid === null ? undefined : peers.get(sid);
    observer.on('error', () => undefined);
    if (address === undefined) {
      observer.destroy();
      return;
    }
    const upstream = transport.dial(address, () => {
      upstream.setTimeout(0);
      log.info('observer joins through this server', { from: observer.remoteAddress ?? '', sid });
      observer.pipe(upstream);
      upstream.pipe(observer);
    });
    upstream.setTimeout(connectTimeout, () => upstream.destroy());
    upstream.on('error', () => undefined);
    for (const [one, other] of [
      [observer, upstream],
      [upstream, observer],
    ] as const) {
      this.#sockets.add(one);
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
