/**
 * An ensemble of members in memory: FIFO connections, disks and one clock, and no choice of its
 * own. What may happen next is listed by `choices`; a test picks, or lets `settle` go round.
 */
import type { CoreConfig } from '../../src/core/event.js';
import type { DiskOp } from '../../src/core/effect.js';
import type { ClientConn, Millis, PeerConn, SessionId, Sid } from '../../src/core/ids.js';
import type { Packet } from '../../src/core/message.js';
import type { ClientRequest, ConnectRequest } from '../../src/core/request.js';
import type { Notification } from '../../src/core/vote.js';
import type { ClientEffect } from '../../src/server/events.js';
import {
  initialMember,
  stepMember,
  type MemberEffect,
  type MemberEvent,
  type MemberState,
} from '../../src/server/member.js';
import { isLeading } from '../../src/server/state.js';
import { EMPTY_DISK, diskContent, writeTo, type Disk } from '../../src/sim/disk.js';
import { imageOf } from '../../src/tree/image.js';
import { emptyTree } from '../../src/tree/tree.js';
import { CONFIG, WALL_CLOCK, connectRequest } from './harness.js';

interface Member {
  readonly config: CoreConfig;
  /** null: dead. */
  state: MemberState | null;
  disk: Disk;
  writes: { readonly ticket: number; readonly write: DiskOp }[];
  deadline: Millis | null;
  dialling: Sid | null;
}

/** One quorum connection: end 2 × id is the learner's, 2 × id + 1 the leader's. */
interface Link {
  readonly id: number;
  readonly ends: readonly [Sid, Sid];
  readonly open: [boolean, boolean];
  /** Under way to the learner's end and to the leader's. */
  readonly wires: [Packet[], Packet[]];
}

export interface Ensemble {
  now: Millis;
  readonly members: Map<Sid, Member>;
  readonly links: Map<number, Link>;
  readonly mail: Map<string, readonly [Sid, Sid, Notification]>;
  /** What clients were sent, by connection. */
  readonly sent: Map<ClientConn, ClientEffect[]>;
  readonly servers: Map<ClientConn, Sid>;
  nextLink: number;
  nextConn: number;
}

export function ensemble(size: number, observers = 0): Ensemble {
  const sids = Array.from({ length: size + observers }, (_, i) => (i + 1) as Sid);
  const members = new Map<Sid, Member>();
  const e: Ensemble = {
    now: 1000,
    members,
    links: new Map(),
    mail: new Map(),
    sent: new Map(),
    servers: new Map(),
    nextLink: 1,
    nextConn: 1,
  };
  for (const sid of sids) {
    const config: CoreConfig = {
      sid,
      voters: sids.slice(0, size),
      observers: sids.slice(size),
      standalone: false,
      tickTime: 2000,
      initLimit: 10,
      syncLimit: 5,
      finalizeWait: 200,
      commitLogCount: 8,
    };
    const disk: Disk = { ...EMPTY_DISK, snapshot: { ...EMPTY_DISK.snapshot, image: emptyTree() } };
    members.set(sid, { config, state: null, disk, writes: [], deadline: null, dialling: null });
  }
  for (const sid of sids) startMember(e, sid);
  return e;
}

export function memberOf(e: Ensemble, sid: Sid): Member {
  const member = e.members.get(sid);
  if (member === undefined) throw new Error(`no server ${sid}`);
  return member;
}

export function startMember(e: Ensemble, sid: Sid): void {
  const member = memberOf(e, sid);
  member.state = initialMember(member.config, { ...CONFIG, sid });
  const { now } = e;
  const wallClock = WALL_CLOCK + now;
  feed(e, sid, { type: 'serviceStart', now, wallClock, snapshot: member.disk.snapshot });
  feed(e, sid, { type: 'start', now, disk: diskContent(member.disk) });
}

