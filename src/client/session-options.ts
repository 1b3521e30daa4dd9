/** What a session is made of, and whom it tells. */
import type { ConnectionOptions } from 'node:tls';
import type { Host } from './connect-string.js';
import type { SaslOptions } from './sasl.js';
import type { ClientState } from './types.js';

export interface SessionOptions {
  readonly hosts: readonly Host[];
  /** Milliseconds, as asked for. */
  readonly sessionTimeout: number;
  readonly readOnly: boolean;
  /** Milliseconds for each request; 0: none. */
  readonly requestTimeout: number;
  readonly maxFrame: number;
  readonly tls: ConnectionOptions | null;
  readonly sasl: SaslOptions | null;
  /** Reject what waits for a connection when an attempt fails, as Apache's client does. */
  readonly failFast: boolean;
  /** A session of an earlier client, to be taken over. */
  readonly resume: { readonly id: bigint; readonly password: Uint8Array } | null;
}

export interface SessionHooks {
  readonly state: (state: ClientState, reason: Error | null) => void;
  /** The path of an event as the user knows it. */
  readonly toUser: (path: string) => string;
}
