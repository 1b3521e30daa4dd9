/** What a command of the client ends with when it fails: a line for stderr and an exit code. */
import {
  BadArgumentsError,
  BadVersionError,
  InvalidAclError,
  NewConfigNoQuorumError,
  NoAuthError,
  NoChildrenForEphemeralsError,
  NodeExistsError,
  NoNodeError,
  NotEmptyError,
  NotReadOnlyError,
  QuotaExceededError,
  ReconfigInProgressError,
  ZooKeeperError,
} from '../../../client/index.js';

/** Apache's `CliException`. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    message: string,
    readonly exitCode: number = 1,
  ) {
    super(message);
  }
}

const NO_QUORUM =
  'No quorum of new config is connected and up-to-date with the leader of last commmitted config' +
  ' - try invoking reconfiguration after new servers are connected and synced';

/** Apache's words for an error of the server (`CliWrapperException.getMessage`), typo included. */
export function wordsFor(error: unknown): string {
  if (!(error instanceof ZooKeeperError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const path = error.path ?? 'null';
  if (error instanceof NoNodeError) return `Node does not exist: ${path}`;
  if (error instanceof NoChildrenForEphemeralsError) {
    return `Ephemerals cannot have children: ${path}`;
  }
  if (error instanceof NodeExistsError) return `Node already exists: ${path}`;
  if (error instanceof NotEmptyError) return `Node not empty: ${path}`;
  if (error instanceof NotReadOnlyError) return `Not a read-only call: ${path}`;
  if (error instanceof InvalidAclError) return `Acl is not valid : ${path}`;
  if (error instanceof NoAuthError) return `Insufficient permission : ${path}`;
  if (error instanceof BadArgumentsError) return `Arguments are not valid : ${path}`;
  if (error instanceof BadVersionError) return `version No is not valid : ${path}`;
  if (error instanceof ReconfigInProgressError) {
    return 'Another reconfiguration is in progress -- concurrent reconfigs not supported (yet)';
  }
  if (error instanceof NewConfigNoQuorumError) return NO_QUORUM;
  if (error instanceof QuotaExceededError) return `Quota has exceeded : ${path}`;
  return error.message;
}
