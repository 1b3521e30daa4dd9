/** What Apache's client says of a path before it sends anything (`PathUtils.validatePath`). */
import { CliError } from './cli-error.js';

function isForbidden(code: number): boolean {
  return (
    code <= 0x1f ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0xd800 && code <= 0xf8ff) ||
    code >= 0xfff0
  );
}

function complaintAt(path: string, i: number): string | null {
  const code = path.charCodeAt(i);
  if (code === 0) return 'null character not allowed';
  if (path[i] === '/') return path[i - 1] === '/' ? 'empty node name specified' : null;
  if (path[i] === '.') {
    const last = i + 1 === path.length || path[i + 1] === '/';
    const start = path[i - 1] === '.' ? path[i - 2] : path[i - 1];
    return last && start === '/' ? 'relative paths not allowed' : null;
  }
  return isForbidden(code) ? 'invalid character' : null;
}

function complaint(path: string): string | null {
  if (path === '') return 'Path length must be > 0';
  if (!path.startsWith('/')) return 'Path must start with / character';
  if (path === '/') return null;
  if (path.endsWith('/')) return 'Path must not end with / character';
  for (let i = 1; i < path.length; i++) {
    const reason = complaintAt(path, i);
    if (reason !== null) return `Invalid path string "${path}" caused by ${reason} @${i}`;
  }
  return null;
}

/** The path itself. @throws {CliError} with Apache's words. */
export function javaPath(path: string, sequential = false): string {
  const reason = complaint(sequential ? `${path}1` : path);
  if (reason !== null) throw new CliError(reason);
  return path;
}

/** `Integer.parseInt` and `Long.parseLong`. @throws {CliError} as Java's NumberFormatException. */
export function javaInteger(text: string, bits: 32 | 64 = 32): number {
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : null;
  if (value === null || BigInt.asIntN(bits, value) !== value) {
    throw new CliError(`For input string: "${text}"`);
  }
  return Number(value);
}
