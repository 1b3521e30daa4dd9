/**
 * Trace files: reading them, and opening one to go on writing where a killed server stopped.
 *
 * A file whose server was killed may end in a cut line. What that step asked for had not left the
 * process yet, so nobody has seen it: the line is dropped, when the server goes on in the same file
 * and when the file is read beside those of the other servers.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync } from 'node:fs';
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
export class UnusableTrace extends Error {
  override readonly name = 'UnusableTrace';
}

export interface TraceFile {
  readonly path: string;
  readonly lines: readonly SourceLine[];
  /** The last line had no line break at its end and was no whole line: it is not in `lines`. */
  readonly cut: boolean;
}

/** Throws UnusableTrace for what is no trace; a cut last line is left to the caller to judge. */
export function readTraceFile(path: string): TraceFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (e) {
    throw new UnusableTrace(`${path}: cannot read it (${(e as NodeJS.ErrnoException).code ?? ''})`);
  }
  const texts = text.split('\n');
  const tail = texts.pop() ?? '';
  const lines: SourceLine[] = [];
  for (const [index, lineText] of texts.entries()) {
    const decoded = decodeLine(lineText);
    if (!decoded.ok) throw new UnusableTrace(`${path}:${index + 1}: ${decoded.why}`);
    lines.push({ file: path, number: index + 1, line: decoded.value });
  }
  if (tail === '') return { path, lines, cut: false };
  const decoded = decodeLine(tail);
  if (!decoded.ok) return { path, lines, cut: true };
  lines.push({ file: path, number: texts.length + 1, line: decoded.value });
  return { path, lines, cut: false };
}

/** Where to go on in a trace file. */
export interface OpenTrace {
  /** Opened for appending; the caller closes it. */
  readonly fd: number;
  readonly nextSeq: number;
}

const NEWLINE = 0x0a;
const BLOCK = 1 << 16;

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
