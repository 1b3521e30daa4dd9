/** Ratios and the tables that are printed. */
import type { Machine } from './machine.js';
import type { Load, Window } from './generator.js';
import { median } from './median.js';

export interface Row {
  readonly name: string;
  readonly load: Load;
  /** Windows of each target, in the order in which they were measured. */
  readonly windows: Readonly<Record<string, readonly Window[]>>;
}

export interface Start {
  readonly shape: string;
  /** ms from starting the processes to the first answered request, and resident MiB, of each target. */
  readonly firstAnswerMs: Readonly<Record<string, readonly number[]>>;
  readonly idleMiB: Readonly<Record<string, number>>;
  readonly loadedMiB: Readonly<Record<string, number>>;
}

export interface Document {
  readonly machine: Machine;
  readonly runs: number;
  readonly seconds: number;
  readonly warmup: number;
  readonly rows: readonly Row[];
  readonly starts: readonly Start[];
}

export const middleWindow = (windows: readonly Window[]): Window => {
  const of = (key: keyof Window): number => median(windows.map((w) => w[key]));
  return {
    operationsPerSecond: of('operationsPerSecond'),
    p50: of('p50'),
    p99: of('p99'),
    p999: of('p999'),
    serverCpu: of('serverCpu'),
    generatorCpu: of('generatorCpu'),
  };
};

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const micros = (value: number): string =>
  value >= 10_000 ? `${(value / 1000).toFixed(1)} ms` : `${Math.round(value)} µs`;
const times = (value: number): string => (Number.isFinite(value) ? `×${value.toFixed(2)}` : '–');

const layOut = (lines: readonly (readonly string[])[]): string => {
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n');
};

/**
 * A line for each target of each row. `×` columns: zab's figure over Apache's, so more is better for
 * operations and less is better for the rest. `gen/server`: the generator's CPU over the servers'.
 */
export const rowTable = (rows: readonly Row[]): string => {
  const head = ['row', 'server', 'ops/s', '×', 'p50', 'p99', '×', 'CPU µs/op', '×', 'gen/server'];
  const lines = rows.flatMap((row) => {
    const apache = row.windows['apache'] === undefined ? null : middleWindow(row.windows['apache']);
    return Object.entries(row.windows).map(([kind, windows]) => {
      const w = middleWindow(windows);
      const against = (key: keyof Window): string =>
        kind === 'apache' || apache === null ? '' : times(w[key] / apache[key]);
      const share = w.generatorCpu / w.serverCpu;
      return [
        row.name,
        kind,
        count(w.operationsPerSecond),
        against('operationsPerSecond'),
        micros(w.p50),
        micros(w.p99),
        against('p99'),
        w.serverCpu.toFixed(2),
        against('serverCpu'),
        share.toFixed(2) + (share < 1 ? '' : ' !'),
      ];
    });
  });
  return layOut([head, ...lines]);
};

export const startTable = (starts: readonly Start[]): string => {
  const head = ['start', 'server', 'first answer', 'idle MiB', 'MiB after load'];
  const lines = starts.flatMap((start) =>
    Object.entries(start.firstAnswerMs).map(([kind, ms]) => [
      start.shape,
      kind,
      `${count(median(ms))} ms`,
      count(start.idleMiB[kind]!),
      count(start.loadedMiB[kind]!),
    ]),
  );
  return layOut([head, ...lines]);
};

/** The rows in which zab is not ahead of Apache, in throughput or in CPU. */
export const behind = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => {
    const { apache, zab } = row.windows;
    if (apache === undefined || zab === undefined) return [];
    const [a, z] = [middleWindow(apache), middleWindow(zab)];
    const lines: string[] = [];
    if (z.operationsPerSecond <= a.operationsPerSecond) {
      lines.push(`${row.name}: throughput ${times(z.operationsPerSecond / a.operationsPerSecond)}`);
    }
    if (z.serverCpu >= a.serverCpu)
      lines.push(`${row.name}: CPU ${times(z.serverCpu / a.serverCpu)}`);
    return lines;
  });
