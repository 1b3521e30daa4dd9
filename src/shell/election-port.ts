/**
 * The election port: one TCP connection for each pair of servers, over which notifications go
 * (Apache: `QuorumCnxManager`). The server with the larger sid dials; one with a smaller sid that
 * wants to talk connects, says who it is and hangs up, and is dialled back.
 *
 * Of the messages to one server only the newest is worth sending, so each has a slot, not a queue.
 * The last one is sent again over a new connection, as the old one may have died with it.
 *
 * Ours and Apache's are told apart by a comment behind the configuration in a notification.
 *
 * Deviations: a connection from a sid that the configuration does not name is refused; a dial that
 * failed is repeated with a growing delay for as long as a message waits.
 */
import type { Socket } from 'node:net';
import type { Address } from '../config/server-config.js';
import type { Sid } from '../core/ids.js';
import type { Notification } from '../core/vote.js';
import { attempt, DecodeError } from '../jute/decode-error.js';
import {
  decodeInitialMessage,
  decodeNotification,
  encodeInitialMessage,
  encodeNotification,
  INITIAL_V1,
  INITIAL_V2,
  NOTIFICATION_MAX,
} from '../jute/election.js';
import { frameState, splitFrames } from '../jute/frames.js';
import { createWriter } from '../jute/writer.js';
import { addressText } from './address.js';
import type { Listener } from './listener.js';
import type { Logger } from './logger.js';
import type { AcceptedPeers, PeerTransport } from './peer-transport.js';
import type { QuorumAuth } from './sasl/quorum-auth.js';

/** Apache: `zookeeper.cnxTimeout`, and as long for whoever connects to say who it is. */
const CONNECT_TIMEOUT_MS = 5000;
const NOTHING = Buffer.alloc(0);
/** Behind the configuration that ours send: a comment to whoever reads it as properties. */
const OWN_MARK = Buffer.from('\n# zab');
const REDIAL_MIN_MS = 100;
const REDIAL_MAX_MS = 5000;

interface Peer {
  readonly sid: Sid;
  /** All of its addresses: the next dial takes the first, and the one after it the next. */
  readonly addresses: Address[];
  /** The connection in use. */
  socket: Socket | null;
  /** A dial that is not decided yet. */
  dialling: Socket | null;
  redial: NodeJS.Timeout | null;
  redialMs: number;
  /** Newest message that is not sent yet. */
  waiting: Buffer | null;
  lastSent: Buffer | null;
  /** Its last notification was not one of ours. */
  foreign: boolean;
}

export interface ElectionPortOptions {
  readonly sid: Sid;
  /** The other servers. */
  readonly peers: readonly { readonly sid: Sid; readonly addresses: readonly Address[] }[];
  /**
   * Where this server's election port is, for the others to dial back; all of them are told, in the
   * message's later form, if `multiAddress.enabled` says so.
   */
  readonly addresses: readonly [Address, ...Address[]];
  readonly multiAddress: boolean;
  /** This server's configuration, which goes with every notification (3.5 and later). */
  readonly configText: Uint8Array;
  readonly listener: Listener;
  readonly transport: PeerTransport;
  /** What comes after the first message of a connection. */
  readonly auth: QuorumAuth;
  readonly log: Logger;
  readonly onNotification: (from: Sid, notification: Notification) => void;
}

export class ElectionPort {
  readonly #options: ElectionPortOptions;
  readonly #writer = createWriter(4096);
  readonly #peers: ReadonlyMap<Sid, Peer>;
  /** Accepted, and have not said who they are. */
  readonly #strangers = new Set<Socket>();
  readonly #handshakes: AcceptedPeers;
  /** The configuration as it is sent. */
  readonly #configText: Buffer;
  readonly #greeting: Buffer;
  #closed = false;

