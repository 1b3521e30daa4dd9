/**
 * What a server sent, as text that can be compared with another server's. The reader is the tests' own (`raw-client.ts`), so that
 * a mistake of the project's codecs cannot hide itself.
 *
 * Normalised, and nothing else:
 * - zxids are counted from the transaction with which the program began; older ones are `old`;
 * - session ids are S1, S2, … in the order in which they appear;
 * - times are `t` if they are of the last ten minutes, else they are shown; 0 stays 0;
 * - what has no order is sorted: children, paths of getEphemerals, identities of whoAmI, neighbouring entries of an ACL that differ in
 *   their id alone (those that `auth` has stood for), and the events of one session's end (its ephemerals go in any order);
 * - passwords are only checked: 16 bytes that follow from the id, or what they are instead;
 * - the program's root is written `~`.
 */
import { Buffer } from 'node:buffer';
import type { SessionId } from '../../src/core/ids.js';
import { sessionPassword } from '../../src/server/session-password.js';
import { parseReply, Reader, type Reply } from '../support/raw-client.js';
import type { Meaning } from './encode.js';
import type { Request } from './program.js';

const PLAUSIBLE_MS = 600_000;
const SHOWN_BYTES = 200;

/** The names of one run. */
export class Names {
  readonly #sessions = new Map<bigint, string>();
  meaning: Meaning = { root: '', base: 0n };

  zxid(zxid: bigint): string {
    if (zxid <= 0n) return String(zxid);
    return zxid < this.meaning.base ? 'old' : `z${zxid - this.meaning.base}`;
  }
  session(id: bigint): string {
    if (id === 0n) return '0';
    const known = this.#sessions.get(id) ?? `S${this.#sessions.size + 1}`;
    this.#sessions.set(id, known);
    return known;
  }
  time(ms: bigint): string {
    if (ms === 0n) return '0';
    return Math.abs(Number(ms) - Date.now()) < PLAUSIBLE_MS ? 't' : String(ms);
  }
  text(bytes: Buffer | null): string {
    if (bytes === null) return 'null';
    if (bytes.length > SHOWN_BYTES) return `<${bytes.length} bytes>`;
    return JSON.stringify(bytes.toString('latin1').replaceAll(this.meaning.root, '~'));
  }
}

type Show = (r: Reader, names: Names) => string;

const vector = <T>(r: Reader, one: () => T): T[] | null => {
  const length = r.int();
  return length < 0 ? null : Array.from({ length }, one);
};
const sorted = (all: string[] | null): string =>
  all === null ? 'null' : `{${all.sort().join(' ')}}`;

const stat: Show = (r, n) => {
  const [czxid, mzxid] = [n.zxid(r.long()), n.zxid(r.long())];
  const [ctime, mtime] = [n.time(r.long()), n.time(r.long())];
  const [version, cversion, aversion] = [r.int(), r.int(), r.int()];
  const [owner, length, children] = [n.session(r.long()), r.int(), r.int()];
  const pzxid = n.zxid(r.long());
  const versions = `v${version} c${cversion} a${aversion}`;
  return `[${czxid} ${mzxid} ${pzxid} ${ctime} ${mtime} ${versions} ${owner} len${length} n${children}]`;
};
const text: Show = (r, n) => n.text(r.buffer());
const texts: Show = (r, n) => sorted(vector(r, () => n.text(r.buffer())));
const nothing: Show = () => '';

const acl: Show = (r, n) => {
  const entries = vector(r, () => [r.int(), n.text(r.buffer()), n.text(r.buffer())] as const);
  if (entries === null) return 'null';
  const groups: { kind: string; ids: string[] }[] = [];
  for (const [perms, scheme, id] of entries) {
    const kind = `${perms}:${scheme}:`;
    const last = groups.at(-1);
    if (last?.kind === kind) last.ids.push(id);
    else groups.push({ kind, ids: [id] });
  }
  return groups.flatMap(({ kind, ids }) => ids.sort().map((id) => kind + id)).join(',');
};

