/**
 * Trace files: reading them, and opening one to go on writing where a killed server stopped.
 *
 * A file whose server was killed may end in a cut line. What that step asked for had not left the
 * process yet, so nobody has seen it: the line is dropped when the server goes on in the same file.
 * Whoever only reads a file cannot know why it ends so, and is told (`cut`).
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { UnusableInput } from '../unusable-input.js';
import { decodeLine } from './schema.js';
import type { TraceLine } from './schema.js';

/** One line, and where it came from. */
export interface SourceLine {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly line: TraceLine;
}

/** A trace that cannot be judged: one line with file and line number, exit 2. */
export class UnusableTrace extends UnusableInput {
  override readonly name = 'UnusableTrace';
}

export interface TraceFile {
  readonly path: string;
  readonly lines: readonly SourceLine[];
  /** What is behind the last line break is no line: it is not in `lines`. */
  readonly cut: boolean;
}

const NEWLINE = 0x0a;
const BLOCK = 1 << 16;
/** Bytes. The longest line is that of a start: 40 bytes for each entry of the log. */
export const LINE_MAX = 1 << 26;

/** Throws UnusableTrace for what is no trace; a cut last line is left to the caller to judge. */
export function readTraceFile(path: string): TraceFile {
  const lines: SourceLine[] = [];
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const at = (why: string) => new UnusableTrace(`${path}:${lines.length + 1}: ${why}`);
  const tail = eachLine(path, at, (bytes) => {
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      throw at('no text (UTF-8)');
    }
    const decoded = decodeLine(text);
    if (!decoded.ok) throw at(decoded.why);
    lines.push({ file: path, number: lines.length + 1, line: decoded.value });
  });
  const [first] = tail;
  if (first !== undefined && first !== OPENING_BRACE) throw at('no JSON');
  return { path, lines, cut: first !== undefined };
}

const OPENING_BRACE = 0x7b;

/** Calls `take` with each line, without its line break; what is behind the last one. */
function eachLine(
  path: string,
  at: (why: string) => UnusableTrace,
  take: (line: Buffer) => void,
): Buffer {
  const readable = <A>(run: () => A): A => {
    try {
      return run();
    } catch (e) {
      const { code, message } = e as NodeJS.ErrnoException;
      throw new UnusableTrace(`${path}: cannot read it (${code ?? message})`);
    }
  };
  const fd = readable(() => openSync(path, 'r'));
  try {
    let rest: Buffer[] = [];
    let length = 0;
    for (;;) {
      const block = Buffer.allocUnsafe(BLOCK);
      const size = readable(() => readSync(fd, block, 0, BLOCK, null));
      if (size === 0) return Buffer.concat(rest);
      let from = 0;
      for (let to = block.indexOf(NEWLINE); to >= 0 && to < size;) {
        const end = block.subarray(from, to);
        take(rest.length === 0 ? end : Buffer.concat([...rest, end]));
        rest = [];
        length = 0;
        from = to + 1;
        to = block.indexOf(NEWLINE, from);
      }
      rest.push(block.subarray(from, size));
      length += size - from;
      if (length > LINE_MAX) throw at(`the line is longer than ${LINE_MAX} bytes`);
    }
  } finally {
    closeSync(fd);
  }
}

/** Where to go on in a trace file. */
export interface OpenTrace {
  /** Opened for appending; the caller closes it. */
  readonly fd: number;
  readonly nextSeq: number;
}

/**
 * Opens a trace file to append to it, and creates it if need be. A cut last line is removed.
 * Throws what the file system throws, and UnusableTrace if the last line is of something else.
 */
export function openTrace(path: string): OpenTrace {
  const fd = openSync(path, 'a+');
  try {
    const { size } = fstatSync(fd);
    const end = afterLast(fd, size);
    if (end < size) ftruncateSync(fd, end);
    if (end === 0) return { fd, nextSeq: 1 };
    const start = afterLast(fd, end - 1);
    const bytes = Buffer.alloc(end - 1 - start);
    readSync(fd, bytes, 0, bytes.length, start);
    const decoded = decodeLine(bytes.toString('utf8'));
    if (!decoded.ok) throw new UnusableTrace(`${path}: its last line is none of a trace`);
    return { fd, nextSeq: decoded.value.seq + 1 };
  } catch (e) {
    closeSync(fd);
    throw e;
  }
}

/** The place after the last line break before `end`; 0 if there is none. */
function afterLast(fd: number, end: number): number {
  const block = Buffer.alloc(BLOCK);
  for (let to = end; to > 0;) {
    const from = Math.max(0, to - BLOCK);
    readSync(fd, block, 0, to - from, from);
    const found = block.subarray(0, to - from).lastIndexOf(NEWLINE);
    if (found >= 0) return from + found + 1;
    to = from;
  }
  return 0;
}
