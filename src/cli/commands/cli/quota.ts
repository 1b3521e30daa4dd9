/**
 * setquota, listquota, delquota: quotas are nodes below /zookeeper/quota that the client writes and
 * the server counts in (Apache: `SetQuotaCommand`, `ListQuotaCommand`, `DelQuotaCommand`).
 */
import { NodeExistsError, NoNodeError, type ZooKeeper } from '../../../client/index.js';
import { CliError } from './cli-error.js';
import type { CliCommand } from './command.js';
import { dataText } from './format.js';
import { javaInteger, javaPath } from './java-path.js';
import type { ParsedLine } from './options.js';
import { formatStats, limitOf, parseStats, type QuotaKey, type StatsTrack } from './stats-track.js';
import { visit } from './subtree.js';

const ROOT = '/zookeeper/quota';
const LIMITS = 'zookeeper_limits';
const STATS = 'zookeeper_stats';

const KINDS: readonly { readonly name: string; readonly key: QuotaKey; readonly what: string }[] = [
  { name: 'n', key: 'count', what: 'num soft quota' },
  { name: 'b', key: 'bytes', what: 'bytes soft quota' },
  { name: 'N', key: 'countHardLimit', what: 'num hard quota' },
  { name: 'B', key: 'byteHardLimit', what: 'bytes hard quota' },
];

async function read(zk: ZooKeeper, path: string): Promise<StatsTrack> {
  const { data } = await zk.getData(javaPath(path));
  return parseStats(data === null ? '' : dataText(data));
}

async function ensure(zk: ZooKeeper, path: string): Promise<void> {
  if ((await zk.exists(path)) !== null) return;
  try {
    await zk.create(path);
  } catch (error) {
    if (!(error instanceof NodeExistsError)) throw error;
  }
}

/** One quota on a path: none may be above it or below it. */
async function refuseNested(zk: ZooKeeper, path: string): Promise<void> {
  const own = ROOT + path;
  try {
    await visit(zk, javaPath(own), async (node) => {
      if (node === own || !(await childrenOf(zk, node)).includes(LIMITS)) return;
      throw new CliError(`${path} has a child ${node.slice(ROOT.length)} which has a quota`);
    });
  } catch (error) {
    if (!(error instanceof NoNodeError)) throw error;
  }
  const names = path.split('/').slice(1, -1);
  for (let i = 1; i <= names.length; i++) {
    const above = `/${names.slice(0, i).join('/')}`;
    if (!(await childrenOf(zk, ROOT + above)).includes(LIMITS)) continue;
    throw new CliError(`${path} has a parent ${above} which has a quota`);
  }
}

async function childrenOf(zk: ZooKeeper, path: string): Promise<readonly string[]> {
  try {
    return await zk.getChildren(path);
  } catch (error) {
    if (error instanceof NoNodeError) return [];
    throw error;
  }
}

/** What is exceeded already is said, and set all the same. */
function warnings(limits: StatsTrack, used: StatsTrack): readonly string[] {
  const below = (limit: QuotaKey, usage: QuotaKey): boolean =>
    limitOf(limits, limit) > -1n && limitOf(limits, limit) < limitOf(used, usage);
  const lines: string[] = [];
  for (const [what, soft, hard] of [
    ['count', 'count', 'countHardLimit'],
    ['bytes', 'bytes', 'byteHardLimit'],
  ] as const) {
    if (!below(soft, soft) && !below(hard, soft)) continue;
    const existing = limitOf(used, soft);
    lines.push(
      `[Warning]: the ${what} quota you create is less than the existing ${what}:${existing}`,
    );
  }
  return lines;
}

function limitsOf(line: ParsedLine): Map<string, bigint> | string {
  const limits = new Map<string, bigint>(KINDS.map(({ key }) => [key, -1n]));
  for (const { name, key } of KINDS) {
    const text = line.value(name);
    if (text === undefined) continue;
    let value: number;
    try {
      value = javaInteger(text, key.startsWith('count') ? 32 : 64);
    } catch {
      return 'NumberFormatException happens when parsing the option value';
    }
    if (key.startsWith('count') && value <= 0) return 'the num quota must be greater than zero';
    if (value < 0) return 'the bytes quota must be greater than or equal to zero';
    limits.set(key, BigInt(text));
  }
  return limits;
}

