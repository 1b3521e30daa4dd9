/**
 * The library's errors: one class for each code of ZooKeeper (Apache: `KeeperException`), all of
 * them {@link ZooKeeperError}. `name` is the class, `code` the number on the wire, `path` the node
 * that it was about. Other errors are TypeErrors of wrong arguments, and the reasons of AbortSignals.
 */
import { ErrorCode } from '../core/error-code.js';

/** What a transaction's operations came to when one of them failed. */
export interface TransactionFailure {
  /** Of the first operation that failed, from 0. */
  readonly index: number;
  /** For each operation its code: 0 before the failed one, −2 after it. */
  readonly codes: readonly number[];
}

/** Any code of ZooKeeper; a code that has no class of its own is this one. */
export class ZooKeeperError extends Error {
  override readonly name: string;
  /** Set when a transaction failed. */
  transaction: TransactionFailure | null = null;

  constructor(
    /** KeeperException code: −101 for NoNode, …. */
    readonly code: number,
    /** The node, below the client's chroot; null where there is none. */
    readonly path: string | null = null,
    message?: string,
  ) {
    super(
      message ?? `KeeperErrorCode = ${codeMessage(code)}${path === null ? '' : ` for ${path}`}`,
    );
    this.name = new.target.name;
  }
}

const MESSAGES: Readonly<Record<number, string>> = {
  [ErrorCode.OK]: 'ok',
  [ErrorCode.SYSTEMERROR]: 'SystemError',
  [ErrorCode.RUNTIMEINCONSISTENCY]: 'RuntimeInconsistency',
  [ErrorCode.DATAINCONSISTENCY]: 'DataInconsistency',
  [ErrorCode.CONNECTIONLOSS]: 'ConnectionLoss',
  [ErrorCode.MARSHALLINGERROR]: 'MarshallingError',
  [ErrorCode.UNIMPLEMENTED]: 'Unimplemented',
  [ErrorCode.OPERATIONTIMEOUT]: 'OperationTimeout',
  [ErrorCode.BADARGUMENTS]: 'BadArguments',
  [ErrorCode.NEWCONFIGNOQUORUM]: 'NewConfigNoQuorum',
  [ErrorCode.RECONFIGINPROGRESS]: 'ReconfigInProgress',
  [ErrorCode.APIERROR]: 'APIError',
  [ErrorCode.NONODE]: 'NoNode',
  [ErrorCode.NOAUTH]: 'NoAuth',
  [ErrorCode.BADVERSION]: 'BadVersion',
  [ErrorCode.NOCHILDRENFOREPHEMERALS]: 'NoChildrenForEphemerals',
  [ErrorCode.NODEEXISTS]: 'NodeExists',
  [ErrorCode.NOTEMPTY]: 'Directory not empty',
  [ErrorCode.SESSIONEXPIRED]: 'Session expired',
  [ErrorCode.INVALIDCALLBACK]: 'Invalid callback',
  [ErrorCode.INVALIDACL]: 'InvalidACL',
  [ErrorCode.AUTHFAILED]: 'AuthFailed',
  [ErrorCode.SESSIONMOVED]: 'Session moved',
  [ErrorCode.NOTREADONLY]: 'Not a read-only call',
  [ErrorCode.EPHEMERALONLOCALSESSION]: 'Ephemeral node on local session',
  [ErrorCode.NOWATCHER]: 'No such watcher',
  [ErrorCode.RECONFIGDISABLED]: 'Reconfig is disabled',
  [ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH]: 'Session closed because client failed to authenticate',
  [ErrorCode.QUOTAEXCEEDED]: 'Quota has exceeded',
  [ErrorCode.THROTTLEDOP]: 'Op throttled due to high load',
};

/** Apache's words for a code (`KeeperException.getCodeMessage`), which scripts look for. */
export function codeMessage(code: number): string {
  return MESSAGES[code] ?? `Unknown error ${code}`;
}

