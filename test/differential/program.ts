/**
 * A program of the differential test: what a few clients do, step after step, as plain JSON, so that a program can be printed,
 * kept as a case and given back.
 *
 * A path that begins with `~` is below the program's own root, which is another one in each run, and one that begins with
 * `/zookeeper/quota~` where that root's quotas are; any other is taken as it is.
 */

/** null is no data at all, a number so many bytes. */
export type Data = string | number | null;
export type Acl = readonly (readonly [number, string, string])[] | null;

export interface Create {
  readonly op: 'create' | 'create2' | 'createContainer';
  readonly path: string;
  readonly data: Data;
  readonly acl: Acl;
  readonly flags: number;
}
export interface CreateTtl extends Omit<Create, 'op'> {
  readonly op: 'createTTL';
  /** ms. */
  readonly ttl: number;
}
export interface WatchingRead {
  readonly op: 'exists' | 'getData' | 'getChildren' | 'getChildren2';
  readonly path: string;
  readonly watch: boolean;
}
export interface SetWatches {
  readonly op: 'setWatches' | 'setWatches2';
  /** Transactions after the program's begin. */
  readonly since: number;
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
  readonly persistent: readonly string[];
  readonly recursive: readonly string[];
}
export type Part =
  | Create
  | CreateTtl
  | { readonly op: 'delete' | 'check'; readonly path: string; readonly version: number }
  | {
      readonly op: 'setData';
      readonly path: string;
      readonly data: Data;
      readonly version: number;
    };
export type Request =
  | Part
  | WatchingRead
  | SetWatches
  | { readonly op: 'setACL'; readonly path: string; readonly acl: Acl; readonly version: number }
  | {
      readonly op: 'getACL' | 'sync' | 'getEphemerals' | 'getAllChildrenNumber' | 'deleteContainer';
      readonly path: string;
    }
  | { readonly op: 'multi'; readonly ops: readonly Part[] }
  | { readonly op: 'multiRead'; readonly ops: readonly WatchingRead[] }
  | { readonly op: 'auth'; readonly scheme: string; readonly id: Data }
  | {
      readonly op: 'addWatch' | 'removeWatches' | 'checkWatches';
      readonly path: string;
      readonly mode: number;
    }
  | { readonly op: 'ping' | 'whoAmI' | 'closeSession' }
  /** An opcode with a body that is spelled out. */
  | { readonly op: 'raw'; readonly opcode: number; readonly body: string }
  /** The record of a request cut short or made longer. */
  | {
      readonly op: 'mangled';
      readonly request: Request;
      /** Bytes of its record that stay; negative: counted from its end. */
      readonly keep: number;
      /** Hexadecimal bytes put behind it. */
      readonly tail: string;
    };

export interface Handshake {
  /** ms. */
  readonly timeout?: number;
  readonly readOnly?: boolean;
  readonly protocolVersion?: number;
  /** `future`: beyond all that a server has seen. */
  readonly zxid?: 'none' | 'seen' | 'future' | 'negative';
  /** Without the readOnly byte, as clients of 3.3. */
  readonly old?: boolean;
}
/** What a client shows when it comes back for its session. */
export type Password = 'right' | 'wrong' | 'null' | 'empty' | 'longer';

export type Step =
  /** A request, and its answer awaited. */
  | { readonly do: 'ask'; readonly c: number; readonly request: Request }
  /** Several requests in one write, and all their answers awaited. */
  | { readonly do: 'burst'; readonly c: number; readonly requests: readonly Request[] }
  /** A new session; an older connection is dropped first. */
  | { readonly do: 'connect'; readonly c: number; readonly how: Handshake }
  /** The connection is cut without a word; the session stays. */
  | { readonly do: 'drop'; readonly c: number }
  /** The session's connection is cut and made anew. */
  | {
      readonly do: 'resume';
      readonly c: number;
      readonly password: Password;
      readonly how: Handshake;
    }
  /** Client `c` takes the session of client `of`, which is connected, and of which it knows id and password. */
  | { readonly do: 'take'; readonly c: number; readonly of: number }
  /** The session of a dropped connection times out. */
  | { readonly do: 'expire'; readonly c: number }
  /** SASL DIGEST-MD5, to its end or its failure. */
  | { readonly do: 'login'; readonly c: number; readonly user: string; readonly password: string }
  /** Bytes after which the server closes, hexadecimal. */
  | { readonly do: 'bytes'; readonly c: number; readonly bytes: string };

export interface Program {
  /** How many clients have a session when it begins. */
  readonly clients: number;
  /** `extreme`: a root that is there already, its counters shortly before their end. */
  readonly root: 'fresh' | 'extreme';
  /** There is a place for the quotas of the root. */
  readonly quotas?: boolean;
  readonly steps: readonly Step[];
}

/** Requests that a program sends. */
export const operationsOf = (program: Program): number =>
  program.steps.reduce((n, step) => n + (step.do === 'burst' ? step.requests.length : 1), 0);
