/**
 * Which files make one run. A file with lines of several servers is a whole run, in its order.
 * Files of one server each are that run's parts: they are merged. A folder stands for its files
 * that end in .ndjson.
 */
import { readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { readTraceFile, UnusableTrace } from './file.js';
import type { SourceLine, TraceFile } from './file.js';
import { mergeTraces, modelOrder } from './merge.js';
import { refuseUneven, refuseUnusable } from './usable.js';
import type { Run } from './validate.js';

interface Part {
  readonly file: TraceFile;
  readonly servers: ReadonlySet<number>;
}

export interface LoadOptions {
  /** A last line that is cut off is dropped: its server was killed, and nobody saw its effects. */
  readonly allowCut?: boolean;
}

/** Throws UnusableTrace for what is no trace, and for two files of one server. */
export function loadRuns(paths: readonly string[], options: LoadOptions = {}): readonly Run[] {
  const parts = paths.flatMap(filesOf).map((path) => readPart(path, options));
  const whole = parts.filter(({ servers }) => servers.size > 1);
  const single = parts.filter(({ servers }) => servers.size === 1);
  const runs = whole.map(({ file }) => runOf(file));
  const [only, ...more] = single;
  if (only === undefined) return runs;
  return [...runs, more.length === 0 ? runOf(only.file) : mergedRun(single)];
}

function filesOf(path: string): readonly string[] {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch {
    throw new UnusableTrace(`${path}: no such file or folder`);
  }
  if (stats.isFile()) return [path];
  if (!stats.isDirectory()) throw new UnusableTrace(`${path}: neither a file nor a folder`);
  const names = readdirSync(path).filter((name) => name.endsWith('.ndjson'));
  if (names.length === 0) throw new UnusableTrace(`${path}: no .ndjson file in it`);
  return names.sort().map((name) => join(path, name));
}

function readPart(path: string, { allowCut = false }: LoadOptions): Part {
  const file = readTraceFile(path);
  const next = `${path}:${file.lines.length + 1}`;
  if (file.cut && !allowCut) {
    throw new UnusableTrace(`${next}: the line is cut off (--allow-cut drops it)`);
  }
  if (file.lines.length === 0) throw new UnusableTrace(`${next}: no line of a trace`);
  return { file, servers: new Set(file.lines.map(({ line }) => line.server)) };
}

/** The lines up to one whose number leaves some out. */
function upToGap(lines: readonly SourceLine[]): Pick<Run, 'lines' | 'refused'> {
  const at = lines.findIndex(({ line }, i) => line.seq > (lines[i - 1]?.line.seq ?? 0) + 1);
  const source = lines[at];
  const known = source === undefined ? lines : lines.slice(0, at);
  refuseUnusable(known);
  if (source === undefined) return { lines, refused: null };
  const before = lines[at - 1]?.line.seq ?? 0;
  const why = `seq is ${source.line.seq} after ${before}: a line is missing, or moved`;
  return { lines: known, refused: { at: source, why } };
}

/** A file with the lines of a whole run. Throws UnusableTrace. */
export function runOf(file: TraceFile): Run {
  refuseUneven([file.lines]);
  const { lines, refused } = upToGap(file.lines);
  return { name: file.path, lines: modelOrder(lines), refused };
}

function mergedRun(parts: readonly Part[]): Run {
  const seen = new Map<number, string>();
  for (const { file, servers } of parts) {
    for (const sid of servers) {
      const other = seen.get(sid);
      if (other !== undefined) {
        throw new UnusableTrace(`${file.path}:1: server ${sid} is also that of ${other}`);
      }
      seen.set(sid, file.path);
    }
  }
  refuseUneven(parts.map(({ file }) => file.lines));
  const checked = parts.map(({ file }) => upToGap(file.lines));
  const merged = mergeTraces(checked.map(({ lines }) => lines));
  const gap = checked.find(({ refused }) => refused !== null)?.refused ?? null;
  const name = parts.map(({ file }) => file.path).join(' + ');
  return { name, lines: merged.lines, refused: gap ?? merged.refused };
}
