/** A znode's Stat as clients see it (Apache: `org.apache.zookeeper.data.Stat`). */
import type { Millis, SessionId } from './ids.js';
import type { Zxid } from './zxid.js';

export interface Stat {
  /** Zxids of the create, of the last data change, and of the last child create or delete. */
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  /** Wall clock of the leader at the create and at the last data change. */
  readonly ctime: Millis;
  readonly mtime: Millis;
  /** 32-bit counters of changes to data, children and ACL; they wrap. */
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** The owner's session of an ephemeral, else 0. */
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
}
