/**
 * The client port (Apache: `NIOServerCnxnFactory`, `NIOServerCnxn`): frames in, as values, and
 * replies out, as frames.
 *
 * The first four bytes of a connection are a four-letter word or the length of a ConnectRequest.
 * Nothing after the ConnectRequest is read before the session is set up. A frame that cannot be
 * read costs its sender the connection, and nobody else anything; one whose header can be read and
 * whose record cannot is answered MARSHALLINGERROR in its turn. Bounds: `juteMaxBuffer` for a
 * frame, {@link OUTSTANDING_MAX} unanswered requests and {@link UNSENT_MAX} unsent bytes of a
 * connection, above which it is not read any further.
 *
 * Deviation: a malformed write is answered as a read is; Apache logs it as a transaction that failed.
 */
import type { Socket } from 'node:net';
import type { ClientConn } from '../core/ids.js';
import { ErrorCode } from '../core/error-code.js';
import type { ClientRequest } from '../core/request.js';
import { ZXID_ZERO } from '../core/zxid.js';
import type { ClientEffect } from '../server/events.js';
import { decodeConnectRequest, encodeConnectResponse } from '../jute/connect.js';
import { attempt, DecodeError } from '../jute/decode-error.js';
import { frameState, splitFrames } from '../jute/frames.js';
import { OpCode } from '../jute/opcode.js';
import { encodeReply, encodeWatchEvent, NO_BODY } from '../jute/reply.js';
import { decodeRequest } from '../jute/request.js';
import { decodeSaslRequest, isSaslRequest } from '../jute/sasl.js';
import { createWriter } from '../jute/writer.js';
import { plainIp } from './address.js';
import {
  connectionFacts,
  type ClientPortOptions,
  type Connection,
  type ConnectionFacts,
} from './client-connection.js';
import { Asked, ClientMeter } from './client-meter.js';
import type { ClientArrival, ClientEntrance } from './client-entrance.js';
import { ConnectionStats, type ClientStats } from './client-stats.js';
import { fourLetterWord, isLong, notWhitelisted } from './operator/words.js';
import { linger } from './linger.js';
import { Outbox } from './outbox.js';
import { newGated, NO_LIMITS, RequestGate } from './request-gate.js';
import { NO_SASL } from './sasl/client-sasl.js';

const OUTSTANDING_MAX = 1024;
const UNSENT_MAX = 1 << 20;
const SYNC_CONNECTED = 3;

/** With so many of its requests unanswered, may a connection that was held back be read again? */
function isTimeToResume(unanswered: number): boolean {
  return unanswered === OUTSTANDING_MAX >> 1 || unanswered === 0;
}

export class ClientPort {
  readonly #options: ClientPortOptions;
  readonly #meter: ClientMeter;
  readonly #gate: RequestGate<Connection>;
  readonly #writer = createWriter();
  readonly #connections = new Map<ClientConn, Connection>();
  /** Every socket that is open, also those that the service has done with. */
  readonly #sockets = new Set<Socket>();
  readonly #byIp = { plain: new Map<string, number>(), secure: new Map<string, number>() };
  #nextId = 1;

  constructor(options: ClientPortOptions) {
    this.#options = options;
    this.#gate = new RequestGate(options.gate ?? NO_LIMITS, (one) => this.#resume(one));
    this.#meter = new ClientMeter(options.metrics, options.now, options.lastZxid);
    for (const { kind, accept } of options.entrances) {
      accept(
        (socket) => this.#admits(socket, kind),
        (socket, arrival) => this.#accepted(socket, kind, arrival),
      );
    }
  }

  get stats(): ClientStats {
    return this.#meter.stats;
  }

