/** The load generator: load.c, compiled when first needed, and one window of it as a value. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, provision, run } from '../test/support/provision.js';

export type Mix = 'read' | 'write' | 'create' | 'mixed';

export interface Load {
  readonly mix: Mix;
  readonly connections: number;
  readonly outstanding: number;
}

export interface Target {
  readonly connectString: string;
  readonly pids: readonly number[];
}

/** What one window showed. */
export interface Window {
  readonly operationsPerSecond: number;
  /** Latency, µs, as the generator saw it. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** CPU of all server processes, user and system, µs an operation. */
  readonly serverCpu: number;
  /** CPU of the generator, µs an operation. */
  readonly generatorCpu: number;
}

interface Raw {
  readonly operations: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly serverCpu: number;
  readonly generatorCpu: number;
}

const FLAGS = ['-O2', '-Wall', '-Wextra', '-std=gnu11'];

export const generator = async (): Promise<string> => {
  const source = join(projectRoot, 'bench', 'load.c');
  const recipe = readFileSync(source, 'utf8') + FLAGS.join(' ');
  const folder = await provision('bench-load', recipe, async (into) => {
    const purpose = 'the load generator';
    await run('gcc', [...FLAGS, '-o', join(into, 'load'), source], { purpose });
  });
  return join(folder, 'load');
};

/** Load a target for `warmup` + `seconds` and measure the latter. Rejects when a reply was wrong or missing. */
export const measure = async (
  load: Load,
  target: Target,
  warmup: number,
  seconds: number,
): Promise<Window> => {
  const text = await run(
    await generator(),
    [
      target.connectString,
      String(load.connections),
      String(load.outstanding),
      load.mix,
      String(warmup),
      String(seconds),
      `/bench-${randomBytes(6).toString('hex')}`,
      target.pids.join(','),
    ],
    { purpose: `${load.mix} ${load.connections}x${load.outstanding}` },
  );
  const raw = JSON.parse(text) as Raw;
  return {
    operationsPerSecond: raw.operations / raw.seconds,
    p50: raw.p50,
    p99: raw.p99,
    p999: raw.p999,
    serverCpu: raw.serverCpu / raw.operations,
    generatorCpu: raw.generatorCpu / raw.operations,
  };
};
