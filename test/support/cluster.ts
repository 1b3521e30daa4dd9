/**
 * One shape for every server that a test may talk to: {Apache, zab} × {standalone, three processes},
 * and zab's three servers in one process (`zab start`).
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apacheCommand, testJvm } from './apache.js';
import { projectRoot } from './provision.js';
import {
  dropFolder,
  freePorts,
  isFree,
  makeFolder,
  ServerProcess,
  type Command,
} from './server-process.js';
import { testCfg, writeZooCfg, type MemberPorts, type ZooCfg } from './zoo-cfg.js';

export type Kind = 'apache' | 'zab';
/** `start`: `zab start --size 3`, one process; its members cannot be killed one by one. */
export type Shape = 'standalone' | 'ensemble' | 'start';

export interface ClusterOptions {
  readonly kind: Kind;
  readonly shape: Shape;
  readonly cfg?: ZooCfg;
  /** JVM options of Apache's servers. */
  readonly jvm?: readonly string[];
  /** Options of `node` for ours. */
  readonly node?: readonly string[];
  /** More arguments of `zab server` for ours. */
  readonly args?: readonly string[];
  /** Of an ensemble the first member alone is started: it has no quorum, and serves readers only, if it is set so. */
  readonly alone?: boolean;
  /** A folder for the traces of ours: `server-SID.ndjson` each. */
  readonly traces?: string;
  /** Puts something into the data folder of each member before its first start. */
  readonly prepare?: (dataDir: string) => void;
}

export interface Cluster extends AsyncDisposable {
  readonly kind: Kind;
  readonly shape: Shape;
  readonly addresses: readonly string[];
  readonly connectString: string;
  /** Every port that was chosen for it: client, quorum and election ports. */
  readonly ports: readonly number[];
  readonly processes: readonly ServerProcess[];
  /** Whether single members can be killed and started again. */
  readonly killable: boolean;
  /** SIGKILL of the member at this address. */
  kill(address: string): Promise<void>;
  /** Start it again on its data; resolves when it serves. */
  restart(address: string): Promise<void>;
  /** Kill all, remove all that it wrote. */
  close(): Promise<void>;
}

const zabMain = join(projectRoot, 'dist', 'src', 'cli', 'main.js');

/** What the first line of the program says to node. */
const asInstalled =
  /^#!.* -S node (.*)$/m
    .exec(readFileSync(zabMain, 'utf8'))?.[1]
    ?.split(' ')
    .filter((word) => word !== '') ?? [];

export const memberCommand = (
  options: ClusterOptions,
  cfgFile: string,
  sid: number,
): Promise<Command> => {
  if (options.kind === 'apache') return apacheCommand(cfgFile, options.jvm ?? testJvm);
  const args = [...asInstalled, ...(options.node ?? []), zabMain, 'server', cfgFile];
  args.push(...(options.args ?? []));
  const { traces } = options;
  if (traces !== undefined) args.push('--trace', join(traces, `server-${sid}.ndjson`));
  return Promise.resolve({ tool: process.execPath, args });
};

const spawnMembers = async (
  options: ClusterOptions,
  folder: string,
  ports: readonly number[],
): Promise<ServerProcess[]> => {
  const members: MemberPorts[] = Array.from({ length: ports.length / 3 }, (_, i) => ({
    sid: i + 1,
    client: ports[3 * i]!,
    quorum: ports[3 * i + 1]!,
    election: ports[3 * i + 2]!,
  }));
  const processes: ServerProcess[] = [];
  for (const member of options.alone === true ? members.slice(0, 1) : members) {
    const file = writeZooCfg(folder, member, members, options.cfg ?? testCfg);
    options.prepare?.(join(dirname(file), 'data'));
    const command = await memberCommand(options, file, member.sid);
    processes.push(
      new ServerProcess(`${options.kind} server ${member.sid}`, member.client, command),
    );
  }
  for (const one of processes) one.spawn();
  return processes;
};

/** Spawn every server and wait for none. */
export const launchCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const folder = makeFolder(`zab-${options.kind}-`);
  const ports = await freePorts(options.shape === 'ensemble' ? 9 : 3);
  const processes = await spawnMembers(options, folder, ports);
  const at = (address: string): ServerProcess => {
    const found = processes.find((p) => p.address === address);
    if (found === undefined) throw new Error(`no member at ${address}`);
    return found;
  };
  const close = async (): Promise<void> => {
    await Promise.all(processes.map((p) => (options.kind === 'zab' ? p.stop() : p.kill())));
    dropFolder(folder);
  };
  const addresses = processes.map((p) => p.address);
  return {
    kind: options.kind,
    shape: options.shape,
    addresses,
    connectString: addresses.join(','),
    ports,
    processes,
    killable: true,
    kill: (address) => at(address).kill(),
    restart: async (address) => {
      at(address).spawn();
      await at(address).serving();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** The servers did not come up, and a port that was free when it was chosen no longer is. */
class PortLost extends Error {}

const startOnce = async (options: ClusterOptions): Promise<Cluster> => {
  const cluster = await launchCluster(options);
  try {
    const client = options.alone === true ? { readOnly: true } : {};
    await Promise.all(cluster.processes.map((p) => p.serving(client)));
    return cluster;
  } catch (error) {
    await cluster.close();
    const free = await Promise.all(cluster.ports.map(isFree));
    throw free.includes(false) ? new PortLost(String(error)) : error;
  }
};

/** `zab start --size 3 --port 0`: three servers in one process, their addresses from its `ready` line. */
const startInOneProcess = async (): Promise<Cluster> => {
  const process_ = new ServerProcess('zab start', 0, {
    tool: process.execPath,
    args: [zabMain, 'start', '--size', '3', '--port', '0'],
  });
  process_.spawn();
  await process_.until('`ready` line', () => Promise.resolve(/^ready .*\n/m.test(process_.tail)));
  const connectString = /^ready (\S+)$/m.exec(process_.tail)?.[1] ?? '';
  const refuse = (): Promise<never> => Promise.reject(new Error('one process: no single member'));
  const close = (): Promise<void> => process_.stop();
  return {
    kind: 'zab',
    shape: 'start',
    addresses: connectString.split(','),
    connectString,
    ports: [],
    processes: [process_],
    killable: false,
    kill: refuse,
    restart: refuse,
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** Start, and resolve when every member serves. A port lost to another process is worth two more attempts. */
export const startCluster = async (options: ClusterOptions): Promise<Cluster> => {
  if (options.shape === 'start') return startInOneProcess();
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === 3 || !(error instanceof PortLost)) throw error;
    }
  }
};