/** The process dies with the first `kept` of the writes under way on its disk. */
export function kill(e: Ensemble, sid: Sid, kept = 0): void {
  const member = memberOf(e, sid);
  for (const { write } of member.writes.slice(0, kept)) member.disk = writeTo(member.disk, write);
  Object.assign(member, { state: null, writes: [], deadline: null, dialling: null });
  for (const link of e.links.values()) {
    link.ends.forEach((end, side) => {
      if (end === sid) closeEnd(link, side);
    });
  }
  for (const [conn, at] of e.servers) if (at === sid) e.servers.delete(conn);
}

export function feed(e: Ensemble, sid: Sid, event: MemberEvent): void {
  const member = memberOf(e, sid);
  if (member.state === null) return;
  const { state, effects } = stepMember(member.state, event);
  member.state = state;
  for (const effect of effects) carryOut(e, member, effect);
}

function carryOut(e: Ensemble, member: Member, effect: MemberEffect): void {
  const { sid } = member.config;
  switch (effect.type) {
    case 'persist':
      member.writes.push(effect);
      return;
    case 'send': {
      const link = e.links.get(effect.conn >> 1);
      const to = 1 - (effect.conn & 1);
      if (link?.open[to] === true) link.wires[to]!.push(effect.packet);
      return;
    }
    case 'close': {
      const link = e.links.get(effect.conn >> 1);
      if (link !== undefined) closeEnd(link, effect.conn & 1);
      return;
    }
    case 'dial':
      member.dialling = effect.sid;
      return;
    case 'notify':
      e.mail.set(`${sid}>${effect.to}`, [sid, effect.to, effect.notification]);
      return;
    case 'deadline':
      member.deadline = effect.at;
      return;
    default:
      if (effect.type === 'clientClose') e.servers.delete(effect.conn);
      sentTo(e, effect.conn).push(effect);
  }
}

function closeEnd(link: Link, side: number): void {
  link.open[side] = false;
  link.wires[side] = [];
}

export function sentTo(e: Ensemble, conn: ClientConn): ClientEffect[] {
  const sent = e.sent.get(conn) ?? [];
  e.sent.set(conn, sent);
  return sent;
}

/** Everything that may happen next but the passing of time. */
export function choices(e: Ensemble): (() => void)[] {
  const found: (() => void)[] = [];
  for (const [key, [from, to, notification]] of e.mail) {
    found.push(() => {
      e.mail.delete(key);
      feed(e, to, { type: 'notification', from, notification, now: e.now });
    });
  }
  for (const link of e.links.values()) for (const side of [0, 1]) onLink(e, link, side, found);
  for (const [sid, member] of e.members) {
    if (member.state !== null) ofMember(e, sid, member, found);
  }
  return found;
}

function onLink(e: Ensemble, link: Link, side: number, found: (() => void)[]): void {
  if (link.open[side] !== true) return;
  const sid = link.ends[side]!;
  const conn = (2 * link.id + side) as PeerConn;
  const { now } = e;
  if (link.wires[side]!.length > 0) {
    found.push(() => {
      feed(e, sid, { type: 'packet', conn, packet: link.wires[side]!.shift()!, now });
    });
  } else if (link.open[1 - side] === false) {
    found.push(() => {
      closeEnd(link, side);
      feed(e, sid, { type: 'closed', conn, now });
    });
  }
}

function ofMember(e: Ensemble, sid: Sid, member: Member, found: (() => void)[]): void {
  const { now } = e;
  const [first] = member.writes;
  if (first !== undefined) {
    found.push(() => {
      persistRun(e, sid, member);
    });
  }
  const leader = member.dialling;
  if (leader !== null) {
    found.push(() => {
      member.dialling = null;
      if (memberOf(e, leader).state === null) {
        feed(e, sid, { type: 'dialFailed', sid: leader, now });
        return;
      }
      const id = e.nextLink++;
      e.links.set(id, { id, ends: [sid, leader], open: [true, true], wires: [[], []] });
      feed(e, leader, { type: 'opened', conn: (2 * id + 1) as PeerConn, as: 'leader', now });
      feed(e, sid, { type: 'opened', conn: (2 * id) as PeerConn, as: 'learner', now });
    });
  }
}

