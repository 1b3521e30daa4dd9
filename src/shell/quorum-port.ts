/**
 * The quorum port: a leader's connections to its learners, and a learner's to its leader
 * (Apache: `Leader.LearnerCnxAcceptor`, `LearnerHandler`, `Learner.connectToLeader`). Whoever
 * connects while this server does not lead is hung up on, as if nothing listened; but a follower of
 * Apache's that finds somebody there and is hung up on begins another election at once, where one that
 * finds nobody tries again. So in an ensemble with Apache's servers whoever comes before this server
 * has decided is kept waiting a little.
 *
 * Each connection has a number that is used once in this process, and a name that both its ends
 * work out alike: `DIALLER>ACCEPTOR`, an address and port each.
 */
import type { Socket } from 'node:net';
import type { Address } from '../config/server-config.js';
import type { SnapshotImage } from '../core/image.js';
import type { PeerConn, Sid } from '../core/ids.js';
import type { Packet } from '../core/message.js';
import { DecodeError } from '../jute/decode-error.js';
import { encodePacket, encodeSnapHead } from '../jute/quorum.js';
import { feedQuorum, quorumStream, type QuorumStream } from '../jute/quorum-stream.js';
import { createWriter } from '../jute/writer.js';
import type { CoreEvent } from '../core/event.js';
import { addressText, plainIp } from './address.js';
import { wallClock } from './clock.js';
import { linger } from './linger.js';
import type { Listener } from './listener.js';
import type { Logger } from './logger.js';
import type { Flusher } from './outbox.js';
import { PeerStream } from './peer-stream.js';
import type { AcceptedPeers, PeerTransport } from './peer-transport.js';
import { encodedTxn, rememberTxnBytes } from './storage/txn-bytes.js';

export type PeerEvent = Extract<
  CoreEvent,
  { readonly type: 'opened' | 'dialFailed' | 'closed' | 'packet' }
>;

interface Connection {
  readonly id: PeerConn;
  readonly name: string;
  readonly socket: Socket;
  readonly out: PeerStream;
  input: QuorumStream;
  /** ms since 1970. */
  readonly established: number;
  received: number;
  sent: number;
}

/** A connection as operators see it. */
export interface PeerFacts {
  /** `IP:PORT` of the other side. */
  readonly address: string;
  readonly established: number;
  readonly received: number;
  readonly sent: number;
  readonly queuedBytes: number;
}

/** How long an early connection waits for the election to end, ms (Apache's follower: five tries in as long). */
const HOLD_MS = 1000;

const GONE: PeerFacts = { address: '', established: 0, received: 0, sent: 0, queuedBytes: 0 };

export interface QuorumPortOptions {
  readonly listener: Listener;
  readonly transport: PeerTransport;
  /** Where each server is: all of its addresses are dialled at once, and the first counts. */
  readonly peers: ReadonlyMap<Sid, readonly Address[]>;
  readonly flusher: Flusher;
  readonly log: Logger;
  readonly now: () => number;
  readonly connectTimeout: number;
  /** Largest data of a packet, bytes. */
  readonly packetMax: number;
  readonly isLeading: () => boolean;
  /** Whether one that comes too early is kept waiting. */
  readonly holdsEarly: () => boolean;
  /** What a SNAP carries, as the server layer has it. */
  readonly imageToState: (image: SnapshotImage) => unknown;
  readonly stateToImage: (state: unknown) => SnapshotImage;
  readonly onEvent: (event: PeerEvent) => void;
}

export class QuorumPort {
  readonly #options: QuorumPortOptions;
  readonly #writer = createWriter();
  readonly #connections = new Map<PeerConn, Connection>();
  readonly #sockets = new Set<Socket>();
  /** Accepted while this server looks for a leader, which may be itself. */
  readonly #early = new Map<Socket, NodeJS.Timeout>();
  readonly #names = new Map<PeerConn, string>();
  readonly #handshakes: AcceptedPeers;
  /** The sockets of a dial that is not decided yet. */
  #dialling: Set<Socket> | null = null;
  #nextId = 1;

