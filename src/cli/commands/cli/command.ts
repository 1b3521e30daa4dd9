/** What a command of the client's shell is, and what it is given. */
import type { Watcher, ZooKeeper } from '../../../client/index.js';
import { CliError } from './cli-error.js';
import { describeOptions, type Grouping, type OptionSpec, type ParsedLine } from './options.js';
import type { Paint } from './paint.js';

export interface CliContext {
  readonly zk: ZooKeeper;
  /** Whole lines, to stdout and stderr. */
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** To stdout, without a line break. */
  readonly print: (text: string) => void;
  /** The watcher of every `-w`: it prints what it is told, unless `printwatches off`. */
  readonly watcher: Watcher;
  /** Ends when the user interrupts a command that would go on. */
  readonly signal: AbortSignal;
  readonly paint: Paint;
}

export interface CliCommand {
  readonly name: string;
  /** What follows the name in its usage line. */
  readonly synopsis: string;
  readonly options: readonly OptionSpec[];
  readonly group?: Grouping;
  /** Its usage describes the options too. */
  readonly described?: boolean;
  /** Words needed after the name; default 0. */
  readonly needs?: number;
  /** One line for `help`; only for commands that zkCli.sh has not. */
  readonly extra?: string;
  /** @throws {CliError}, ZooKeeperError */
  readonly run: (context: CliContext, line: ParsedLine) => Promise<void>;
}

/** The usage, as zkCli.sh prints it. */
export function usageOf(command: CliCommand): string {
  const line = `${command.name} ${command.synopsis}`;
  return command.described === true ? `${line}\n${describeOptions(command.options)}` : line;
}

export function usageError(command: CliCommand): CliError {
  return new CliError(usageOf(command));
}
