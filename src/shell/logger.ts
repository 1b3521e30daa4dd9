/**
 * The server's log, one line an entry, to a sink: `TIME LEVEL [myid] message key=value…`, or a JSON
 * object with the same fields.
 */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | null>>;
export type LogMethod = (message: string, fields?: LogFields) => void;

export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger that names the server in each line. */
  child(name: string): Logger;
}

export type LogFormat = 'text' | 'json';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * @param minimum entries below this level are dropped; `silent` drops all.
 * @param write takes one line with its newline; stderr unless given.
 */
export function createLogger(
  minimum: LogLevel | 'silent' = 'info',
  write: (line: string) => void = (line) => void process.stderr.write(line),
  name = '',
  format: LogFormat = 'text',
): Logger {
  const from = minimum === 'silent' ? LEVELS.length : LEVELS.indexOf(minimum);
  const method = (level: LogLevel): LogMethod => {
    if (LEVELS.indexOf(level) < from) return () => undefined;
    const head = `${level.toUpperCase().padEnd(5)} ${name === '' ? '' : `[${name}] `}`;
    if (format === 'json') {
      return (message, fields) => {
        write(jsonLine(level, name, message, fields ?? {}));
      };
    }
    return (message, fields = {}) => {
      const tail = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(value)}`);
      write(`${new Date().toISOString()} ${head}${message}${tail.join('')}\n`);
    };
  };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (child) => createLogger(minimum, write, child, format),
  };
}

export const SILENT: Logger = createLogger('silent');

/** Quotes what would break the line apart. */
function quoted(value: string | number | bigint | boolean | null): string {
  const text = String(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Whole numbers beyond 2^53 are texts: JSON's readers would round them. */
function jsonLine(level: LogLevel, server: string, message: string, fields: LogFields): string {
  const time = new Date().toISOString();
  const head = server === '' ? { time, level } : { time, level, server };
  const text = JSON.stringify({ ...head, message, ...fields }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return `${text}\n`;
}
