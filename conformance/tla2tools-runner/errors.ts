/**
 * What keeps TLC from giving a verdict, as one error class with a code. The message is one line
 * that says what to do; the CLI prints it and exits with 2.
 */
export type ToolsErrorCode =
  /** No Java runtime found, or one too old. */
  | 'no-java'
  /** No jar found: not given, not cached, and neither the release nor Maven was reachable. */
  | 'no-jar'
  /** A jar whose SHA-256 is none of the pinned ones. */
  | 'wrong-hash'
  /** The module does not parse, or a name in it does not resolve. */
  | 'bad-spec'
  /** The configuration file is missing, does not parse, or names what the module lacks. */
  | 'bad-config'
  /** TLC could not start or crashed before it checked anything. */
  | 'tlc-failed'
  /** Text that is no value or state as TLC prints them. */
  | 'bad-value';

export class ToolsError extends Error {
  readonly code: ToolsErrorCode;
  /** More than the one line, such as SANY's whole list of errors; empty if there is nothing more. */
  readonly details: string;

  constructor(code: ToolsErrorCode, message: string, details = '') {
    super(message);
    this.name = 'ToolsError';
    this.code = code;
    this.details = details;
  }
}