  constructor(options: ElectionPortOptions) {
    this.#options = options;
    const { sid, addresses, multiAddress } = options;
    const told = (multiAddress ? addresses : addresses.slice(0, 1)).map(addressText);
    const version = multiAddress ? INITIAL_V2 : INITIAL_V1;
    this.#greeting = encodeInitialMessage(this.#writer, { version, sid, addresses: told });
    this.#configText = Buffer.concat([options.configText, OWN_MARK]);
    this.#peers = new Map(
      options.peers.map(({ sid, addresses }) => [sid, newPeer(sid, addresses)] as const),
    );
    this.#handshakes = options.transport.accept(options.listener, 'election port', {
      admit: () => true,
      open: (socket) => this.#accepted(socket),
    });
  }

  /** Sends `notification` to `to`, now or as soon as there is a connection. Newer ones replace it. */
  send(to: Sid, notification: Notification): void {
    const peer = this.#peers.get(to);
    if (peer === undefined || this.#closed) return;
    peer.waiting = encodeNotification(this.#writer, notification, this.#configText);
    this.#pump(peer);
    if (peer.socket === null) this.#dial(peer);
  }

  /** Whether a server of another make has been heard of. */
  get hasForeignPeers(): boolean {
    for (const { foreign } of this.#peers.values()) if (foreign) return true;
    return false;
  }

  /** Drops every connection and stops listening. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const peer of this.#peers.values()) {
      if (peer.redial !== null) clearTimeout(peer.redial);
      peer.socket?.destroy();
      peer.dialling?.destroy();
    }
    this.#handshakes.drop();
    for (const socket of this.#strangers) socket.destroy();
    await this.#options.listener.close();
  }

  #dial(peer: Peer): void {
    if (this.#closed || peer.socket !== null || peer.dialling !== null) return;
    if (peer.redial !== null) clearTimeout(peer.redial);
    peer.redial = null;
    const { sid, transport, auth } = this.#options;
    const [next] = peer.addresses;
    if (next === undefined) return;
    peer.addresses.push(...peer.addresses.splice(0, 1));
    const socket = transport.dial(next, () => {
      socket.write(this.#greeting);
      auth.prove(socket, () => {
        if (peer.dialling !== socket) return;
        socket.setTimeout(0);
        peer.redialMs = REDIAL_MIN_MS;
        if (peer.sid > sid) {
          // It dials back.
          socket.end();
        } else {
          peer.dialling = null;
          this.#establish(peer, socket, NOTHING);
        }
      });
    });
    peer.dialling = socket;
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (peer.dialling !== socket) return;
      peer.dialling = null;
      if (peer.waiting !== null) this.#redialLater(peer);
    });
  }

  #redialLater(peer: Peer): void {
    if (this.#closed || peer.redial !== null || peer.socket !== null) return;
    peer.redial = setTimeout(() => {
      peer.redial = null;
      this.#dial(peer);
    }, peer.redialMs);
    peer.redialMs = Math.min(2 * peer.redialMs, REDIAL_MAX_MS);
  }

  #accepted(socket: Socket): void {
    const { log, auth } = this.#options;
    const from = socket.remoteAddress ?? 'unknown';
    let head: Buffer = Buffer.alloc(0);
    this.#strangers.add(socket);
    socket.setNoDelay(true);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => this.#strangers.delete(socket));
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const result = attempt(() => decodeInitialMessage(head));
      if (result === null) return;
      if (result instanceof DecodeError) {
        log.warn('election connection refused', { from, reason: result.message });
        socket.destroy();
        return;
      }
      socket.off('data', onData);
      const { sid } = result.message;
      auth.verify(socket, head.subarray(result.length), (rest) => {
        socket.setTimeout(0);
        this.#strangers.delete(socket);
        this.#greeted(socket, sid, rest);
      });
    };
    socket.on('data', onData);
  }

  /** Whoever accepted connection `socket` is of has said that it is `sid`. */
  #greeted(socket: Socket, sid: Sid, rest: Buffer): void {
    const { log } = this.#options;
    const peer = this.#peers.get(sid);
    if (peer === undefined) {
      const reason = sid === this.#options.sid ? 'our own server id' : 'unknown server id';
      log.warn('election connection refused', { sid, reason });
      socket.destroy();
    } else if (sid < this.#options.sid) {
      // It may have restarted: what we hold may be dead, and it waits for us to dial.
      const { socket: old } = peer;
      peer.socket = null;
      old?.destroy();
      socket.destroy();
      this.#dial(peer);
    } else {
      this.#establish(peer, socket, rest);
    }
  }

  /** From now on `socket` is the connection with `peer`; `first` is what has come on it. */
  #establish(peer: Peer, socket: Socket, first: Buffer): void {
    const { log } = this.#options;
    const { socket: old, dialling } = peer;
    peer.socket = socket;
    peer.dialling = null;
    old?.destroy();
    if (dialling !== socket) dialling?.destroy();
    log.debug('election connection', { peer: peer.sid });
    let frames = frameState(NOTIFICATION_MAX);
    const read = (chunk: Buffer): void => {
      const { state, frames: complete, error } = splitFrames(frames, chunk);
      frames = state;
      for (const frame of complete) {
        if (peer.socket !== socket) return;
        this.#notified(peer, frame);
      }
      if (error === null) return;
      log.warn('election connection closed', { peer: peer.sid, reason: error.message });
      socket.destroy();
    };
    socket.on('data', read);
    socket.on('drain', () => this.#pump(peer));
    socket.once('close', () => {
      if (peer.socket !== socket) return;
      peer.socket = null;
      if (peer.waiting !== null) this.#redialLater(peer);
    });
    peer.waiting ??= peer.lastSent;
    this.#pump(peer);
    if (first.length > 0) read(first);
  }

  /** A frame that is no notification is skipped, as Apache skips it. */
  #notified(peer: Peer, frame: Buffer): void {
    const { log, onNotification } = this.#options;
    const received = attempt(() => decodeNotification(frame));
    if (received instanceof DecodeError) {
      log.warn('notification skipped', { peer: peer.sid, reason: received.message });
      return;
    }
    peer.foreign = received.config?.includes(OWN_MARK) !== true;
    onNotification(peer.sid, received.notification);
  }

  /** Sends what waits, unless the socket is still busy with the one before. */
  #pump(peer: Peer): void {
    const { socket, waiting } = peer;
    if (socket === null || waiting === null || socket.writableNeedDrain) return;
    peer.waiting = null;
    peer.lastSent = waiting;
    socket.write(waiting);
  }
}

function newPeer(sid: Sid, addresses: readonly Address[]): Peer {
  return {
    sid,
    addresses: [...addresses],
    socket: null,
    dialling: null,
    redial: null,
    redialMs: REDIAL_MIN_MS,
    waiting: null,
    lastSent: null,
    foreign: false,
  };
}
