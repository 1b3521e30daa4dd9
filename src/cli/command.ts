/**
 * What a command of `zab` is. Each lives in a file of `commands/` and is exported there as
 * `command`; `main.ts` loads only the one that is asked for, so that `zab start` starts fast.
 */

export interface Command {
  readonly name: string;
  /** One line for `zab --help`. */
  readonly summary: string;
  /** The text of `zab NAME --help`. */
  readonly usage: string;
  /**
   * Runs to the end.
   * @param args what follows the command's name; `--help` never comes here.
   * @returns the exit code: 0 done, 1 the answer is no, 2 unusable arguments, file or port.
   * @throws {UsageError} for arguments that make no sense.
   */
  run(args: readonly string[]): Promise<number>;
}

/** The user's fault: `message` is the one line that is printed, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
