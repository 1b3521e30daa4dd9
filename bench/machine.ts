/** What the figures were measured on, and the resident memory of processes. */
import { fsyncSync, openSync, readFileSync, rmSync, writeSync, closeSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectRoot, run } from '../test/support/provision.js';
import { median } from './median.js';

export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly java: string;
  readonly filesystem: string;
  /** Median of 200 appends of 4 KiB, each followed by fsync, µs, where the servers write. */
  readonly fsyncUs: number;
}

const fsyncUs = (): number => {
  const file = join(tmpdir(), `zab-bench-fsync-${process.pid}`);
  const fd = openSync(file, 'w');
  const block = Buffer.alloc(4096, 1);
  const times: number[] = [];
  try {
    for (let i = 0; i < 200; i++) {
      const from = performance.now();
      writeSync(fd, block);
      fsyncSync(fd);
      times.push((performance.now() - from) * 1000);
    }
  } finally {
    closeSync(fd);
    rmSync(file);
  }
  return Math.round(median(times));
};

const commit = async (): Promise<string> => {
  const options = { cwd: projectRoot, purpose: 'the commit' };
  const head = (await run('git', ['rev-parse', '--short=12', 'HEAD'], options)).trim();
  const changed = await run('git', ['status', '--porcelain', '--untracked-files=no'], options);
  return changed === '' ? head : `${head}+changes`;
};

export const describeMachine = async (): Promise<Machine> => ({
  date: new Date().toISOString(),
  commit: await commit().catch(() => 'unknown'),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryMiB: Math.round(totalmem() / 2 ** 20),
  kernel: release(),
  node: process.version,
  java: (await run('java', ['--version'], { purpose: 'Apache ZooKeeper' })).split('\n')[0] ?? '',
  filesystem: (await run('stat', ['-f', '-c', '%T', tmpdir()], { purpose: 'the disk' })).trim(),
  fsyncUs: fsyncUs(),
});

/** Resident memory of these processes together, MiB. */
export const residentMiB = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return sum + Number(kib) / 1024;
  }, 0);
