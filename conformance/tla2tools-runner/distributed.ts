/**
 * TLC's own distributed mode: a server (`tlc2.tool.distributed.TLCServer`) that holds the queue and the
 * fingerprints, and workers (`TLCWorker`) that compute successors and check properties; they talk by
 * Java RMI, and workers get the modules from the server. Local workers are started here; others may
 * join from other machines. Source: TLC 2.18's classes of these names and their system properties.
 *
 * Distributed TLC checks invariants and action properties, no liveness; it has no simulation. It ends
 * with 0 and without the property's name when something is violated: what holds is only what it says
 * that it has completed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { temporalProperties } from './cfg.js';
import { Collector } from './collector.js';
import { ToolsError } from './errors.js';
import { MessageReader } from './messages.js';
import type { TlcResult } from './result.js';
import type { TlcRun, Tools } from './run.js';

const SERVER = 'tlc2.tool.distributed.TLCServer';
const WORKER = 'tlc2.tool.distributed.TLCWorker';
/** "TLC server at … is ready", "Registration for worker at … completed". */
const READY = 7000;
const REGISTERED = 7001;
const VERSION = 2262;
/** "Model checking completed. No error has been found." */
const COMPLETED = 2193;
const WORKER_HEAP_MB = 1_000;
/** Workers end by themselves when the server is done; later than this they are ended. */
const GOODBYE_MS = 5_000;

export interface Distribution {
  /** Workers on this machine, of one thread each. */
  readonly workers: number;
  /** The address by which workers reach the server, and the server them. */
  readonly host: string;
  /** Of the server's registry; null: any free one. */
  readonly port: number | null;
  /** The server waits for workers, or one has joined. */
  readonly onEvent?: (event: { readonly kind: 'ready' | 'joined'; readonly port: number }) => void;
}

/** A worker that gives up cannot be told from one that has ended, so a port is found beforehand. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function rmi(host: string, port: number): readonly string[] {
  return [`-Djava.rmi.server.hostname=${host}`, `-D${SERVER}.port=${port}`];
}

/** Arguments of a worker that joins the server at `server`:`port`; `host` is its own address. */
export function workerArguments(
  tools: Tools,
  server: string,
  port: number,
  host: string,
  scratch: string,
): readonly string[] {
  return [
    '-XX:+UseSerialGC',
    `-Xmx${WORKER_HEAP_MB}m`,
    `-Djava.io.tmpdir=${scratch}`,
    ...rmi(host, port),
    `-D${WORKER}.threadCount=1`,
    ...['-cp', tools.jar, WORKER, server],
  ];
}

/** Workers ask the server for modules by name, and it looks for them in its current folder. */
async function gather(run: TlcRun, folder: string): Promise<void> {
  for (const from of [...(run.library ?? []), dirname(run.module)]) {
    const names = await readdir(from).catch(() => []);
    for (const name of names.filter((each) => each.endsWith('.tla'))) {
      await copyFile(join(from, name), join(folder, name));
    }
  }
  try {
    await copyFile(run.config, join(folder, 'Distributed.cfg'));
  } catch {
    throw new ToolsError('bad-config', `cannot read ${run.config}`);
  }
}

function serverArguments(
  run: TlcRun,
  tools: Tools,
  { host }: Distribution,
  port: number,
  scratch: string,
): readonly string[] {
  const deadlock = run.mode === 'check' || run.mode === 'mutant' ? run.deadlock : false;
  return [
    '-XX:+UseSerialGC',
    `-Xmx${run.heapMb ?? 2000}m`,
    `-Djava.io.tmpdir=${scratch}`,
    ...rmi(host, port),
    ...['-cp', tools.jar, SERVER, '-tool', '-metadir', join(scratch, 'states')],
    ...['-config', 'Distributed.cfg'],
    ...(deadlock === true ? [] : ['-deadlock']),
    basename(run.module, '.tla'),
  ];
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('close', () => resolve()));
}

/** Waits for children to end by themselves, then ends them. */
async function dismiss(children: readonly ChildProcess[], patienceMs: number): Promise<void> {
  const kill = () => children.forEach((child) => child.kill('SIGKILL'));
  const timer = setTimeout(kill, patienceMs);
  await Promise.all(children.map(ended));
  clearTimeout(timer);
}

/**
 * As `runTlc`, on a server and workers; nothing of them is left when it returns.
 * Throws ToolsError `bad-spec`, `bad-config` or `tlc-failed` if nothing could be checked.
 */
