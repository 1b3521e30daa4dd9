/** What a command writes to: the process's streams, or a test's. */
export interface CommandIo {
  /** One line to stdout. */
  readonly out: (line: string) => void;
  /** One line to stderr. */
  readonly err: (line: string) => void;
  /**
   * On a terminal: shows `text` in place of what was last shown so, until the next line.
   * null elsewhere.
   */
  readonly status: ((text: string) => void) | null;
  /** Ends what is running. */
  readonly signal?: AbortSignal;
}

/** The process's own streams; a terminal is one whose stderr is a TTY. */
export function processIo(signal?: AbortSignal): CommandIo {
  const { stdout, stderr } = process;
  let shown = false;
  const clear = () => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  const status = (text: string) => {
    clear();
    if (text === '') return;
    stderr.write(text.slice(0, Math.max(20, (stderr.columns ?? 80) - 1)));
    shown = true;
  };
  return {
    out: (line) => {
      clear();
      stdout.write(`${line}\n`);
    },
    err: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    status: stderr.isTTY ? status : null,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** A number with its thousands apart; null is not known. */
export function count(n: number | null): string {
  return n === null ? '–' : n.toLocaleString('en-US');
}

/** Columns as wide as their widest cell, two spaces apart; numbers belong to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => (row[column] ?? '').length));
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(width(i)) : cell.padEnd(width(i))))
      .join('  ')
      .trimEnd(),
  );
}
