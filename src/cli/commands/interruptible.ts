/** Runs a command that starts other processes, and ends those when the user ends the command. */
import { processIo } from '../../../conformance/command-io.js';
import type { CommandIo } from '../../../conformance/command-io.js';

/** As shells do: 128 + the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export async function runInterruptible(run: (io: CommandIo) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  const ended: number[] = [];
  const onSignal = (signal: 'SIGINT' | 'SIGTERM') => {
    ended.push(EXIT_CODES[signal]);
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const code = await run(processIo(abort.signal));
    return ended[0] ?? code;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
