/**
 * Each server in a network namespace of its own, with a veth pair to this process's namespace, which
 * routes between them. A cut is a routing rule of the router that drops in silence.
 *
 * This process must be in a namespace of its own, too (`enterCommands`), so that nothing of the
 * machine's network is touched, and no port, address or name needs to be free there.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { missingTool } from '../provision.js';
import type { FaultNetwork, Place } from './network.js';

/** Ways to run a command in a new network namespace, the one that needs most rights first. */
export const enterCommands: readonly (readonly string[])[] = [
  ['unshare', '--net'],
  ['unshare', '--map-root-user', '--net'],
];

const HOLDER_PATIENCE_MS = 5_000;

const ip = (...args: readonly string[]): void => {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT' ? missingTool('ip', 'network namespaces') : error;
  }
};

const inside = (holder: number, ...args: readonly string[]): void => {
  execFileSync('nsenter', ['--target', String(holder), '--net', 'ip', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
};

const routerOf = (sid: number): string => `10.77.${sid}.1`;
const addressOf = (sid: number): string => `10.77.${sid}.2`;
const namespaceOf = (pid: number | 'self'): string => readlinkSync(`/proc/${pid}/ns/net`);

/** A process that does nothing but be in a new namespace, for as long as this one lives. */
const holdNamespace = async (): Promise<ChildProcess> => {
  const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(holder, 'spawn');
  const end = performance.now() + HOLDER_PATIENCE_MS;
  while (namespaceOf(holder.pid!) === namespaceOf('self')) {
    if (performance.now() > end) throw new Error('no new network namespace');
    await delay(5);
  }
  return holder;
};

const attach = (sid: number, holder: number): void => {
  const link = `s${sid}`;
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(holder));
  ip('address', 'add', `${routerOf(sid)}/24`, 'dev', link);
  ip('link', 'set', link, 'up');
  inside(holder, 'link', 'set', 'lo', 'up');
  inside(holder, 'address', 'add', `${addressOf(sid)}/24`, 'dev', 'eth0');
  inside(holder, 'link', 'set', 'eth0', 'up');
  inside(holder, 'route', 'add', 'default', 'via', routerOf(sid));
};

/** Throws where this process may not do it. */
export const namespaceNetwork = async (sids: readonly number[]): Promise<FaultNetwork> => {
  const holders = new Map<number, ChildProcess>();
  const cuts = new Set<string>();
  const place = (sid: number): Place => ({
    host: addressOf(sid),
    client: 2181,
    quorum: 2888,
    election: 3888,
  });
  const rule = (verb: string, pair: string): void => {
    const [from = 0, to = 0] = pair.split(' ').map(Number);
    ip('rule', verb, 'from', addressOf(from), 'to', addressOf(to), 'blackhole');
  };
  ip('link', 'set', 'lo', 'up');
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  for (const sid of sids) {
    const holder = await holdNamespace();
    holders.set(sid, holder);
    attach(sid, holder.pid!);
  }
  return {
    kind: 'network namespaces',
    place,
    seenBy: (_viewer, sid) => place(sid),
    asServer: (sid, { tool, args, env }) => ({
      tool: 'nsenter',
      args: ['--target', String(holders.get(sid)?.pid), '--net', tool, ...args],
      ...(env === undefined ? {} : { env }),
    }),
    cut: async (from, to) => {
      const pair = `${from} ${to}`;
      if (!cuts.has(pair)) rule('add', pair);
      cuts.add(pair);
    },
    heal: async () => {
      for (const pair of cuts) rule('del', pair);
      cuts.clear();
    },
    renames: () => new Map(),
    close: async () => {
      const gone = [...holders.values()].map((holder) => {
        const exit = once(holder, 'exit');
        holder.stdin?.end();
        return exit;
      });
      await Promise.all(gone);
    },
  };
};
