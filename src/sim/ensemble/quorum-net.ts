/**
 * What connects the servers: quorum connections and election messages
 * (`src/shell/quorum-port.ts`, `election-port.ts`).
 *
 * A connection has a lane each way. An end that is closed reads nothing more; what it has sent is
 * still read at the other, and then the end of the connection. Whoever sends to an end that is
 * gone hears of that, if there is a machine to tell it. A server that does not lead accepts a
 * connection and closes it.
 */
import type { PeerConn, Sid } from '../../core/ids.js';
import type { Packet } from '../../core/message.js';
import { serverStateOf } from '../../core/state.js';
import type { Notification } from '../../core/vote.js';
import { imageOf, treeOf } from '../../tree/image.js';
import type { Tree } from '../../tree/tree.js';
import type { Entry, Micros } from './agenda.js';
import { Lane, type Roads } from './lane.js';
import type { Rng } from './rng.js';
import type { SimServer } from './server.js';

type Item = 'opened' | 'closed' | Packet;

interface End {
  readonly server: SimServer;
  readonly conn: PeerConn;
  readonly as: 'learner' | 'leader';
  open: boolean;
}

/** One connection: the learner's end has number 2 × id, the leader's 2 × id + 1. */
export interface Link {
  readonly id: number;
  /** The learner's, the leader's. */
  readonly ends: readonly [End, End];
  /** To the learner, to the leader. */
  readonly lanes: readonly [Lane<Item>, Lane<Item>];
}

/** Election messages from one server to another. */
interface Post {
  readonly lane: Lane<Notification>;
  last: Notification | null;
}

export class QuorumNet {
  readonly links = new Map<number, Link>();
  /** How much later packets come to a server, µs. */
  readonly lag = new Map<Sid, Micros>();
  readonly #posts = new Map<number, Post>();
  readonly #dials = new Map<Sid, Entry>();
  #nextLink = 1;

  constructor(
    readonly servers: ReadonlyMap<Sid, SimServer>,
    readonly roads: Roads,
    readonly rng: Rng,
    /** Mean delay of a message, µs. */
    readonly latency: Micros,
    /** After which a dial that nobody answers has failed, µs. */
    readonly connectTimeout: Micros,
  ) {}

