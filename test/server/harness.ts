/**
 * Drives `serviceStep` by hand: a service whose core is the test. What the service proposes,
 * forwards or asks of the core is kept until the test lets it happen.
 */
import type { Role } from '../../src/core/effect.js';
import { ErrorCode } from '../../src/core/error-code.js';
import type { ClientConn, Millis, PeerConn, SessionId, Sid } from '../../src/core/ids.js';
import type { SyncPacket } from '../../src/core/message.js';
import type { ClientRequest, ConnectRequest } from '../../src/core/request.js';
import type { Acl, Data, Txn } from '../../src/core/txn.js';
import { ZXID_ZERO, type Zxid } from '../../src/core/zxid.js';
import type {
  ClientEffect,
  ConnectResponse,
  ServiceConfig,
  ServiceEffect,
  ServiceEvent,
} from '../../src/server/events.js';
import { DEFAULT_RULES } from '../../src/server/acl.js';
import { DEFAULT_FEATURES } from '../../src/server/features.js';
import { serviceStep } from '../../src/server/service.js';
import { initialService, type ServiceState } from '../../src/server/state.js';
import { createHash } from 'node:crypto';

export type CoreAsk = Extract<ServiceEffect, { type: 'core' }>['event'];
export type Reply = Extract<ClientEffect, { type: 'reply' }>;

export const CONFIG: ServiceConfig = {
  sid: 1,
  tickTime: 2000,
  minSessionTimeout: 4000,
  maxSessionTimeout: 40_000,
  superDigest: null,
  digestBase64: (bytes) => createHash('sha1').update(bytes).digest('base64'),
  rules: DEFAULT_RULES,
  enforcedSchemes: null,
  features: DEFAULT_FEATURES,
  configNode: null,
};

export const OPEN: readonly Acl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }];
export const WALL_CLOCK = 1_700_000_000_000;
export const NO_PASSWORD = new Uint8Array(16);

export const STANDALONE: Role = {
  kind: 'leading',
  serving: true,
  epoch: 0,
  lastZxid: ZXID_ZERO,
  leader: null,
};
export const FOLLOWING: Role = {
  kind: 'following',
  serving: true,
  epoch: 1,
  lastZxid: ZXID_ZERO,
  leader: 3 as Sid,
};
export const LOOKING: Role = { ...FOLLOWING, kind: 'looking', serving: false, leader: null };

export interface Harness {
  state: ServiceState;
  now: Millis;
  /** What was asked of the core and has not happened. */
  asked: CoreAsk[];
  /** Effects for clients since the last {@link take}. */
  sent: ClientEffect[];
  deadline: Millis | null;
  nextConn: number;
}

export function start(role: Role = STANDALONE, config: ServiceConfig = CONFIG): Harness {
  const h: Harness = {
    state: initialService(config),
    now: 1000,
    asked: [],
    sent: [],
    deadline: null,
    nextConn: 1,
  };
  feed(h, { type: 'serviceStart', now: h.now, wallClock: WALL_CLOCK, snapshot: null });
  feed(h, { type: 'role', role });
  return h;
}

export function feed(h: Harness, event: ServiceEvent): readonly ServiceEffect[] {
  const [state, effects] = serviceStep(h.state, event);
  h.state = state;
  for (const effect of effects) {
    if (effect.type === 'core') h.asked.push(effect.event);
    else if (effect.type === 'serviceDeadline') h.deadline = effect.at;
    else h.sent.push(effect);
  }
  return effects;
}

/** What clients were sent since the last call. */
export function take(h: Harness): ClientEffect[] {
  const { sent } = h;
  h.sent = [];
  return sent;
}

/** The core of a standalone server: delivers what was proposed, in order, at most `count`. */
export function commit(h: Harness, count = Infinity): void {
  for (let i = 0; i < count && h.asked.length > 0; i++) {
    const event = h.asked.shift()!;
    if (event.type === 'propose') feed(h, { type: 'deliver', txn: event.txn });
    else if (event.type === 'sync') synced(h, event.packet);
    else throw new Error(`unexpected: ${event.type}`);
  }
}

