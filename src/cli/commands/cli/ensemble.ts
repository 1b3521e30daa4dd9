/** config, reconfig, version. */
import { readFileSync } from 'node:fs';
import { CliError } from './cli-error.js';
import type { CliCommand } from './command.js';
import { usageError } from './command.js';
import { dataText, statLines } from './format.js';

/** The release whose client this one is like. */
const LIKE = '3.9.5';

/** `version HOST:PORT,…`: what clients need of a configuration (Apache: `ConfigUtils`). */
export function clientConfig(text: string): string {
  const addresses: string[] = [];
  let version = '';
  for (const line of text.split('\n')) {
    const [key = '', value = ''] = line.split(/=(.*)/s);
    if (key.trim() === 'version') version = value.trim();
    if (!key.startsWith('server.')) continue;
    const client = value.trim().split(';')[1];
    if (client === undefined) continue;
    addresses.push(client.includes(':') ? client : `0.0.0.0:${client}`);
  }
  return `${version} ${addresses.join(',')}`;
}

const config: CliCommand = {
  name: 'config',
  synopsis: '[-c] [-w] [-s]',
  options: [
    { name: 's', description: 'stats' },
    { name: 'w', description: 'watch' },
    { name: 'c', description: 'client connection string' },
  ],
  run: async ({ zk, out, watcher }, line) => {
    const { data, stat } = await zk.getConfig(line.has('w') ? { watcher } : {});
    const text = dataText(data);
    out(line.has('c') ? clientConfig(text) : text);
    if (line.has('s')) statLines(stat).forEach(out);
  },
};

const HEX = /^[+-]?[0-9a-f]+$/i;

const reconfig: CliCommand = {
  name: 'reconfig',
  synopsis:
    '[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] | ' +
    '[-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]',
  options: [
    { name: 's', description: 'stats' },
    { name: 'v', value: true, description: 'required current config version' },
    { name: 'file', value: true, description: 'path of config file to parse for membership' },
    {
      name: 'members',
      value: true,
      description: 'comma-separated list of config strings for non-incremental reconfig',
    },
    {
      name: 'add',
      value: true,
      description: 'comma-separated list of config strings for new servers',
    },
    { name: 'remove', value: true, description: 'comma-separated list of server IDs to remove' },
  ],
  run: async ({ zk, out }, line) => {
    const [file, members, add, remove] = ['file', 'members', 'add', 'remove'].map(line.value);
    const whole = file !== undefined || members !== undefined;
    const partial = add !== undefined || remove !== undefined;
    if (!whole && !partial) throw usageError(reconfig);
    const version = line.value('v');
    if (version !== undefined && !HEX.test(version)) {
      throw new CliError('-v must be followed by a long (configuration version)');
    }
    if (whole && partial) {
      throw new CliError(
        "Can't use -file or -members together with -add or -remove (mixing incremental and " +
          'non-incremental modes is not allowed)',
      );
    }
    if (file !== undefined && members !== undefined) {
      throw new CliError(
        "Can't use -file and -members together (conflicting non-incremental modes)",
      );
    }
    const everyone = file === undefined ? members?.toLowerCase() : membersOf(file);
    const { data, stat } = await zk.reconfig({
      ...(add === undefined ? {} : { joining: add.toLowerCase() }),
      ...(remove === undefined ? {} : { leaving: remove.toLowerCase() }),
      ...(everyone === undefined ? {} : { members: everyone }),
      ...(version === undefined ? {} : { fromConfig: hexadecimal(version) }),
    });
    out(`Committed new configuration:\n${dataText(data)}`);
    if (line.has('s')) statLines(stat).forEach(out);
  },
};

function hexadecimal(text: string): bigint {
  const digits = BigInt(`0x${text.replace(/^[+-]/, '')}`);
  return text.startsWith('-') ? -digits : digits;
}

/** The `server.N` lines of a configuration file, as the leader takes them. */
function membersOf(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`Error processing ${file}${(error as Error).message}`);
  }
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.startsWith('server.')).join('\n');
}

export function zabVersion(): string {
  const text = readFileSync(new URL('../../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

const version: CliCommand = {
  name: 'version',
  synopsis: '',
  options: [],
  run: ({ out }, line) => {
    if (line.args.length > 1) return Promise.reject(usageError(version));
    out(`ZooKeeper CLI version: ${LIKE} (zab ${zabVersion()})`);
    return Promise.resolve();
  },
};

export const ensembleCommands: readonly CliCommand[] = [config, reconfig, version];
