/**
 * A trace: NDJSON, one line for each step of a server's core. docs/traces.md is what others read of
 * it, docs/trace.schema.json the same as JSON Schema (a test holds the two together), and
 * conformance/mapping.md says which variable of the specification each field stands for.
 *
 * A zxid is [epoch, counter], a transaction [epoch, counter, digest]. What grows (history, what was
 * delivered) is given as a change. A connection has a name that both of its ends know.
 *
 * Servers of other makes may not know all of it: some fields may be left out, and are unconstrained
 * then. A run has each of them in all its lines or in none (usable.ts), so that a line of ours cannot
 * lose one.
 */
import { decode, exactly, exactlyWith, integer, noLonger, oneOf, t } from '../decode.js';
import { fieldTwice } from './field-twice.js';
import type { Decoded } from '../decode.js';

export const TRACE_VERSION = 1;
/** TLC's integers have 32 bits. */
const INT_MAX = 0x7fffffff;

const natural = t.refinement(integer(0), (n) => n <= INT_MAX, 'integer from 0 to 2147483647');
const sid = natural;
const zxid = noLonger(2, t.tuple([natural, natural], 'zxid [epoch, counter]'));
const digest = t.refinement(
  t.string,
  (s) => /^[0-9A-Za-z]*$/.test(s),
  'digest of letters and digits',
);
const txn = noLonger(
  3,
  t.tuple([natural, natural, digest], 'transaction [epoch, counter, digest]'),
);
const orNull = <C extends t.Mixed>(type: C) => t.union([type, t.null]);

const SERVER_STATES = ['LOOKING', 'FOLLOWING', 'LEADING', 'OBSERVING'] as const;
const ZAB_STATES = ['ELECTION', 'DISCOVERY', 'SYNCHRONIZATION', 'BROADCAST'] as const;

const vote = exactly({ leader: sid, zxid, peerEpoch: natural }, 'vote');

/** vote null: an observer's, for nobody. */
const notification = exactly(
  { state: oneOf(SERVER_STATES), round: natural, vote: orNull(vote) },
  'notification',
);

const packet = t.union(
  [
    exactly({ type: oneOf(['FOLLOWERINFO', 'OBSERVERINFO']), sid, acceptedEpoch: natural }, 'info'),
    exactly({ type: t.literal('LEADERINFO'), epoch: natural }, 'LEADERINFO'),
    exactly({ type: t.literal('ACKEPOCH'), currentEpoch: integer(-1), lastZxid: zxid }, 'ACKEPOCH'),
    exactly(
      { type: oneOf(['DIFF', 'TRUNC', 'SNAP', 'COMMIT', 'NEWLEADER', 'UPTODATE', 'ACK']), zxid },
      'packet with a zxid',
    ),
    exactly({ type: oneOf(['PROPOSAL', 'INFORM']), txn }, 'packet with a transaction'),
    /** Not of the specification; in the trace to keep count of what a connection carries. */
    exactly({ type: oneOf(['PING', 'REQUEST', 'REVALIDATE', 'SYNC']) }, 'other packet'),
  ],
  'packet',
);

const write = t.union(
  [
    exactly({ op: t.literal('append'), txn }, 'append'),
    exactly({ op: t.literal('truncate'), zxid }, 'truncate'),
    exactly({ op: t.literal('install'), zxid }, 'install'),
    exactly({ op: oneOf(['acceptedEpoch', 'currentEpoch']), epoch: natural }, 'epoch write'),
  ],
  'write',
);

/** The log holds what comes after the snapshot. */
const disk = exactly(
  { acceptedEpoch: natural, currentEpoch: natural, snapshotZxid: zxid, log: t.array(txn) },
  'disk',
);

const conn = t.string;
const event = t.union(
  [
    exactly(
      { type: t.literal('start'), voters: t.array(sid), observers: t.array(sid), disk },
      'start',
    ),
    exactly({ type: oneOf(['tick', 'forward', 'pong', 'revalidated', 'sync']) }, 'event'),
    exactly({ type: t.literal('notification'), from: sid, notification }, 'notification'),
    exactly({ type: t.literal('opened'), conn, as: oneOf(['learner', 'leader']) }, 'opened'),
    exactly({ type: t.literal('dialFailed'), sid }, 'dialFailed'),
    exactly({ type: t.literal('closed'), conn }, 'closed'),
    exactly({ type: t.literal('packet'), conn, packet }, 'packet'),
    exactly({ type: t.literal('persisted'), ticket: natural }, 'persisted'),
    exactly({ type: t.literal('propose'), txn }, 'propose'),
  ],
  'event',
);