export function synced(h: Harness, packet: SyncPacket): void {
  feed(h, { type: 'synced', packet });
}

export function open(h: Harness, ip = '127.0.0.1'): ClientConn {
  const conn = h.nextConn++ as ClientConn;
  feed(h, { type: 'clientOpened', conn, ip, now: h.now });
  return conn;
}

export function connectRequest(overrides: Partial<ConnectRequest> = {}): ConnectRequest {
  return {
    protocolVersion: 0,
    lastZxidSeen: ZXID_ZERO,
    timeout: 10_000,
    sessionId: 0n as SessionId,
    password: NO_PASSWORD,
    readOnly: false,
    hasReadOnly: true,
    ...overrides,
  };
}

export function connect(
  h: Harness,
  conn: ClientConn,
  overrides: Partial<ConnectRequest> = {},
): void {
  feed(h, { type: 'clientConnect', conn, request: connectRequest(overrides), now: h.now });
}

/** A client of a standalone server with a session of its own. */
export interface Client {
  readonly conn: ClientConn;
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
}

export function responseOf(effects: readonly ClientEffect[]): ConnectResponse {
  const effect = effects.find(({ type }) => type === 'connectReply');
  if (effect?.type !== 'connectReply') throw new Error('no ConnectResponse');
  return effect.response;
}

export function client(h: Harness, overrides: Partial<ConnectRequest> = {}): Client {
  const conn = open(h);
  connect(h, conn, overrides);
  commit(h);
  const { sessionId, password } = responseOf(take(h));
  return { conn, sessionId, password };
}

export function send(h: Harness, conn: ClientConn, xid: number, request: ClientRequest): void {
  feed(h, { type: 'clientRequest', conn, xid, request, now: h.now });
}

let xids = 1000;

/** Asks and has the core commit what follows: the reply. */
export function ask(h: Harness, conn: ClientConn, request: ClientRequest): Reply {
  const xid = request.op === 'ping' ? -2 : xids++;
  send(h, conn, xid, request);
  commit(h);
  const reply = h.sent.find(
    (e): e is Reply => e.type === 'reply' && e.conn === conn && e.xid === xid,
  );
  if (reply === undefined) throw new Error(`no reply to ${request.op}`);
  h.sent = h.sent.filter((effect) => effect !== reply);
  return reply;
}

/** The error code of the reply. */
export function errOf(h: Harness, conn: ClientConn, request: ClientRequest): number {
  const { err, body } = ask(h, conn, request);
  if (err !== ErrorCode.OK && body !== null) throw new Error('an error has a body');
  return err;
}

export function create(path: string, flags = 0, data: Data = bytes('x')): ClientRequest {
  return { op: 'create', path, data, acl: OPEN, flags };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function setData(path: string, text = 'y', version = -1): ClientRequest {
  return { op: 'setData', path, data: bytes(text), version };
}

export function remove(path: string, version = -1): ClientRequest {
  return { op: 'delete', path, version };
}

export function getData(path: string, watch = false): ClientRequest {
  return { op: 'getData', path, watch };
}

export function exists(path: string, watch = false): ClientRequest {
  return { op: 'exists', path, watch };
}

export function getChildren(path: string, watch = false): ClientRequest {
  return { op: 'getChildren', path, watch };
}

/** Transactions proposed and not delivered. */
export function proposals(h: Harness): Txn[] {
  return h.asked.flatMap((event) => (event.type === 'propose' ? [event.txn] : []));
}

export function peer(n: number): PeerConn {
  return n as PeerConn;
}

export function zxid(n: number): Zxid {
  return n as Zxid;
}

/** Short forms: `reply XID ERR`, `event TYPE PATH`, `close`. */
export function brief(effects: readonly ClientEffect[], conn?: ClientConn): string[] {
  return effects
    .filter((effect) => conn === undefined || effect.conn === conn)
    .map((effect) => {
      switch (effect.type) {
        case 'reply':
          return `reply ${effect.xid} ${effect.err}`;
        case 'watchEvent':
          return `event ${effect.event} ${effect.path}`;
        case 'connectReply':
          return `session ${effect.response.timeout}`;
        case 'clientClose':
          return 'close';
      }
    });
}
