/**
 * export and import: a subtree as JSON, data as base64 (null stays null), ACLs with it. Ephemerals
 * belong to sessions: they are left out and named. Containers and TTL nodes look like plain ones to
 * a client, so they come back as plain ones.
 */
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { NodeExistsError, NoNodeError, type Acl, type ZooKeeper } from '../../../client/index.js';
import { CliError } from './cli-error.js';
import type { CliCommand } from './command.js';
import { javaPath } from './java-path.js';

interface ExportedNode {
  /** Below the exported path; empty for itself. */
  readonly path: string;
  /** Base64, or null. */
  readonly data: string | null;
  readonly acl: readonly Acl[];
}
interface Exported {
  readonly format: 'zab-export';
  readonly version: 1;
  readonly path: string;
  readonly nodes: readonly ExportedNode[];
  /** Paths that were left out: ephemerals, whose sessions own them. */
  readonly skippedEphemerals: readonly string[];
}

/** The servers' own nodes. */
const SYSTEM = '/zookeeper';

async function collect(zk: ZooKeeper, root: string): Promise<Exported> {
  const nodes: ExportedNode[] = [];
  const skippedEphemerals: string[] = [];
  const queue = [root];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    try {
      const { data, stat } = await zk.getData(path);
      if (stat.ephemeralOwner !== 0n) {
        skippedEphemerals.push(path);
        continue;
      }
      const { acl } = await zk.getACL(path);
      const names = [...(await zk.getChildren(path))].sort();
      const below = path === root ? '' : path.slice(root === '/' ? 0 : root.length);
      nodes.push({ path: below, data: data?.toString('base64') ?? null, acl });
      const children = names.map((name) => (path === '/' ? `/${name}` : `${path}/${name}`));
      queue.push(...children.filter((child) => child !== SYSTEM));
    } catch (error) {
      // Deleted meanwhile.
      if (!(error instanceof NoNodeError) || path === root) throw error;
    }
  }
  return { format: 'zab-export', version: 1, path: root, nodes, skippedEphemerals };
}

const exportCommand: CliCommand = {
  name: 'export',
  synopsis: 'path [file]',
  options: [],
  needs: 1,
  extra: 'a subtree as JSON, to a file or to stdout',
  run: async ({ zk, out, err }, line) => {
    const [, path = '', file] = line.args;
    const exported = await collect(zk, javaPath(path));
    const text = JSON.stringify(exported, null, 2);
    if (file === undefined) out(text);
    else writeFileSync(file, `${text}\n`);
    for (const skipped of exported.skippedEphemerals) err(`skipped ${skipped}: ephemeral`);
    if (file !== undefined) err(`${exported.nodes.length} znodes written to ${file}`);
  },
};

function readExport(file: string): Exported {
  let value: unknown;
  try {
    // 0 is stdin.
    value = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new CliError(`import: ${file}: ${(error as Error).message}`, 2);
  }
  const { format, version, nodes } = value as Partial<Exported>;
  const whole =
    (format as string) === 'zab-export' &&
    (version as number) === 1 &&
    Array.isArray(nodes) &&
    nodes.every(
      (node) =>
        typeof node.path === 'string' &&
        (node.data === null || typeof node.data === 'string') &&
        Array.isArray(node.acl),
    );
  if (!whole) throw new CliError(`import: ${file} is no export of zab cli`, 2);
  return value as Exported;
}

async function createParents(zk: ZooKeeper, path: string): Promise<void> {
  const names = path.split('/').filter((name) => name !== '');
  for (let i = 1; i < names.length; i++) {
    try {
      await zk.create(`/${names.slice(0, i).join('/')}`);
    } catch (error) {
      if (!(error instanceof NodeExistsError)) throw error;
    }
  }
}

const importCommand: CliCommand = {
  name: 'import',
  synopsis: '[-f] file [path]',
  options: [{ name: 'f', description: 'Overwrite data and ACLs of znodes that exist' }],
  described: true,
  needs: 1,
  extra: 'znodes from JSON that export wrote (- for stdin), at another path if one is given',
  run: async ({ zk, err }, line) => {
    const [, file = '', target] = line.args;
    const exported = readExport(file);
    const root = javaPath(target ?? exported.path);
    const counts = { created: 0, overwritten: 0, kept: 0 };
    await createParents(zk, root);
    for (const { path: below, data, acl } of exported.nodes) {
      const path = javaPath((root === '/' ? below : root + below) || '/');
      const bytes = data === null ? null : Buffer.from(data, 'base64');
      try {
        await zk.create(path, bytes, { acl });
        counts.created++;
      } catch (error) {
        if (!(error instanceof NodeExistsError)) throw error;
        if (!line.has('f')) {
          counts.kept++;
          if (path !== '/') err(`kept ${path}: it exists`);
          continue;
        }
        await zk.setData(path, bytes);
        await zk.setACL(path, acl);
        counts.overwritten++;
      }
    }
    const { created, overwritten, kept } = counts;
    err(`${created} znodes created, ${overwritten} overwritten, ${kept} kept`);
  },
};

export const transferCommands: readonly CliCommand[] = [exportCommand, importCommand];