/** `keep`: up to which zxid the history stayed; `append`: what came after it. */
const change = exactly({ keep: zxid, append: t.array(txn) }, 'change of the history');

const postAlways = {
  state: oneOf(SERVER_STATES),
  zabState: oneOf(ZAB_STATES),
  /** Whom it leads or follows. */
  leader: orNull(sid),
  /** On disk. */
  acceptedEpoch: natural,
  currentEpoch: natural,
  lastZxid: zxid,
  lastCommitted: zxid,
};

const postOptional = {
  round: natural,
  vote: orNull(vote),
  /** Durable writes under way. */
  pending: natural,
  /** A leader's: its new epoch (0: none yet), and who has acknowledged it and NEWLEADER. */
  newEpoch: natural,
  ackEpochs: t.array(sid),
  ackNewLeader: t.array(sid),
  /** null: as before; after a start, what the disk held. */
  history: orNull(change),
  delivered: t.array(zxid),
};

const post = exactlyWith(postAlways, postOptional, 'post');

const sent = t.union(
  [
    exactly({ conn, packet }, 'a packet sent'),
    exactly({ to: sid, notification }, 'a notification sent'),
    exactly({ conn, close: t.string }, 'a connection closed'),
  ],
  'sent',
);

const lineAlways = {
  v: t.literal(TRACE_VERSION),
  /** From 1, without a gap: over the file. */
  seq: integer(1),
  server: sid,
  /** The specification's action; null if the step changes none of its variables. */
  action: orNull(t.string),
  event,
  post,
  /** Durable writes asked for, in order. */
  persisted: t.array(exactly({ ticket: natural, write }, 'durable write')),
};

/** In the order of the effects. */
const lineOptional = { sent: t.array(sent) };

const traceLine = exactlyWith(lineAlways, lineOptional, 'trace line');

type Whole<A extends t.Props> = t.TypeOf<t.TypeC<A>>;

export type TracePost = Whole<typeof postAlways> & Whole<typeof postOptional>;

/** A line as it is worked with: fields that were left out have a value that says nothing. */
export type TraceLine = Omit<Whole<typeof lineAlways>, 'post'> &
  Whole<typeof lineOptional> & {
    readonly post: TracePost;
    /** The fields that were left out, if any: `sent`, `post.round`, …, sorted. */
    readonly omitted?: readonly string[];
  };

const NOTHING_TOLD: Whole<typeof postOptional> = {
  round: 0,
  vote: null,
  pending: 0,
  newEpoch: 0,
  ackEpochs: [],
  ackNewLeader: [],
  history: null,
  delivered: [],
};

function missing(known: object, given: object, prefix: string): readonly string[] {
  return Object.keys(known)
    .filter((name) => !(name in given))
    .map((name) => prefix + name);
}

function filled(line: t.TypeOf<typeof traceLine>): TraceLine {
  const omitted = [
    ...missing(postOptional, line.post, 'post.'),
    ...missing(lineOptional, line, ''),
  ].sort();
  // Nothing was left out: the types cannot know.
  if (omitted.length === 0) return line as TraceLine;
  const told = { ...NOTHING_TOLD, ...line.post } as TracePost;
  return { sent: [], ...line, post: told, omitted };
}

export type TraceEvent = TraceLine['event'];
export type TraceSent = TraceLine['sent'][number];
export type TracePacket = t.TypeOf<typeof packet>;
export type TraceWrite = t.TypeOf<typeof write>;
export type TraceNotification = t.TypeOf<typeof notification>;
export type TraceVote = t.TypeOf<typeof vote>;
export type TraceTxn = t.TypeOf<typeof txn>;
export type TraceZxid = t.TypeOf<typeof zxid>;
export type TraceDisk = t.TypeOf<typeof disk>;

const versioned = t.type({ v: t.number }, 'trace line');

/** One line of a trace file, without its line break. */
export function decodeLine(text: string): Decoded<TraceLine> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return { ok: false, why: 'no JSON' };
  }
  const twice = fieldTwice(text);
  if (twice !== null) return { ok: false, why: `field '${twice}' twice in one object` };
  const version = decode(versioned, input);
  if (!version.ok) return version;
  if (version.value.v !== TRACE_VERSION) {
    return {
      ok: false,
      why: `v: this program reads version ${TRACE_VERSION}, not ${version.value.v}`,
    };
  }
  const line = decode(traceLine, input);
  return line.ok ? { ok: true, value: filled(line.value) } : line;
}
