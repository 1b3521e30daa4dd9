/**
 * What a line means beside the others: which server is at the other end of a connection, which
 * messages are the specification's, which attempts to connect came to nothing.
 */
import type { SourceLine } from './file.js';
import type { TraceLine, TracePacket, TraceSent } from './schema.js';

/** One connection; a name that is used again is another connection. */
export interface Link {
  readonly key: string;
  learner: number | null;
  leader: number | null;
  /** A leader read FOLLOWERINFO or OBSERVERINFO: until then the attempt is none to the model. */
  read: boolean;
}

export interface Links {
  /** The connection that `name` is for the server of `line` at that line. */
  readonly of: (line: SourceLine, name: string) => Link | null;
}

function connOf(line: TraceLine): string | null {
  return 'conn' in line.event ? line.event.conn : null;
}

function namesIn(line: TraceLine): readonly string[] {
  const own = connOf(line);
  const names = line.sent.flatMap((s) => ('conn' in s ? [s.conn] : []));
  return own === null ? names : [own, ...names];
}

/** Reads the lines of each server in their order; the order between servers does not matter. */
export function findLinks(lines: readonly SourceLine[]): Links {
  const links = new Map<string, Link>();
  const opened = new Map<string, number>();
  const keys = new Map<SourceLine, ReadonlyMap<string, string>>();
  const linkOf = (key: string): Link => {
    const known = links.get(key);
    if (known !== undefined) return known;
    const link: Link = { key, learner: null, leader: null, read: false };
    links.set(key, link);
    return link;
  };
  for (const source of lines) {
    const { line } = source;
    const { server, event } = line;
    if (event.type === 'opened') {
      const end = `${server} ${event.conn}`;
      opened.set(end, (opened.get(end) ?? 0) + 1);
    }
    const names = namesIn(line);
    if (names.length === 0) continue;
    const resolved = new Map<string, string>();
    for (const name of names) resolved.set(name, `${name}#${opened.get(`${server} ${name}`) ?? 0}`);
    keys.set(source, resolved);
    const name = connOf(line);
    if (name === null) continue;
    const link = linkOf(resolved.get(name) ?? name);
    if (event.type === 'opened') {
      if (event.as === 'learner') {
        link.learner = server;
        link.leader ??= line.post.leader;
      } else {
        link.leader = server;
      }
    } else if (line.action === 'LeaderProcessFOLLOWERINFO' && event.type === 'packet') {
      link.read = true;
      link.leader = server;
      if ('sid' in event.packet) link.learner ??= event.packet.sid;
    }
  }
  return {
    of: (source, name) => {
      const key = keys.get(source)?.get(name);
      return key === undefined ? null : (links.get(key) ?? null);
    },
  };
}

/** The other end of `link`, seen from `server`; null if no line shows it. */
export function otherEnd(link: Link, server: number): number | null {
  return link.learner === server ? link.leader : link.learner;
}

const MODELLED: ReadonlySet<string> = new Set([
  ...['FOLLOWERINFO', 'OBSERVERINFO', 'LEADERINFO', 'ACKEPOCH', 'DIFF', 'TRUNC', 'SNAP'],
  ...['PROPOSAL', 'COMMIT', 'INFORM', 'NEWLEADER', 'UPTODATE', 'ACK'],
]);

/** Is it one of the specification's packets? (The acknowledgement of UPTODATE is not.) */
export function isModelled(packet: TracePacket): boolean {
  return MODELLED.has(packet.type);
}

export function isPacketSent(
  sent: TraceSent,
): sent is Extract<TraceSent, { readonly packet: TracePacket }> {
  return 'packet' in sent;
}
