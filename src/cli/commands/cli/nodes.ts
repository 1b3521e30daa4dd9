/** create, delete, deleteall, get, set, stat, sync. */
import { Buffer } from 'node:buffer';
import {
  EphemeralOnLocalSessionError,
  InvalidAclError,
  OPEN_ACL,
  ZooKeeperError,
  NoNodeError,
  type CreateMode,
  type Transaction,
} from '../../../client/index.js';
import { parseAcl } from './acl-text.js';
import { CliError } from './cli-error.js';
import type { CliCommand, CliContext } from './command.js';
import { dataText, hexDump, statLines } from './format.js';
import { javaInteger, javaPath } from './java-path.js';
import type { ParsedLine } from './options.js';
import { subtree } from './subtree.js';

const TTL_MAX = 2 ** 40 - 1;

function modeOf(line: ParsedLine): { readonly mode: CreateMode; readonly ttl?: number } {
  const [e, s, c, t] = ['e', 's', 'c', 't'].map(line.has);
  if (c === true && (e === true || s === true)) {
    throw new CliError(
      '-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.',
    );
  }
  const ttl = t === true ? ttlOf(line.value('t') ?? '') : null;
  if (ttl !== null && e === true) {
    throw new CliError('TTLs cannot be used with Ephemeral znodes');
  }
  if (ttl !== null && c === true) {
    throw new CliError('TTLs cannot be used with Container znodes');
  }
  if (ttl !== null) {
    if (ttl > TTL_MAX || ttl <= 0) {
      throw new CliError(`ttl must be positive and cannot be larger than: ${TTL_MAX}`);
    }
    return { mode: s === true ? 'ttl-sequential' : 'ttl', ttl };
  }
  if (c === true) return { mode: 'container' };
  if (e === true) return { mode: s === true ? 'ephemeral-sequential' : 'ephemeral' };
  return { mode: s === true ? 'persistent-sequential' : 'persistent' };
}

function ttlOf(text: string): number {
  try {
    return javaInteger(text, 64);
  } catch {
    throw new CliError('-t argument must be a long value');
  }
}

const create: CliCommand = {
  name: 'create',
  synopsis: '[-s] [-e] [-c] [-t ttl] path [data] [acl]',
  options: [
    { name: 'e', description: 'ephemeral' },
    { name: 's', description: 'sequential' },
    { name: 'c', description: 'container' },
    { name: 't', value: true, description: 'ttl' },
  ],
  needs: 1,
  run: async ({ zk, err }, line) => {
    const mode = modeOf(line);
    const [, path = '', data = null, aclText] = line.args;
    const acl = aclText === undefined ? OPEN_ACL : parseAcl(aclText, err);
    javaPath(path, mode.mode.endsWith('sequential'));
    try {
      // Apache's client does not ask the server about it.
      if (acl.length === 0) throw new InvalidAclError();
      err(`Created ${await zk.create(path, data, { ...mode, acl })}`);
    } catch (error) {
      if (error instanceof InvalidAclError) err(error.message);
      if (error instanceof EphemeralOnLocalSessionError) {
        err('Unable to create ephemeral node on a local session');
      }
      throw error;
    }
  },
};

const versionOption = { name: 'v', value: true, description: 'version' } as const;

function versionOf(line: ParsedLine): number {
  return line.has('v') ? javaInteger(line.value('v') ?? '') : -1;
}

const remove: CliCommand = {
  name: 'delete',
  synopsis: '[-v version] path',
  options: [versionOption],
  needs: 1,
  run: async ({ zk, err }, line) => {
    const [, path = '', old] = line.args;
    if (old !== undefined) {
      err(
        "'delete path [version]' has been deprecated. " +
          "Please use 'delete [-v version] path' instead.",
      );
    }
    await zk.delete(javaPath(path), { version: versionOf(line) });
  },
};

const DELETE_BATCH = 1_000;

