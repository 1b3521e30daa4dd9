/** addWatch, removewatches, watch. */
import { UnimplementedError, type WatchedEvent, type WatcherType } from '../../../client/index.js';
import { CliError } from './cli-error.js';
import type { CliCommand, CliContext } from './command.js';
import { usageError } from './command.js';
import { hex, javaDate } from './format.js';
import { javaInteger, javaPath } from './java-path.js';
import type { ParsedLine } from './options.js';

const addWatch: CliCommand = {
  name: 'addWatch',
  synopsis:
    '[-m mode] path # optional mode is one of [PERSISTENT, PERSISTENT_RECURSIVE]' +
    ' - default is PERSISTENT_RECURSIVE',
  options: [{ name: 'm', value: true, description: '' }],
  needs: 1,
  run: async ({ zk, watcher }, line) => {
    const mode = (line.value('m') ?? 'PERSISTENT_RECURSIVE').toUpperCase();
    const known = mode === 'PERSISTENT' || mode === 'PERSISTENT_RECURSIVE';
    if (!known || line.args.length !== 2) throw usageError(addWatch);
    const recursive = mode === 'PERSISTENT_RECURSIVE';
    await zk.addWatch(javaPath(line.args[1] ?? ''), watcher, { recursive });
  },
};

const TYPES: readonly (readonly [string, WatcherType])[] = [
  ['c', 'children'],
  ['d', 'data'],
  ['p', 'persistent'],
  ['r', 'persistent-recursive'],
  ['a', 'any'],
];

const removeWatches: CliCommand = {
  name: 'removewatches',
  synopsis: 'path [-c|-d|-a] [-l]',
  options: [
    { name: 'c', description: 'child watcher type' },
    { name: 'd', description: 'data watcher type' },
    { name: 'p', description: 'persistent watcher type' },
    { name: 'r', description: 'persistent recursive watcher type' },
    { name: 'a', description: 'any watcher type' },
    { name: 'l', description: 'remove locally when there is no server connection' },
  ],
  needs: 1,
  run: async ({ zk }, line) => {
    const type = TYPES.find(([name]) => line.has(name))?.[1] ?? 'any';
    await zk.removeWatches(javaPath(line.args[1] ?? ''), { type, local: line.has('l') });
  },
};

const watch: CliCommand = {
  name: 'watch',
  synopsis: '[-r] [-n count] path',
  options: [
    { name: 'r', description: 'Watch everything below the path as well' },
    { name: 'n', value: true, description: 'End after so many events; default: on Ctrl-C' },
  ],
  described: true,
  needs: 1,
  extra: 'print what happens to a path (-r: and below it) until Ctrl-C',
  run: async (context, line) => {
    const path = javaPath(line.args[1] ?? '');
    const most = line.has('n') ? javaInteger(line.value('n') ?? '') : Number.POSITIVE_INFINITY;
    if (most <= 0) throw new CliError('-n must be above 0');
    let left = most;
    try {
      for await (const event of await events(context, path, line)) {
        context.out(tell(context, event));
        if (--left <= 0) return;
      }
    } catch (error) {
      if (!context.signal.aborted) throw error;
    }
  },
};

async function events(
  { zk, signal }: CliContext,
  path: string,
  line: ParsedLine,
): Promise<AsyncIterable<WatchedEvent>> {
  try {
    return await zk.watch(path, { recursive: line.has('r'), signal });
  } catch (error) {
    if (!(error instanceof UnimplementedError)) throw error;
    throw new CliError('watch: the server knows no persistent watches (ZooKeeper 3.6 does)');
  }
}

const COLORS = { NodeCreated: 'green', NodeDeleted: 'red', NodeDataChanged: 'yellow' } as const;

function tell({ paint }: CliContext, { type, path, zxid }: WatchedEvent): string {
  const color = type in COLORS ? COLORS[type as keyof typeof COLORS] : 'cyan';
  const at = javaDate(BigInt(Date.now()));
  return `${at} ${paint(color, type)} ${path}${zxid < 0n ? '' : ` zxid 0x${hex(zxid)}`}`;
}

export const watchCommands: readonly CliCommand[] = [addWatch, removeWatches, watch];