/** A run of appends, or one write of another kind, reaches the disk. */
function persistRun(e: Ensemble, sid: Sid, member: Member): void {
  let last: Member['writes'][number] | undefined;
  do {
    last = member.writes.shift()!;
    member.disk = writeTo(member.disk, last.write);
  } while (last.write.op === 'append' && member.writes[0]?.write.op === 'append');
  feed(e, sid, { type: 'persisted', ticket: last.ticket });
}

/** The clock goes to the next deadline of anybody. */
export function passTime(e: Ensemble): void {
  const deadlines = [...e.members.values()].flatMap(({ deadline }) => deadline ?? []);
  e.now = deadlines.length === 0 ? e.now + 1 : Math.max(e.now + 1, Math.min(...deadlines));
  for (const [sid, member] of e.members) {
    if (member.deadline !== null && member.deadline <= e.now) {
      feed(e, sid, { type: 'tick', now: e.now });
    }
  }
}

/** Lets everything happen that can, and time pass, until `done`; throws if it never is. */
export function settle(e: Ensemble, done: () => boolean): void {
  for (let i = 0; i < 20_000; i++) {
    const next = choices(e);
    if (next.length > 0) next[i % next.length]!();
    else if (done()) return;
    else passTime(e);
  }
  throw new Error('does not settle');
}

/** Nothing is under way any more. */
export function quiet(e: Ensemble): void {
  settle(e, () => true);
}

export function leaderOf(e: Ensemble): Sid | null {
  for (const [sid, { state }] of e.members) {
    if (state !== null && isLeading(state.service)) return sid;
  }
  return null;
}

/** Every live member serves, all in one epoch: a leader of an older one has noticed that it is over. */
export function serving(e: Ensemble): boolean {
  const roles = [...e.members.values()].flatMap(({ state }) => state?.service.role ?? []);
  return roles.every((role) => role.serving && role.epoch === roles[0]?.epoch);
}

export function connectTo(
  e: Ensemble,
  sid: Sid,
  overrides: Partial<ConnectRequest> = {},
): ClientConn {
  const conn = e.nextConn++ as ClientConn;
  const { now } = e;
  e.servers.set(conn, sid);
  feed(e, sid, { type: 'clientOpened', conn, ip: '127.0.0.1', now });
  feed(e, sid, { type: 'clientConnect', conn, request: connectRequest(overrides), now });
  return conn;
}

export function request(e: Ensemble, conn: ClientConn, xid: number, body: ClientRequest): void {
  const sid = e.servers.get(conn);
  if (sid === undefined) return;
  feed(e, sid, { type: 'clientRequest', conn, xid, request: body, now: e.now });
}

export interface Session {
  readonly conn: ClientConn;
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
  readonly timeout: Millis;
}

/** Connects and waits for the answer. */
export function session(e: Ensemble, sid: Sid, overrides: Partial<ConnectRequest> = {}): Session {
  const conn = connectTo(e, sid, overrides);
  settle(e, () => sentTo(e, conn).length > 0);
  const [first] = sentTo(e, conn).splice(0, 1);
  if (first?.type !== 'connectReply') throw new Error(`no ConnectResponse: ${first?.type}`);
  return { conn, ...first.response };
}

/** Asks and waits for the reply, or for the end of the connection. */
export function ask(e: Ensemble, conn: ClientConn, xid: number, body: ClientRequest): ClientEffect {
  request(e, conn, xid, body);
  const answer = (): ClientEffect | undefined =>
    sentTo(e, conn).find((f) => f.type === 'clientClose' || (f.type === 'reply' && f.xid === xid));
  settle(e, () => answer() !== undefined);
  return answer()!;
}

/** The whole replicated state of a member, for comparison. */
export function stateOf(e: Ensemble, sid: Sid): unknown {
  const image = imageOf(memberOf(e, sid).state!.service.tree);
  const sessions = [...image.sessions].sort(([a], [b]) => Number(a - b));
  return { zxid: image.zxid, sessions, nodes: [...image.nodes] };
}