const setQuota: CliCommand = {
  name: 'setquota',
  synopsis: '-n|-b|-N|-B val path',
  options: KINDS.map(({ name, what }) => ({ name, value: true, description: what })),
  group: 'required',
  needs: 1,
  run: async ({ zk, out, err }, line) => {
    const path = line.args[1] ?? '';
    if (path.startsWith(ROOT)) {
      err(`cannot set a quota under the path: ${ROOT}`);
      return;
    }
    const limits = limitsOf(line);
    if (typeof limits === 'string') {
      err(limits);
      return;
    }
    if ((await zk.exists(javaPath(path))) === null) throw new CliError(`${path} does not exist.`);
    await refuseNested(zk, path);
    let node = ROOT;
    // Below a chroot neither is there.
    await ensure(zk, '/zookeeper');
    await ensure(zk, node);
    for (const name of path.split('/').filter((part) => part !== '')) {
      node += `/${name}`;
      await ensure(zk, node);
    }
    const limitNode = `${node}/${LIMITS}`;
    const statNode = `${node}/${STATS}`;
    if ((await zk.exists(limitNode)) === null) {
      await zk.create(limitNode, formatStats(limits));
      await zk.create(statNode, 'count=0,bytes=0');
      warnings(await read(zk, limitNode), await read(zk, statNode)).forEach(out);
      return;
    }
    const merged = new Map(await read(zk, limitNode));
    for (const [key, value] of limits) if (value > -1n) merged.set(key, value);
    warnings(merged, await read(zk, statNode)).forEach(out);
    await zk.setData(limitNode, formatStats(merged));
  },
};

const listQuota: CliCommand = {
  name: 'listquota',
  synopsis: 'path',
  options: [],
  needs: 1,
  run: async ({ zk, out, err }, line) => {
    const path = line.args[1] ?? '';
    err(`absolute path is ${ROOT}${path}/${LIMITS}`);
    try {
      const limits = await read(zk, `${ROOT}${path}/${LIMITS}`);
      const used = await read(zk, `${ROOT}${path}/${STATS}`);
      out(`Output quota for ${path} ${formatStats(limits)}`);
      out(`Output stat for ${path} ${formatStats(used)}`);
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      err(`quota for ${path} does not exist.`);
    }
  },
};

/** The quota's own nodes, and those above that nothing else needs. */
async function dropQuota(zk: ZooKeeper, path: string): Promise<void> {
  let node = ROOT + path;
  for (const name of await zk.getChildren(node)) await zk.delete(`${node}/${name}`);
  while (node !== ROOT && (await zk.getChildren(node)).length === 0) {
    await zk.delete(node);
    node = node.slice(0, node.lastIndexOf('/'));
  }
}

const delQuota: CliCommand = {
  name: 'delquota',
  synopsis: '[-n|-b|-N|-B] path',
  options: KINDS.map(({ name, what }) => ({ name, description: what })),
  group: 'one',
  needs: 1,
  run: async ({ zk, out, err }, line) => {
    const path = line.args[1] ?? '';
    const limitNode = javaPath(`${ROOT}${path}/${LIMITS}`);
    try {
      if ((await zk.exists(limitNode)) === null) {
        out(`Quota does not exist for ${path}`);
        return;
      }
      const chosen = KINDS.filter(({ name }) => line.has(name));
      if (chosen.length === 0) {
        await dropQuota(zk, path);
        return;
      }
      const limits = new Map(await read(zk, limitNode));
      for (const { key } of chosen) limits.set(key, -1n);
      await zk.setData(limitNode, formatStats(limits));
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      err(`quota for ${path} does not exist.`);
    }
  },
};

export const quotaCommands: readonly CliCommand[] = [setQuota, listQuota, delQuota];
