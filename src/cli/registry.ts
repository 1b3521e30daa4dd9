/** The commands of `zab`: name, summary, and how to load each. */
import type { Command } from './command.js';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const COMMANDS: readonly Entry[] = [
  {
    name: 'check',
    summary: 'check the TLA+ models with TLC, as the manifest says',
    load: async () => (await import('./commands/check.js')).command,
  },
];
