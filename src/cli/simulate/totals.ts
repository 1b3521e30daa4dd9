/** What many runs come to: figures for people and for machines. */
import { table } from '../../../conformance/command-io.js';
import type { RunResult } from '../../sim/ensemble/run.js';

export interface Totals {
  readonly runs: number;
  readonly steps: number;
  readonly coreSteps: number;
  readonly simulatedHours: number;
  readonly committed: number;
  readonly answered: number;
  readonly watchEvents: number;
  readonly epochs: number;
  /** By kind, most frequent first. */
  readonly faults: Readonly<Record<string, number>>;
}

const HOUR_MS = 3_600_000;

export function totalsOf(results: readonly RunResult[]): Totals {
  const sum = (of: (result: RunResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const faults = new Map<string, number>();
  for (const result of results) {
    for (const [kind, count] of Object.entries(result.faults)) {
      faults.set(kind, (faults.get(kind) ?? 0) + count);
    }
  }
  return {
    runs: results.length,
    steps: sum(({ steps }) => steps),
    coreSteps: sum(({ coreSteps }) => coreSteps),
    simulatedHours: sum(({ elapsed }) => elapsed) / HOUR_MS,
    committed: sum(({ committed }) => committed),
    answered: sum(({ answered }) => answered),
    watchEvents: sum(({ watchEvents }) => watchEvents),
    epochs: sum(({ epochs }) => epochs),
    faults: Object.fromEntries([...faults].sort(([, a], [, b]) => b - a)),
  };
}

/** A kind of fault in words: slowDisk → slow disk. */
function words(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Lines of text; `wallMs` of all threads together, from begin to end. */
export function totalsText(totals: Totals, wallMs: number): readonly string[] {
  const { steps, simulatedHours, faults } = totals;
  const seconds = Math.max(wallMs, 1) / 1000;
  const count = (n: number): string => Math.round(n).toLocaleString('en-US');
  const rows = [
    ['seeds', count(totals.runs)],
    ['member steps', `${count(steps)} (${count(steps / seconds)} a second)`],
    ['core steps', count(totals.coreSteps)],
    ['transactions committed', count(totals.committed)],
    ['epochs established', count(totals.epochs)],
    ['requests answered', count(totals.answered)],
    ['watch events', count(totals.watchEvents)],
    ['faults', `${count(Object.values(faults).reduce((a, b) => a + b, 0))}`],
    ...Object.entries(faults).map(([kind, n]) => [`  ${words(kind)}`, count(n)]),
    ['simulated hours', simulatedHours.toFixed(2)],
    ['wall seconds', seconds.toFixed(1)],
    ['simulated hours per wall minute', ((simulatedHours * 60) / seconds).toFixed(1)],
  ];
  return table(rows, []);
}