/** The server failed. */
export class SystemErrorError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.SYSTEMERROR, path);
  }
}
/** The operation stands after the failed one of a transaction. */
export class RuntimeInconsistencyError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.RUNTIMEINCONSISTENCY, path);
  }
}
/** The server found its data inconsistent. */
export class DataInconsistencyError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.DATAINCONSISTENCY, path);
  }
}
/** The server could not read the request. */
export class MarshallingErrorError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.MARSHALLINGERROR, path);
  }
}
/** The server does not know the operation, or it is switched off. */
export class UnimplementedError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.UNIMPLEMENTED, path);
  }
}
/** The server gave the operation up. */
export class OperationTimeoutError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.OPERATIONTIMEOUT, path);
  }
}
/** The server refuses the arguments: an odd path, a TTL out of range, …. */
export class BadArgumentsError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.BADARGUMENTS, path);
  }
}
/** reconfig: no quorum of the new configuration is up to date. */
export class NewConfigNoQuorumError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.NEWCONFIGNOQUORUM, path);
  }
}
/** reconfig: another one is under way. */
export class ReconfigInProgressError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.RECONFIGINPROGRESS, path);
  }
}
/** There is no such node (create: no parent). */
export class NoNodeError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.NONODE, path);
  }
}
/** The node's ACL does not allow it. */
export class NoAuthError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.NOAUTH, path);
  }
}
/** The node has another version than the one expected. */
export class BadVersionError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.BADVERSION, path);
  }
}
/** The parent is ephemeral. */
export class NoChildrenForEphemeralsError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.NOCHILDRENFOREPHEMERALS, path);
  }
}
/** There is a node of that name. */
export class NodeExistsError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.NODEEXISTS, path);
  }
}
/** delete: the node has children. */
export class NotEmptyError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.NOTEMPTY, path);
  }
}
/** Never sent by a server. */
export class InvalidCallbackError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.INVALIDCALLBACK, path);
  }
}
/** The ACL is empty or malformed, or `auth` without an identity. */
export class InvalidAclError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.INVALIDACL, path);
  }
}
/** The session is served by another server now. */
export class SessionMovedError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.SESSIONMOVED, path);
  }
}
/** A write was sent to a read-only server. */
export class NotReadOnlyError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.NOTREADONLY, path);
  }
}
/** A local session that is not upgraded cannot own nodes. */
export class EphemeralOnLocalSessionError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.EPHEMERALONLOCALSESSION, path);
  }
}
/** There is no such watch to check or to remove. */
export class NoWatcherError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.NOWATCHER, path);
  }
}
/** reconfig is switched off. */
export class ReconfigDisabledError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.RECONFIGDISABLED, path);
  }
}
/** The server wants SASL authentication first. */
export class SessionClosedRequireSaslAuthError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH, path);
  }
}
/** An enforced quota would be exceeded. */
export class QuotaExceededError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.QUOTAEXCEEDED, path);
  }
}
/** The server was too busy. */
export class ThrottledOpError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.THROTTLEDOP, path);
  }
}
/**
 * The connection was lost while the request was under way, or none came about in time. Nothing is
 * sent again by itself: whether it was done is known only if it was never sent.
 */
export class ConnectionLossError extends ZooKeeperError {
  constructor(
    path: string | null = null,
    /** False: the request was never sent, so it was not done. True: nobody knows. */
    readonly maybeDone: boolean = true,
  ) {
    super(ErrorCode.CONNECTIONLOSS, path);
  }
}
/** The session is over: its ephemerals and watches are gone. A new client is needed. */
export class SessionExpiredError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.SESSIONEXPIRED, path);
  }
}
/** A server refused an `addAuth` or a SASL exchange; the session is of no more use. */
export class AuthFailedError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.AUTHFAILED, path);
  }
}
/** No reply within the request's `timeout`; the server may still do it. */
export class RequestTimeoutError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.REQUESTTIMEOUT, path, `no reply in time${path === null ? '' : ` for ${path}`}`);
  }
}
/** `close` was called on this client; the code is that of an expired session, as Apache's has it. */
export class ClientClosedError extends ZooKeeperError {
  constructor(path: string | null = null) {
    super(ErrorCode.SESSIONEXPIRED, path, 'the client is closed');
  }
}

const CLASSES: Readonly<Record<number, new (path?: string | null) => ZooKeeperError>> = {
  [ErrorCode.SYSTEMERROR]: SystemErrorError,
  [ErrorCode.RUNTIMEINCONSISTENCY]: RuntimeInconsistencyError,
  [ErrorCode.DATAINCONSISTENCY]: DataInconsistencyError,
  [ErrorCode.MARSHALLINGERROR]: MarshallingErrorError,
  [ErrorCode.UNIMPLEMENTED]: UnimplementedError,
  [ErrorCode.OPERATIONTIMEOUT]: OperationTimeoutError,
  [ErrorCode.BADARGUMENTS]: BadArgumentsError,
  [ErrorCode.NEWCONFIGNOQUORUM]: NewConfigNoQuorumError,
  [ErrorCode.RECONFIGINPROGRESS]: ReconfigInProgressError,
  [ErrorCode.NONODE]: NoNodeError,
  [ErrorCode.NOAUTH]: NoAuthError,
  [ErrorCode.BADVERSION]: BadVersionError,
  [ErrorCode.NOCHILDRENFOREPHEMERALS]: NoChildrenForEphemeralsError,
  [ErrorCode.NODEEXISTS]: NodeExistsError,
  [ErrorCode.NOTEMPTY]: NotEmptyError,
  [ErrorCode.INVALIDCALLBACK]: InvalidCallbackError,
  [ErrorCode.INVALIDACL]: InvalidAclError,
  [ErrorCode.SESSIONMOVED]: SessionMovedError,
  [ErrorCode.NOTREADONLY]: NotReadOnlyError,
  [ErrorCode.EPHEMERALONLOCALSESSION]: EphemeralOnLocalSessionError,
  [ErrorCode.NOWATCHER]: NoWatcherError,
  [ErrorCode.RECONFIGDISABLED]: ReconfigDisabledError,
  [ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH]: SessionClosedRequireSaslAuthError,
  [ErrorCode.QUOTAEXCEEDED]: QuotaExceededError,
  [ErrorCode.THROTTLEDOP]: ThrottledOpError,
  [ErrorCode.CONNECTIONLOSS]: ConnectionLossError,
  [ErrorCode.SESSIONEXPIRED]: SessionExpiredError,
  [ErrorCode.AUTHFAILED]: AuthFailedError,
  [ErrorCode.REQUESTTIMEOUT]: RequestTimeoutError,
};

/** The error of a code, of its own class. */
export function errorOf(code: number, path: string | null): ZooKeeperError {
  const Known = CLASSES[code];
  return Known === undefined ? new ZooKeeperError(code, path) : new Known(path);
}
