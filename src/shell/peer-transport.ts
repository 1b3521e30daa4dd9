/**
 * How servers connect to each other, on the quorum and on the election port: plain, by TLS, or both,
 * for an ensemble that goes from one to the other server by server (Apache: `UnifiedServerSocket`,
 * `QuorumX509Util`; keys `sslQuorum` and `portUnification`).
 */
import { connect, type Socket } from 'node:net';
import type { Address } from '../config/server-config.js';
import type { Listener } from './listener.js';
import type { Logger } from './logger.js';
import { connectTls, detectTls, TlsAcceptor, type TlsContext } from './tls.js';

export interface PeerTransport {
  /**
   * Dials; `onConnect` when bytes can go, else the socket only closes. Whoever dials sets timeouts.
   */
  readonly dial: (address: Address, onConnect: () => void) => Socket;
  /**
   * Hands connections to `handler` when bytes can go. `admit` is asked before any handshake.
   * @param what names the port in the log.
   */
  readonly accept: (listener: Listener, what: string, handler: PeerHandler) => AcceptedPeers;
  /** New connections use the key material as it is now. */
  readonly renew: () => void;
}

export interface PeerHandler {
  readonly admit: () => boolean;
  readonly open: (socket: Socket) => void;
}

/** Connections that are not handed over yet. */
export interface AcceptedPeers {
  /** Drops them. */
  readonly drop: () => void;
}

export const PLAIN_TRANSPORT: PeerTransport = {
  dial: (address, onConnect) => {
    const socket = connect({ ...address, noDelay: true });
    socket.once('connect', onConnect);
    return socket;
  },
  accept: (listener, _, { admit, open }) => {
    listener.accept((socket) => {
      if (admit()) open(socket);
      else hangUp(socket);
    });
    return { drop: () => undefined };
  },
  renew: () => undefined,
};

export interface SecureTransport {
  readonly context: TlsContext;
  /** Dials by TLS; else plainly (`sslQuorum`). */
  readonly dialsTls: boolean;
  /** Takes plain connections as well (`portUnification`). */
  readonly takesPlain: boolean;
  readonly log: Logger;
}

export function secureTransport(options: SecureTransport): PeerTransport {
  const { context, dialsTls, takesPlain, log } = options;
  const acceptors: TlsAcceptor[] = [];
  return {
    dial: dialsTls
      ? (address, onConnect) => {
          const socket = connectTls(context, address, onConnect);
          const to = `${address.host}:${address.port}`;
          socket.once('error', ({ message }) => {
            // Nobody there is no fault of TLS, and is told by whoever dials.
            if (socket.remoteAddress === undefined) return;
            log.warn('TLS connection to a server failed', { to, reason: message });
          });
          return socket;
        }
      : PLAIN_TRANSPORT.dial,
    accept: (listener, what, { admit, open }) => {
      const pending = new Set<Socket>();
      const acceptor = new TlsAcceptor(context, what, log, (socket) => open(socket));
      acceptors.push(acceptor);
      listener.accept((socket) => {
        if (!admit()) {
          hangUp(socket);
          return;
        }
        pending.add(socket);
        socket.once('close', () => pending.delete(socket));
        if (takesPlain) detectTls(socket, context.config.detectionTimeout, acceptor.take, open);
        else acceptor.take(socket);
      });
      return { drop: () => pending.forEach((socket) => socket.destroy()) };
    },
    renew: () => acceptors.forEach((acceptor) => acceptor.renew()),
  };
}

function hangUp(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.destroy();
}
