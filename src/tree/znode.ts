/**
 * One znode (Apache: `DataNode`, `StatPersisted`), immutable.
 */
import type { Millis, SessionId } from '../core/ids.js';
import type { Acl, Data } from '../core/txn.js';
import type { Zxid } from '../core/zxid.js';
import type { NameSet } from './name-set.js';

export interface Znode {
  readonly data: Data;
  /** Interned: equal lists are the same array within a tree (`acl-table.ts`). */
  readonly acl: readonly Acl[];
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly ctime: Millis;
  readonly mtime: Millis;
  /** int32, wraps. */
  readonly version: number;
  /** As stored: counts creates of children only. Clients see 2 × cversion − number of children. */
  readonly cversion: number;
  readonly aversion: number;
  /** As stored; read it with `owner.ts`. */
  readonly ephemeralOwner: SessionId;
  /** Names, not paths. */
  readonly children: NameSet;
  /** Of path and data, for the digest of the tree (`digest.ts`). */
  readonly crc: number;
}

/*
 * What every write copies is spelled out below and in `tree.ts`: an object spread costs a
 * microsecond, thirty times as much.
 */

/** The node after a change of its data. */
export function withData(
  node: Znode,
  data: Data,
  version: number,
  mzxid: Zxid,
  mtime: Millis,
  crc: number,
): Znode {
  const { acl, czxid, pzxid, ctime, cversion, aversion, ephemeralOwner, children } = node;
  return {
    data,
    acl,
    czxid,
    mzxid,
    pzxid,
    ctime,
    mtime,
    version,
    cversion,
    aversion,
    ephemeralOwner,
    children,
    crc,
  };
}

/** The node after a change of its children. */
export function withChildren(node: Znode, children: NameSet, cversion: number, pzxid: Zxid): Znode {
  const { data, acl, czxid, mzxid, ctime, mtime, version, aversion, ephemeralOwner, crc } = node;
  return {
    data,
    acl,
    czxid,
    mzxid,
    pzxid,
    ctime,
    mtime,
    version,
    cversion,
    aversion,
    ephemeralOwner,
    children,
    crc,
  };
}
