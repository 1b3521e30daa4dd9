/** Records that several formats share (zookeeper.jute: `Id`, `ACL`, `Stat`, `MultiHeader`, …). */
import type { Acl, Identity } from '../core/txn.js';
import type { Stat } from '../core/stat.js';
import {
  readBool,
  readInt,
  readLong,
  readNullableString,
  readSessionId,
  readString,
  readVector,
  readZxid,
} from './reader.js';
import type { Reader } from './reader.js';
import {
  writeBigLong,
  writeBool,
  writeInt,
  writeLong,
  writeString,
  writeVector,
} from './writer.js';
import type { Writer } from './writer.js';

export function writeIdentity(w: Writer, id: Identity): void {
  writeString(w, id.scheme);
  writeString(w, id.id);
}

/** Null fields, which Java's records may hold, become empty strings: no scheme or id is empty. */
export function readIdentity(r: Reader): Identity {
  const scheme = readNullableString(r) ?? '';
  return { scheme, id: readNullableString(r) ?? '' };
}

export function writeAcl(w: Writer, acl: Acl): void {
  writeInt(w, acl.perms);
  writeString(w, acl.scheme);
  writeString(w, acl.id);
}

export function readAcl(r: Reader): Acl {
  const perms = readInt(r);
  const scheme = readNullableString(r) ?? '';
  return { perms, scheme, id: readNullableString(r) ?? '' };
}

export function writeAcls(w: Writer, acls: readonly Acl[] | null): void {
  writeVector(w, acls, writeAcl);
}

export function readAcls(r: Reader): Acl[] | null {
  return readVector(r, 12, readAcl);
}

export function writeStrings(w: Writer, values: readonly string[] | null): void {
  writeVector(w, values, writeString);
}

export function readStrings(r: Reader): string[] | null {
  return readVector(r, 4, readString);
}

export function writeStat(w: Writer, stat: Stat): void {
  writeLong(w, stat.czxid);
  writeLong(w, stat.mzxid);
  writeLong(w, stat.ctime);
  writeLong(w, stat.mtime);
  writeInt(w, stat.version);
  writeInt(w, stat.cversion);
  writeInt(w, stat.aversion);
  writeBigLong(w, stat.ephemeralOwner);
  writeInt(w, stat.dataLength);
  writeInt(w, stat.numChildren);
  writeLong(w, stat.pzxid);
}

export function readStat(r: Reader): Stat {
  const czxid = readZxid(r);
  const mzxid = readZxid(r);
  const ctime = readLong(r);
  const mtime = readLong(r);
  const version = readInt(r);
  const cversion = readInt(r);
  const aversion = readInt(r);
  const ephemeralOwner = readSessionId(r);
  const dataLength = readInt(r);
  const numChildren = readInt(r);
  const pzxid = readZxid(r);
  return {
    czxid,
    mzxid,
    pzxid,
    ctime,
    mtime,
    version,
    cversion,
    aversion,
    ephemeralOwner,
    dataLength,
    numChildren,
  };
}

/** Stands before each part of a multi, and once, with `done`, after the last. */
export interface MultiHeader {
  readonly type: number;
  readonly done: boolean;
  readonly err: number;
}

/** The header that ends a multi, request and response alike. */
export const MULTI_END: MultiHeader = { type: -1, done: true, err: -1 };

export function writeMultiHeader(w: Writer, header: MultiHeader): void {
  writeInt(w, header.type);
  writeBool(w, header.done);
  writeInt(w, header.err);
}

export function readMultiHeader(r: Reader): MultiHeader {
  const type = readInt(r);
  const done = readBool(r);
  return { type, done, err: readInt(r) };
}
