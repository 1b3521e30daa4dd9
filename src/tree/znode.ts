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
}
