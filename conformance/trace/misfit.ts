/**
 * What is wrong with a line before any behaviour is looked for: it does not go with its own action,
 * with the ensemble, or with what other lines say of the same connection or the same write. The
 * specification has no names of connections, no tickets, and not the packets that it leaves out:
 * what a trace says of those is held together here.
 */
import type { StepName } from '../../src/core/classify.js';
import { isAction } from './actions.js';
import type { Links } from './annotate.js';
import { isModelled, isPacketSent, otherEnd } from './annotate.js';
import type { SourceLine } from './file.js';
import type { TraceEvent, TraceLine, TracePacket } from './schema.js';

/** The event of an action, where it can be one only. */
const EVENTS: Partial<Record<StepName, TraceEvent['type']>> = {
  ReceiveNotification: 'notification',
  DecideLeader: 'tick',
  ResendNotifications: 'tick',
  FollowerConnect: 'opened',
  LeaderProcessFOLLOWERINFO: 'packet',
  LeaderPersistAcceptedEpoch: 'persisted',
  FollowerProcessLEADERINFO: 'packet',
  FollowerPersistAcceptedEpoch: 'persisted',
  LeaderProcessACKEPOCH: 'packet',
  LeaderPersistCurrentEpoch: 'persisted',
  FollowerProcessNEWLEADER: 'packet',
  FollowerPersistLog: 'persisted',
  FollowerPersistCurrentEpoch: 'persisted',
  LeaderProcessACKNEWLEADER: 'packet',
  FollowerProcessPROPOSALInSync: 'packet',
  FollowerProcessCOMMITInSync: 'packet',
  FollowerProcessUPTODATE: 'packet',
  LeaderPropose: 'propose',
  LeaderPersistLog: 'persisted',
  FollowerProcessPROPOSAL: 'packet',
  LeaderProcessACK: 'packet',
  FollowerProcessCOMMIT: 'packet',
  ObserverProcessINFORM: 'packet',
  Restart: 'start',
};

function sameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && !hasTwice(a) && a.every((x) => b.includes(x));
}

function hasTwice(sids: readonly number[]): boolean {
  return new Set(sids).size < sids.length;
}

/** Why a line is none of this ensemble's, or does not go with its action; null if it does. */
export function misfit(
  { server, event, post, action, sent }: TraceLine,
  voters: readonly number[],
  observers: readonly number[],
): string | null {
  const members = [...voters, ...observers];
  if (!members.includes(server)) return `server ${server} is no member of the ensemble`;
  if (
    event.type === 'start' &&
    !(sameSet(event.voters, voters) && sameSet(event.observers, observers))
  ) {
    return 'the servers do not agree who is a member';
  }
  if (action !== null && !isAction(action)) return `there is no action ${action}`;
  const due = action === null ? undefined : EVENTS[action as StepName];
  if (due !== undefined && due !== event.type) return `${action} does not come of ${event.type}`;
  if (event.type === 'start') {
    if (action !== 'Restart') return 'a start is the action Restart';
    if (post.history !== null) return 'after a start the history is what the disk held';
  }
  if (action === 'FollowerConnect' && event.type === 'opened' && event.as !== 'learner') {
    return 'FollowerConnect is the learner’s end of a connection';
  }
  if (hasTwice(post.ackEpochs) || hasTwice(post.ackNewLeader)) {
    return 'a server has acknowledged twice';
  }
  const named = [
    ...(event.type === 'notification' ? [event.from] : []),
    ...(post.leader === null ? [] : [post.leader]),
    ...sent.flatMap((item) => ('to' in item ? [item.to] : [])),
  ];
  const stranger = named.find((sid) => !members.includes(sid));
  return stranger === undefined ? null : `server ${stranger} is no member of the ensemble`;
}

