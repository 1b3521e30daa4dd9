/** The outline that the commands of this folder share: options, help, exit code 2 with one line. */
import type { CommandIo } from './command-io.js';
import { ToolsError } from './tla2tools-runner/index.js';
import { UnusableInput } from './unusable-input.js';

/** What `parse` makes of the options of `command`; what it throws at them is the user's fault. */
export function parsedOptions<T>(command: string, parse: () => T): T {
  try {
    return parse();
  } catch (e) {
    if (e instanceof UnusableInput) throw e;
    throw new UnusableInput(`${command}: ${(e as Error).message.split('\n')[0] ?? ''}`);
  }
}

/** A whole command; never throws for what a user can do wrong. */
export async function runCommand<O extends { readonly help: boolean }>(
  io: CommandIo,
  usage: string,
  parse: () => O,
  work: (options: O) => Promise<number>,
): Promise<number> {
  try {
    const options = parse();
    if (options.help) {
      io.out(usage);
      return 0;
    }
    return await work(options);
  } catch (e) {
    if (!(e instanceof ToolsError || e instanceof UnusableInput)) throw e;
    io.status?.('');
    io.err(e.message);
    return 2;
  }
}
