/** ls, getEphemerals, getAllChildrenNumber, tree. */
import { NoNodeError } from '../../../client/index.js';
import type { CliCommand, CliContext } from './command.js';
import { statLines } from './format.js';
import { javaInteger, javaPath } from './java-path.js';
import { describeOptions } from './options.js';
import { wantsWatch } from './nodes.js';
import { visit } from './subtree.js';
import { usageError } from './command.js';

const ls: CliCommand = {
  name: 'ls',
  synopsis: '[-s] [-w] [-R] path',
  options: [
    { name: '?', description: 'help' },
    { name: 's', description: 'stat' },
    { name: 'w', description: 'watch' },
    { name: 'R', description: 'recurse' },
  ],
  run: async (context, line) => {
    const { zk, out } = context;
    if (line.has('?')) {
      out(`usage: ls [options] path\n${describeOptions(ls.options).trimEnd()}`);
    }
    const watch = wantsWatch('ls', '[-w]', context, line);
    if (line.args.length < 2) throw usageError(ls);
    const path = javaPath(line.args[1] ?? '');
    const options = watch ? { watcher: context.watcher } : {};
    if (line.has('R')) {
      await visit(zk, path, out, options.watcher);
      return;
    }
    const { children, stat } = await zk.getChildrenWithStat(path, options);
    out(`[${[...children].sort().join(', ')}]`);
    if (line.has('s')) statLines(stat).forEach(out);
  },
};

const getEphemerals: CliCommand = {
  name: 'getEphemerals',
  synopsis: 'path',
  options: [],
  run: async ({ zk, out }, line) => {
    const paths = await zk.getEphemerals(javaPath(line.args[1] ?? '/'));
    out(`[${paths.join(', ')}]`);
  },
};

const getAllChildrenNumber: CliCommand = {
  name: 'getAllChildrenNumber',
  synopsis: 'path',
  options: [],
  needs: 1,
  run: async ({ zk, out }, line) => {
    out(String(await zk.getAllChildrenNumber(javaPath(line.args[1] ?? ''))));
  },
};

const tree: CliCommand = {
  name: 'tree',
  synopsis: '[-d depth] [-s] [path]',
  options: [
    { name: 'd', value: true, description: 'How many levels down; default: all' },
    { name: 's', description: 'Print the data length and version of each znode' },
  ],
  described: true,
  extra: 'the znodes below a path, drawn as a tree',
  run: async (context, line) => {
    const path = javaPath(line.args[1] ?? '/');
    const depth = line.has('d') ? javaInteger(line.value('d') ?? '') : Number.POSITIVE_INFINITY;
    if ((await context.zk.exists(path)) === null) throw new NoNodeError(path);
    context.out(context.paint('blue', path));
    await branches(context, path, '', depth, line.has('s'));
  },
};

async function branches(
  context: CliContext,
  path: string,
  indent: string,
  depth: number,
  withStat: boolean,
): Promise<void> {
  if (depth <= 0) return;
  const { zk, out, paint } = context;
  let names: readonly string[] = [];
  try {
    names = [...(await zk.getChildren(path))].sort();
  } catch (error) {
    if (!(error instanceof NoNodeError)) throw error;
  }
  for (const [i, name] of names.entries()) {
    const last = i === names.length - 1;
    const child = path === '/' ? `/${name}` : `${path}/${name}`;
    const stat = await zk.exists(child);
    if (stat === null) continue;
    const ephemeral = stat.ephemeralOwner === 0n ? '' : ' (ephemeral)';
    const sizes = withStat ? ` ${stat.dataLength} bytes, version ${stat.version}` : '';
    const shown = stat.numChildren > 0 ? paint('blue', name) : name;
    out(`${indent}${last ? '└── ' : '├── '}${shown}${paint('dim', ephemeral + sizes)}`);
    await branches(context, child, `${indent}${last ? '    ' : '│   '}`, depth - 1, withStat);
  }
}

export const listingCommands: readonly CliCommand[] = [
  ls,
  getEphemerals,
  getAllChildrenNumber,
  tree,
];