/** The same for equal packets, in whatever order their fields are written. */
function packetText(packet: TracePacket): string {
  return JSON.stringify(Object.entries(packet).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** UPTODATE is acknowledged; the specification leaves that packet out. */
function upToDateUnanswered(
  { action, sent }: TraceLine,
  { conn, packet }: Extract<TraceEvent, { readonly type: 'packet' }>,
): string | null {
  if (action !== 'FollowerProcessUPTODATE' || !('zxid' in packet)) return null;
  const acks = sent.filter((item) => isPacketSent(item) && isModelled(item.packet));
  const due = packetText({ type: 'ACK', zxid: packet.zxid });
  const [ack] = acks;
  const right = ack !== undefined && isPacketSent(ack) && packetText(ack.packet) === due;
  if (acks.length === 1 && right && ack.conn === conn) return null;
  return 'UPTODATE is acknowledged once, on its connection';
}

/** What connections carry, as the lines so far say: a connection is FIFO both ways. */
export class Wire {
  private readonly links: Links;
  /** By connection and sender: the packets sent on it that the specification has. */
  private readonly sent = new Map<string, string[]>();
  /** By connection and reader: how many of them were read. */
  private readonly read = new Map<string, number>();
  /** By connection and role: the server at that end. */
  private readonly ends = new Map<string, number>();
  /** By server: the connections that it has opened since it started, and whether they are over. */
  private readonly opened = new Map<number, Map<string, 'open' | 'over'>>();
  /** By server: whom its last line says it follows or leads. */
  private readonly leaders = new Map<number, number | null>();

  constructor(links: Links) {
    this.links = links;
  }

  /** Takes the next line; why it cannot come now, or null. */
  take(source: SourceLine): string | null {
    const { server, event, post, sent } = source.line;
    const why = this.misfit(source);
    if (why !== null) return why;
    if (event.type === 'start') this.opened.set(server, new Map());
    if (event.type === 'closed') this.opened.get(server)?.set(event.conn, 'over');
    this.leaders.set(server, post.leader);
    for (const item of sent) {
      if (!isPacketSent(item) || !isModelled(item.packet)) continue;
      const link = this.links.of(source, item.conn);
      if (link === null) continue;
      const key = `${link.key} ${server}`;
      const list = this.sent.get(key);
      if (list === undefined) this.sent.set(key, [packetText(item.packet)]);
      else list.push(packetText(item.packet));
    }
    return null;
  }

  /** Of a connection that the line reads, closes or sends on, and that this server does not have. */
  private unopened({ server, event, sent }: TraceLine): string | null {
    const known = this.opened.get(server);
    if (known === undefined) return null;
    const opening = event.type === 'opened' ? event.conn : null;
    const sentOn = sent.flatMap((item) => ('conn' in item ? [item.conn] : []));
    const read = event.type === 'packet' || event.type === 'closed' ? [event.conn] : [];
    const never = [...read, ...sentOn].find((conn) => conn !== opening && !known.has(conn));
    if (never !== undefined) return `server ${server} has not opened connection ${never}`;
    const over = read.find((conn) => known.get(conn) === 'over');
    return over === undefined ? null : `connection ${over} is over at server ${server}`;
  }

  private misfit(source: SourceLine): string | null {
    const { server, event, omitted = [] } = source.line;
    const followed = this.leaders.get(server);
    if (event.type === 'dialFailed' && source.line.action !== null && event.sid !== followed) {
      return `server ${server} does not give up for a dial to server ${event.sid}`;
    }
    const why = this.unopened(source.line);
    if (why !== null) return why;
    if (event.type === 'opened') {
      const key = this.links.of(source, event.conn)?.key ?? event.conn;
      const end = `${key} ${event.as}`;
      const other = this.ends.get(end);
      if (other !== undefined && other !== server) {
        return `server ${other} is that end of connection ${event.conn} already`;
      }
      this.ends.set(end, server);
      this.opened.get(server)?.set(event.conn, 'open');
    }
    if (event.type !== 'packet') return null;
    const link = this.links.of(source, event.conn);
    const peer = link === null ? null : otherEnd(link, server);
    if (link === null || peer === null || !isModelled(event.packet)) return null;
    if (omitted.includes('sent')) return null;
    const unanswered = upToDateUnanswered(source.line, event);
    if (unanswered !== null) return unanswered;
    const reader = `${link.key} ${server}`;
    const n = this.read.get(reader) ?? 0;
    this.read.set(reader, n + 1);
    const due = this.sent.get(`${link.key} ${peer}`)?.[n];
    if (due === packetText(event.packet)) return null;
    const place = `packet ${n + 1} of connection ${event.conn}`;
    return due === undefined
      ? `server ${server} reads ${place}, which server ${peer} has not sent`
      : `server ${server} reads another ${place} than server ${peer} sent`;
  }
}
