/**
 * TLC's whole graph of a configuration, read while TLC runs: it writes to a named pipe, so that the text
 * (about 2 kB a state) is nowhere kept.
 */
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UnusableInput } from '../unusable-input.js';
import type { Progress, TlcResult, Tools } from '../tla2tools-runner/index.js';
import { runTlc } from '../tla2tools-runner/index.js';
import type { Bounds } from './bounds.js';
import { DotReader } from './dot.js';
import type { Graph, States } from './graph.js';
import type { Labelled } from './labelled.js';
import { MODULE } from './labelled.js';

export interface TlcSearch {
  readonly graph: Graph;
  readonly result: TlcResult;
}

export interface TlcSearchOptions {
  readonly labelled: Labelled;
  readonly bounds: Bounds;
  readonly states: States;
  /** Folders of the specification's modules. */
  readonly library: readonly string[];
  /** An empty folder, for this search alone. */
  readonly scratch: string;
  readonly timeoutMs: number;
  readonly onProgress: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

const CHUNK = 1 << 18;

/** Throws ToolsError if TLC cannot run the model, UnusableInput if it found fault with it. */
export async function searchTlc(options: TlcSearchOptions, tools: Tools): Promise<TlcSearch> {
  const { labelled, bounds, states, library, scratch, timeoutMs, onProgress, signal } = options;
  const [module, config, dump] = [`${MODULE}.tla`, `${MODULE}.cfg`, 'graph.dot'].map((name) =>
    join(scratch, name),
  ) as [string, string, string];
  await writeFile(module, labelled.module);
  await writeFile(config, labelled.config);
  await promisify(execFile)('mkfifo', [dump]);
  const reader = new DotReader(states, bounds, labelled.labels);
  const reading = readPipe(dump, (text) => reader.feed(text));
  // A failure to read must not wait for TLC, which waits for its reader.
  const stop = new AbortController();
  reading.catch(() => stop.abort());
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const run = { mode: 'check', module, config, library, dump, timeoutMs, onProgress } as const;
  try {
    const result = await runTlc({ ...run, signal: either }, tools);
    if (result.verdict.kind === 'error') throw new UnusableInput(`TLC: ${result.verdict.message}`);
    await release(dump);
    await reading;
    return { graph: reader.graph, result };
  } catch (e) {
    await release(dump);
    await reading;
    throw e;
  }
}

async function readPipe(path: string, take: (text: string) => void): Promise<void> {
  const pipe = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const { bytesRead } = await pipe.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return;
      take(buffer.toString('latin1', 0, bytesRead));
    }
  } finally {
    await pipe.close();
  }
}

/** A reader waits for a first writer; TLC may have ended without being one. */
async function release(path: string): Promise<void> {
  try {
    const writer = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    await writer.close();
  } catch {
    // ENXIO: nobody reads any more.
  }
}
