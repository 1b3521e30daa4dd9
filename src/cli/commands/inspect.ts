/** `zab inspect`: see inspect/. */
import { once } from 'node:events';
import type { Command } from '../command.js';
import { runInspect, usage } from '../inspect/inspect.js';

/** Whoever reads the output may have seen enough: then the pipe is closed, and that is no fault. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

export const command: Command = {
  name: 'inspect',
  summary: "print and check ZooKeeper's logs and snapshots, Apache's or ours",
  usage,
  run: (args) => {
    process.stdout.on('error', endQuietly);
    return runInspect(args, print);
  },
};
