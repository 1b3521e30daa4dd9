/** What the client port is given, and what it holds for each connection. */
import type { Socket } from 'node:net';
import type { ClientConn } from '../core/ids.js';
import type { ClientRequest } from '../core/request.js';
import type { Zxid } from '../core/zxid.js';
import type { FrameState } from '../jute/frames.js';
import type { ClientEvent } from '../server/events.js';
import type { ClientEntrance } from './client-entrance.js';
import type { Asked, Reply } from './client-meter.js';
import type { ConnectionStats } from './client-stats.js';
import type { ConnectionThrottle } from './connection-throttle.js';
import type { Logger } from './logger.js';
import type { ServerMetrics } from './metrics/server-metrics.js';
import type { Flusher, Outbox } from './outbox.js';
import type { Gated, GateLimits } from './request-gate.js';
import type { ClientSasl } from './sasl/client-sasl.js';
import type { DigestServer } from './sasl/digest-md5.js';

/** One connection, as the client port holds it. */
export interface Connection {
  readonly id: ClientConn;
  readonly socket: Socket;
  readonly ip: string;
  /** The port that it came in by. */
  readonly kind: ClientEntrance['kind'];
  readonly outbox: Outbox;
  /** `greeting`: nothing read; `connecting`: the ConnectRequest is with the service. */
  phase: 'greeting' | 'connecting' | 'open' | 'closed';
  /** What has come before four bytes were in. */
  head: Buffer | null;
  frames: FrameState;
  /** Frames read and not worked off yet. */
  waiting: Buffer[];
  paused: boolean;
  /** A request that is refused unread, whose turn to be answered has not come; null: none. */
  refused: { readonly xid: number; readonly err: number } | null;
  readonly gated: Gated;
  /** ms; 0: no session yet. */
  timeout: number;
  readonly asked: Asked;
  readonly stats: ConnectionStats;
  /** Its SASL authentication; undefined: it has not begun one. */
  sasl?: DigestServer | null;
}

/** A connection as the four-letter words and AdminServer show it. */
export interface ConnectionFacts {
  readonly stats: ConnectionStats;
  /** `IP:PORT`. */
  readonly client: string;
  /** Apache's selection key: 1 it is read, 4 something waits to be written. */
  readonly interest: number;
  readonly queued: number;
}

export interface ClientPortOptions {
  /** Where clients come in. */
  readonly entrances: readonly ClientEntrance[];
  readonly flusher: Flusher;
  readonly log: Logger;
  readonly now: () => number;
  readonly onEvent: (event: ClientEvent) => void;
  /** The answer to a four-letter word that is allowed; `argument` follows some. */
  readonly onWord: (word: string, argument: Buffer) => string;
  readonly metrics: ServerMetrics;
  /** Is told of each request that is answered, before the answer leaves. */
  readonly onAnswered?: (
    connection: { readonly id: ClientConn; readonly ip: string; readonly stats: ConnectionStats },
    request: ClientRequest,
    reply: Reply,
  ) => void;
  /** Who may authenticate by SASL; none if absent. */
  readonly sasl?: ClientSasl;
  /** The last transaction that clients see the effect of. */
  readonly lastZxid: () => Zxid;
  readonly fourLetterWords: ReadonlySet<string> | 'all';
  /** How long a connection may say nothing before its ConnectRequest, ms. */
  readonly greetingTimeout: number;
  readonly maxClientCnxns: number;
  readonly maxCnxns: number;
  readonly juteMaxBuffer: number;
  /** What may be under way at once; all that comes if absent. */
  readonly gate?: GateLimits;
  /** New sessions in time; all that come if absent. */
  readonly throttle?: ConnectionThrottle;
  /** Are new sessions local ones? */
  readonly localSessions?: boolean;
}

export function connectionFacts(connection: Connection): ConnectionFacts {
  const { ip, socket, asked, stats, outbox, paused } = connection;
  const interest = (paused ? 0 : 1) | (outbox.pending > 0 ? 4 : 0);
  const client = `${ip}:${socket.remotePort ?? 0}`;
  return { stats, client, interest, queued: asked.size };
}
