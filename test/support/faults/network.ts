/**
 * A network between the servers of one test that can be cut, one direction at a time, without any of
 * the servers being told: what is sent into a cut waits, as TCP sees it, until the cut heals or an
 * end gives up.
 *
 * Network namespaces with routers between them are used where this process may make them
 * (`namespaces.ts`), else proxies on loopback (`proxies.ts`): a test says which it has.
 */
import type { Command } from '../server-process.js';

export type NetworkKind = 'network namespaces' | 'TCP proxies';

/** Where a server listens. */
export interface Place {
  readonly host: string;
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
}

export interface FaultNetwork {
  readonly kind: NetworkKind;
  readonly place: (sid: number) => Place;
  /** What the zoo.cfg of `viewer` says of server `sid`. */
  readonly seenBy: (viewer: number, sid: number) => Place;
  /** The command as a process of server `sid`. */
  readonly asServer: (sid: number, command: Command) => Command;
  /** Nothing that `from` sends reaches `to` any more; what `to` sends still reaches `from`. */
  readonly cut: (from: number, to: number) => Promise<void>;
  /** Everything flows again. */
  readonly heal: () => Promise<void>;
  /** What the acceptor of a connection calls it in its trace, and what the dialler calls it. */
  readonly renames: () => ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
}
