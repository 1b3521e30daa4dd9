/** Lines for the shell: from a terminal, with history and completion, or from a pipe. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { CliShell } from './shell.js';
import { commandNames } from './table.js';

const HISTORY_LINES = 1_000;

/** `ZAB_CLI_HISTORY`, else a file in the home folder; empty: none is kept. */
function historyFile(): string {
  return process.env['ZAB_CLI_HISTORY'] ?? join(homedir(), '.zab_cli_history');
}

/** Newest first, as readline wants it. */
export function loadHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines
      .filter((line) => line !== '')
      .slice(-HISTORY_LINES)
      .reverse();
  } catch {
    return [];
  }
}

export function saveHistory(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
    const lines = readFileSync(file, 'utf8').split('\n');
    if (lines.length > 2 * HISTORY_LINES) {
      writeFileSync(file, lines.slice(-HISTORY_LINES - 1).join('\n'), { mode: 0o600 });
    }
  } catch {
    // A home folder that cannot be written to is no reason to stop.
  }
}

/** Commands for the first word, znodes for a word that starts with a slash. */
export async function complete(
  shell: Pick<CliShell, 'client'>,
  line: string,
): Promise<[string[], string]> {
  const word = /\S*$/.exec(line)?.[0] ?? '';
  if (!word.startsWith('/')) {
    const first = line.trimStart() === word;
    const names = first ? commandNames().filter((name) => name.startsWith(word)) : [];
    return [[...names], word];
  }
  const slash = word.lastIndexOf('/');
  const folder = slash === 0 ? '/' : word.slice(0, slash);
  const prefix = word.slice(slash + 1);
  try {
    const names = (await shell.client?.getChildren(folder, { timeout: 2_000 })) ?? [];
    const paths = names
      .filter((name) => name.startsWith(prefix))
      .map((name) => (folder === '/' ? `/${name}` : `${folder}/${name}`));
    return [paths.sort(), word];
  } catch {
    return [[], word];
  }
}

/** Until `quit` or the end of the input. */
export async function runLines(shell: CliShell, input: NodeJS.ReadStream): Promise<void> {
  const interactive = input.isTTY && process.stdout.isTTY;
  await (interactive ? runTerminal(shell, input) : runPipe(shell, input));
}

async function runPipe(shell: CliShell, input: NodeJS.ReadStream): Promise<void> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    await shell.execute(line);
    if (shell.quitting) return;
  }
}

async function runTerminal(shell: CliShell, input: NodeJS.ReadStream): Promise<void> {
  const file = historyFile();
  const lines = createInterface({
    input,
    output: process.stdout,
    history: file === '' ? [] : loadHistory(file),
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    completer: (
      line: string,
      done: (error?: Error | null, result?: [string[], string]) => void,
    ) => {
      void complete(shell, line).then((result) => {
        done(null, result);
      });
    },
  });
  let running = false;
  lines.on('SIGINT', () => {
    if (running) shell.interruptCommand();
    else lines.close();
  });
  try {
    for (;;) {
      const line = await ask(lines, shell.prompt);
      if (line === null) return;
      if (line.trim() !== '' && file !== '') saveHistory(file, line);
      running = true;
      await shell.execute(line);
      running = false;
      if (shell.quitting) return;
    }
  } finally {
    lines.close();
  }
}

/** null: the input has ended. */
function ask(lines: Interface, prompt: string): Promise<string | null> {
  return new Promise((resolve) => {
    const closed = (): void => {
      resolve(null);
    };
    lines.once('close', closed);
    lines.question(prompt, (line) => {
      lines.off('close', closed);
      resolve(line);
    });
  });
}
