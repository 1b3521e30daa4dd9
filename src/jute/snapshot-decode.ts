/**
 * A state as bytes, read: the other half of `snapshot.ts`. Decoders are generators that ask for
 * bytes by yielding and get the next chunk, or null at the end of the file, from `next(chunk)`;
 * so they work on a socket and on a file, at every split point, and between two chunks the caller
 * can let the event loop run. They throw {@link DecodeError}.
 */
import { Buffer } from 'node:buffer';
import type { ImageDigest, ImageNode } from '../core/image.js';
import type { Millis, SessionId } from '../core/ids.js';
import type { Acl } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import { ADLER_SEED, adler32 } from './adler32.js';
import { DecodeError, invalid } from './decode-error.js';
import { FILE_HEADER_LENGTH, SNAPSHOT_MAGIC, checkFileHeader } from './log.js';
import {
  createReader,
  readBuffer,
  readBytes,
  readInt,
  readLong,
  readNullableString,
} from './reader.js';
import { readSessionId, readString, readZxid } from './reader.js';
import type { Reader } from './reader.js';
import { readAcls } from './records.js';
import { OPEN_ACL_ID, SNAP_SIGNATURE } from './snapshot.js';

export interface SnapshotContent {
  readonly sessions: readonly (readonly [SessionId, Millis])[];
  readonly nodes: readonly ImageNode[];
  /**
   * The last zxid that the file itself states; null for a stream and for files before 3.9. A file
   * of Apache's may hold effects up to there, but is complete only up to the zxid of its name.
   */
  readonly lastZxid: Zxid | null;
  /** Absent for a stream, and if the file has none or an empty one. */
  readonly digest?: ImageDigest;
}

/** Yields for more; `next` takes a chunk, or null for the end. */
export type Decoding<A> = Generator<void, A, Buffer | null>;

/** Largest single item (a node with its data, an ACL list), bytes; far above any jute.maxbuffer. */
const ITEM_MAX = 64 * 1024 * 1024;
/** From this version on a digest is a long. */
const LONG_DIGESTS = 2;
/** Bytes of a zxid and its seal. */
const ZXID_PART = 21;
const OPEN_ACL: readonly Acl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }];

interface Source {
  r: Reader;
  /** Adler-32 of the bytes before `summed`, an offset of `r.buf`. */
  sum: number;
  summed: number;
}

function source(first: Buffer): Source {
  return { r: createReader(first), sum: ADLER_SEED, summed: 0 };
}

function addToSum(s: Source): number {
  s.sum = adler32(s.sum, s.r.buf, s.summed, s.r.pos);
  s.summed = s.r.pos;
  return s.sum;
}

/** Waits until `length` bytes from the current position are there. */
function* refill(s: Source, length: number): Decoding<void> {
  if (length > ITEM_MAX) invalid(`an item of ${length} bytes`);
  addToSum(s);
  const pieces = [s.r.buf.subarray(s.r.pos)];
  let have = pieces[0]!.length;
  while (have < length) {
    const chunk = yield;
    if (chunk === null) throw new DecodeError('truncated', `ends ${length - have} bytes early`);
    pieces.push(chunk);
    have += chunk.length;
  }
  s.r = createReader(
    pieces.length === 2 && pieces[0]!.length === 0 ? pieces[1]! : Buffer.concat(pieces, have),
  );
  s.summed = 0;
}

/** Reads one item, waiting for bytes as often as it takes. */
function* item<A>(s: Source, read: (r: Reader) => A): Decoding<A> {
  for (;;) {
    const from = s.r.pos;
    try {
      return read(s.r);
    } catch (e) {
      if (!(e instanceof DecodeError) || e.kind !== 'truncated') throw e;
      s.r.pos = from;
      yield* refill(s, Math.max(e.needed - from, s.r.end - from + 1));
    }
  }
}

/** Whether at least `length` bytes are left. */
function* isLeft(s: Source, length: number): Decoding<boolean> {
  while (s.r.end - s.r.pos < length) {
    addToSum(s);
    const chunk = yield;
    if (chunk === null) return false;
    s.r = createReader(Buffer.concat([s.r.buf.subarray(s.r.pos), chunk]));
    s.summed = 0;
  }
  return true;
}

/** Whether the input ends here. */
function* atEnd(s: Source): Decoding<boolean> {
  while (s.r.pos === s.r.end) {
    addToSum(s);
    const chunk = yield;
    if (chunk === null) return true;
    s.r = createReader(chunk);
    s.summed = 0;
  }
  return false;
}