  constructor(options: QuorumPortOptions) {
    this.#options = options;
    this.#handshakes = options.transport.accept(options.listener, 'quorum port', {
      admit: () => options.isLeading() || options.holdsEarly(),
      open: (socket) => this.#accepted(socket),
    });
  }

  /** The name of a connection: until the event or effect that ended it is worked off. */
  nameOf(conn: PeerConn): string {
    return this.#names.get(conn) ?? `gone:${conn}`;
  }

  /** Dials; a dial that is not answered yet is given up without a word. */
  dial(sid: Sid): void {
    const { peers, transport, connectTimeout, onEvent, now } = this.#options;
    const addresses = peers.get(sid);
    if (addresses === undefined) throw new Error(`no quorum address of server ${sid}`);
    this.#giveUpDial();
    const dial = new Set<Socket>();
    this.#dialling = dial;
    for (const address of addresses) {
      const socket = transport.dial(address, () => {
        if (this.#dialling !== dial) return;
        dial.delete(socket);
        this.#giveUpDial();
        socket.setTimeout(0);
        const name = `${endpoint(socket, 'local')}>${endpoint(socket, 'remote')}`;
        const conn = this.#add(socket, name);
        onEvent({ type: 'opened', conn, as: 'learner', now: now() });
      });
      dial.add(socket);
      this.#track(socket);
      socket.setTimeout(connectTimeout, () => socket.destroy());
      socket.once('close', () => {
        dial.delete(socket);
        if (this.#dialling !== dial || dial.size > 0) return;
        this.#dialling = null;
        onEvent({ type: 'dialFailed', sid, now: now() });
      });
    }
  }

  /** Ends what is dialled and not decided, without a word. */
  #giveUpDial(): void {
    const dial = this.#dialling;
    this.#dialling = null;
    for (const socket of dial ?? []) socket.destroy();
  }

  /** Sends on a connection; one that is gone loses it. */
  send(conn: PeerConn, packet: Packet): void {
    const connection = this.#connections.get(conn);
    if (connection === undefined) return;
    connection.sent += 1;
    if (packet.type === 'SNAP') {
      const { snapshot } = packet;
      connection.out.send(encodeSnapHead(this.#writer, snapshot.zxid));
      connection.out.sendSnapshot(this.#options.stateToImage(snapshot.image));
    } else {
      connection.out.send(encodePacket(this.#writer, packet, encodedTxn));
    }
  }

  /** Closes after all that was sent before; nothing more is read from it. */
  hangUp(conn: PeerConn, reason: string): void {
    const connection = this.#connections.get(conn);
    if (connection === undefined) return;
    this.#connections.delete(conn);
    this.#names.delete(conn);
    const { name, socket, out } = connection;
    this.#options.log.info('quorum connection closed', { name, reason });
    out.end();
    linger(socket);
  }

  /** What a connection has carried; of one that is gone nothing. */
  facts(conn: PeerConn): PeerFacts {
    const connection = this.#connections.get(conn);
    if (connection === undefined) return GONE;
    const { socket, established, received, sent, out } = connection;
    const address = endpoint(socket, 'remote');
    return { address, established, received, sent, queuedBytes: out.pending };
  }

  resetCounts(): void {
    for (const connection of this.#connections.values()) {
      connection.received = connection.sent = 0;
    }
  }

  /** Ends every connection, and a dial under way, without a word to the member. */
  dropAll(): void {
    this.#giveUpDial();
    for (const socket of this.#early.keys()) socket.destroy();
    const dropped = [...this.#connections.values()];
    this.#connections.clear();
    this.#names.clear();
    for (const { socket } of dropped) socket.destroy();
  }

  async close(): Promise<void> {
    this.#dialling = null;
    await this.#options.listener.close();
    for (const connection of this.#connections.values()) connection.out.flush();
    this.#connections.clear();
    this.#handshakes.drop();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accepted(socket: Socket): void {
    socket.setNoDelay(true);
    this.#track(socket);
    if (this.#options.isLeading()) this.#open(socket);
    else if (this.#options.holdsEarly()) this.#hold(socket);
    // Leadership may have ended during a handshake.
    else socket.destroy();
  }

  #open(socket: Socket): void {
    const name = `${endpoint(socket, 'remote')}>${endpoint(socket, 'local')}`;
    const conn = this.#add(socket, name);
    this.#options.onEvent({ type: 'opened', conn, as: 'leader', now: this.#options.now() });
  }

  #hold(socket: Socket): void {
    const late = setTimeout(() => socket.destroy(), HOLD_MS);
    this.#early.set(socket, late);
    socket.once('close', () => {
      clearTimeout(late);
      this.#early.delete(socket);
    });
  }

  /** This server has decided, or looks for a leader anew: what waits is opened, waits on, or ends. */
  decided(): void {
    const leads = this.#options.isLeading();
    if (!leads && this.#options.holdsEarly()) return;
    const early = [...this.#early];
    this.#early.clear();
    for (const [socket, late] of early) {
      clearTimeout(late);
      if (leads && !socket.destroyed) this.#open(socket);
      else socket.destroy();
    }
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #add(socket: Socket, name: string): PeerConn {
    const id = this.#nextId++ as PeerConn;
    const connection: Connection = {
      id,
      name,
      socket,
      out: new PeerStream(socket, this.#options.flusher),
      input: quorumStream(this.#options.packetMax),
      established: wallClock(),
      received: 0,
      sent: 0,
    };
    this.#connections.set(id, connection);
    this.#names.set(id, name);
    socket.on('data', (chunk) => this.#received(connection, chunk));
    socket.once('close', () => this.#gone(connection, 'the other side closed it'));
    return id;
  }

  #received(connection: Connection, chunk: Buffer): void {
    const { id: conn } = connection;
    const { onEvent, now } = this.#options;
    const { stream, packets, error } = feedQuorum(connection.input, chunk);
    connection.input = stream;
    connection.received += packets.length;
    for (const { packet, txnBytes } of packets) {
      // A packet before may have led to a close.
      if (!this.#connections.has(conn)) return;
      if (txnBytes !== null && (packet.type === 'PROPOSAL' || packet.type === 'INFORM')) {
        rememberTxnBytes(packet.txn, txnBytes);
      }
      const local = this.#localPacket(packet);
      if (local instanceof DecodeError) {
        this.#drop(connection, local.message);
        return;
      }
      onEvent({ type: 'packet', conn, packet: local, now: now() });
    }
    if (error !== null) this.#drop(connection, error.message);
  }

  /** SNAP with the state as the server layer has it, any other packet as it is. */
  #localPacket(packet: Packet): Packet | DecodeError {
    if (packet.type !== 'SNAP') return packet;
    const { zxid, image } = packet.snapshot;
    try {
      const state = this.#options.imageToState(image as SnapshotImage);
      return { type: 'SNAP', snapshot: { zxid, image: state } };
    } catch (error) {
      return new DecodeError('invalid', error instanceof Error ? error.message : String(error));
    }
  }

  /** What came on the connection is nothing that a peer may send. */
  #drop(connection: Connection, reason: string): void {
    if (!this.#connections.has(connection.id)) return;
    connection.socket.destroy();
    this.#gone(connection, reason);
  }

  #gone(connection: Connection, reason: string): void {
    const { id: conn, name } = connection;
    if (!this.#connections.delete(conn)) return;
    this.#options.log.info('quorum connection lost', { name, reason });
    this.#options.onEvent({ type: 'closed', conn, now: this.#options.now() });
    this.#names.delete(conn);
  }
}

function endpoint(socket: Socket, side: 'local' | 'remote'): string {
  const host = side === 'local' ? socket.localAddress : socket.remoteAddress;
  const port = side === 'local' ? socket.localPort : socket.remotePort;
  return addressText({ host: plainIp(host ?? ''), port: port ?? 0 });
}
