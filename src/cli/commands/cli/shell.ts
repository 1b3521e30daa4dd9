/**
 * The client's shell: one connection, a history, commands (Apache: `ZooKeeperMain`). What it prints
 * and its exit codes are zkCli.sh's; deviations: docs/cli.md.
 */
import { ZooKeeper, type ClientOptions, type ClientState } from '../../../client/index.js';
import type { WatchedEvent } from '../../../client/index.js';
import { CliError, wordsFor } from './cli-error.js';
import { usageError } from './command.js';
import { parseLine } from './options.js';
import { paintFor, type Paint } from './paint.js';
import { CLI_COMMANDS, isCommand, overview } from './table.js';

const EXIT_NOT_FOUND = 127;
const HISTORY_SHOWN = 10;

/** Apache's names: of states in the prompt, of the states that events tell. */
const PROMPT_STATES: Readonly<Record<ClientState, string>> = {
  connecting: 'CONNECTING',
  connected: 'CONNECTED',
  'connected-read-only': 'CONNECTEDREADONLY',
  expired: 'CLOSED',
  'auth-failed': 'AUTH_FAILED',
  closed: 'CLOSED',
};
const EVENT_STATES: Readonly<Record<ClientState, string>> = {
  connecting: 'Disconnected',
  connected: 'SyncConnected',
  'connected-read-only': 'ConnectedReadOnly',
  expired: 'Expired',
  'auth-failed': 'AuthFailed',
  closed: 'Closed',
};

export interface ShellOptions {
  readonly client: ClientOptions;
  readonly waitForConnection: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Words of a line: quoted parts are one word (Apache: `parseCommand`). */
export function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/\s*([^"']\S*|"[^"]*"|'[^']*')\s*/g)].map(
    ([, word = '']) => word,
  );
  return words.map((word) => (/^(["'])(.*)(\1)$/s.test(word) ? word.slice(1, -1) : word));
}

export class CliShell {
  exitCode = 0;
  /** Lines entered so far. */
  count = 0;
  quitting = false;
  private host = '';
  private zk: ZooKeeper | null = null;
  private printWatches = true;
  private readonly history = new Map<number, string>();
  private interrupt = new AbortController();
  private readonly paint: Paint;
  private readonly paintError: Paint;

  constructor(private readonly options: ShellOptions) {
    this.paint = paintFor(options.stdout);
    this.paintError = paintFor(options.stderr);
  }

  readonly out = (line: string): void => {
    this.options.stdout.write(`${line}\n`);
  };
  readonly err = (line: string): void => {
    this.options.stderr.write(`${this.paintError('red', line)}\n`);
  };
  private readonly note = (line: string): void => {
    this.options.stderr.write(`${line}\n`);
  };

  get client(): ZooKeeper | null {
    return this.zk;
  }

  get prompt(): string {
    const state = PROMPT_STATES[this.zk?.state ?? 'closed'];
    return `[zk: ${this.host}(${this.paint('green', state)}) ${this.count}] `;
  }

  /** Tells a line of `watch` or of a long listing to end. */
  interruptCommand(): void {
    this.interrupt.abort();
  }

  private get isAlive(): boolean {
    const state = this.zk?.state;
    return state !== undefined && !['closed', 'auth-failed', 'expired'].includes(state);
  }

  async connect(host: string): Promise<void> {
    if (this.isAlive) await this.zk?.close();
    this.host = host;
    const zk = new ZooKeeper(host, this.options.client);
    this.zk = zk;
    zk.on('state', (state) => {
      this.tell(`state:${EVENT_STATES[state]} type:None path:null zxid: -1`);
    });
    if (!this.options.waitForConnection) return;
    const patience = AbortSignal.timeout(zk.sessionTimeout);
    try {
      await zk.connected({ signal: patience });
    } catch (error) {
      await zk.close();
      throw patience.aborted ? new CliError('KeeperErrorCode = ConnectionLoss') : error;
    }
  }

  private tell(event: string): void {
    if (!this.printWatches) return;
    this.out(`\n${this.paint('cyan', 'WATCHER::')}`);
    this.out(`\nWatchedEvent ${event}`);
  }

  private readonly watcher = ({ type, state, path, zxid }: WatchedEvent): void => {
    // The end of the session is told once, with its state.
    if (type !== 'None') this.tell(`state:${state} type:${type} path:${path} zxid: ${zxid}`);
  };

  /** A line of input; an empty one is nothing. */
  async execute(line: string): Promise<void> {
    if (line === '') return;
    this.history.set(this.count, line);
    await this.run(wordsOf(line));
    if (!this.quitting) this.count++;
  }

  /** One command; its outcome is the exit code. */
  async run(words: readonly string[]): Promise<void> {
    this.interrupt = new AbortController();
    try {
      await this.dispatch(words);
      if (!this.quitting) this.exitCode = 0;
    } catch (error) {
      this.exitCode = error instanceof CliError ? error.exitCode : 1;
      this.err(wordsFor(error));
    }
  }

  private async dispatch(words: readonly string[]): Promise<void> {
    const [name] = words;
    if (name === undefined || !isCommand(name)) {
      this.note(overview());
      if (name === undefined) throw new CliError('No command entered');
      throw new CliError(`Command not found: Command not found ${name}`, EXIT_NOT_FOUND);
    }
    await this.shellCommand(name, words);
    if (this.quitting) return;
    if (!this.isAlive) {
      this.out('Not connected');
      return;
    }
    if (name === 'close') await this.zk?.close();
    else await this.serverCommand(name, words);
  }

  private async shellCommand(name: string, words: readonly string[]): Promise<void> {
    const [, word] = words;
    if (name === 'quit') {
      this.quitting = true;
      await this.zk?.close();
    } else if (name === 'redo' && word !== undefined) await this.redo(word);
    else if (name === 'history') this.showHistory();
    else if (name === 'connect') await this.connect(word ?? this.host);
    else if (name === 'printwatches') {
      if (word === undefined) this.out(`printwatches is ${this.printWatches ? 'on' : 'off'}`);
      else this.printWatches = word === 'on';
    }
  }

  private async redo(word: string): Promise<void> {
    const number = /^[+-]?(0x[0-9a-f]+|\d+)$/i.test(word) ? Number(word) : Number.NaN;
    if (Number.isNaN(number)) throw new CliError(`For input string: "${word}"`);
    const line = this.history.get(number);
    if (number >= this.count || line === undefined) {
      throw new CliError('Command index out of range');
    }
    const words = wordsOf(line);
    if (words[0] === 'redo') throw new CliError('No redoing redos');
    this.history.set(this.count, line);
    await this.run(words);
  }

  private showHistory(): void {
    for (let i = Math.max(0, this.count - HISTORY_SHOWN); i <= this.count; i++) {
      this.out(`${i} - ${this.history.get(i) ?? 'null'}`);
    }
  }

  private async serverCommand(name: string, words: readonly string[]): Promise<void> {
    const command = CLI_COMMANDS.get(name);
    const { zk } = this;
    if (command === undefined || zk === null) return;
    const line = parseLine(words, command.options, command.group);
    if (line.args.length <= (command.needs ?? 0)) throw usageError(command);
    await command.run(
      {
        zk,
        out: this.out,
        err: this.note,
        print: (text) => this.options.stdout.write(text),
        watcher: this.watcher,
        signal: this.interrupt.signal,
        paint: this.paint,
      },
      line,
    );
  }

  /**
   * As zkCli.sh ends without `quit`: the session stays on the server until it times out, and with
   * it the ephemerals that the commands made.
   */
  leave(): void {
    this.printWatches = false;
    this.zk?.detach();
  }
}
