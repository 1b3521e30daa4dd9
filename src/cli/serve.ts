/** What the commands that run servers have in common: readiness, signals, faults. */
import { parseDefinition } from '../config/system-properties.js';
import type { LogFormat, LogLevel } from '../shell/logger.js';
import { UsageError } from './command.js';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** @throws {UsageError} for a level that there is not. */
export function readLogLevel(
  command: string,
  text: string | undefined,
  otherwise: LogLevel,
): LogLevel | 'silent' {
  const level = text ?? otherwise;
  if (!LEVELS.includes(level)) {
    throw new UsageError(
      `zab ${command}: --log must be one of ${LEVELS.join(', ')}, not '${level}'`,
    );
  }
  return level as LogLevel | 'silent';
}

/** @throws {UsageError} for a form that there is not. */
export function readLogFormat(command: string, text: string | undefined): LogFormat {
  const format = text ?? 'text';
  if (format === 'text' || format === 'json') return format;
  throw new UsageError(`zab ${command}: --log-format must be text or json, not '${format}'`);
}

/** The `-DNAME=VALUE` words, wherever they stand, and the rest. */
export function takeDefinitions(
  args: readonly string[],
): readonly [Readonly<Record<string, string>>, readonly string[]] {
  const isDefinition = (word: string): boolean => word.startsWith('-D');
  const definitions = args.filter(isDefinition).map((word) => parseDefinition(word.slice(2)));
  return [Object.fromEntries(definitions), args.filter((word) => !isDefinition(word))];
}

export interface Running {
  /** Resolves with the connect string when clients are answered. */
  readonly ready: Promise<string>;
  /** Resolves if a server ends by itself. */
  readonly fault: Promise<Error>;
  readonly close: () => Promise<void>;
}

/** What ends the commands that run servers: SIGHUP comes when their terminal is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface ServeOptions {
  /** The ready line as JSON. */
  readonly json: boolean;
  /** The end of standard input ends the servers too: what started them is gone, however it ended. */
  readonly untilEof: boolean;
}

/**
 * Starts servers, prints the ready line when it is time, and waits for a signal: one that comes while
 * they start ends them when they have. A second one ends the process at once.
 * @returns 0
 * @throws what ended a server, once the others are closed; what `start` throws
 */
export async function untilSignal(
  start: () => Promise<Running>,
  { json, untilEof }: ServeOptions,
): Promise<number> {
  const signal = waitForSignal(untilEof);
  try {
    const { ready, fault, close } = await start();
    ready.then(
      (connectString) => {
        const line = json ? JSON.stringify({ ready: connectString }) : `ready ${connectString}`;
        process.stdout.write(`${line}\n`);
      },
      // Not before the end: that is told below.
      () => undefined,
    );
    const outcome = await Promise.race([signal.came, fault]);
    signal.stop();
    await close();
    if (outcome !== null) throw outcome;
    return 0;
  } finally {
    signal.stop();
  }
}

function waitForSignal(untilEof: boolean): {
  readonly came: Promise<null>;
  readonly stop: () => void;
} {
  let done: () => void = () => undefined;
  const came = new Promise<null>((resolve) => {
    done = () => {
      stop();
      resolve(null);
    };
  });
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, done);
    if (!untilEof) return;
    process.stdin.off('close', done);
    process.stdin.destroy();
  };
  for (const signal of SIGNALS) process.on(signal, done);
  // A pipe whose other end has died may end with an error; 'close' follows either way.
  if (untilEof) {
    process.stdin.on('error', () => undefined).on('close', done);
    process.stdin.resume();
  }
  return { came, stop };
}

/** On a line of its own, before the one that many wait for. */
export function tellSecure(address: string, json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify({ secure: address }) : `secure ${address}`}\n`);
}