  #delay(): Micros {
    return 20 + this.rng.around(this.latency);
  }

  #server(sid: Sid): SimServer {
    const server = this.servers.get(sid);
    if (server === undefined) throw new Error(`no server ${sid}`);
    return server;
  }

  /** A dial; one that is under way is given up. */
  dial(from: SimServer, sid: Sid): void {
    const before = this.#dials.get(from.sid);
    if (before !== undefined) before.live = false;
    const { incarnation } = from;
    const { agenda } = this.roads;
    const later = (delay: Micros, run: () => void): void => {
      const entry = agenda.after(delay, () => {
        if (from.incarnation !== incarnation) return;
        this.#dials.delete(from.sid);
        run();
      });
      this.#dials.set(from.sid, entry);
    };
    const failed = (): void => from.feed({ type: 'dialFailed', sid, now: from.now });
    later(this.#delay(), () => {
      const to = this.#server(sid);
      const open = this.roads.reaches(from.host, to.host) && this.roads.reaches(to.host, from.host);
      if (!open) later(this.connectTimeout, failed);
      else if (to.state === null) later(this.#delay(), failed);
      else this.#connect(from, to);
    });
  }

  #connect(from: SimServer, to: SimServer): void {
    const id = this.#nextLink++;
    const ends: [End, End] = [
      { server: from, conn: (2 * id) as PeerConn, as: 'learner', open: true },
      { server: to, conn: (2 * id + 1) as PeerConn, as: 'leader', open: true },
    ];
    const link: Link = {
      id,
      ends,
      lanes: [
        new Lane(this.roads, to, from, (item: Item) => this.#arrived(link, 0, item)),
        new Lane(this.roads, from, to, (item: Item) => this.#arrived(link, 1, item)),
      ],
    };
    this.links.set(id, link);
    link.lanes[0].send('opened', this.#delay());
    link.lanes[1].send('opened', 0);
  }

  /** Something comes to the end `side` of a connection. */
  #arrived(link: Link, side: 0 | 1, item: Item): void {
    const { server, conn, as, open } = link.ends[side];
    if (!open) {
      if (item !== 'closed' && server.state !== null) this.#tellOther(link, side);
      return;
    }
    const { now } = server;
    if (item === 'closed') {
      this.#closeEnd(link, side);
      server.feed({ type: 'closed', conn, now });
    } else if (item === 'opened') {
      const leads = server.state !== null && serverStateOf(server.state.core) === 'LEADING';
      if (as === 'leader' && !leads) {
        this.#closeEnd(link, side);
        this.#tellOther(link, side);
      } else server.feed({ type: 'opened', conn, as, now });
    } else server.feed({ type: 'packet', conn, packet: item, now });
  }

  #closeEnd(link: Link, side: 0 | 1): void {
    link.ends[side].open = false;
    if (!link.ends[0].open && !link.ends[1].open) this.links.delete(link.id);
  }

  /** The end of the connection, behind all that this side has sent. */
  #tellOther(link: Link, side: 0 | 1): void {
    const other = side === 0 ? 1 : 0;
    if (link.ends[other].open) link.lanes[other].send('closed', this.#delay());
  }

  send(conn: PeerConn, packet: Packet): void {
    const link = this.links.get(conn >> 1);
    const side = (conn & 1) as 0 | 1;
    if (link === undefined || !link.ends[side].open) return;
    const other = side === 0 ? 1 : 0;
    const lag = this.lag.get(link.ends[other].server.sid) ?? 0;
    link.lanes[other].send(onTheWire(packet), lag + this.#delay());
  }

  /** This side closes, after all that it has sent. */
  close(conn: PeerConn): void {
    const link = this.links.get(conn >> 1);
    if (link === undefined) return;
    const side = (conn & 1) as 0 | 1;
    this.#closeEnd(link, side);
    this.#tellOther(link, side);
  }

  /** One side notices that the connection is over; the other does when it hears or sends something. */
  breakAt(link: Link, side: 0 | 1, told: boolean): void {
    const { server, conn, open } = link.ends[side];
    if (!open || !server.awake) return;
    this.#closeEnd(link, side);
    if (told) this.#tellOther(link, side);
    server.feed({ type: 'closed', conn, now: server.now });
  }

  /** The process of `server` is gone. `silent`: its machine, too, and nobody is told. */
  crashed(server: SimServer, silent: boolean): void {
    for (const link of [...this.links.values()]) {
      for (const side of [0, 1] as const) {
        if (link.ends[side].server !== server || !link.ends[side].open) continue;
        this.#closeEnd(link, side);
        if (!silent) this.#tellOther(link, side);
      }
    }
    for (const other of this.servers.keys()) {
      this.#post(server.sid, other).lane.clear();
      this.#post(other, server.sid).lane.clear();
      this.#post(server.sid, other).last = null;
    }
  }

  #post(from: Sid, to: Sid): Post {
    const key = from * 0x100 + to;
    const known = this.#posts.get(key);
    if (known !== undefined) return known;
    const [sender, receiver] = [this.#server(from), this.#server(to)];
    const deliver = (notification: Notification): void => {
      receiver.feed({ type: 'notification', from, notification, now: receiver.now });
    };
    const post: Post = { lane: new Lane(this.roads, sender, receiver, deliver), last: null };
    this.#posts.set(key, post);
    return post;
  }

  notify(from: Sid, to: Sid, notification: Notification): void {
    const post = this.#post(from, to);
    post.last = notification;
    // Only the newest of those that wait is worth sending.
    if (post.lane.length > 2) post.lane.clear();
    post.lane.send(notification, this.#delay());
  }

  /** The connection between two servers is made anew: what was sent last is sent again. */
  resetPost(from: Sid, to: Sid): void {
    const post = this.#post(from, to);
    post.lane.clear();
    if (post.last !== null && this.#server(from).state !== null) {
      post.lane.send(post.last, 1000 + this.#delay());
    }
  }
}

/** SNAP carries an image: the receiver makes a tree of its own. */
function onTheWire(packet: Packet): Packet {
  if (packet.type !== 'SNAP') return packet;
  const { zxid, image } = packet.snapshot;
  return { type: 'SNAP', snapshot: { zxid, image: treeOf(imageOf(image as Tree)) } };
}