export async function runDistributed(
  run: TlcRun,
  tools: Tools,
  distribution: Distribution,
): Promise<TlcResult> {
  if (run.mode !== 'check' && run.mode !== 'mutant') {
    throw new ToolsError('tlc-failed', `distributed TLC has no mode ${run.mode}`);
  }
  const scratch = await mkdtemp(join(tmpdir(), 'zab-tlc-'));
  const workers: ChildProcess[] = [];
  try {
    await gather(run, scratch);
    const port = distribution.port ?? (await freePort());
    const folders = Array.from({ length: distribution.workers }, (_, i) => join(scratch, `w${i}`));
    for (const folder of [...folders, join(scratch, 'tmp')]) await mkdir(folder);
    const startWorker = (folder: string) => {
      const args = workerArguments(tools, distribution.host, port, distribution.host, folder);
      const worker = spawn(tools.java, args, { cwd: folder, stdio: 'ignore' });
      // A worker that cannot start leaves the server waiting: the run's time-out ends that.
      worker.on('error', () => undefined);
      workers.push(worker);
    };
    const result = await serve(run, tools, distribution, port, scratch, () =>
      folders.forEach(startWorker),
    );
    await dismiss(workers, result.verdict.kind === 'stopped' ? 0 : GOODBYE_MS);
    return result;
  } finally {
    await dismiss(workers, 0);
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Of the counterexample it prints the last two states. */
const NOT_NAMED = {
  verdict: {
    kind: 'error',
    message: 'distributed TLC found a violation, and does not say of what: check it without',
  },
  counterexample: null,
} as const;

async function serve(
  run: TlcRun,
  tools: Tools,
  distribution: Distribution,
  port: number,
  scratch: string,
  startWorkers: () => void,
): Promise<TlcResult> {
  const started = performance.now();
  const config = await readFile(join(scratch, 'Distributed.cfg'), 'utf8');
  const collector = new Collector(temporalProperties(config), (p) => run.onProgress?.(p));
  let completed = false;
  const reader = new MessageReader((message) => {
    if (message.code === COMPLETED) completed = true;
    if (message.code === READY) {
      // The server does not say what it is.
      collector.take({ code: VERSION, text: 'TLC, distributed' });
      distribution.onEvent?.({ kind: 'ready', port });
      startWorkers();
    }
    if (message.code === REGISTERED) distribution.onEvent?.({ kind: 'joined', port });
    collector.take(message);
  });
  const args = serverArguments(run, tools, distribution, port, join(scratch, 'tmp'));
  const server = spawn(tools.java, args, { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  let stopped: 'timeout' | 'aborted' | null = null;
  const stop = (reason: 'timeout' | 'aborted') => {
    stopped ??= reason;
    server.kill('SIGKILL');
  };
  const onAbort = () => stop('aborted');
  const timer =
    run.timeoutMs === undefined ? undefined : setTimeout(() => stop('timeout'), run.timeoutMs);
  run.signal?.addEventListener('abort', onAbort, { once: true });
  if (run.signal?.aborted === true) onAbort();
  server.stdout.setEncoding('utf8').on('data', (chunk: string) => reader.feed(chunk));
  server.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      server.on('close', resolve);
      server.on('error', (e) =>
        reject(new ToolsError('tlc-failed', `cannot run ${tools.java}: ${e.message}`)),
      );
    });
    reader.end();
    const result = collector.finish(exitCode, stopped, performance.now() - started, stderr);
    return completed || result.verdict.kind !== 'holds' ? result : { ...result, ...NOT_NAMED };
  } finally {
    clearTimeout(timer);
    run.signal?.removeEventListener('abort', onAbort);
  }
}

/** Runs one worker for a server elsewhere, until the server is done; resolves with its exit code. */
export async function joinServer(
  tools: Tools,
  server: { readonly address: string; readonly port: number },
  host: string,
  signal?: AbortSignal,
): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'zab-tlc-'));
  const args = workerArguments(tools, server.address, server.port, host, scratch);
  const worker = spawn(tools.java, args, { cwd: scratch, stdio: 'ignore' });
  const onAbort = () => worker.kill('SIGKILL');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    return await new Promise<number>((resolve, reject) => {
      worker.on('close', (code) => resolve(code ?? 1));
      worker.on('error', (e) =>
        reject(new ToolsError('tlc-failed', `cannot run ${tools.java}: ${e.message}`)),
      );
    });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}
