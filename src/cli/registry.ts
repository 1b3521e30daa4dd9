/** The commands of `zab`: name, summary, and how to load each. */
import type { Command } from './command.js';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const COMMANDS: readonly Entry[] = [
  {
    name: 'start',
    summary: 'run an ensemble in this process on 127.0.0.1',
    load: async () => (await import('./commands/start.js')).command,
  },
  {
    name: 'server',
    summary: 'run one server from a zoo.cfg',
    load: async () => (await import('./commands/server.js')).command,
  },
  {
    name: 'cli',
    summary: 'a client: the commands of zkCli.sh, and tree, watch, export, import',
    load: async () => (await import('./commands/cli.js')).command,
  },
  {
    name: 'snapshot',
    summary: "write a server's data to a file, by AdminServer",
    load: async () => (await import('./commands/snapshot.js')).command,
  },
  {
    name: 'restore',
    summary: "put a snapshot file in place of a server's data, by AdminServer",
    load: async () => (await import('./commands/restore.js')).command,
  },
  {
    name: 'inspect',
    summary: "print and check ZooKeeper's logs and snapshots, Apache's or ours",
    load: async () => (await import('./commands/inspect.js')).command,
  },
  {
    name: 'check',
    summary: 'check the TLA+ models with TLC, as the manifest says',
    load: async () => (await import('./commands/check.js')).command,
  },
  {
    name: 'replay',
    summary: 'drive the reducers along counterexamples and simulated runs of TLC',
    load: async () => (await import('./commands/replay.js')).command,
  },
  {
    name: 'validate',
    summary: 'have TLC accept or refuse recorded traces',
    load: async () => (await import('./commands/validate.js')).command,
  },
  {
    name: 'explore',
    summary: "compare the reducers' whole reachable graph with TLC's",
    load: async () => (await import('./commands/explore.js')).command,
  },
  {
    name: 'simulate',
    summary: 'run ensembles with clients in virtual time, with faults, from seeds',
    load: async () => (await import('./commands/simulate.js')).command,
  },
];
