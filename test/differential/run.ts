/**
 * Runs a program against one server, or against the members of an ensemble: client i is at member i modulo their number. Steps come
 * one after another, each with its answers; a client at another member than the last writer's has a `sync` in front of its request, of
 * which only the events before its answer are seen. So what every client sees is decided by the program alone.
 */
import { Buffer } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import { fourLetterWord } from '../support/four-letter-word.js';
import { Peer, type Line, type Session } from './peer.js';
import { QUOTA } from './encode.js';
import type { Create, Handshake, Password, Program, Request, Step } from './program.js';
import { Names } from './show.js';

export interface Target {
  readonly name: string;
  /** One address for each member. */
  readonly addresses: readonly string[];
  /** What a handshake has unless the program says something else. */
  readonly handshake: Handshake;
  /** What the program's first client is before the program begins; null: nobody. */
  readonly identity: string | null;
  /** Nobody can write where this is false: the root is there already. */
  readonly writable: boolean;
}

/** What each client was sent. */
export type Transcript = readonly (readonly Line[])[];

const CLIENTS_MAX = 4;
const EXPIRY_PATIENCE_MS = 60_000;
const EXPIRY_RETRY_MS = 2_500;
/** The least timeout that the servers grant, and hence what this asks for. */
const LEAST_TIMEOUT = 1;

const PASSWORDS: Readonly<Record<Password, (right: Buffer) => Buffer | null>> = {
  right: (right) => right,
  wrong: (right) => Buffer.alloc(right.length, 7),
  null: () => null,
  empty: () => Buffer.alloc(0),
  longer: (right) => Buffer.concat([right, Buffer.of(0)]),
};

/** SESSIONCLOSEDREQUIRESASLAUTH. */
const UNAUTHENTICATED = -124;

/** What both refuse they close a moment later, and may answer more until then. */
const closes = (op: Request['op'] | undefined): boolean => op === 'raw' || op === 'check';

const nodeAt = (path: string): Create => ({
  op: 'create',
  path,
  data: null,
  acl: [[31, 'world', 'anyone']],
  flags: 0,
});

class Run {
  readonly names = new Names();
  readonly #peers: readonly Peer[];
  /** Sessions that have begun and not been closed. */
  readonly #sessions = new Map<bigint, Session>();
  /** The transactions that ended sessions. */
  readonly #ends = new Set<bigint>();
  /** Clients that another one may be ahead of. */
  #behind = new Set<Peer>();

