/**
 * The text of a Java properties file, as `java.util.Properties.load` reads it: comments with `#` or
 * `!`, separators `=`, `:` or white space, continuation lines with a backslash at the end, and the
 * escapes \t \n \r \f \\ \uXXXX.
 */

export interface Property {
  readonly key: string;
  readonly value: string;
  /** Number of the line (from 1) on which the key stands. */
  readonly line: number;
}

const SPACE = /[ \t\f]/;
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** Every entry of `text`, in order; a key may come more than once (the last one counts). */
export function parseProperties(text: string): readonly Property[] {
  const lines = text.split(/\r\n|\r|\n/);
  const properties: Property[] = [];
  for (let i = 0; i < lines.length; i++) {
    let logical = trimStart(lines[i] ?? '');
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) continue;
    const line = i + 1;
    while (endsOpen(logical) && i + 1 < lines.length) {
      i += 1;
      logical = logical.slice(0, -1) + trimStart(lines[i] ?? '');
    }
    if (endsOpen(logical)) logical = logical.slice(0, -1);
    properties.push({ ...split(logical), line });
  }
  return properties;
}

function trimStart(line: string): string {
  let start = 0;
  while (start < line.length && SPACE.test(line.charAt(start))) start += 1;
  return line.slice(start);
}

/** True if the line ends in an odd number of backslashes, so that the next one belongs to it. */
function endsOpen(line: string): boolean {
  let count = 0;
  while (line.charAt(line.length - 1 - count) === '\\') count += 1;
  return count % 2 === 1;
}

function split(logical: string): { readonly key: string; readonly value: string } {
  let end = 0;
  while (end < logical.length && !/[=: \t\f]/.test(logical.charAt(end))) {
    end += logical.charAt(end) === '\\' ? 2 : 1;
  }
  let start = end;
  while (SPACE.test(logical.charAt(start))) start += 1;
  if (logical.charAt(start) === '=' || logical.charAt(start) === ':') start += 1;
  while (SPACE.test(logical.charAt(start))) start += 1;
  return { key: unescape(logical.slice(0, end)), value: unescape(logical.slice(start)) };
}

function unescape(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, code: string) =>
    code.length === 5
      ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
      : (ESCAPES[code] ?? code),
  );
}
