/**
 * The ports on which clients come in: plain, TLS, or both on one (Apache: `NettyServerCnxnFactory`,
 * `DualModeSslHandler`). What comes out is a connection on which frames go, and who its certificate
 * says that the client is.
 */
import type { Socket } from 'node:net';
import type { Identity } from '../core/txn.js';
import type { Listener } from './listener.js';
import type { Logger } from './logger.js';
import { detectTls, TlsAcceptor, type TlsContext } from './tls.js';

/** What is known of a connection before its first frame. */
export interface ClientArrival {
  readonly secure: boolean;
  /** By its certificate. */
  readonly identities: readonly Identity[];
}

export interface ClientEntrance {
  /** Which of the two ports; each has limits of its own, as in Apache. */
  readonly kind: 'plain' | 'secure';
  /**
   * `admit` says whether a connection may go on at all, before any handshake; `open` takes it when
   * it can carry frames.
   */
  readonly accept: (
    admit: (socket: Socket) => boolean,
    open: (socket: Socket, arrival: ClientArrival) => void,
  ) => void;
  readonly close: () => Promise<void>;
  /** New connections use the key material as it is now. */
  readonly renew: () => void;
}

const PLAIN: ClientArrival = { secure: false, identities: [] };

export function plainEntrance(listener: Listener): ClientEntrance {
  return {
    kind: 'plain',
    accept: (admit, open) =>
      listener.accept((socket) => {
        if (admit(socket)) open(socket, PLAIN);
      }),
    close: () => listener.close(),
    renew: () => undefined,
  };
}

export interface SecureOptions {
  readonly context: TlsContext;
  readonly log: Logger;
  /** Plain connections are taken as well. */
  readonly unified: boolean;
  /** The identities that a certificate (DER) stands for. */
  readonly identitiesOf: (certificate: Buffer) => readonly Identity[];
}

export function secureEntrance(
  listener: Listener,
  kind: ClientEntrance['kind'],
  { context, log, unified, identitiesOf }: SecureOptions,
): ClientEntrance {
  /** In the middle of their handshakes. */
  const pending = new Set<Socket>();
  let acceptor: TlsAcceptor | null = null;
  return {
    kind,
    accept: (admit, open) => {
      const what = kind === 'secure' ? 'secure client port' : 'client port';
      acceptor = new TlsAcceptor(context, what, log, (socket, certificate) => {
        const identities = certificate === null ? [] : identitiesOf(certificate.raw);
        open(socket, { secure: true, identities });
      });
      const { take } = acceptor;
      listener.accept((socket) => {
        if (!admit(socket)) return;
        pending.add(socket);
        socket.once('close', () => pending.delete(socket));
        if (!unified) take(socket);
        else {
          detectTls(socket, context.config.detectionTimeout, take, () => {
            pending.delete(socket);
            open(socket, PLAIN);
          });
        }
      });
    },
    close: async () => {
      await listener.close();
      for (const socket of pending) socket.destroy();
    },
    renew: () => acceptor?.renew(),
  };
}
