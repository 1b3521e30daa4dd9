/**
 * What a client's own test suite said, test by test, and how two such runs compare: ours against Apache's.
 * `recorded/NAME.txt` has what Apache ZooKeeper 3.9.5 was seen to do, written by `npm run interop -- --record`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../support/provision.js';

export type Verdict = 'passed' | 'failed' | 'skipped';

export interface Outcome {
  readonly verdict: Verdict;
  /** Why it failed or was skipped; empty if it passed. */
  readonly reason: string;
  /** How often it ran: more than once if it failed first. */
  readonly attempts: number;
}

/** By the test's name. */
export type Outcomes = ReadonlyMap<string, Outcome>;

export type Recorded = ReadonlyMap<string, Verdict>;

const VERDICTS: readonly string[] = ['passed', 'failed', 'skipped'];

/** Lines `VERDICT NAME`; a name may have spaces. */
export const parseRecorded = (text: string): Recorded => {
  const recorded = new Map<string, Verdict>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, verdict, name] = /^(\S+) (.+)$/.exec(line) ?? [];
    if (verdict === undefined || name === undefined || !VERDICTS.includes(verdict)) {
      throw new Error(`not a recorded outcome: ${line}`);
    }
    recorded.set(name, verdict as Verdict);
  }
  return recorded;
};

export const formatRecorded = (what: string, outcomes: Outcomes): string =>
  [
    `# ${what}`,
    ...[...outcomes].map(([name, { verdict }]) => `${verdict} ${name}`).sort(),
    '',
  ].join('\n');

const fileOf = (suite: string): string =>
  join(projectRoot, 'test', 'interop', 'suites', 'recorded', `${suite}.txt`);

export const readRecorded = (suite: string): Recorded => {
  const file = fileOf(suite);
  return existsSync(file) ? parseRecorded(readFileSync(file, 'utf8')) : new Map();
};

export const writeRecorded = (suite: string, what: string, outcomes: Outcomes): void => {
  writeFileSync(fileOf(suite), formatRecorded(what, outcomes));
};

export const verdictsOf = (outcomes: Outcomes): Recorded =>
  new Map([...outcomes].map(([name, { verdict }]) => [name, verdict]));

export interface Difference {
  readonly name: string;
  /** null: it did not run there. */
  readonly apache: Verdict | null;
  readonly ours: Verdict | null;
  /** Why ours failed. */
  readonly reason: string;
}

/** Every test whose verdict is not the same on both, in Apache's order. */
export const compare = (apache: Recorded, ours: Outcomes): readonly Difference[] => {
  const names = new Set([...apache.keys(), ...ours.keys()]);
  return [...names].flatMap((name): Difference[] => {
    const [a, o] = [apache.get(name) ?? null, ours.get(name)];
    if (a === (o?.verdict ?? null)) return [];
    return [{ name, apache: a, ours: o?.verdict ?? null, reason: o?.reason ?? 'did not run' }];
  });
};

export const count = (recorded: Recorded, verdict: Verdict): number =>
  [...recorded.values()].filter((v) => v === verdict).length;
