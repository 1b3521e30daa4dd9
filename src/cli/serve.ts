/** What the commands that run servers have in common: readiness, signals, faults. */
import type { LogLevel } from '../shell/logger.js';
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

export interface Serving {
  /** Resolves with the connect string when clients are answered. */
  readonly ready: Promise<string>;
  /** Resolves if a server ends by itself. */
  readonly fault: Promise<Error>;
  readonly close: () => Promise<void>;
  readonly json: boolean;
}

/**
 * Prints the ready line when it is time, and waits for SIGINT or SIGTERM. The second of them ends
 * the process at once.
 * @returns 0
 * @throws what ended a server, once the others are closed
 */
export async function untilSignal({ ready, fault, close, json }: Serving): Promise<number> {
  ready.then(
    (connectString) => {
      const line = json ? JSON.stringify({ ready: connectString }) : `ready ${connectString}`;
      process.stdout.write(`${line}\n`);
    },
    // Not before the end: that is told below.
    () => undefined,
  );
  const signal = waitForSignal();
  const outcome = await Promise.race([signal.came, fault]);
  signal.stop();
  await close();
  if (outcome !== null) throw outcome;
  return 0;
}

function waitForSignal(): { readonly came: Promise<null>; readonly stop: () => void } {
  let done: () => void = () => undefined;
  const came = new Promise<null>((resolve) => {
    done = () => resolve(null);
  });
  process.on('SIGINT', done);
  process.on('SIGTERM', done);
  const stop = (): void => {
    process.off('SIGINT', done);
    process.off('SIGTERM', done);
  };
  return { came, stop };
}
