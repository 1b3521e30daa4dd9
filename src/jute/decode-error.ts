/**
 * The one error of this folder: bytes that are not what the format says. Decoders throw it and
 * nothing else; a caller turns it into "close the connection, with this reason" or into a report
 * about a file.
 */
export class DecodeError extends Error {
  /** `truncated`: the input is a proper beginning of something valid. `invalid`: it never will be. */
  readonly kind: 'truncated' | 'invalid';
  /** For `truncated`: how many bytes, from the start of the input, are certainly needed. */
  readonly needed: number;

  constructor(kind: 'truncated' | 'invalid', message: string, needed = 0) {
    super(message);
    this.name = 'DecodeError';
    this.kind = kind;
    this.needed = needed;
  }
}

/** Throws an `invalid` {@link DecodeError}. */
export function invalid(message: string): never {
  throw new DecodeError('invalid', message);
}

/**
 * Runs a decoder; a {@link DecodeError} becomes a value, so that callers need no try. Any other
 * error is a broken invariant and goes on.
 */
export function attempt<A>(decode: () => A): A | DecodeError {
  try {
    return decode();
  } catch (e) {
    if (e instanceof DecodeError) return e;
    throw e;
  }
}