const deleteAll: CliCommand = {
  name: 'deleteall',
  synopsis: 'path [-b batch size]',
  options: [{ name: 'b', value: true, description: 'batch size' }],
  needs: 1,
  run: async ({ zk, err }, line) => {
    let batch = DELETE_BATCH;
    if (line.has('b')) {
      try {
        batch = javaInteger(line.value('b') ?? '');
      } catch {
        throw new CliError('-b argument must be an int value');
      }
    }
    const paths = [...(await subtree(zk, javaPath(line.args[1] ?? '')))].reverse();
    if (batch <= 0) {
      for (const path of paths) await zk.delete(path);
      return;
    }
    for (let at = 0; at < paths.length; at += batch) {
      let deletes: Transaction<readonly unknown[]> = zk.transaction();
      for (const path of paths.slice(at, at + batch)) deletes = deletes.delete(path);
      try {
        await deletes.commit();
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        err('Failed to delete some node(s) in the subtree!');
        return;
      }
    }
  },
};

/** zkCli.sh takes a third word for `-w`. */
export function wantsWatch(name: string, shown: string, context: CliContext, line: ParsedLine) {
  if (line.args.length > 2) {
    context.err(
      `'${name} path [watch]' has been deprecated. Please use '${name} ${shown} path' instead.`,
    );
    return true;
  }
  return line.has('w');
}

const get: CliCommand = {
  name: 'get',
  synopsis: '[-s] [-w] [-b] [-x] path',
  options: [
    { name: 's', description: 'Print znode stats additionally' },
    { name: 'w', description: 'Watch for changes on the znode' },
    { name: 'b', description: 'Output data in base64 format' },
    { name: 'x', description: 'Output data in hexdump format' },
  ],
  described: true,
  needs: 1,
  run: async (context, line) => {
    const { zk, out, watcher } = context;
    const watch = wantsWatch('get', '[-s] [-w]', context, line);
    const path = javaPath(line.args[1] ?? '');
    const { data, stat } = await zk.getData(path, watch ? { watcher } : {});
    const bytes = data ?? Buffer.from('null');
    if (line.has('x')) out(hexDump(bytes));
    else out(line.has('b') ? bytes.toString('base64') : dataText(data));
    if (line.has('s')) statLines(stat).forEach(out);
  },
};

/** Java's decoder knows neither line breaks nor the other alphabet. */
function fromBase64(text: string): Buffer {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text)) {
    throw new CliError(`not base64: ${text}`);
  }
  return Buffer.from(text, 'base64');
}

const set: CliCommand = {
  name: 'set',
  synopsis: 'path data [-s] [-v version] [-b]',
  options: [
    { name: 's', description: 'Print znode stats additionally' },
    { name: 'v', value: true, description: 'Set with an expected version' },
    { name: 'b', description: 'Supply data in base64 format' },
  ],
  described: true,
  needs: 2,
  run: async ({ zk, out }, line) => {
    const [, path = '', text = ''] = line.args;
    const data = line.has('b') ? fromBase64(text) : text;
    const version = versionOf(line);
    const stat = await zk.setData(javaPath(path), data, { version });
    if (line.has('s')) statLines(stat).forEach(out);
  },
};

const stat: CliCommand = {
  name: 'stat',
  synopsis: '[-w] path',
  options: [{ name: 'w', description: 'watch' }],
  needs: 1,
  run: async (context, line) => {
    const watch = wantsWatch('stat', '[-w]', context, line);
    const path = javaPath(line.args[1] ?? '');
    const found = await context.zk.exists(path, watch ? { watcher: context.watcher } : {});
    if (found === null) throw new NoNodeError(path);
    statLines(found).forEach(context.out);
  },
};

const sync: CliCommand = {
  name: 'sync',
  synopsis: 'path',
  options: [],
  needs: 1,
  run: async ({ zk, out }, line) => {
    try {
      await zk.sync(javaPath(line.args[1] ?? ''), { timeout: 30_000 });
      out('Sync is OK');
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      out(`Sync has failed. rc=${error.code}`);
    }
  },
};

export const nodeCommands: readonly CliCommand[] = [
  create,
  remove,
  deleteAll,
  get,
  set,
  stat,
  sync,
];