  constructor(private readonly target: Target) {
    const { addresses } = target;
    this.#peers = Array.from(
      { length: CLIENTS_MAX },
      (_, i) => new Peer(addresses[i % addresses.length]!, this.names),
    );
  }

  peer(c: number): Peer {
    return this.#peers[c % CLIENTS_MAX]!;
  }

  async begin(program: Program, root: string): Promise<void> {
    const parts = root.split('/');
    this.names.meaning = { root, base: 0n };
    for (let c = 0; c < program.clients; c++) await this.#connect(this.peer(c), {});
    const first = this.peer(0);
    await this.#identify(first);
    if (this.target.writable) {
      for (let i = 2; i <= parts.length; i++) {
        const path = parts.slice(0, i).join('/');
        if (program.root === 'fresh') await first.quietly(nodeAt(path));
        if (program.quotas === true) await first.quietly(nodeAt(QUOTA + path));
      }
      // The other clients' sessions have begun at other members.
      await first.quietly({ op: 'sync', path: '/' });
    }
    const base = await first.quietly({ op: 'exists', path: root, watch: false });
    if (base === null) throw new Error(`${this.target.name}: the root ${root} cannot be made`);
    this.names.meaning = { root, base };
    this.#behind = new Set(this.#peers.slice(1));
  }

  async #identify(peer: Peer): Promise<void> {
    const { identity: id } = this.target;
    if (id !== null) await peer.quietly({ op: 'auth', scheme: 'digest', id });
  }

  async step(number: number, step: Step): Promise<void> {
    const peer = this.peer(step.c);
    for (const each of this.#peers) each.at(number);
    switch (step.do) {
      case 'ask':
        return this.#ask(peer, [step.request]);
      case 'burst':
        return this.#ask(peer, step.requests);
      case 'connect':
        return this.#connect(peer, step.how);
      case 'drop':
        return peer.drop();
      case 'resume':
        return this.#resume(peer, peer.session, step.password, step.how);
      case 'take':
        return this.#take(peer, this.peer(step.of));
      case 'expire':
        return this.#expire(peer);
      case 'login':
        if (!peer.connected) return peer.note('login: not connected');
        return peer.login(step.user, step.password);
      case 'bytes':
        if (!peer.connected) return peer.note('bytes: not connected');
        return peer.bytes(Buffer.from(step.bytes, 'hex'));
    }
  }

  async #barrier(peer: Peer): Promise<void> {
    if (this.target.addresses.length > 1 && this.#behind.has(peer) && peer.connected) {
      await peer.quietly({ op: 'sync', path: '/' });
    }
    this.#behind = new Set(this.#peers);
    this.#behind.delete(peer);
  }

  async #ask(peer: Peer, requests: readonly Request[]): Promise<void> {
    if (!peer.connected) return peer.note(`${requests[0]?.op}: not connected`);
    await this.#barrier(peer);
    const last = await peer.ask(requests);
    const op = requests.at(-1)?.op;
    if (last === null) return;
    if (op === 'closeSession') {
      this.#ends.add(last.zxid);
      if (peer.session !== null) this.#sessions.delete(peer.session.id);
      peer.session = null;
      await peer.untilClosed();
    } else if (
      (last.err === -6 && closes(op)) ||
      (op === 'auth' && last.err !== 0) ||
      last.err === UNAUTHENTICATED
    ) {
      await peer.untilClosed();
    }
  }

  async #connect(peer: Peer, asked: Handshake): Promise<void> {
    const how = { ...this.target.handshake, ...asked };
    const zxids = { none: 0n, seen: peer.seen, future: 1n << 50n, negative: -1n };
    const lastZxidSeen = zxids[how.zxid ?? 'none'];
    if (await peer.handshake({ lastZxidSeen }, how)) {
      this.#sessions.set(peer.session!.id, peer.session!);
    }
    this.#behind = new Set(this.#peers);
  }

  async #resume(
    peer: Peer,
    session: Session | null,
    password: Password,
    asked: Handshake,
  ): Promise<void> {
    const how = { ...this.target.handshake, ...asked };
    if (session === null) return peer.note('resume: no session');
    const zxids = { none: 0n, seen: peer.seen, future: 1n << 50n, negative: -1n };
    await peer.handshake(
      {
        sessionId: session.id,
        password: PASSWORDS[password](session.password),
        lastZxidSeen: zxids[how.zxid ?? 'none'],
      },
      how,
    );
    this.#behind.add(peer);
  }

  /** The older connection ends; only within one member, as another would not hear of it before its next write. */
  async #take(peer: Peer, from: Peer): Promise<void> {
    const { session } = from;
    if (session === null || peer === from) return peer.note('take: no session');
    const held = from.connected;
    if (this.target.addresses.length > 1) from.drop();
    await this.#resume(peer, session, 'right', {});
    if (from.connected) await from.ask([{ op: 'ping' }]);
    else if (held) from.note('ping: closed');
    from.session = null;
  }

  async #zxid(): Promise<string> {
    let last = '';
    for (const address of this.target.addresses) {
      const said = await fourLetterWord(address, 'srvr');
      const zxid = BigInt(/^Zxid: (\S+)$/m.exec(said)?.[1] ?? '0');
      if (last === '' || zxid > BigInt(last)) last = String(zxid);
    }
    return last;
  }

  /** Comes back with the least timeout, goes, and waits for the transaction that ends the session. */
  async #expire(peer: Peer): Promise<void> {
    const { session } = peer;
    if (session === null) return peer.note('expire: no session');
    const before = await this.#zxid();
    await this.#resume(peer, session, 'right', { timeout: LEAST_TIMEOUT });
    if (!peer.connected) return;
    const { id: sessionId, password } = session;
    const patience = performance.now() + EXPIRY_PATIENCE_MS;
    let shortened = peer;
    let now = before;
    while (now === before && performance.now() < patience) {
      // A follower reports the timeout of the session's last request: this one's, and no earlier one's.
      await shortened.quietly({ op: 'sync', path: '/' });
      shortened.drop();
      now = await this.#change(before);
      if (now !== before) break;
      // Another follower may have told of the session's begin, with its first timeout, only now.
      shortened = new Peer(peer.address, this.names);
      await shortened.handshake({ sessionId, password }, { timeout: LEAST_TIMEOUT });
    }
    shortened.drop();
    peer.note(now === before ? 'expire: never' : `expire: ${this.names.zxid(BigInt(now))}`);
    this.#ends.add(BigInt(now));
    this.#sessions.delete(session.id);
    this.#behind = new Set(this.#peers);
  }

  /** The next zxid after `before`, waited for a while. */
  async #change(before: string): Promise<string> {
    const patience = performance.now() + EXPIRY_RETRY_MS;
    let now = before;
    while (now === before && performance.now() < patience) {
      await delay(20);
      now = await this.#zxid();
    }
    return now;
  }

  /** What every client was sent until now. */
  async end(): Promise<Transcript> {
    for (const peer of this.#peers) {
      if (!peer.connected) continue;
      await this.#barrier(peer);
      await peer.ask([{ op: 'ping' }]);
    }
    return this.#peers.map(({ lines }) => this.#inOrder(lines));
  }

  /** The events of one session's end, which come in any order, sorted. */
  #inOrder(lines: readonly Line[]): Line[] {
    const ordered = [...lines];
    for (let from = 0; from < ordered.length; from++) {
      const zxid = ordered[from]!.event;
      if (zxid === undefined || !this.#ends.has(zxid)) continue;
      let to = from;
      while (ordered[to]?.event === zxid) to++;
      const run = ordered.slice(from, to).sort((a, b) => (a.text < b.text ? -1 : 1));
      ordered.splice(from, to - from, ...run);
      from = to - 1;
    }
    return ordered;
  }

  /** Ends every session that is left, so that none ends amid another program. */
  async close(): Promise<void> {
    for (const { id, password } of this.#sessions.values()) {
      const owner = this.#peers.find((peer) => peer.session?.id === id);
      const closer = owner?.connected === true ? owner : new Peer(this.peer(0).address, this.names);
      const { handshake } = this.target;
      const as = { sessionId: id, password };
      if (!closer.connected && !(await closer.handshake(as, handshake))) continue;
      await this.#identify(closer);
      await closer.quietly({ op: 'closeSession' });
      await closer.untilClosed();
    }
    for (const peer of this.#peers) peer.drop();
  }
}

