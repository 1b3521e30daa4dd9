/**
 * Which files make one run. A file with lines of several servers is a whole run, in its order.
 * Files of one server each are that run's parts: they are merged. A folder stands for its files
 * that end in .ndjson.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readTraceFile, UnusableTrace } from './file.js';
import type { SourceLine, TraceFile } from './file.js';
import { mergeTraces, modelOrder } from './merge.js';
import type { Run } from './validate.js';

interface Part {
  readonly file: TraceFile;
  readonly servers: ReadonlySet<number>;
}

/** Throws UnusableTrace for what is no trace, and for two files of one server. */
export function loadRuns(paths: readonly string[]): readonly Run[] {
  const parts = paths.flatMap(filesOf).map(readPart);
  const whole = parts.filter(({ servers }) => servers.size > 1);
  const single = parts.filter(({ servers }) => servers.size === 1);
  const runs = whole.map(({ file }) => runOf(file));
  const [only, ...more] = single;
  if (only === undefined) return runs;
  return [...runs, more.length === 0 ? runOf(only.file) : mergedRun(single)];
}

function filesOf(path: string): readonly string[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new UnusableTrace(`${path}: no such file or folder`);
  }
  if (!isFolder) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith('.ndjson'));
  if (names.length === 0) throw new UnusableTrace(`${path}: no .ndjson file in it`);
  return names.sort().map((name) => join(path, name));
}

function readPart(path: string): Part {
  const file = readTraceFile(path);
  const servers = new Set(file.lines.map(({ line }) => line.server));
  if (servers.size === 0) throw new UnusableTrace(`${path}: no lines`);
  if (servers.size > 1 && file.cut) throw cutLine(file);
  return { file, servers };
}

function cutLine(file: TraceFile): UnusableTrace {
  return new UnusableTrace(`${file.path}:${file.lines.length + 1}: the line is cut off`);
}

/** The lines up to one whose number does not follow on the one before. */
function upToGap(lines: readonly SourceLine[]): Pick<Run, 'lines' | 'refused'> {
  const at = lines.findIndex(({ line }, i) => line.seq !== (lines[i - 1]?.line.seq ?? 0) + 1);
  const source = lines[at];
  if (source === undefined) return { lines, refused: null };
  const before = lines[at - 1]?.line.seq ?? 0;
  const why = `seq is ${source.line.seq} after ${before}: a line is missing, repeated or moved`;
  return { lines: lines.slice(0, at), refused: { at: source, why } };
}

function runOf(file: TraceFile): Run {
  if (file.cut) throw cutLine(file);
  const { lines, refused } = upToGap(file.lines);
  return { name: file.path, lines: modelOrder(lines), refused };
}

/** The last line of a server that was killed may be cut: it was not done yet. */
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
  const checked = parts.map(({ file }) => upToGap(file.lines));
  const merged = mergeTraces(checked.map(({ lines }) => lines));
  const gap = checked.find(({ refused }) => refused !== null)?.refused ?? null;
  const name = parts.map(({ file }) => file.path).join(' + ');
  return { name, lines: merged.lines, refused: gap ?? merged.refused };
}
