#!/usr/bin/env -S node --max-semi-space-size=64
/** The binary `zab`: finds the command, runs it, and turns its outcome into an exit code. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/server-config.js';
import { OperatorError } from '../shell/operator-error.js';
import { UsageError } from './command.js';
import { COMMANDS } from './registry.js';

const EXIT_USAGE = 2;

async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--help' || first === '-h' || first === 'help') return print(overview());
  if (first === '--version' || first === '-v') return print(version());
  if (first === undefined) throw new UsageError('zab: no command given (see zab --help)');
  const entry = COMMANDS.find((candidate) => candidate.name === first);
  if (entry === undefined) {
    const what = first.startsWith('-') ? 'option' : 'command';
    throw new UsageError(`zab: unknown ${what} '${first}' (see zab --help)`);
  }
  const command = await entry.load();
  if (asksForHelp(rest)) return print(command.usage.trim());
  return command.run(rest);
}

/** `--` ends the options, so what comes after it is not ours to read. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  return own.includes('--help') || own.includes('-h');
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((entry) => entry.name.length));
  const lines = COMMANDS.map((entry) => `  ${entry.name.padEnd(width)}  ${entry.summary}`);
  return [
    'zab: a ZooKeeper ensemble whose consensus core is checked against a TLA+ model',
    '',
    'Usage: zab COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'zab COMMAND --help shows the options of a command, zab --version the version.',
  ].join('\n');
}

function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known =
      error instanceof UsageError || error instanceof ConfigError || error instanceof OperatorError;
    if (known) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = EXIT_USAGE;
      return;
    }
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