/** One run of a program below `root`. */
export const run = async (target: Target, program: Program, root: string): Promise<Transcript> => {
  const one = new Run(target);
  try {
    await one.begin(program, root);
    for (const [i, step] of program.steps.entries()) await one.step(i + 1, step);
    return await one.end();
  } finally {
    await one.close();
  }
};

export interface Difference {
  readonly client: number;
  readonly step: number;
  readonly apache: string;
  readonly zab: string;
}

/** The first line of each client in which two transcripts differ, the earliest step first. */
export const differences = (apache: Transcript, zab: Transcript): Difference[] => {
  const found: Difference[] = [];
  for (let client = 0; client < Math.max(apache.length, zab.length); client++) {
    const [theirs, ours] = [apache[client] ?? [], zab[client] ?? []];
    for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
      const [a, z] = [theirs[i], ours[i]];
      if (a?.text === z?.text && a?.step === z?.step) continue;
      found.push({
        client,
        step: Math.min(a?.step ?? Infinity, z?.step ?? Infinity),
        apache: a === undefined ? 'nothing more' : `(step ${a.step}) ${a.text}`,
        zab: z === undefined ? 'nothing more' : `(step ${z.step}) ${z.text}`,
      });
      break;
    }
  }
  return found.sort((a, b) => a.step - b.step);
};