  /** Requests that are not answered yet. */
  get outstanding(): number {
    let count = 0;
    for (const { asked } of this.#connections.values()) count += asked.size;
    return count;
  }

  /** Every connection of one of the ports, that of the one who asks as well. */
  connections(port: ClientEntrance['kind']): readonly ConnectionFacts[] {
    const all = [...this.#connections.values()].filter(({ kind }) => kind === port);
    return all.map(connectionFacts);
  }

  /** Carries out one effect of the service. Effects for a connection that is gone do nothing. */
  perform(effect: ClientEffect): void {
    const connection = this.#connections.get(effect.conn);
    if (connection === undefined || connection.phase === 'closed') return;
    switch (effect.type) {
      case 'reply': {
        const { xid, zxid, err, body } = effect;
        const request = this.#meter.answered(connection, effect);
        if (request !== null) this.#options.onAnswered?.(connection, request, effect);
        this.#gate.end(connection);
        const header = { xid, zxid, err };
        this.#send(connection, 'reply', encodeReply(this.#writer, header, body ?? NO_BODY));
        this.#answerRefused(connection);
        if (connection.waiting.length > 0 && isTimeToResume(connection.asked.size)) {
          setImmediate(() => this.#resume(connection));
        }
        return;
      }
      case 'watchEvent': {
        const { zxid, event: type, path } = effect;
        const event = { zxid, type, state: SYNC_CONNECTED, path };
        this.#send(connection, 'event', encodeWatchEvent(this.#writer, event));
        return;
      }
      case 'connectReply': {
        const { response, hasReadOnly } = effect;
        const record = { ...response, protocolVersion: 0, hasReadOnly };
        this.#meter.connected(connection, response.sessionId, response.timeout);
        this.#send(connection, 'other', encodeConnectResponse(this.#writer, record));
        connection.phase = 'open';
        connection.timeout = response.timeout;
        // Not from within the effects of one step: the events are for the steps after it.
        if (connection.waiting.length > 0) setImmediate(() => this.#work(connection));
        return;
      }
      case 'clientClose':
        this.#log('closed', connection, effect.reason);
        this.#retire(connection);
        connection.outbox.end();
        return;
      default: {
        const never: never = effect;
        throw new Error(`unreachable: ${JSON.stringify(never)}`);
      }
    }
  }

  /** Ends every connection, without a word to the service. */
  hangUpAll(reason: string): void {
    for (const connection of [...this.#connections.values()]) {
      this.#log('closed', connection, reason);
      this.#retire(connection);
      connection.outbox.end();
    }
  }

  /** Stops listening and drops every connection; what was sent before is handed to the kernel. */
  async close(): Promise<void> {
    await Promise.all(this.#options.entrances.map((entrance) => entrance.close()));
    for (const connection of this.#connections.values()) {
      connection.outbox.flush();
      connection.phase = 'closed';
    }
    this.#connections.clear();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** May the connection go on, by the limits of its port? */
  #admits(socket: Socket, kind: ClientEntrance['kind']): boolean {
    const { maxClientCnxns, maxCnxns, log } = this.#options;
    const ip = plainIp(socket.remoteAddress ?? '');
    const fromIp = this.#byIp[kind].get(ip) ?? 0;
    const fromOne = maxClientCnxns > 0 && fromIp >= maxClientCnxns;
    if (!fromOne && (maxCnxns === 0 || this.#sockets.size < maxCnxns)) return true;
    if (fromOne) log.warn('too many connections from one address', { ip, max: maxClientCnxns });
    else log.warn('too many connections', { ip, max: maxCnxns });
    socket.on('error', () => undefined);
    this.#meter.rejected();
    socket.destroy();
    return false;
  }

  #accepted(socket: Socket, kind: ClientEntrance['kind'], arrival: ClientArrival): void {
    const ip = plainIp(socket.remoteAddress ?? '');
    socket.on('error', () => undefined);
    // The time of a handshake: others may have come meanwhile.
    if (arrival.secure && !this.#admits(socket, kind)) return;
    this.#byIp[kind].set(ip, (this.#byIp[kind].get(ip) ?? 0) + 1);
    this.#sockets.add(socket);
    const connection: Connection = {
      id: this.#nextId++ as ClientConn,
      socket,
      ip,
      kind,
      outbox: new Outbox(socket, this.#options.flusher),
      phase: 'greeting',
      head: null,
      frames: frameState(this.#options.juteMaxBuffer),
      waiting: [],
      paused: false,
      refused: null,
      gated: newGated(),
      timeout: 0,
      asked: new Asked(),
      stats: new ConnectionStats(),
    };
    this.#connections.set(connection.id, connection);
    socket.setNoDelay(true);
    socket.setTimeout(this.#options.greetingTimeout, () => {
      this.#meter.sessionless();
      socket.destroy();
    });
    socket.on('data', (chunk) => this.#received(connection, chunk));
    socket.on('drain', () => this.#resume(connection));
    socket.once('close', () => this.#gone(connection));
    const { id: conn } = connection;
    const { identities } = arrival;
    const now = this.#options.now();
    this.#options.onEvent({ type: 'clientOpened', conn, ip, identities, now });
  }

  #gone(connection: Connection): void {
    const { id: conn, socket } = connection;
    this.#sockets.delete(socket);
    if (connection.phase === 'closed') return;
    this.#meter.dropped();
    this.#retire(connection);
    this.#options.onEvent({ type: 'clientClosed', conn, now: this.#options.now() });
  }

  #received(connection: Connection, chunk: Buffer): void {
    if (connection.phase === 'closed') return;
    this.#meter.bytes(chunk.length);
    let bytes = chunk;
    if (connection.head !== null || connection.phase === 'greeting') {
      bytes = connection.head === null ? chunk : Buffer.concat([connection.head, chunk]);
      if (connection.frames.restLength === 0 && connection.waiting.length === 0) {
        if (bytes.length < 4) {
          connection.head = bytes;
          return;
        }
        connection.head = null;
        const word = fourLetterWord(bytes);
        if (word !== null) {
          this.#answerWord(connection, word, bytes.subarray(4));
          return;
        }
      }
    }
    const { state, frames, error } = splitFrames(connection.frames, bytes);
    connection.frames = state;
    connection.waiting.push(...frames);
    if (this.#gate.keepsTimes) {
      const now = this.#options.now();
      connection.gated.arrivals.push(...frames.map(() => now));
    }
    this.#work(connection);
    if (error !== null) this.#refuse(connection, error.message);
  }

  /** Turns the frames that wait into events, as far as the bounds allow. */
  #work(connection: Connection): void {
    const { waiting } = connection;
    let done = 0;
    while (done < waiting.length && this.#mayRead(connection)) {
      const frame = waiting[done++];
      if (frame === undefined) break;
      if (connection.phase === 'greeting') {
        connection.gated.arrivals.shift();
        this.#connect(connection, frame);
      } else this.#request(connection, frame);
    }
    if (done > 0) waiting.splice(0, done);
    this.#pauseOrResume(connection);
  }

  #mayRead(connection: Connection): boolean {
    const { phase, asked, outbox, refused } = connection;
    if (phase === 'greeting') return true;
    if (phase !== 'open' || refused !== null) return false;
    if (asked.size >= OUTSTANDING_MAX || outbox.pending >= UNSENT_MAX) return false;
    return this.#gate.admits(connection);
  }

  #pauseOrResume(connection: Connection): void {
    const { phase, socket, waiting } = connection;
    const pause = phase !== 'closed' && waiting.length > 0;
    if (pause === connection.paused || socket.destroyed) return;
    connection.paused = pause;
    if (pause) socket.pause();
    else socket.resume();
  }

  /** Something that the connection was held back for has gone. */
  #resume(connection: Connection): void {
    if (connection.phase === 'closed' || connection.waiting.length === 0) return;
    this.#work(connection);
  }

  #connect(connection: Connection, frame: Buffer): void {
    const request = attempt(() => decodeConnectRequest(frame));
    if (request instanceof DecodeError) {
      this.#refuse(connection, `not a ConnectRequest: ${request.message}`);
      return;
    }
    connection.phase = 'connecting';
    connection.socket.setTimeout(0);
    const { id: conn } = connection;
    const { throttle, localSessions } = this.#options;
    this.#meter.received(connection);
    const now = this.#options.now();
    const fresh = localSessions === true ? 'local' : 'global';
    if (throttle?.admits(request.sessionId === 0n ? fresh : 'renewed', now) === false) {
      this.#refuse(connection, 'too many new sessions');
      return;
    }
    this.#meter.connects(connection, now, request.sessionId === 0n);
    this.#options.onEvent({ type: 'clientConnect', conn, request, now });
  }

  #request(connection: Connection, frame: Buffer): void {
    if (this.#gate.keepsTimes && this.#isLate(connection, frame)) return;
    if (isSaslRequest(frame)) {
      this.#authenticate(connection, frame);
      return;
    }
    const decoded = attempt(() => decodeRequest(frame));
    if (decoded instanceof DecodeError) {
      this.#refuse(connection, `malformed request: ${decoded.message}`);
      return;
    }
    const { xid } = decoded;
    if (!decoded.ok) {
      if (decoded.opcode === OpCode.auth) {
        this.#refuse(connection, `malformed auth: ${decoded.reason}`);
        return;
      }
      this.#log('sent a malformed request', connection, decoded.reason);
    }
    const { id: conn } = connection;
    const request: ClientRequest = decoded.ok
      ? decoded.request
      : { op: 'unreadable', opcode: decoded.opcode };
    const now = this.#options.now();
    if (!this.#gate.begin(connection, frame.length)) {
      this.#refuse(connection, `too large a request for now: ${frame.length} bytes`);
      return;
    }
    this.#meter.received(connection);
    connection.asked.push(request, now);
    this.#options.onEvent({ type: 'clientRequest', conn, xid, request, now });
    connection.asked.inAuth = false;
  }

  /** A SASL token: answered at once, out of turn, as auth is. */
  #authenticate(connection: Connection, frame: Buffer): void {
    const request = attempt(() => decodeSaslRequest(frame));
    if (request instanceof DecodeError) {
      this.#refuse(connection, `malformed sasl: ${request.message}`);
      return;
    }
    const { sasl, onEvent, now } = this.#options;
    this.#meter.received(connection);
    if (connection.sasl === undefined) connection.sasl = sasl?.begin() ?? null;
    const answer = sasl?.answer(connection.sasl, request.token) ?? NO_SASL;
    const { err, token, identities, refused } = answer;
    if (identities.length > 0) {
      const { id: conn } = connection;
      onEvent({ type: 'clientAuthenticated', conn, identities, now: now() });
    }
    const header = { xid: request.xid, zxid: ZXID_ZERO, err };
    this.#send(connection, 'other', encodeReply(this.#writer, header, { type: 'token', token }));
    if (refused !== null) this.#refuse(connection, refused);
  }

  /** A request that is not carried out: answered in its turn. */
  #refuseRequest(connection: Connection, xid: number, err: number): void {
    connection.refused = { xid, err };
    this.#meter.received(connection);
    this.#answerRefused(connection);
  }

  /** Has the request waited too long at the gate? Then it is answered, or its connection ends. */
  #isLate(connection: Connection, frame: Buffer): boolean {
    const came = connection.gated.arrivals.shift();
    if (came === undefined || connection.phase !== 'open' || frame.length < 8) return false;
    const waited = this.#options.now() - came;
    const verdict = this.#gate.verdict(frame.readInt32BE(4), waited, connection.timeout);
    if (verdict === 'throttled') {
      this.#refuseRequest(connection, frame.readInt32BE(0), ErrorCode.THROTTLEDOP);
    } else if (verdict === 'dropped') this.#refuse(connection, 'its request waited too long');
    return verdict !== 'goes';
  }

  /** Answers the refused request, if all that came before it is answered. */
  #answerRefused(connection: Connection): void {
    const { refused, asked, phase } = connection;
    if (refused === null || asked.size > 0 || phase === 'closed') return;
    connection.refused = null;
    const header = { ...refused, zxid: this.#options.lastZxid() };
    this.#send(connection, 'other', encodeReply(this.#writer, header, NO_BODY));
    if (connection.waiting.length > 0) setImmediate(() => this.#resume(connection));
  }

  #send(connection: Connection, what: 'reply' | 'event' | 'other', bytes: Uint8Array): void {
    this.#meter.sent(connection, what, bytes.length);
    connection.outbox.write(bytes);
  }

  /** The client's fault: its connection ends, with the reason in the log. */
  #refuse(connection: Connection, reason: string): void {
    if (connection.phase === 'closed') return;
    this.#log('refused', connection, reason);
    this.#retire(connection);
    connection.outbox.end();
    const { id: conn } = connection;
    this.#options.onEvent({ type: 'clientClosed', conn, now: this.#options.now() });
  }

  #answerWord(connection: Connection, word: string, argument: Buffer): void {
    const { fourLetterWords, onWord, onEvent, now } = this.#options;
    const allowed = fourLetterWords === 'all' || fourLetterWords.has(word);
    if (allowed && isLong(word) && argument.length < 8) {
      connection.head = Buffer.concat([Buffer.from(word, 'latin1'), argument]);
      return;
    }
    this.#meter.received(connection);
    connection.paused = true;
    const answer = allowed ? onWord(word, argument) : notWhitelisted(word);
    connection.paused = false;
    this.#send(connection, 'other', Buffer.from(answer));
    this.#retire(connection);
    connection.outbox.end();
    onEvent({ type: 'clientClosed', conn: connection.id, now: now() });
  }

  /** From here on nothing that comes on the connection counts; what was sent still goes out. */
  #retire(connection: Connection): void {
    const { socket, ip, kind } = connection;
    const byIp = this.#byIp[kind];
    const left = (byIp.get(ip) ?? 1) - 1;
    if (left === 0) byIp.delete(ip);
    else byIp.set(ip, left);
    connection.phase = 'closed';
    connection.waiting = [];
    this.#gate.drop(connection);
    this.#connections.delete(connection.id);
    if (socket.destroyed) return;
    // Read on, so that the end of the connection is seen; a client that does not read is dropped.
    if (connection.paused) socket.resume();
    linger(socket);
  }

  #log(what: string, { ip, socket }: Connection, reason: string): void {
    const client = `${ip}:${socket.remotePort ?? 0}`;
    this.#options.log.info(`client connection ${what}`, { client, reason });
  }
}
