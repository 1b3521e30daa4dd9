/** Where the steps of a member's core go while it is traced. */
import type { PeerConn, Sid } from '../core/ids.js';
import type { CoreStep } from '../server/member.js';

/** What a trace needs to know of the server whose steps it gets. */
export interface TraceContext {
  readonly sid: Sid;
  /** A name of a quorum connection that both of its ends work out alike. */
  readonly connectionName: (conn: PeerConn) => string;
}

export interface TraceSink {
  /**
   * Takes a step before any effect of it leaves the process, and returns when its line is with the
   * kernel: then kill -9 loses no line that others have seen the effect of. A throw stops the server.
   */
  line(step: CoreStep): void;
}

export type OpenTrace = (context: TraceContext) => TraceSink;
