/** Identities that cross module borders. Branded, so that one is never passed for another. */
declare const brand: unique symbol;

/** A server's id (`myid`): 0 … 255 here, as the high byte of the session ids it hands out. */
export type Sid = number & { readonly [brand]: 'Sid' };

/** A client session's 64-bit id, signed as Java prints it. */
export type SessionId = bigint & { readonly [brand]: 'SessionId' };

/** A quorum connection of this process; never used twice. Chosen by the shell. */
export type PeerConn = number & { readonly [brand]: 'PeerConn' };

/** A client connection of this process; never used twice. Chosen by the shell. */
export type ClientConn = number & { readonly [brand]: 'ClientConn' };

/** Milliseconds on the clock that the shell or the simulator feeds in. */
export type Millis = number;
