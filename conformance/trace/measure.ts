/**
 * What validation costs: makes traces of three servers with faults, of several lengths, validates each
 * by `zab validate` and prints a table of CPU time (user and system, of node and the JVM together), so
 * that a busy machine does not matter. POSIX only: the shell's `times` counts the children.
 *
 *   node dist/conformance/trace/measure.js [LINES…]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { act } from '../../src/sim/action.js';
import { newCluster } from '../../src/sim/cluster.js';
import { pickAction, ROUGH } from '../../src/sim/schedule.js';
import { packageRoot } from '../package-root.js';
import { traceOf } from './from-sim.js';
import { traceText } from './recorder.js';

const LENGTHS = [1_000, 2_000, 5_000, 10_000, 20_000];
const SEED = 7;
/** A fault now and then: an election every few hundred lines. */
const WEIGHTS = { ...ROUGH, fault: 0.02 };

function traceOfLength(lines: number): string {
  let cluster = newCluster({ voters: [1, 2, 3] });
  for (const sid of cluster.nodes.keys()) cluster = act(cluster, { type: 'start', sid });
  let seed = SEED;
  while (cluster.steps.length < lines) {
    const [action, next] = pickAction(cluster, WEIGHTS, seed);
    seed = next;
    if (action !== null) cluster = act(cluster, action);
  }
  return traceOf(cluster).slice(0, lines).map(traceText).join('');
}

/** "0m3.250s" */
function secondsOf(text: string): number {
  const [, minutes = '0', seconds = '0'] = /^(\d+)m([\d.]+)s$/.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

/** CPU seconds of validating this trace. Throws if it is not accepted. */
function cost(path: string): number {
  const main = join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
  const script = '"$0" "$1" validate "$2" >&2 && times';
  const { stdout, stderr, status } = spawnSync('sh', ['-c', script, process.execPath, main, path], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  // The shell's own on the first line, its children's on the second.
  const [, children = ''] = stdout.trim().split('\n');
  return children.split(' ').reduce((sum, each) => sum + secondsOf(each), 0);
}

function main(lengths: readonly number[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'zab-measure-'));
  const time = (lines: number): number => {
    const path = join(folder, `${lines}.ndjson`);
    writeFileSync(path, traceOfLength(lines));
    return cost(path);
  };
  try {
    const start = time(1);
    console.log(`| lines | CPU s | lines a CPU second | without ${start.toFixed(1)} s of start |`);
    console.log('|---|---|---|---|');
    for (const lines of lengths) {
      const seconds = time(lines);
      const [all, without] = [lines / seconds, lines / Math.max(0.1, seconds - start)];
      console.log(
        `| ${lines} | ${seconds.toFixed(1)} | ${all.toFixed(0)} | ${without.toFixed(0)} |`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const given = process.argv.slice(2).map(Number);
main(given.length === 0 ? LENGTHS : given);
