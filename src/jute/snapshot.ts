/**
 * A state as bytes, written (Apache: `FileSnap`, `SerializeUtils.serializeSnapshot`, `DataTree`,
 * `ReferenceCountedACLCache`): sessions, the ACL lists with a number each, the nodes in preorder
 * by path (the root's is empty), then the path "/". A file puts a FileHeader before it and seals
 * after it (Adler-32 of everything so far, and "/"), with a digest and the last zxid sealed in
 * turn; a SNAP stream is the bare state followed by the string "BenWasHere".
 *
 * Encoders are generators of chunks: the caller lets the event loop run between two. An empty
 * chunk only means "let it run". A file of a server that keeps no digest has no such part, and one
 * of a state that no transaction has led to has an empty one, as Apache's have.
 */
import { Buffer } from 'node:buffer';
import type { ImageNode, SnapshotImage } from '../core/image.js';
import { DIGEST_VERSION, type Acl } from '../core/txn.js';
import { ADLER_SEED, adler32 } from './adler32.js';
import { SNAPSHOT_MAGIC, encodeFileHeader } from './log.js';
import { writeAcls } from './records.js';
import { createWriter, endRecord, recordLength, writeBigLong, writeBuffer } from './writer.js';
import { writeInt, writeLong, writeString } from './writer.js';
import type { Writer } from './writer.js';

/** Ends a SNAP stream. */
export const SNAP_SIGNATURE = 'BenWasHere';
/** Stands for the ACL list [world:anyone, all], which is not written out (Apache: −1). */
export const OPEN_ACL_ID = -1;
const CHUNK = 64 * 1024;
const NODES_PER_TURN = 2000;
const EMPTY_DIGEST = { zxid: 0, version: DIGEST_VERSION, high: 0, low: 0 };
const NOTHING = Buffer.alloc(0);

/** Each ACL list of an image once, by number. */
interface AclTable {
  readonly idOf: Map<readonly Acl[], number>;
  readonly byKey: Map<string, number>;
  readonly lists: (readonly Acl[])[];
}

function isOpen(acl: readonly Acl[]): boolean {
  const [first] = acl;
  return (
    acl.length === 1 && first!.perms === 31 && first!.scheme === 'world' && first!.id === 'anyone'
  );
}

function enter(table: AclTable, acl: readonly Acl[]): void {
  if (table.idOf.has(acl)) return;
  if (isOpen(acl)) {
    table.idOf.set(acl, OPEN_ACL_ID);
    return;
  }
  const key = JSON.stringify(acl.map((a) => [a.perms, a.scheme, a.id]));
  const known = table.byKey.get(key);
  if (known !== undefined) {
    table.idOf.set(acl, known);
    return;
  }
  table.lists.push(acl);
  table.byKey.set(key, table.lists.length);
  table.idOf.set(acl, table.lists.length);
}

function* collectAcls(image: SnapshotImage): Generator<Buffer, AclTable> {
  const table: AclTable = { idOf: new Map(), byKey: new Map(), lists: [] };
  let count = 0;
  for (const node of image.nodes) {
    enter(table, node.acl);
    if (++count % NODES_PER_TURN === 0) yield NOTHING;
  }
  return table;
}

function writeNode(w: Writer, node: ImageNode, acls: AclTable): void {
  const { stat } = node;
  writeString(w, node.path === '/' ? '' : node.path);
  writeBuffer(w, node.data);
  writeLong(w, acls.idOf.get(node.acl)!);
  writeLong(w, stat.czxid);
  writeLong(w, stat.mzxid);
  writeLong(w, stat.ctime);
  writeLong(w, stat.mtime);
  writeInt(w, stat.version);
  writeInt(w, stat.cversion);
  writeInt(w, stat.aversion);
  writeBigLong(w, stat.ephemeralOwner);
  writeLong(w, stat.pzxid);
}

/** The bare state, in chunks of about 64 KiB. */
function* encodeState(image: SnapshotImage, w: Writer): Generator<Buffer, void> {
  // The nodes are iterated over twice. Their ACL lists may be other objects the second time, but
  // equal ones: `enter` then finds their numbers again.
  const acls = yield* collectAcls(image);
  const sessions = [...image.sessions];
  writeInt(w, sessions.length);
  for (const [id, timeout] of sessions) {
    writeBigLong(w, id);
    writeInt(w, timeout);
    if (recordLength(w) >= CHUNK) yield endRecord(w);
  }
  writeInt(w, acls.lists.length);
  for (const [index, list] of acls.lists.entries()) {
    writeLong(w, index + 1);
    writeAcls(w, list);
    if (recordLength(w) >= CHUNK) yield endRecord(w);
  }
  for (const node of image.nodes) {
    enter(acls, node.acl);
    writeNode(w, node, acls);
    if (recordLength(w) >= CHUNK) yield endRecord(w);
  }
  writeString(w, '/');
}

/** A whole snapshot file. */
export function* encodeSnapshotFile(image: SnapshotImage): Generator<Buffer, void> {
  const w = createWriter(2 * CHUNK);
  let sum = ADLER_SEED;
  const summed = (chunk: Buffer): Buffer => {
    sum = adler32(sum, chunk, 0, chunk.length);
    return chunk;
  };
  const seal = (): Buffer => {
    writeLong(w, sum);
    writeString(w, '/');
    return summed(endRecord(w));
  };
  yield summed(encodeFileHeader(SNAPSHOT_MAGIC, -1));
  for (const chunk of encodeState(image, w)) yield summed(chunk);
  yield summed(endRecord(w));
  yield seal();
  if (image.digest !== null) {
    const { zxid, version, high, low } = image.digest ?? EMPTY_DIGEST;
    writeLong(w, zxid);
    writeInt(w, version);
    writeInt(w, high);
    writeInt(w, low);
    yield summed(endRecord(w));
    yield seal();
  }
  writeLong(w, image.zxid);
  yield summed(endRecord(w));
  yield seal();
}

/** What follows a SNAP packet on a quorum connection. */
export function* encodeSnapStream(image: SnapshotImage): Generator<Buffer, void> {
  const w = createWriter(2 * CHUNK);
  yield* encodeState(image, w);
  writeString(w, SNAP_SIGNATURE);
  yield endRecord(w);
}