const RESULTS: Readonly<Record<number, Show>> = {
  [-1]: (r) => `error ${r.int()}`,
  1: (r, n) => `create ${text(r, n)}`,
  2: () => 'delete',
  4: (r, n) => `getData ${text(r, n)} ${stat(r, n)}`,
  5: (r, n) => `setData ${stat(r, n)}`,
  8: (r, n) => `getChildren ${texts(r, n)}`,
  13: () => 'check',
  15: (r, n) => `create2 ${text(r, n)} ${stat(r, n)}`,
};
const results: Show = (r, n) => {
  const parts: string[] = [];
  for (;;) {
    const [type, done, err] = [r.int(), r.bool(), r.int()];
    if (done) return [...parts, `end(${type},${err})`].join('; ');
    const show = RESULTS[type];
    if (show === undefined) throw new Error(`result of type ${type}`);
    parts.push(`${show(r, n)} (${err})`);
  }
};

const withStat =
  (show: Show): Show =>
  (r, n) =>
    `${show(r, n)} ${stat(r, n)}`;

const BODIES: Readonly<Record<Request['op'], Show>> = {
  create: text,
  create2: withStat(text),
  createContainer: withStat(text),
  createTTL: withStat(text),
  delete: nothing,
  exists: stat,
  getData: withStat(text),
  setData: stat,
  getACL: withStat(acl),
  setACL: stat,
  getChildren: texts,
  getChildren2: withStat(texts),
  sync: text,
  check: nothing,
  multi: results,
  multiRead: results,
  deleteContainer: nothing,
  getEphemerals: texts,
  getAllChildrenNumber: (r) => String(r.int()),
  whoAmI: (r, n) => sorted(vector(r, () => `${n.text(r.buffer())}=${n.text(r.buffer())}`)),
  addWatch: (r) => `code ${r.int()}`,
  removeWatches: nothing,
  checkWatches: nothing,
  setWatches: nothing,
  setWatches2: nothing,
  auth: nothing,
  ping: nothing,
  closeSession: nothing,
  raw: nothing,
  mangled: nothing,
};

const bodyOf = (request: Request, body: Buffer, names: Names): string => {
  const asked = request.op === 'mangled' ? request.request : request;
  const r = new Reader(body);
  try {
    const shown = body.length === 0 ? '' : BODIES[asked.op](r, names);
    const rest = r.rest();
    return rest.length === 0
      ? shown
      : `${shown} + ${rest.subarray(0, SHOWN_BYTES).toString('hex')}`;
  } catch {
    return `unreadable ${body.subarray(0, SHOWN_BYTES).toString('hex')}`;
  }
};

/** A reply: its xid, error, zxid and body. */
export const showReply = (request: Request, reply: Reply, names: Names): string => {
  const body = bodyOf(request, reply.body, names);
  return `xid ${reply.xid} err ${reply.err} ${names.zxid(reply.zxid)} ${body}`.trimEnd();
};

/** An event has the xid −1; so has the reply to a request under that number, but no event's body. */
export const isEvent = (reply: Reply): boolean => reply.xid === -1 && reply.body.length >= 12;

export const showEvent = ({ zxid, err, body }: Reply, names: Names): string => {
  const r = new Reader(body);
  const [type, state, path] = [r.int(), r.int(), names.text(r.buffer())];
  const rest = r.rest().toString('hex');
  return `event ${type} state ${state} ${path} ${names.zxid(zxid)} err ${err}${rest && ` + ${rest}`}`;
};

export interface Granted {
  readonly sessionId: bigint;
  readonly password: Buffer;
  readonly shown: string;
}

/** A ConnectResponse. */
export const readHandshake = (bytes: Buffer, names: Names): Granted => {
  const r = new Reader(bytes);
  const [version, timeout, sessionId] = [r.int(), r.int(), r.long()];
  const password = r.buffer() ?? Buffer.alloc(0);
  const rest = r.rest().toString('hex');
  const right = Buffer.from(sessionPassword(sessionId as SessionId)).equals(password);
  const as = right && sessionId !== 0n ? 'right' : password.toString('hex');
  const shown = `v${version} timeout ${timeout} ${names.session(sessionId)} password ${as} rest ${rest}`;
  return { sessionId, password, shown };
};

export { parseReply };