function readSession(r: Reader): readonly [SessionId, Millis] {
  const id = readSessionId(r);
  return [id, readInt(r)];
}

function readAclEntry(r: Reader): readonly [number, readonly Acl[]] {
  const id = readLong(r);
  return [id, readAcls(r) ?? []];
}

function readCount(r: Reader): number {
  const count = readInt(r);
  return count < 0 ? invalid(`count of ${count}`) : count;
}

/** A node, or null at the path that ends them. */
function readNode(r: Reader, acls: ReadonlyMap<number, readonly Acl[]>): ImageNode | null {
  const path = readString(r);
  if (path === '/') return null;
  const data = readBuffer(r);
  const aclId = readLong(r);
  const acl = acls.get(aclId) ?? invalid(`node ${path} has the unknown ACL ${aclId}`);
  const czxid = readZxid(r);
  const mzxid = readZxid(r);
  const ctime = readLong(r);
  const mtime = readLong(r);
  const version = readInt(r);
  const cversion = readInt(r);
  const aversion = readInt(r);
  const ephemeralOwner = readSessionId(r);
  const pzxid = readZxid(r);
  const stat = { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner };
  return { path: path === '' ? '/' : path, data, acl, stat };
}

function* state(s: Source): Decoding<SnapshotContent> {
  const sessions: (readonly [SessionId, Millis])[] = [];
  for (let n = yield* item(s, readCount); n > 0; n--) sessions.push(yield* item(s, readSession));
  const acls = new Map<number, readonly Acl[]>([[OPEN_ACL_ID, OPEN_ACL]]);
  for (let n = yield* item(s, readCount); n > 0; n--) {
    const [id, list] = yield* item(s, readAclEntry);
    acls.set(id, list);
  }
  const nodes: ImageNode[] = [];
  const read = (r: Reader): ImageNode | null => readNode(r, acls);
  for (;;) {
    const node = yield* item(s, read);
    if (node === null) return { sessions, nodes, lastZxid: null };
    nodes.push(node);
  }
}

function* checkSeal(s: Source): Decoding<void> {
  const sum = addToSum(s);
  const [stated] = yield* item(s, (r) => [readLong(r), readString(r)] as const);
  if (stated !== sum) invalid('checksum does not match');
}

/** The digest part; null if it is empty. Version 1 has the digest as a hexadecimal string. */
function readDigest(r: Reader): ImageDigest | null {
  const zxid = readZxid(r);
  const version = readInt(r);
  let high = 0;
  let low = 0;
  if (version < LONG_DIGESTS) {
    const text = readNullableString(r) ?? '0';
    if (!/^[0-9a-f]{1,16}$/.test(text)) invalid(`digest ${JSON.stringify(text)}`);
    high = Number.parseInt(text.slice(0, -8) || '0', 16) | 0;
    low = Number.parseInt(text.slice(-8), 16) | 0;
  } else {
    high = readInt(r);
    low = readInt(r);
  }
  return zxid > 0 ? { zxid, version, high, low } : null;
}

/** A snapshot file from its first byte to its end. */
export function* decodeSnapshotFile(): Decoding<SnapshotContent> {
  const s = source(Buffer.alloc(0));
  yield* item(s, (r) => checkFileHeader(readBytes(r, FILE_HEADER_LENGTH), SNAPSHOT_MAGIC));
  const content = yield* state(s);
  yield* checkSeal(s);
  if (yield* atEnd(s)) return content;
  // A server that keeps no digest leaves this part out: then only a zxid and its seal are left.
  const hasDigest = yield* isLeft(s, ZXID_PART + 1);
  const found = hasDigest ? yield* item(s, readDigest) : null;
  if (hasDigest) yield* checkSeal(s);
  const known = found === null ? content : { ...content, digest: found };
  if (hasDigest && (yield* atEnd(s))) return known;
  const lastZxid = yield* item(s, readZxid);
  yield* checkSeal(s);
  return { ...known, lastZxid };
}

/** What follows a SNAP packet; `first` is what came with it, `rest` what came after it. */
export function* decodeSnapStream(
  first: Buffer,
): Decoding<{ readonly content: SnapshotContent; readonly rest: Buffer }> {
  const s = source(first);
  const content = yield* state(s);
  const signature = yield* item(s, readString);
  if (signature !== SNAP_SIGNATURE) invalid(`snapshot ends with ${JSON.stringify(signature)}`);
  return { content, rest: s.r.buf.subarray(s.r.pos) };
}
