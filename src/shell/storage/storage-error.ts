/**
 * What goes wrong with a server's files. The message is one clear line for the operator; the
 * server must not go on, as what it acknowledges would not be kept.
 */
export type StorageErrorCode =
  /** The folder cannot be used: missing rights, not a directory, read-only file system. */
  | 'FOLDER'
  /** Another process holds the folder. */
  | 'LOCKED'
  /** Files whose content is damaged, or does not fit together. */
  | 'CORRUPT'
  /** A write or a flush failed: full, broken or vanished disk. */
  | 'WRITE'
  /** A truncation that the files cannot provide. */
  | 'TRUNCATE';

export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StorageError';
    this.code = code;
  }
}

/** The system's part of a message: `ENOSPC: no space left on device`. */
export function reasonOf(cause: unknown): string {
  if (!isObject(cause) || typeof cause['message'] !== 'string') return String(cause);
  // Node appends the call and the path, which our messages name themselves.
  return cause['message'].split(', ')[0] ?? cause['message'];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Whether it comes from the system; anything else is no fault of the disk. */
function isSystemError(e: unknown): boolean {
  return isObject(e) && typeof e['code'] === 'string' && 'errno' in e;
}

/**
 * Whether the system says `code`. Not by `instanceof Error`: in a test runner that has a realm of its own for each
 * test file, as jest has, the errors of Node's modules are of another realm.
 */
export function hasCode(e: unknown, code: string): boolean {
  return isObject(e) && e['code'] === code;
}

/** Runs `write`; a system error becomes a StorageError of code WRITE that says what failed. */
export async function writing<A>(what: string, write: () => Promise<A>): Promise<A> {
  try {
    return await write();
  } catch (e) {
    if (!isSystemError(e)) throw e;
    throw new StorageError('WRITE', `cannot ${what}: ${reasonOf(e)}`, e);
  }
}

/** Runs `read`; a system error becomes a StorageError of code FOLDER. */
export async function reading<A>(folder: string, read: () => Promise<A>): Promise<A> {
  try {
    return await read();
  } catch (e) {
    if (!isSystemError(e)) throw e;
    throw new StorageError('FOLDER', `cannot read data folder ${folder}: ${reasonOf(e)}`, e);
  }
}
