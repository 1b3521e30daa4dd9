/**
 * A server as a process of its own: started from a generated zoo.cfg, probed until it serves, killed by pid.
 * Nothing is left when the test process ends, however it ends short of SIGKILL.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { modeOf } from './four-letter-word.js';
import { missingTool } from './provision.js';
import { RawClient, type ConnectOptions } from './raw-client.js';

const HOST = '127.0.0.1';
const children = new Set<ChildProcess>();
const folders = new Set<string>();
const removeFolder = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
};
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) removeFolder(folder);
});

// Without a listener these signals end the process without its 'exit' event.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}

export const makeFolder = (prefix: string): string => {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
};
export const dropFolder = (folder: string): void => {
  folders.delete(folder);
  removeFolder(folder);
};

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, HOST, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });

/** The lower end of the ports that the kernel gives to outgoing connections and to port 0. */
const ephemeralFloor = (): number => {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t')[0]);
  } catch {
    return 32_768;
  }
};

/**
 * Ports that are free now. They are taken from below the ephemeral range, so that no outgoing connection
 * of another test takes one while its server is down between a kill and a restart.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const high = Math.max(ephemeralFloor(), 12_000);
  const low = Math.max(5_000, high - 20_000);
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(low, high);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
};

/** The first of `count` ports in a row that are free now, below the ephemeral range as well. */
export const freePortRange = async (count: number): Promise<number> => {
  for (;;) {
    const [first = 0] = await freePorts(1);
    const others = await Promise.all(
      Array.from({ length: count - 1 }, (_, i) => isFree(first + i + 1)),
    );
    if (!others.includes(false)) return first;
  }
};

export interface Command {
  readonly tool: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export class ServerProcess {
  private child: ChildProcess | null = null;
  private output = '';
  constructor(
    readonly name: string,
    readonly port: number,
    private readonly command: Command,
    private readonly host = HOST,
  ) {}
  get address(): string {
    return `${this.host}:${this.port}`;
  }
  get pid(): number | null {
    return this.child?.pid ?? null;
  }
  /** The last of what it wrote, for messages. */
  get tail(): string {
    return this.output.slice(-4_000);
  }
  spawn(): void {
    if (this.child !== null) throw new Error(`${this.name} runs already`);
    this.output = '';
    const child = spawn(this.command.tool, this.command.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.command.env },
    });
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-16_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT' ? missingTool(this.command.tool, this.name) : error;
      this.output += missing.message;
      this.forget(child);
    });
    child.on('exit', () => {
      this.forget(child);
    });
    this.child = child;
    children.add(child);
  }
  private forget(child: ChildProcess): void {
    children.delete(child);
    if (this.child === child) this.child = null;
  }
  /** Whether its standard output has a line that starts with `ready `. */
  saysReady(): boolean {
    return /^ready /m.test(this.output);
  }
  /** Until `attempt` says true. Throws when the process is gone or `patience` ms have passed. */
  async until(what: string, attempt: () => Promise<boolean>, patience = 120_000): Promise<void> {
    const end = performance.now() + patience;
    for (;;) {
      if (await attempt()) return;
      if (this.child === null) throw new Error(`${this.name} ended before ${what}:\n${this.tail}`);
      if (performance.now() > end) {
        throw new Error(`${this.name}: no ${what} in ${patience} ms:\n${this.tail}`);
      }
      await delay(20);
    }
  }
  /**
   * Until `srvr` shows a mode and then a client gets a session, which it closes. Apache's server, while it starts, may
   * accept a connection that it never reads: a question that hangs is given up, each one later than the one before.
   */
  async serving(client: ConnectOptions = {}): Promise<void> {
    let patience = 125;
    await this.until('mode', async () => {
      patience = Math.min(patience * 2, 8_000);
      return (await within(patience, modeOf(this.address))) !== null;
    });
    await this.until(
      'session',
      async () => (await within(10_000, session(this.host, this.port, client))) === true,
    );
  }
  async signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (child === null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
  /** A signal that the process does not end by. */
  notify(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void {
    if (this.child?.kill(signal) !== true) throw new Error(`${this.name} does not run`);
  }
  /** SIGTERM: it ends by itself, removes what is temporary, and leaves its coverage. SIGKILL if it does not. */
  async stop(): Promise<void> {
    const patience = new AbortController();
    const late = delay(10_000, true, { signal: patience.signal }).catch(() => false);
    const ended = this.signal('SIGTERM').then(() => false);
    const tooLate = await Promise.race([ended, late]);
    patience.abort();
    if (tooLate) await this.kill();
  }
  /** SIGKILL, and wait for its end. Nothing to do when it is not running. */
  kill(): Promise<void> {
    return this.signal('SIGKILL');
  }
}

/** What the promise comes to; null if it fails or takes longer than `ms`. */
const within = async <T>(ms: number, promise: Promise<T>): Promise<T | null> => {
  const patience = new AbortController();
  const late = delay(ms, null, { signal: patience.signal }).catch(() => null);
  const outcome = await Promise.race([promise.catch(() => null), late]);
  patience.abort();
  return outcome;
};

/** One session opened and closed; false when it is refused. */
const session = async (host: string, port: number, options: ConnectOptions): Promise<boolean> => {
  const client = await RawClient.connect(host, port, options);
  if (client === null) return false;
  if (client.session.sessionId !== 0n) await client.close();
  client.destroy();
  return client.session.sessionId !== 0n;
};
