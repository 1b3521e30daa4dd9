/**
 * Mutated frames against a port of running servers, beside connections that are held open with half a frame, and what must hold meanwhile and after: no server ends, no witness is answered
 * wrongly or not at all, the leader stays, what was written is there, and memory is flat over the second half.
 */
import { readFileSync } from 'node:fs';
import { startCluster, type Cluster } from '../support/cluster.js';
import { fourLetterWord, modeOf } from '../support/four-letter-word.js';
import { testCfg, type ZooCfg } from '../support/zoo-cfg.js';
import { clientAttack, electionAttack, quorumAttack, type Attack } from './attack.js';
import { clientFrames, electionFrames, quorumFrames } from './frames.js';
import { Holds } from './loris.js';
import { Random } from './random.js';
import { sweep, Witness } from './witness.js';

export type Port = 'client' | 'quorum' | 'election';

export interface FuzzOptions {
  readonly port: Port;
  readonly frames: number;
  readonly seed: number;
  /** One line from time to time. */
  readonly progress: (line: string) => void;
}

export interface FuzzResult {
  readonly frames: number;
  readonly connections: number;
  readonly seconds: number;
  readonly witnessOperations: number;
  /** ms. */
  readonly witnessSlowest: number;
  /** Resident memory of each server, MiB, at even distances. */
  readonly memory: readonly (readonly number[])[];
}

const PASSWORD = 'fuzz';
const WITNESS_ROOT = '/witness';
const AT_ONCE = 32;
const SAMPLES = 30;
/** A JavaScript heap breathes: what the second half may have over the first, MiB and as a part. */
const BREATH_MIB = 30;
const BREATH = 1.15;

const cfg: ZooCfg = {
  ...testCfg,
  tickTime: 500,
  extra: [
    'forceSync=no',
    'DigestAuthenticationProvider.superDigest=super:PpJYQIh8CZiU7MLBLuTllgjebgA=',
  ],
};

/** A young generation that stays small: it grows for a million frames, by more than a leak that matters. */
const SMALL_NURSERY = ['--max-semi-space-size=8'];

const residentMiB = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
};

const modes = (cluster: Cluster): Promise<(string | null)[]> =>
  Promise.all(cluster.addresses.map((address) => modeOf(address)));
const epochs = async (cluster: Cluster): Promise<(string | undefined)[]> => {
  const all = await Promise.all(
    cluster.addresses.map((address) => fourLetterWord(address, 'srvr')),
  );
  return all.map((text) => {
    const zxid = BigInt(/^Zxid: (\S+)$/m.exec(text)?.[1] ?? '0');
    return String(zxid >> 32n);
  });
};

const attackOf = (port: Port, seed: number): Attack => {
  switch (port) {
    case 'client':
      return clientAttack(clientFrames(seed));
    case 'quorum':
      return quorumAttack(quorumFrames());
    case 'election':
      return electionAttack(electionFrames());
  }
};

/** Where the port is at each server: client, quorum and election port of each stand beside each other. */
const targetsOf = (cluster: Cluster, port: Port): string[] => {
  if (port === 'client') return [...cluster.addresses];
  const offset = port === 'quorum' ? 1 : 2;
  return cluster.addresses.map((_, i) => `127.0.0.1:${cluster.ports[3 * i + offset]}`);
};

/** A server that has ended, a mode or an epoch that is another one. */
const check = async (cluster: Cluster, before: string): Promise<void> => {
  for (const one of cluster.processes) {
    if (one.pid === null) throw new Error(`${one.name} has ended:\n${one.tail}`);
  }
  const after = JSON.stringify([await modes(cluster), await epochs(cluster)]);
  if (after !== before) throw new Error(`modes and epochs were ${before}, are ${after}`);
};

/** The second half's memory against the first's: null, or what is wrong with it. */
export const growth = (samples: readonly number[]): string | null => {
  const half = Math.floor(samples.length / 2);
  const [first, second] = [samples.slice(0, half), samples.slice(half)];
  const [was, is] = [Math.max(...first), Math.max(...second)];
  return is > was * BREATH + BREATH_MIB
    ? `resident memory grew from at most ${was.toFixed(0)} MiB in the first half to ${is.toFixed(0)} MiB in the second`
    : null;
};

/** Throws what has gone wrong. */
export const fuzz = async ({ port, frames, seed, progress }: FuzzOptions): Promise<FuzzResult> => {
  const shape = port === 'client' ? 'standalone' : 'ensemble';
  await using cluster = await startCluster({ kind: 'zab', shape, cfg, node: SMALL_NURSERY });
  const targets = targetsOf(cluster, port);
  const attack = attackOf(port, seed);
  const began = performance.now();
  const before = JSON.stringify([await modes(cluster), await epochs(cluster)]);
  const witnesses = await Promise.all(
    cluster.addresses.map((address, i) => Witness.start(address, `${WITNESS_ROOT}-${i}`)),
  );
  const holds = await Holds.start(port, targets);
  const memory: number[][] = cluster.processes.map(() => []);
  let sent = 0;
  let connections = 0;
  const lane = async (number: number, until: number): Promise<void> => {
    while (sent < until) {
      const random = new Random(seed * 1_000_003 + connections++ * AT_ONCE + number);
      const more = await attack(random.pick(targets), random);
      sent += more;
    }
  };
  for (let sample = 1; sample <= SAMPLES; sample++) {
    const until = Math.ceil((frames * sample) / SAMPLES);
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => lane(i, until)));
    await holds.trickle(new Random(seed + sample));
    await sweep(cluster.addresses[0]!, PASSWORD, WITNESS_ROOT);
    await check(cluster, before);
    cluster.processes.forEach((one, i) => memory[i]!.push(residentMiB(one.pid!)));
    const mib = memory.map((all) => all.at(-1)!.toFixed(0)).join(', ');
    progress(`${sent} frames in ${connections} connections, ${mib} MiB`);
  }
  holds.end();
  for (const [i, witness] of witnesses.entries()) {
    await witness.stop(cluster.addresses[(i + 1) % cluster.addresses.length]!);
  }
  await check(cluster, before);
  for (const samples of memory) {
    const grown = growth(samples);
    if (grown !== null) throw new Error(grown);
  }
  return {
    frames: sent,
    connections,
    seconds: (performance.now() - began) / 1000,
    witnessOperations: witnesses.reduce((n, { operations }) => n + operations, 0),
    witnessSlowest: Math.max(...witnesses.map(({ slowest }) => slowest)),
    memory,
  };
};
