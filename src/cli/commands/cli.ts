/** `zab cli`: zkCli.sh's shell. */
import { UsageError, type Command } from '../command.js';
import type { ClientOptions } from '../../client/index.js';
import { readClientConfig } from './cli/client-config.js';
import { CliError } from './cli/cli-error.js';
import { CliShell } from './cli/shell.js';
import { CLI_COMMANDS, commandNames } from './cli/table.js';
import { runLines } from './cli/terminal.js';

const extras = [...CLI_COMMANDS.values()].filter(({ extra }) => extra !== undefined);

const usage = `
Usage: zab cli [OPTIONS] [COMMAND [ARGUMENTS]]

A client of a ZooKeeper ensemble, as zkCli.sh of ZooKeeper 3.9. With a command: runs it and ends
with its exit code. Without one: reads commands from a terminal, with history and completion (Tab),
or from a pipe, a line each.

Options:
  -server HOSTS                HOST:PORT,…[/CHROOT] (default localhost:2181)
  -timeout MS                  session timeout (default 30000)
  -r                           also use a read-only server
  -waitforconnection           wait for a server before the first command
  -client-configuration FILE   a properties file of ZooKeeper's client: TLS, request timeout;
                               -D words of JVMFLAGS and CLIENT_JVMFLAGS count below it
  --help                       show this

Commands of zkCli.sh:
${wrap(commandNames().filter((name) => CLI_COMMANDS.get(name)?.extra === undefined))}

More commands:
${extras.map(({ name, synopsis, extra }) => `  ${`${name} ${synopsis}`.padEnd(30)} ${extra ?? ''}`).join('\n')}
`;

function wrap(names: readonly string[]): string {
  const lines = [' '];
  for (const name of names) {
    if ((lines.at(-1) ?? '').length + name.length > 90) lines.push(' ');
    lines[lines.length - 1] += ` ${name}`;
  }
  return lines.join('\n');
}

interface Invocation {
  readonly server: string;
  readonly client: ClientOptions;
  readonly waitForConnection: boolean;
  /** Empty: read commands. */
  readonly words: readonly string[];
}

const SESSION_TIMEOUT = 30_000;

function parseInvocation(args: readonly string[]): Invocation {
  let server = 'localhost:2181';
  let client: ClientOptions = { sessionTimeout: SESSION_TIMEOUT, failFast: true };
  let configuration: string | null = null;
  const configured = (): ClientOptions => ({
    ...readClientConfig(configuration, process.env),
    ...client,
  });
  let waitForConnection = false;
  for (let i = 0; i < args.length; i++) {
    const option = args[i] ?? '';
    const value = (): string => {
      const text = args[++i];
      if (text === undefined) throw new UsageError(`Error: no argument found for option ${option}`);
      return text;
    };
    if (!option.startsWith('-')) {
      return { server, client: configured(), waitForConnection, words: args.slice(i) };
    }
    if (option === '-server') server = value();
    else if (option === '-timeout') client = { ...client, sessionTimeout: milliseconds(value()) };
    else if (option === '-r') client = { ...client, readOnly: true };
    else if (option === '-waitforconnection') waitForConnection = true;
    else if (option === '-client-configuration') configuration = value();
    else throw new UsageError(`zab cli: unknown option '${option}' (see zab cli --help)`);
  }
  return { server, client: configured(), waitForConnection, words: [] };
}

function milliseconds(text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new UsageError(`zab cli: -timeout must be a whole number of milliseconds, not '${text}'`);
}

async function run(args: readonly string[]): Promise<number> {
  const { server, client, waitForConnection, words } = parseInvocation(args);
  const { stdout, stderr, stdin } = process;
  // The reader may go before us, as `head` does.
  stdout.on('error', () => process.exit(1));
  const shell = new CliShell({ client, waitForConnection, stdout, stderr });
  const interrupted = (): void => {
    shell.interruptCommand();
  };
  shell.out(`Connecting to ${server}`);
  try {
    await shell.connect(server);
    if (words.length > 0) {
      process.once('SIGINT', interrupted);
      await shell.run(words);
    } else {
      shell.out('Welcome to ZooKeeper!');
      await runLines(shell, stdin);
    }
    return shell.exitCode;
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`zab cli: ${error.message}`);
    if (!(error instanceof CliError)) throw error;
    shell.err(error.message);
    return error.exitCode;
  } finally {
    process.off('SIGINT', interrupted);
    shell.leave();
  }
}

export const command: Command = {
  name: 'cli',
  summary: 'a client: the commands of zkCli.sh, and tree, watch, export, import',
  usage,
  run,
};
