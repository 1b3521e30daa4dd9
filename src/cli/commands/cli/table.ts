/** All commands of the client's shell. */
import { accessCommands } from './access.js';
import type { CliCommand } from './command.js';
import { ensembleCommands } from './ensemble.js';
import { listingCommands } from './listing.js';
import { nodeCommands } from './nodes.js';
import { quotaCommands } from './quota.js';
import { transferCommands } from './transfer.js';
import { watchCommands } from './watching.js';

/** Those that ask a server. */
export const CLI_COMMANDS: ReadonlyMap<string, CliCommand> = new Map(
  [
    ...nodeCommands,
    ...listingCommands,
    ...accessCommands,
    ...quotaCommands,
    ...watchCommands,
    ...ensembleCommands,
    ...transferCommands,
  ].map((command) => [command.name, command]),
);

/** Those of the shell itself, and what follows their names. */
export const SHELL_COMMANDS: ReadonlyMap<string, string> = new Map([
  ['connect', 'host:port'],
  ['close', ''],
  ['history', ''],
  ['redo', 'cmdno'],
  ['printwatches', 'on|off'],
  ['quit', ''],
]);

export function isCommand(name: string): boolean {
  return CLI_COMMANDS.has(name) || SHELL_COMMANDS.has(name);
}

/** Names in order. */
export function commandNames(): readonly string[] {
  return [...CLI_COMMANDS.keys(), ...SHELL_COMMANDS.keys()].sort();
}

/** What zkCli.sh prints when a line has no command that it knows. */
export function overview(): string {
  const lines = commandNames().map((name) => {
    return `\t${name} ${CLI_COMMANDS.get(name)?.synopsis ?? SHELL_COMMANDS.get(name) ?? ''}`;
  });
  const first = 'ZooKeeper -server host:port -client-configuration properties-file cmd args';
  return [first, ...lines].join('\n');
}
